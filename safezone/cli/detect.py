"""`detect`: what is found in a file, as counts for everybody, and with its reasons for those who may see it."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, settings
from safezone.cli.say import Json, t
from safezone.errors import BadInput, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from pseudonymize.detect.detector import Detector
    from pseudonymize.detect.rules import DetectionRules
    from pseudonymize.findings import Findings
    from safezone.policy.dataset import DatasetPolicy
    from safezone.settings import Settings

TABLES = frozenset({".csv", ".tsv", ".xlsx", ".xls", ".parquet", ".jsonl", ".ndjson", ".json"})
"""Endings of files that are read as tables; any other file is one text."""
LARGEST_TEXT = 64 << 20
TEXT = "text"
"""What the one column of a text file is called."""
_BANDS = {"high": ("높음", "high"), "medium": ("중간", "medium"), "low": ("낮음", "low")}
_LONGEST_PURPOSE = 100
_HARMLESS = frozenset({"DATE_TIME", "LOCATION"})
"""What a purpose may hold: the day of a case, a district."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(
        "detect",
        help=t("파일에서 개인정보 찾기(건수만; --explain은 권한 필요)", "Find personal data in a file (as counts)"),
    )(detect)


def detect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=t("글이나 표 파일", "A text file or a table"))],
    explain: Annotated[
        bool,
        typer.Option("--explain", help=t("찾은 값과 이유를 화면에 표시(담당자만)", "Show what and why (stewards)")),
    ] = False,
    purpose: Annotated[
        str, typer.Option("--purpose", help=t("--explain의 목적(기록됨)", "Why you look, for the log (--explain)"))
    ] = "",
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", help=t("이 데이터셋의 규칙으로", "With the rules of this dataset")),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="ko|en", help=t("글의 언어", "Language of the texts"))
    ] = "ko",
    column: Annotated[
        str | None, typer.Option("--column", metavar="NAME", help=t("표의 이 열만", "Only this column of a table"))
    ] = None,
    rows: Annotated[
        int, typer.Option("--rows", min=1, help=t("--explain으로 표시할 글의 수", "Texts shown by --explain"))
    ] = 20,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=t("처리 결과를 둘 새 파일", "New file for the redacted result")),
    ] = None,
    to_file: Annotated[
        Path | None,
        typer.Option("--to-file", help=t("--explain 결과를 둘 새 파일", "New file for what --explain shows")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find personal data in a file; without --explain no value is shown."""
    if language not in ("ko", "en"):
        _misused("cli.language", ("--language is ko or en.", "--language는 ko 또는 en입니다."))
    chosen = settings()
    _authorise_inside(file, chosen)
    policy = _policy(chosen, dataset)
    rules = _rules(chosen) if policy is None else policy.detection
    if explain:
        _authorise(policy, purpose, to_file, rules)
    elif purpose or to_file:
        _misused("cli.only_explain", ("--purpose and --to-file go with --explain.", "--purpose와 --to-file은 --explain과 함께 씁니다."))  # fmt: skip
    detector = _detector(rules, language)
    found = _search(_columns(_read(file, chosen, policy), column), detector, language)
    if out is not None:
        _new_file(out, _written(found.after, text=file.suffix.lower() not in TABLES))
    if explain:
        _explain(found, detector, rows, to_file, as_json=as_json)
    else:
        _count(found, detector, as_json=as_json)


# -- what is asked ---------------------------------------------------------------------------------------------


def _policy(chosen: Settings, dataset: str | None) -> DatasetPolicy | None:
    if dataset is None:
        return None
    from safezone.errors import NotFound
    from safezone.policy.load import load_policies

    policies = load_policies(chosen.policy_dir / "datasets", min_k=chosen.min_k)
    if dataset not in policies:
        raise NotFound(
            "policy.unknown",
            ("No policy describes that dataset.", "그 데이터셋을 설명하는 정책이 없습니다."),
            (f"There are: {', '.join(policies)}.", f"정책이 있는 데이터셋: {', '.join(policies)}."),
        )
    return policies[dataset]


def _rules(chosen: Settings) -> DetectionRules:
    """The rules that apply to every dataset."""
    from safezone.policy.recognizers import FOLDER, load_recognizers, rules_for

    return rules_for(load_recognizers(chosen.policy_dir / FOLDER), "")


def _authorise(policy: DatasetPolicy | None, purpose: str, to_file: Path | None, rules: DetectionRules) -> None:
    """Have the zone decide, and write it down, before the file is even opened.

    Raises:
        UsageError: no purpose, one that holds personal data itself, or nobody looks at a terminal.
        Denied: the account may not.
    """
    from safezone.access.actions import ZONE, Action, dataset_resource
    from safezone.model import Duty

    purpose = purpose.strip()
    if not purpose or len(purpose) > _LONGEST_PURPOSE or not purpose.isprintable():
        _misused(
            "detect.purpose",
            (
                f"--explain needs --purpose: why you look, in one line of at most {_LONGEST_PURPOSE} characters.",
                f"--explain에는 --purpose가 필요합니다. 보는 이유를 한 줄({_LONGEST_PURPOSE}자 이내)로 적으십시오.",
            ),
        )
    if to_file is None and not _at_terminal():
        _misused(
            "detect.terminal",
            (
                "What --explain shows is for your eyes: it is not written into a pipe or a file.",
                "--explain은 값을 그대로 보여 주므로 파이프나 파일로 내보내지 않습니다.",
            ),
            (
                "Run it at a terminal, or name a new file that only you may read: --to-file FILE",
                "터미널에서 실행하거나, 본인만 읽을 수 있는 새 파일을 지정하십시오: --to-file FILE",
            ),
        )
    acting = Acting(Duty.PORTAL)
    resource = ZONE if policy is None else dataset_resource(policy.dataset, policy.controller)
    acting.require(Action.DETECTION_EXPLAIN, resource)
    if any(span.entity not in _HARMLESS for span in _detector(rules, "ko").detect([purpose])[0]):
        _misused(
            "detect.purpose_personal",
            (
                "--purpose seems to hold personal data, and it is kept in the log for good.",
                "--purpose에 개인정보로 보이는 내용이 있습니다. 목적은 감사 기록에 영구히 남습니다.",
            ),
            ("Name a case or task instead.", "사건이나 업무의 이름으로 바꾸어 적으십시오."),
        )
    acting.authorize(Action.DETECTION_EXPLAIN, resource, purpose)


def _authorise_inside(file: Path, chosen: Settings) -> None:
    """A file that lies in the zone is its data: of a delivery in the inbox for who may read it, else for the zone's staff.

    Whoever may open a file elsewhere has it already; what lies in the zone leaves through the airlock, and even
    counts are asked for and written down.

    Raises:
        Denied: the account may not.
    """
    from safezone.access.actions import Action, dataset_resource
    from safezone.model import Duty
    from safezone.sources.delivery import list_inbox

    place = file.resolve()
    if not place.is_relative_to(chosen.home.resolve()):
        return
    resource = dataset_resource("unknown", "unknown")  # as the inbox is listed: the zone's own staff alone
    for entry in list_inbox(chosen.inbox):
        if entry.manifest is not None and place.is_relative_to(entry.folder.resolve()):
            resource = dataset_resource(entry.manifest.dataset, entry.manifest.controller)
    Acting(Duty.PORTAL).authorize(Action.DELIVERY_READ, resource, "detect")


def _at_terminal() -> bool:
    return sys.stdout.isatty()


def _misused(code: str, what: tuple[str, str], next_step: tuple[str, str] | None = None) -> NoReturn:
    raise UsageError(code, what, next_step or ("See: safezone detect --help", "사용법: safezone detect --help"))


def _detector(rules: DetectionRules, language: str) -> Detector:
    from pseudonymize.detect.custom import detector_for

    return detector_for(rules, language)


# -- the file --------------------------------------------------------------------------------------------------


def _read(file: Path, chosen: Settings, policy: DatasetPolicy | None) -> pa.Table:
    """The file as a table of text columns; a text file has one row."""
    if not file.is_file():
        raise BadInput(
            "detect.file",
            ("There is no such file.", "그 파일이 없습니다."),
            ("Check its name.", "파일 이름을 확인하십시오."),
        )
    if file.suffix.lower() not in TABLES:
        return _text(file)
    import pyarrow as pa

    from safezone.policy.source import SourceSpec
    from safezone.sources.isolation import Limits, detect_isolated, parse_isolated
    from safezone.sources.shape import FAULT, LINE

    limits = Limits.of(chosen)
    with file.open("rb") as stream:
        spec = policy.source if policy is not None else None
        if spec is None:
            spec = SourceSpec.model_validate(detect_isolated(stream, limits=limits).to_source())
            stream.seek(0)
        with parse_isolated(spec, stream, limits=limits) as parsed:
            batches = [batch.drop_columns([LINE, FAULT]) for batch in parsed]
    if not batches:
        return pa.table({})
    return pa.Table.from_batches(batches)


def _text(file: Path) -> pa.Table:
    import pyarrow as pa

    from safezone.sources.fault import Fault, delivery_error
    from safezone.sources.text import Transcoder

    if file.stat().st_size > LARGEST_TEXT:
        raise delivery_error("file.too_large")
    try:
        with file.open("rb") as stream:
            text = Transcoder(stream, "auto").read().decode()
    except Fault as fault:
        raise delivery_error(fault.code) from None
    return pa.table({TEXT: pa.array([text], pa.string())})


def _columns(table: pa.Table, column: str | None) -> pa.Table:
    if column is None:
        return table
    if column not in table.column_names:
        raise BadInput(
            "detect.column",
            (f"The file has no column {column}.", f"파일에 {column} 열이 없습니다."),
            (f"It has: {', '.join(table.column_names)}.", f"파일의 열: {', '.join(table.column_names)}."),
        )
    return table.select([column])


@dataclass(frozen=True, slots=True)
class _Found:
    """A file before and after, and what was found as counts."""

    before: pa.Table
    after: pa.Table
    findings: Findings


class _NoKeys:
    """Labels need no key, and a person at a terminal has none."""

    def token_key(self, kind: str) -> tuple[bytes, int]:
        raise LookupError(kind)

    def shift_key(self) -> bytes:
        raise LookupError

    def text_key(self) -> tuple[bytes, int]:
        raise LookupError


def _search(table: pa.Table, detector: Detector, language: str) -> _Found:
    from pseudonymize.plan import ColumnPlan, Plan, apply
    from pseudonymize.transform.spec import Redact

    spec = Redact(language="ko" if language == "ko" else "en")
    plan = Plan(tuple(ColumnPlan(name, spec) for name in table.column_names))
    done = apply(plan, table, keys=_NoKeys(), detector=detector)
    return _Found(table, done.table, done.findings)


def _written(table: pa.Table, *, text: bool) -> bytes:
    """The redacted file: text as it came, a table as CSV with the byte order mark that spreadsheets want."""
    if text:
        return str(table.column(0)[0].as_py()).encode()
    import pyarrow.csv as csv

    buffer = io.BytesIO(b"")
    csv.write_csv(table, buffer)
    return b"\xef\xbb\xbf" + buffer.getvalue()


def _new_file(path: Path, content: bytes) -> None:
    """Write a file that was not there before, for its owner alone."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError:
        _misused(
            "detect.exists",
            ("That file is there already; it is not written over.", "이미 있는 파일이어서 덮어쓰지 않았습니다."),
            ("Name a new file.", "새 파일 이름을 지정하십시오."),
        )
    except OSError:
        _misused(
            "detect.unwritable",
            ("The file cannot be written there.", "그 위치에 파일을 쓸 수 없습니다."),
            ("Name another place.", "다른 위치를 지정하십시오."),
        )


# -- what is shown ---------------------------------------------------------------------------------------------


def _count(found: _Found, detector: Detector, *, as_json: bool) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in found.findings.to_json():
        counts[row["entity"], row.get("recognizer", ""), row["band"]] += row["count"]
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if as_json:
        named = [{"entity": e, "recognizer": r, "band": b, "count": n} for (e, r, b), n in ordered]
        say.emit({"rows": found.before.num_rows, "columns": found.before.num_columns, "found": named})
        return
    labels = _labels(detector)
    at = say.language() != "ko"
    cells = [(say.two(labels.get(e, (e, e))[at], e), r, t(*_BANDS[b]), number) for (e, r, b), number in ordered]
    say.listed(
        cells,
        [t("종류", "Entity"), t("인식기", "Recognizer"), t("점수대", "Score"), t("건수", "Count") + ">"],
        ("찾은 개인정보가 없습니다.", "No personal data was found."),
    )


def _labels(detector: Detector) -> dict[str, tuple[str, str]]:
    from pseudonymize.surrogates.labels import LABELS

    return {**LABELS, **getattr(detector, "labels", {})}


def _shown(found: _Found, rows: int) -> Iterator[tuple[str, int, str, str]]:
    """Column, row from 1, text and redacted text of what changed, each different text once; a text file always."""
    for name in found.before.column_names:
        seen: set[str] = set()
        pairs = zip(found.before[name].to_pylist(), found.after[name].to_pylist(), strict=True)
        for number, (text, redacted) in enumerate(pairs, 1):
            whole = found.before.num_rows == found.before.num_columns == 1
            if text is None or text in seen or (text == redacted and not whole):
                continue
            seen.add(text)
            yield name, number, text, redacted
            if len(seen) == rows:
                break


def _explain(found: _Found, detector: Detector, rows: int, to_file: Path | None, *, as_json: bool) -> None:
    from pseudonymize.detect.explain import explain
    from pseudonymize.transform.spec import KEPT
    from safezone.cli import explained

    items = [(name, row, explain(detector, text), after) for name, row, text, after in _shown(found, rows)]
    if as_json:
        import json

        body = [explained.as_json(each, after, {"column": name, "row": row}) for name, row, each, after in items]
        if to_file is None:
            say.emit(body)
        else:
            _new_file(to_file, (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode())
    else:
        from rich.console import Console

        page = io.StringIO()
        console = say.out() if to_file is None else Console(file=page, width=120, highlight=False)
        shown = explained.Shown(_labels(detector), console, KEPT)
        shown.legend(explained.entities_of(each for _, _, each, _ in items))
        for name, row, each, after in items:
            place = t(f"{name} 열 · {row}행", f"column {name} · row {row}")
            shown.show(each, after, t("글", "Text") if name == TEXT and len(items) == 1 else place)
        if not items:
            console.print(t("찾은 개인정보가 없습니다.", "No personal data was found."))
        if to_file is not None:
            _new_file(to_file, page.getvalue().encode("utf-8", "backslashreplace"))
    if to_file is not None:
        say.err().print(
            t(
                f"{to_file}에 썼습니다(권한 0600). 다 본 뒤 지우십시오.",
                f"Written to {to_file} (mode 0600). Delete it when you are done.",
            ),
            soft_wrap=True,
            markup=False,
        )
