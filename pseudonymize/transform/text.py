"""Redacting free text: personal data found in it becomes typed labels or stars, everything else stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from pseudonymize.findings import Findings, score_band
from pseudonymize.transform.spec import Redact

if TYPE_CHECKING:
    from pseudonymize.plan import SupportsDetect
    from pseudonymize.spans import Span

MAX_PASSES = 3
"""What is replaced can change the reading of what stands beside it, so the result is searched again."""

LABELS: dict[str, tuple[str, str]] = {
    "PERSON": ("이름", "name"),
    "PHONE_NUMBER": ("전화번호", "phone"),
    "EMAIL_ADDRESS": ("이메일", "email"),
    "LOCATION": ("장소", "place"),
    "CREDIT_CARD": ("카드번호", "card"),
    "IP_ADDRESS": ("IP주소", "ip"),
    "URL": ("링크", "url"),
    "DATE_TIME": ("날짜", "date"),
    "KR_RRN": ("주민번호", "rrn"),
    "KR_FRN": ("외국인번호", "frn"),
    "KR_BRN": ("사업자번호", "brn"),
    "KR_DRIVER_LICENSE": ("면허번호", "licence"),
    "KR_PASSPORT": ("여권번호", "passport"),
    "KR_ADDRESS": ("주소", "address"),
    "KR_BANK_ACCOUNT": ("계좌번호", "account"),
    "KR_VEHICLE": ("차량번호", "vehicle"),
    "KR_POSTAL_CODE": ("우편번호", "postcode"),
    "KR_CORP_REG": ("법인번호", "corporation"),
}
"""Label of each entity, Korean and English."""


def redact(values: pa.Array, spec: Redact, detector: SupportsDetect, column: str) -> tuple[pa.Array, Findings]:
    """Redact a column of text, each different text once.

    Args:
        values: texts; null stays null.
        spec: how.
        detector: finds the spans.
        column: the column's name, for the findings.

    Returns:
        The redacted texts, and what was found counted over all rows.
    """
    encoded = values.dictionary_encode()
    texts: list[str] = encoded.dictionary.to_pylist()
    weights = _weights(encoded)
    counts: Counter[tuple[str, str, str]] = Counter()
    waiting = list(range(len(texts)))
    numbering: dict[int, _Numbers] = {}  # of the texts that change, which are few
    for _ in range(MAX_PASSES):
        if not waiting:
            break
        found = detector.detect([texts[index] for index in waiting])
        changed = []
        for index, spans in zip(waiting, found, strict=True):
            wanted = [span for span in spans if spec.entities is None or span.entity in spec.entities]
            if index in numbering:
                wanted = [span for span in wanted if not numbering[index].wrote(texts[index], span)]
            if not wanted:
                continue
            for span in wanted:
                counts[column, span.entity, score_band(span.score)] += weights[index]
            replace = numbering.setdefault(index, _Numbers()).label if spec.replace == "label" else _stars
            texts[index] = rewrite(texts[index], wanted, replace)
            changed.append(index)
        waiting = changed
    return pa.array(texts, pa.string()).take(encoded.indices), Findings(dict(counts))


def _weights(encoded: pa.DictionaryArray) -> list[int]:
    weights = [0] * len(encoded.dictionary)
    for entry in encoded.indices.drop_null().value_counts().to_pylist():
        weights[entry["values"]] = entry["counts"]
    return weights


def rewrite(text: str, spans: Sequence[Span], replace: Callable[[str, str], str]) -> str:
    """Replace sorted, disjoint spans; every character outside them stays as it is."""
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], replace(text[span.start : span.end], span.entity)]
        at = span.end
    return "".join([*pieces, text[at:]])


def _stars(surface: str, _entity: str) -> str:
    return "".join(" " if character.isspace() else "*" for character in surface)


class _Numbers:
    """The numbers of labels in one document: the same surface form of an entity gets the same number."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], int] = {}
        self._last: dict[str, int] = {}
        self._written: set[str] = set()

    def label(self, surface: str, entity: str) -> str:
        form = "".join(surface.split())
        if (entity, form) not in self._given:
            self._last[entity] = self._last.get(entity, 0) + 1
            self._given[entity, form] = self._last[entity]
        word = LABELS.get(entity, (entity, entity))[0]
        label = f"<{word}{self._given[entity, form]}>"
        self._written.add(label)
        return label

    def wrote(self, text: str, span: Span) -> bool:
        """Whether a span lies inside one of the labels written before."""
        opening = text.rfind("<", 0, span.start + 1)
        closing = text.find(">", max(span.end - 1, 0))
        return opening >= 0 and closing >= 0 and text[opening : closing + 1] in self._written
