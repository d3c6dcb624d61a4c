"""How an explanation looks: the original with what was found in colour, beside what it becomes, and below it why.

Colour never stands alone: every finding carries its number. A narrow terminal gets the parts below one another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Styled

from safezone.cli.say import language, t

if TYPE_CHECKING:
    from pseudonymize.detect.explain import Explanation, LetThrough, Reasoned, Said
    from pseudonymize.spans import Candidate

WIDE = 100
"""Columns from which original and redacted text stand side by side."""
_STYLES: Mapping[str, str] = {
    **dict.fromkeys(("PERSON", "AGE"), "bold black on bright_magenta"),
    **dict.fromkeys(("KR_ADDRESS", "KR_POSTAL_CODE", "LOCATION"), "bold black on bright_green"),
    **dict.fromkeys(("PHONE_NUMBER", "EMAIL_ADDRESS", "URL", "IP_ADDRESS"), "bold black on bright_cyan"),
    **dict.fromkeys(("KR_BANK_ACCOUNT", "CREDIT_CARD"), "bold black on bright_yellow"),
    **dict.fromkeys(("DATE_TIME",), "bold bright_white on blue"),
    **dict.fromkeys(
        ("KR_RRN", "KR_FRN", "KR_PASSPORT", "KR_DRIVER_LICENSE", "KR_HEALTH_INSURANCE"), "bold bright_white on red"
    ),
}
_OTHER = "bold black on white"
_PLAIN = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)} | {0x7F: 0x2421}
# What a terminal would obey or a reader not see: other controls, bidirectional marks, zero-width characters.
_HIDDEN = re.compile("[\x80-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def style_of(entity: str) -> str:
    """The colour of an entity; those of one kind (places, contacts, ...) share theirs."""
    return _STYLES.get(entity, _OTHER)


def visible(text: str) -> str:
    """A text that cannot steer the terminal, at the same offsets: controls as their pictures, hidden ones as ``·``."""
    return _HIDDEN.sub("·", text.translate(_PLAIN))


class Shown:
    """Draws explanations.

    Args:
        labels: entity to its label in Korean and English.
        console: where they go.
        kept: entities that are found and left as they are.
    """

    def __init__(
        self, labels: Mapping[str, tuple[str, str]], console: Console, kept: frozenset[str] = frozenset()
    ) -> None:
        self._labels, self._console, self._kept = labels, console, kept
        self._wide = console.width >= WIDE
        words = {word: entity for entity, pair in labels.items() for word in pair}
        self._entity_of = words
        longest = sorted(map(re.escape, words), key=len, reverse=True)
        self._label = re.compile(rf"<({'|'.join(longest)})\d+>") if longest else None

    def show(self, explanation: Explanation, redacted: str, title: str) -> None:
        """One text with everything known of it."""
        out = self._console
        out.print(Rule(Styled(title, style="bold"), align="left", style="cyan"))
        original = Panel(
            self._original(explanation), title=t("원문", "Original"), title_align="left", border_style="dim"
        )
        after = Panel(
            self._redacted(redacted), title=t("처리 결과", "Redacted"), title_align="left", border_style="dim"
        )
        if self._wide:
            grid = Table.grid(expand=True, padding=(0, 1, 0, 0))
            grid.add_column(ratio=1, overflow="fold")
            grid.add_column(ratio=1, overflow="fold")
            grid.add_row(original, after)
            out.print(grid)
        else:
            out.print(original, after)
        if explanation.found:
            rows = list(enumerate(explanation.found, 1))
            out.print(self._table(rows, explanation.text) if self._wide else self._cards(rows, explanation.text))
        else:
            out.print(Styled(t("찾은 것이 없습니다.", "Nothing was found."), style="dim"))
        if explanation.allowed:
            out.print(self._allowed(explanation.allowed, explanation.text))
        out.print()

    def legend(self, entities: Iterable[str]) -> None:
        """Which colour is what, of the entities shown."""
        line = Styled()
        for entity in dict.fromkeys(entities):
            line.append(f" {self.word(entity)} ", style=self._style(entity))
            line.append("  ")
        if line:
            self._console.print(line)
            self._console.print()

    def word(self, entity: str) -> str:
        """What people call an entity."""
        return self._labels.get(entity, (entity, entity))[language() != "ko"]

    def _style(self, entity: str) -> str:
        return "underline" if entity in self._kept else style_of(entity)

    def _original(self, explanation: Explanation) -> Styled:
        text, at = Styled(overflow="fold"), 0
        plain = visible(explanation.text).rstrip()
        for number, reasoned in enumerate(explanation.found, 1):
            start, end = reasoned.finding[:2]
            text.append(plain[at:start])
            text.append(plain[start:end], style=self._style(reasoned.finding.entity))
            text.append(f"[{number}]", style="dim")
            at = end
        text.append(plain[at:])
        return text

    def _redacted(self, redacted: str) -> Styled:
        plain = visible(redacted).rstrip()
        text, at = Styled(overflow="fold"), 0
        for match in self._label.finditer(plain) if self._label else ():
            text.append(plain[at : match.start()])
            text.append(match.group(), style=style_of(self._entity_of[match[1]]))
            at = match.end()
        text.append(plain[at:])
        return text

    def _table(self, rows: list[tuple[int, Reasoned]], text: str) -> Table:
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold cyan", expand=True)
        made.add_column("#", justify="right", no_wrap=True)
        made.add_column(t("무엇", "What"), overflow="fold", ratio=3)
        made.add_column(t("종류", "Entity"), no_wrap=True)
        made.add_column(t("점수", "Score"), justify="right", no_wrap=True)
        made.add_column(t("인식기", "Recognizer"), overflow="fold", ratio=2)
        made.add_column(t("이유", "Why"), overflow="fold", ratio=6)
        for number, reasoned in rows:
            finding = reasoned.finding
            made.add_row(
                str(number),
                Styled.assemble((_cut(text, finding), self._style(finding.entity))),
                self._named(finding.entity),
                f"{finding.score:.2f}",
                Styled(finding.recognizer),
                self._why(reasoned, text),
            )
        return made

    def _cards(self, rows: list[tuple[int, Reasoned]], text: str) -> RenderableType:
        cards: list[RenderableType] = []
        for number, reasoned in rows:
            finding = reasoned.finding
            head = Styled.assemble(
                (f"[{number}] ", "dim"), (_cut(text, finding), self._style(finding.entity)), " ", overflow="fold"
            )
            head.append_text(self._named(finding.entity, joint=" "))
            grid = Table.grid(padding=(0, 1))
            grid.add_column(width=3)
            grid.add_column(overflow="fold")
            grid.add_row("", Styled(f"{finding.score:.2f} · {finding.recognizer}"))
            grid.add_row("", self._why(reasoned, text))
            cards += [head, grid]
        return Group(*cards)

    def _named(self, entity: str, joint: str = "\n") -> Styled:
        word = self.word(entity)
        return Styled(word) if word == entity else Styled.assemble(word, joint, (entity, "dim"))

    def _why(self, reasoned: Reasoned, text: str) -> Styled:
        lines = Styled("\n").join([Styled(visible(_said(said))) for said in reasoned.why])
        if reasoned.finding.entity in self._kept:
            lines.append("\n" + t("지역만으로는 바꾸지 않음", "a bare region is left as it is"), style="dim")
        for loser, why in reasoned.lost:
            words = f"{self.word(loser.entity)} {loser.score:.2f} ({loser.recognizer}: {loser.reason}) {_cut(text, loser)}"
            lines.append(f"\n{t('밀린 후보', 'lost')}: {visible(words)} – {_said(why)}", style="dim")
        return lines

    def _allowed(self, allowed: Iterable[LetThrough], text: str) -> Styled:
        lines = Styled(t("허용 목록이 남겨 둔 것", "Left alone by an allow list"), style="bold")
        for candidate, by in allowed:
            lines.append(f"\n  {_cut(text, candidate)}", style="underline not bold")
            lines.append(f"  {self.word(candidate.entity)} {candidate.score:.2f} · {by}", style="dim not bold")
        return lines


def _cut(text: str, candidate: Candidate) -> str:
    return " ".join(visible(text[candidate.start : candidate.end]).split())


def _said(said: Said) -> str:
    return said.ko if language() == "ko" else said.en


def as_json(explanation: Explanation, redacted: str, where: Mapping[str, Any]) -> dict[str, Any]:
    """An explanation as plain JSON values, the reasons in both languages."""
    text = explanation.text
    return {
        **where,
        "original": text,
        "redacted": redacted,
        "found": [_finding(reasoned, text) for reasoned in explanation.found],
        "allowed": [_candidate(candidate, text) | {"allow_list": by} for candidate, by in explanation.allowed],
    }


def _finding(reasoned: Reasoned, text: str) -> dict[str, Any]:
    return _candidate(reasoned.finding, text) | {
        "why": [said._asdict() for said in reasoned.why],
        "lost": [_candidate(loser, text) | {"why": why._asdict()} for loser, why in reasoned.lost],
    }


def _candidate(candidate: Candidate, text: str) -> dict[str, Any]:
    return candidate._asdict() | {"text": text[candidate.start : candidate.end]}


def entities_of(explanations: Iterable[Explanation]) -> Iterator[str]:
    """The entities found, in the order in which they are met."""
    for explanation in explanations:
        for reasoned in explanation.found:
            yield reasoned.finding.entity
