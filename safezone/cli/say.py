"""How the command line speaks: two languages, tables that fit a narrow terminal, JSON, and errors.

Light, like everything `safezone --help` loads: typer and rich, none of the zone's libraries.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Styled

from safezone.errors import SafeZoneError

_GREEN = frozenset(
    {
        "PUBLISHED",
        "APPROVED",
        "RELEASED",
        "SUCCEEDED",
        "ACTIVE",
        "IN_FORCE",
        "READY",
        "VALID",
        "CURRENT",
        "WHOLE",
        "RESTORED",
    }
)
_RED = frozenset(
    {
        "QUARANTINED",
        "REJECTED",
        "FAILED",
        "DESTROYED",
        "REVOKED",
        "INVALID",
        "TAMPERED",
        "LOST",
        "DAMAGED",
        "REFUSED",
    }
)
_DIM = frozenset({"WITHDRAWN", "ENDED", "CLOSED", "DRAFT", "EXPIRED"})
_KOREAN = {
    "RECEIVED": "접수", "QUARANTINED": "격리", "ASSESSED": "평가 완료", "IN_REVIEW": "심사 중", "PUBLISHED": "공개",
    "WITHDRAWN": "철회", "DESTROYED": "파기", "DRAFT": "작성 중", "SUBMITTED": "제출", "RETURNED": "보완 요청",
    "REJECTED": "반려", "APPROVED": "승인", "RELEASED": "반출", "ENDED": "종료", "PROPOSED": "승인 대기", "CLOSED": "종결",
    "QUEUED": "대기", "RUNNING": "실행 중", "SUCCEEDED": "완료", "FAILED": "실패", "ACTIVE": "사용 중", "REVOKED": "해지",
    "IN_FORCE": "시행 중", "READY": "준비됨", "VALID": "유효", "INVALID": "오류", "EXPIRED": "만료", "CURRENT": "사용 중",
    "REQUESTED": "요청됨", "ARRIVED": "도착", "MADE": "생성됨", "PULLED": "수령함", "TAMPERED": "변조됨", "WHOLE": "온전함",
    "LOST": "소실", "MISSING": "없음", "DAMAGED": "손상", "NOTED": "참고", "OUTDATED": "갱신 필요", "BEHIND": "뒤처짐",
    "UNREACHABLE": "연결 안 됨", "ENROLLED": "등록됨", "RESTORED": "복구됨", "REHEARSED": "점검함", "UNCHANGED": "변경 없음",
    "PRUNED": "정리됨", "STAGED": "대기", "SEQUENCED": "기록됨", "REFUSED": "거부됨",
}  # fmt: skip


def language() -> str:
    """The language of messages: Korean unless ``SAFEZONE_LANGUAGE=en``.

    `Settings.language` says the same; it is read here too because `--help`, `keygen` and errors about the
    settings themselves must work where the zone's libraries are not installed.
    """
    return "en" if os.environ.get("SAFEZONE_LANGUAGE", "").strip().lower() == "en" else "ko"


def t(ko: str, en: str) -> str:
    """The text in the language spoken."""
    return ko if language() == "ko" else en


Json = Annotated[bool, typer.Option("--json", help=t("결과를 JSON으로 출력", "Print the result as JSON"))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=t("확인 질문 없이 진행", "Do not ask for confirmation"))]


def out() -> Console:
    """The console results go to."""
    return Console(highlight=False, soft_wrap=False)


def err() -> Console:
    """The console errors, progress and hints go to."""
    return Console(stderr=True, highlight=False)


def emit(value: Any) -> None:
    """Print JSON for a program to read: UTF-8, one document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def state(code: str, *, full: bool = False) -> Styled:
    """A state in its colour: its word in the language spoken, in full with the code scripts see."""
    style = "green" if code in _GREEN else "red" if code in _RED else "dim" if code in _DIM else "yellow"
    word = _KOREAN.get(code, code) if language() == "ko" else code
    return Styled(f"{word} ({code})" if full and word != code else word, style=style)


def when(moment: datetime | str, *, day: bool = False) -> str:
    """A time for people, in UTC as everything in the zone is."""
    text = moment if isinstance(moment, str) else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return text[:10] if day else text[:16].replace("T", " ")


def cell(value: Any) -> RenderableType:
    """A cell: renderables as they are, numbers with separators, text never as markup."""
    if isinstance(value, (Styled, Table, Group, Panel)):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "–" if value is None or value == "" else escape(str(value))


def two(upper: str, lower: str) -> Styled:
    """Two lines in one cell: an id people copy, and below it what it belongs to."""
    return Styled.assemble((upper, "bold"), "\n", (lower, "dim"))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, keep: Sequence[int] = (0,), stderr: bool = False
) -> None:
    """Print a table.

    Args:
        columns: headings; one that ends with ``>`` is aligned to the right.
        rows: the cells.
        keep: columns that are never broken (ids, which people copy).
        stderr: print it where errors and progress go, beside a result that is piped on.
    """
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold cyan")
    for number, name in enumerate(columns):
        right = name.endswith(">")
        made.add_column(
            name.removesuffix(">"),
            justify="right" if right else "left",
            no_wrap=number in keep or right,
            overflow="fold",
        )
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    (err() if stderr else out()).print(made)


def listed(
    rows: Sequence[Sequence[Any]], columns: Sequence[str], empty: tuple[str, str], *, keep: Sequence[int] = (0,)
) -> None:
    """Print a list, or, when there is nothing, what to do next (Korean, English)."""
    if not rows:
        out().print(f"[dim]{escape(t(*empty))}[/]")
        return
    table(columns, rows, keep=keep)


def facts(title: str, pairs: Mapping[str, Any], *, stderr: bool = False) -> None:
    """Print what is known of one object, as names and values."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        grid.add_row(name, cell(value))
    (err() if stderr else out()).print(
        Panel(grid, title=escape(title), title_align="left", border_style="cyan", box=box.ROUNDED)
    )


def done(ko: str, en: str, next_ko: str = "", next_en: str = "") -> None:
    """Say that something was done, and what comes next."""
    out().print(f"[green]✓[/] {escape(t(ko, en))}", soft_wrap=True)
    if following := t(next_ko, next_en):
        out().print(f"  [dim]{escape(t('다음:', 'Next:'))}[/] {escape(following)}", soft_wrap=True)


def fail(error: SafeZoneError, *, as_json: bool) -> None:
    """Say on stderr what happened, what was kept, and what to do next."""
    spoken = language()
    if as_json:
        body = {
            "error": error.code,
            "what": error.what.say(spoken),
            "kept": error.kept.say(spoken),
            "next_step": error.next_step.say(spoken),
            "exit_code": error.exit_code,
        }
        sys.stderr.write(json.dumps(body, ensure_ascii=False, indent=2) + "\n")
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(t("무슨 일", "What happened"), escape(error.what.say(spoken)))
    grid.add_row(t("지켜진 것", "What was kept"), escape(error.kept.say(spoken)))
    grid.add_row(t("다음 할 일", "What to do"), escape(error.next_step.say(spoken)))
    title = escape(f"{t('오류', 'Error')} · {error.code}")
    err().print(Panel(grid, title=title, title_align="left", border_style="red", box=box.ROUNDED))
