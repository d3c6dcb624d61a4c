"""Loads the files in which stewards add recognizers, deny lists and allow lists (``policies/recognizers/*.yaml``).

A file is read as untrusted YAML, its expressions are compiled by RE2 and its examples tried, and the first fault
names file and line. What the files say decides what is stripped from a dataset, so it becomes part of the dataset
policies they apply to, and of the digest two people approve (`safezone.policy.dataset.DatasetPolicy.sha256`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from pseudonymize.detect.matching import squashed
from pseudonymize.detect.rules import AllowRule, DetectionRules, Problem, RecognizerRule, problems
from pseudonymize.surrogates.labels import LABELS
from safezone.errors import PolicyError
from safezone.policy.faults import nearest, spoken, translated
from safezone.policy.jsonschema import known_keys, recognizers_schema
from safezone.policy.yaml import Document, Key, fault, read_yaml

FOLDER = "recognizers"
"""The folder of these files, beside ``datasets``."""
MAX_FILES = 64
ENTITIES = frozenset(LABELS) | {"AGE", "KR_HEALTH_INSURANCE"}
"""Entities the product itself finds."""
_RULES = TypeAdapter(DetectionRules)


class _File(NamedTuple):
    document: Document
    rules: DetectionRules


def load_recognizers(folder: Path, *, datasets: Collection[str] = ()) -> DetectionRules:
    """Load every recognizer file (``*.yaml``) of a folder; a zone without any has none.

    Args:
        folder: where the files are.
        datasets: the datasets there are; a file that names another one is refused.

    Returns:
        The rules of all files together, by name.

    Raises:
        PolicyError: naming file, line and key of the first fault and what would be right.
    """
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if len(paths) > MAX_FILES:
        raise PolicyError(
            "policy.too_many",
            (
                f"{folder.name} holds more than {MAX_FILES} files.",
                f"{folder.name}에 파일이 {MAX_FILES}개를 넘습니다.",
            ),
            ("Put the recognizers into fewer files.", "인식기를 더 적은 수의 파일로 합치십시오."),
        )
    files = [_read(path) for path in paths]
    _check_datasets(files, datasets)
    _check_together(files)
    return DetectionRules(
        tuple(sorted((rule for file in files for rule in file.rules.recognizers), key=lambda rule: rule.name)),
        tuple(sorted((rule for file in files for rule in file.rules.allow_lists), key=lambda rule: rule.name)),
    )


def load_recognizer_file(path: Path, *, datasets: Collection[str] = ()) -> DetectionRules:
    """Load one file by itself; what it shares with other files is checked by `load_recognizers`.

    Raises:
        PolicyError: naming file, line and key of the first fault and what would be right.
    """
    file = _read(path)
    _check_datasets([file], datasets)
    _check_together([file])
    return file.rules


def is_recognizer_file(path: Path) -> bool:
    """Whether a policy file holds recognizers, by its keys; False for what cannot be read at all.

    Raises:
        PolicyError: it is not YAML as policies are written.
    """
    data = read_yaml(path).data
    return "dataset" not in data and bool({"recognizers", "allow_lists"} & set(data))


def rules_for(rules: DetectionRules, dataset: str) -> DetectionRules:
    """The rules that apply to a dataset, without saying to which other ones they apply."""
    return DetectionRules(
        tuple(
            replace(rule, datasets=())
            for rule in rules.recognizers
            if not rule.datasets or dataset in rule.datasets
        ),
        tuple(
            replace(rule, datasets=())
            for rule in rules.allow_lists
            if not rule.datasets or dataset in rule.datasets
        ),
    )


def _read(path: Path) -> _File:
    document = read_yaml(path)
    try:
        rules = _RULES.validate_python(document.data)
    except ValidationError as error:
        raise translated(document, error, partial(known_keys, schema=recognizers_schema())) from None
    found = list(problems(rules))
    if found:
        raise _fault(document, found[0], more=len(found) - 1)
    return _File(document, rules)


def _fault(document: Document, problem: Problem, more: int = 0) -> PolicyError:
    where = spoken(problem.place, document.data)
    said = (f"{where}: {problem.en}", f"{where}: {problem.ko}")
    return fault(document.path, document.line(problem.place), "rule", said, more=more)


def _each(files: list[_File]) -> Iterator[tuple[_File, Key, RecognizerRule | AllowRule]]:
    for file in files:
        for number, rule in enumerate(file.rules.recognizers):
            yield file, ("recognizers", number), rule
        for number, allow in enumerate(file.rules.allow_lists):
            yield file, ("allow_lists", number), allow


def _check_datasets(files: list[_File], datasets: Collection[str]) -> None:
    for file, place, rule in _each(files):
        for number, name in enumerate(rule.datasets):
            if datasets and name not in datasets:
                hint = nearest(name, sorted(datasets))
                en, ko = f"there is no dataset {name}{hint.en}", f"{name} 데이터셋이 없습니다{hint.ko}"
                raise _fault(file.document, Problem((*place, "datasets", number), en, ko))


def _check_together(files: list[_File]) -> None:
    """Names once, each entity with one label of its own, and no word both denied and allowed."""
    names: set[str] = set()
    for file, place, rule in _each(files):
        if rule.name in names:
            en, ko = f"the name {rule.name} is given twice", f"이름 {rule.name}이(가) 두 번 나옵니다"
            raise _fault(file.document, Problem((*place, "name"), en, ko))
        names.add(rule.name)
    for file in files:
        for problem in (*_labels(file, files), *_entities(file, files), *_denied(file, files)):
            raise _fault(file.document, problem)


def _labels(file: _File, files: list[_File]) -> Iterator[Problem]:
    given = {rule.supported_entity: rule.label for each in files for rule in each.rules.recognizers if rule.label}
    for number, rule in enumerate(file.rules.recognizers):
        entity, place = rule.supported_entity, ("recognizers", number)
        if entity in ENTITIES:
            if rule.label:
                yield Problem(
                    (*place, "label"),
                    f"{entity} has a label already; leave label out",
                    f"{entity}에는 이미 정해진 label이 있습니다. label을 지우십시오",
                )
        elif entity not in given:
            yield Problem(
                (*place, "supported_entity"),
                f"{entity} is new, so label is needed: {{ko: ..., en: ...}}{nearest(entity, sorted(ENTITIES)).en}",
                f"{entity}은(는) 새 엔터티이므로 label이 필요합니다: {{ko: ..., en: ...}}"
                f"{nearest(entity, sorted(ENTITIES)).ko}",
            )
        elif rule.label not in (None, given[entity]):
            yield Problem(
                (*place, "label"),
                f"{entity} has another label elsewhere",
                f"{entity}의 label이 다른 곳과 다릅니다",
            )
        elif rule.label and any(
            {rule.label.ko, rule.label.en} & set(words) for words in _other_labels(entity, given)
        ):
            yield Problem(
                (*place, "label"),
                "another entity has this label; readers could not tell them apart",
                "다른 엔터티와 label이 같아 구별할 수 없습니다",
            )


def _other_labels(entity: str, given: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    yield from LABELS.values()
    for other, label in given.items():
        if other != entity:
            yield (str(getattr(label, "ko", "")), str(getattr(label, "en", "")))


def _entities(file: _File, files: list[_File]) -> Iterator[Problem]:
    known = ENTITIES | {rule.supported_entity for each in files for rule in each.rules.recognizers}
    for number, rule in enumerate(file.rules.allow_lists):
        for at, entity in enumerate(rule.entities):
            if entity not in known:
                hint = nearest(entity, sorted(known))
                yield Problem(
                    ("allow_lists", number, "entities", at),
                    f"nothing finds {entity}{hint.en}",
                    f"{entity}을(를) 찾는 인식기가 없습니다{hint.ko}",
                )


def _denied(file: _File, files: list[_File]) -> Iterator[Problem]:
    denied = {squashed(word) for each in files for rule in each.rules.recognizers for word in rule.deny_list}
    for number, rule in enumerate(file.rules.allow_lists):
        for at, value in enumerate(rule.values if rule.match != "regex" else ()):
            if squashed(value) in denied:
                yield Problem(
                    ("allow_lists", number, "values", at),
                    "a deny_list names this word, and a deny_list always wins",
                    "deny_list에도 있는 단어입니다. deny_list가 항상 우선합니다",
                )
