"""What redaction wrote, and what a detector finds beside it: a label or token is found again, and is nobody's."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pseudonymize.names.lexicon import TAIL
from pseudonymize.spans import Candidate, Span
from pseudonymize.surrogates import markers
from pseudonymize.surrogates.labels import LABELS

if TYPE_CHECKING:
    from pseudonymize.ports import SupportsDetect

_WRITTEN = re.compile(markers.SHAPE)
_EDGES = " \t\r\n,;.:()[]<>·"
S = TypeVar("S", bound=Span | Candidate)


class Shortened(NamedTuple):
    """A text as a detector is shown it: a label for each token and marker, which are long and tell it nothing.

    Attributes:
        text: the shortened text.
        places: where each label begins and ends in it, and where what it stands for does in the whole text.
    """

    text: str
    places: Sequence[tuple[int, int, int, int]] = ()

    def back(self, span: S) -> S:
        """A span of the shortened text in the whole one; a part of a label becomes all that it stands for."""
        if not self.places:
            return span
        moved: Any = span._replace(start=self._at(span.start, 2), end=self._at(span.end, 3))
        return moved  # type: ignore[no-any-return]  # `_replace` keeps the kind of span, which mypy cannot see

    def _at(self, offset: int, edge: int) -> int:
        before = bisect_right(self.places, offset, key=lambda place: place[0]) - 1
        if before < 0:
            return offset
        place = self.places[before]
        inside = place[0] < offset < place[1] or (offset == place[0] and edge == 2)
        if inside:
            return place[edge]
        return offset + (place[2] - place[0] if offset <= place[0] else place[3] - place[1])


def shortened(text: str, written: re.Pattern[str] = _WRITTEN) -> Shortened:
    """A text with ``<이름1>`` for each ``<이름:ab1cd2ef3gh4...>``.

    Args:
        text: a redacted text.
        written: matches tokens and markers; its first group is the label.
    """
    pieces, places, at, length = [], [], 0, 0
    for found in written.finditer(text):
        label = f"<{found[1]}1>"
        length += found.start() - at
        places.append((length, length + len(label), *found.span()))
        pieces += [text[at : found.start()], label]
        at, length = found.end(), length + len(label)
    return Shortened("".join([*pieces, text[at:]]), places) if places else Shortened(text)


def beyond(text: str, span: S, written: Iterable[tuple[int, int]]) -> Iterator[S]:
    """The parts of a span that lie beside what was written.

    Args:
        text: the text.
        span: what a detector found in it.
        written: places of what was written, sorted and disjoint.

    Yields:
        The span itself where it meets none of them; else its pieces that are more than a title, a particle or
        punctuation.
    """
    at = span.start
    for start, end in written:
        if end <= at or start >= span.end:
            continue
        if piece := _piece(text, span, at, start):
            yield piece
        at = end
    if at == span.start:
        yield span
    elif piece := _piece(text, span, at, span.end):
        yield piece


def _piece(text: str, span: S, start: int, end: int) -> S | None:
    value = text[start:end]
    start += len(value) - len(value.lstrip(_EDGES))
    end -= len(value) - len(value.rstrip(_EDGES))
    bare = text[start:end]
    if start >= end or not any(char.isalnum() for char in bare) or TAIL.fullmatch(bare):
        return None
    piece: Any = span._replace(start=start, end=end)  # `_replace` keeps the kind of span, which mypy cannot see
    return piece  # type: ignore[no-any-return]


class Leftover:
    """Finds in redacted texts what a detector still finds beside labels, tokens and markers.

    Args:
        detector: searches.
        labels: entity to its label in Korean and English, those of the detector among them.
    """

    def __init__(self, detector: SupportsDetect, labels: Mapping[str, tuple[str, str]] = LABELS) -> None:
        words = sorted({re.escape(word) for both in labels.values() for word in both}, key=len, reverse=True)
        self._keyed = re.compile(f"<({'|'.join(words)}){markers.TAIL}")
        self._label = re.compile(f"<(?:{'|'.join(words)})[0-9]{{1,6}}>")
        self._detector = detector

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, sorted and disjoint."""
        shown = [shortened(text, self._keyed) for text in texts]
        found = self._detector.detect([short.text for short in shown])
        return [self._beside(short, spans) if spans else [] for short, spans in zip(shown, found, strict=True)]

    def _beside(self, short: Shortened, spans: Sequence[Span]) -> list[Span]:
        written = [place.span() for place in self._label.finditer(short.text)]
        return [short.back(piece) for span in spans for piece in beyond(short.text, span, written)]
