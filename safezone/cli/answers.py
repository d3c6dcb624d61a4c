"""How answers to auditors leave the command line: tables in Korean time, CSV files, and whole files or none."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safezone.cli import say
from safezone.cli.acting import Acting
from safezone.cli.say import t
from safezone.errors import BadInput

if TYPE_CHECKING:
    from safezone.audit.questions.reading import Seen


def named(acting: Acting, plain: dict[str, Any]) -> dict[str, Any]:
    """An answer's line with what its account is called."""
    return plain | {"name": acting.name(plain["account"])}


def kst(moment: str) -> str:
    """A time in Korea, to the minute."""
    from safezone.audit.questions.clock import korean

    return korean(moment)[:16]


def heading(text: str) -> None:
    """What a table is about, above it."""
    say.out().print(text, style="bold", markup=False, soft_wrap=True)


def more(count: int) -> None:
    """Say how many were left out."""
    if count > 0:
        text = t(f"외 {count:,}건은 --json이나 --csv로 보십시오.", f"{count:,} more: use --json or --csv.")
        say.out().print(text, style="dim", markup=False)


def timeline(acting: Acting, events: Sequence[Seen], *, with_account: bool) -> None:
    """Print events in order, a sentence each."""
    from safezone.audit.questions.words import sentence

    columns = [t("시각(KST)", "Time (KST)"), t("무엇이", "What"), t("누가", "Who")]
    rows = [
        (
            kst(seen.time),
            say.two(sentence(seen).say(say.language()), seen.object),
            acting.name(seen.account),
        )
        for seen in events
    ]
    shown = rows if with_account else [row[:2] for row in rows]
    say.table(columns if with_account else columns[:2], shown)


def written(plain: list[dict[str, Any]], to_csv: Path | None, *, as_json: bool) -> bool:
    """Write the answer for programs; return whether that is all that was asked for."""
    if to_csv is not None:
        to_csv_file(to_csv, plain)
    if as_json:
        say.emit(plain)
    return as_json


def to_csv_file(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows to a CSV file as Korean spreadsheets read it: UTF-8 with a byte order mark."""

    def lines() -> Iterable[str]:
        yield "\ufeff"
        names: list[str] = []
        writer = csv.writer(line := _Line())
        for row in rows:
            if not names:
                names = list(row)
                writer.writerow(names)
                yield line.text
            writer.writerow([_cell(row[name]) for name in names])
            yield line.text

    write_file(path, lines())


class _Line:
    """What the CSV writer wrote last."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _cell(value: Any) -> str:
    """A value for a spreadsheet: a text that would be a formula there gets a mark before it (CWE-1236)."""
    if isinstance(value, (list, tuple, dict)):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def write_file(path: Path, lines: Iterable[str | bytes]) -> None:
    """Write a file that others on the machine cannot read; it appears whole or not at all.

    Raises:
        BadInput: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(line.encode() if isinstance(line, str) else line for line in lines)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError:
        raise BadInput(
            "cli.write",
            (f"The file {path} cannot be written.", f"{path} 파일을 쓸 수 없습니다."),
            ("Name a file in a folder you may write to.", "쓰기 가능한 폴더의 파일을 지정하십시오."),
        ) from None
