"""Redacting free text: personal data found in it becomes typed labels or stars, everything else stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from pseudonymize.findings import Findings, score_band
from pseudonymize.spans import resolve
from pseudonymize.transform.spec import Redact

if TYPE_CHECKING:
    from pseudonymize.ports import SupportsDetect
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
    numbering: dict[int, _Written] = {}  # of the texts that change, which are few
    for _ in range(MAX_PASSES):
        if not waiting:
            break
        found = detector.detect([texts[index] for index in waiting])
        changed = []
        for index, spans in zip(waiting, found, strict=True):
            text = texts[index]
            written = numbering[index].wrote if index in numbering else None
            wanted = [span for span in spans if spec.entities is None or span.entity in spec.entities]
            # A detector that names a stretch twice, or in another order, must not bring it back into the text.
            wanted = resolve(span for span in wanted if written is None or not written(text, span))
            if not wanted:
                continue
            for span in wanted:
                counts[column, span.entity, score_band(span.score)] += weights[index]
            given = numbering.setdefault(index, _Written(text, spec))
            texts[index] = rewrite(text, wanted, given.replacement)
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


class _Written:
    """What was written into one document: the same surface form of an entity gets the same label.

    Args:
        text: the document; a label that it holds already, from whoever wrote it, is not given again.
        spec: labels or stars, and the language of the labels.
    """

    def __init__(self, text: str, spec: Redact) -> None:
        self._text = text
        self._spec = spec
        self._given: dict[tuple[str, str], str] = {}
        self._last: Counter[str] = Counter()
        self._labels: set[str] = set()

    def replacement(self, surface: str, entity: str) -> str:
        if self._spec.replace == "mask":
            return _stars(surface)
        form = "".join(surface.split())
        if (entity, form) not in self._given:
            korean, english = LABELS.get(entity, (entity, entity))
            self._given[entity, form] = self._next(korean if self._spec.language == "ko" else english)
        return self._given[entity, form]

    def _next(self, word: str) -> str:
        while True:
            self._last[word] += 1
            label = f"<{word}{self._last[word]}>"
            if label not in self._text:
                self._labels.add(label)
                return label

    def wrote(self, text: str, span: Span) -> bool:
        """Whether a span holds stars alone, or lies inside one of the labels written before."""
        surface = text[span.start : span.end]
        if self._spec.replace == "mask":
            return surface == _stars(surface)
        opening = text.rfind("<", 0, span.start + 1)
        closing = text.find(">", max(span.end - 1, 0))
        return opening >= 0 and closing >= 0 and text[opening : closing + 1] in self._labels


def _stars(surface: str) -> str:
    return "".join(character if character.isspace() else "*" for character in surface)
