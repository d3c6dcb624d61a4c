"""JSON records, one a line, or a list inside one document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from safezone.sources.fault import Fault
from safezone.sources.shape import FAULT, LINE, NEW_KEY, NOT_JSON, Shaper, clean_name
from safezone.sources.text import CHUNK, Transcoder

if TYPE_CHECKING:
    from safezone.policy.source import SourceSpec

ROWS = 20_000
LONGEST_LINE = 8 << 20
Numbered = tuple[int, Any]


def _refuse(_: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


def _loads(data: bytes | str) -> Any:
    """Parse JSON with numbers kept as their text, so that no digit is lost."""
    return json.loads(data, parse_float=str, parse_int=str, parse_constant=_refuse)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class JsonLines:
    """Source adapter of JSON records; nested values become their JSON text.

    Args:
        spec: the declared shape.
        columns: columns to expect besides those of the first records; a key only later records have is a bad row
            unless it is among these.
    """

    def __init__(self, spec: SourceSpec, columns: Sequence[str] = ()) -> None:
        self.spec, self.columns = spec, tuple(columns)
        self.shaper: Shaper | None = None

    def batches(self, stream: BinaryIO) -> Iterator[pa.RecordBatch]:
        """See `safezone.ports.Source`; a line that is not a JSON object is a bad row.

        Raises:
            Fault: wrong encoding, a line too long, or no list at the declared path.
        """
        text = Transcoder(stream, self.spec.encoding)
        records = self._lines(text) if self.spec.records is None else self._document(text)
        block: list[Numbered] = []
        for record in records:
            block.append(record)
            if len(block) >= ROWS:
                yield self._batch(block)
                block = []
        if block or self.shaper is None:
            yield self._batch(block)

    def _lines(self, text: Transcoder) -> Iterator[Numbered]:
        number, rest = 0, b""
        while data := text.read(CHUNK):
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            if len(rest) > LONGEST_LINE:
                raise Fault("file.line_too_long", number + 1)
            for number, line in enumerate(lines, start=number + 1):  # noqa: B020  (goes on where it was)
                yield number, self._record(line)
        if rest:
            yield number + 1, self._record(rest)

    @staticmethod
    def _record(line: bytes) -> Any:
        if not line.strip():
            return {}
        try:
            return _loads(line)
        except (ValueError, RecursionError):
            return None

    def _document(self, text: Transcoder) -> Iterator[Numbered]:
        try:
            node = _loads(text.read())
        except (ValueError, RecursionError):
            raise Fault("file.malformed") from None
        for key in (self.spec.records or "").split("."):
            node = node.get(key) if isinstance(node, dict) else None
        if isinstance(node, dict):  # public APIs write a list of one as the record itself
            node = [node]
        if not isinstance(node, list):
            raise Fault("file.records")
        yield from enumerate(node, start=1)

    def _batch(self, block: list[Numbered]) -> pa.RecordBatch:
        faults = [(number, NOT_JSON) for number, record in block if not isinstance(record, dict)]
        good = [(number, record) for number, record in block if isinstance(record, dict)]
        if self.shaper is None:
            self.shaper = Shaper(self.spec, self._names(good))
        known = set(self.shaper.names)
        if self.spec.unknown_columns == "refuse":
            faults += [(number, NEW_KEY) for number, record in good if not known.issuperset(record)]
            good = [(number, record) for number, record in good if known.issuperset(record)]
        lines = pa.array([number for number, _ in good], pa.int64())
        columns = [
            pa.array([_text(record.get(name)) for _, record in good], pa.string()) for name in self.shaper.names
        ]
        return self.shaper.shape(lines, columns, faults)

    def _names(self, good: list[Numbered]) -> list[str]:
        names = dict.fromkeys(name for _, record in good for name in record)
        names |= dict.fromkeys(self.columns)
        if not names:
            raise Fault("file.empty")
        if {LINE, FAULT} & set(names):
            raise Fault("header.reserved")
        if any(name != clean_name(name) for name in names):
            raise Fault("header.missing")
        return list(names)
