"""A stream of batches never holds more than one, and asks its source only for what is needed."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from safezone.pipeline.stream import RowStream, part_name


def numbers(start: int, count: int) -> pa.RecordBatch:
    return pa.record_batch({"n": pa.array(range(start, start + count), pa.int64())})


def test_names_count_from_zero():
    assert [part_name(number) for number in (0, 7, 12_345)] == ["part-00000", "part-00007", "part-12345"]


def test_an_empty_source_gives_nothing():
    stream = RowStream([])
    assert not stream.more()
    assert list(stream.take(10)) == []


def test_empty_batches_are_passed_over():
    stream = RowStream([numbers(0, 0), numbers(0, 2), numbers(2, 0)])
    assert [batch.num_rows for batch in stream.take(5)] == [2]
    assert not stream.more()


def test_the_source_is_read_no_further_than_asked():
    asked = []

    def source() -> Iterator[pa.RecordBatch]:
        for number in range(10):
            asked.append(number)
            yield numbers(number * 10, 10)

    stream = RowStream(source())
    assert sum(batch.num_rows for batch in stream.take(15)) == 15
    assert asked == [0, 1]


def test_an_error_of_the_source_comes_through():
    def source() -> Iterator[pa.RecordBatch]:
        yield numbers(0, 3)
        raise LookupError

    stream = RowStream(source())
    with pytest.raises(LookupError):
        list(stream.take(5))
