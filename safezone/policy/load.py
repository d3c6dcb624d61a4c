"""Loads dataset policies: from untrusted YAML to a frozen `DatasetPolicy`, or an error that names file and line.

Airflow reads every policy each time it parses its Dags, so nothing heavy is imported here.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from pseudonymize.detect.rules import DetectionRules
from safezone.errors import PolicyError
from safezone.policy.check import Finding, check_policy, placeholders
from safezone.policy.dataset import DatasetPolicy
from safezone.policy.faults import spoken, translated
from safezone.policy.jsonschema import known_keys
from safezone.policy.recognizers import FOLDER, load_recognizers, rules_for
from safezone.policy.yaml import Document, fault, read_yaml

MAX_POLICIES = 512


def load_policies(folder: Path, *, min_k: int = 3) -> dict[str, DatasetPolicy]:
    """Load every policy (``*.yaml``) of a folder, each with the recognizer files that apply to it.

    Args:
        folder: where the policies are; the recognizer files lie beside it, in ``recognizers``.
        min_k: smallest k a policy may ask for.

    Returns:
        The policies by dataset, sorted.

    Raises:
        PolicyError: the folder is missing or holds no policy, or one of them is wrong.
    """
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not 0 < len(files) <= MAX_POLICIES:
        raise PolicyError(
            "policy.none",
            (
                f"{folder.name} holds no dataset policies, or too many.",
                f"{folder.name}에 데이터셋 정책이 없거나 너무 많습니다.",
            ),
            (
                "Put one file <dataset>.yaml for each dataset there.",
                "데이터셋마다 <dataset>.yaml 파일을 하나씩 두십시오.",
            ),
        )
    rules = _beside(folder)
    return {path.stem: load_policy(path, min_k=min_k, rules=rules) for path in files}


def load_policy(path: Path, *, min_k: int = 3, rules: DetectionRules | None = None) -> DatasetPolicy:
    """Load one policy, with the recognizer files that apply to it: they are part of what is approved.

    Args:
        path: of the file, which is named after its dataset.
        min_k: smallest k the policy may ask for.
        rules: all recognizers and allow lists of the zone; None reads them from beside the policy's folder.

    Raises:
        PolicyError: naming file, line and key of the first fault and what would be right.
    """
    document = read_yaml(path)
    if "detection" in document.data:
        said = (
            f"detection is filled in by the zone; recognizers and allow lists stand in {FOLDER}/*.yaml",
            f"detection은 안심구역이 채웁니다. 인식기와 허용 목록은 {FOLDER}/*.yaml에 적으십시오",
        )
        raise fault(path, document.line(("detection",)), "unknown_key", said)
    try:
        policy = DatasetPolicy.model_validate(document.data)
    except ValidationError as error:
        # The values in a policy are no data, yet pydantic's text is not for stewards.
        raise translated(document, error, known_keys) from None
    if policy.dataset != path.stem:
        said = (
            f"dataset is {policy.dataset}, so the file must be named {policy.dataset}.yaml",
            f"dataset이 {policy.dataset}이므로 파일 이름은 {policy.dataset}.yaml이어야 합니다",
        )
        raise fault(path, document.line(("dataset",)), "file_name", said)
    if policy.privacy.k < min_k:
        said = (
            f"privacy.k is {policy.privacy.k}, and this zone demands at least {min_k}",
            f"privacy.k가 {policy.privacy.k}입니다. 이 안심구역은 {min_k} 이상을 요구합니다",
        )
        raise fault(path, document.line(("privacy", "k")), "k_too_small", said)
    if findings := check_policy(policy):
        raise _broken(document, "rule", findings)
    applying = rules_for(_beside(path.parent) if rules is None else rules, policy.dataset)
    return policy.model_copy(update={"detection": applying})


def require_finished(path: Path, policy: DatasetPolicy) -> None:
    """Refuse a draft in which something is left for a person to say.

    Args:
        path: of the file.
        policy: what it holds.

    Raises:
        PolicyError: naming file, line and key of the first placeholder and what belongs there.
    """
    if findings := placeholders(policy):
        raise _broken(read_yaml(path), "placeholder", findings)


def _broken(document: Document, kind: str, findings: list[Finding]) -> PolicyError:
    first = findings[0]
    where = spoken(first.place, document.data)
    said = (f"{where}: {first.text.en}", f"{where}: {first.text.ko}")
    return fault(document.path, document.line(first.place), kind, said, more=len(findings) - 1)


def _beside(folder: Path) -> DetectionRules:
    return load_recognizers(folder.parent / FOLDER, datasets=[path.stem for path in folder.glob("*.yaml")])
