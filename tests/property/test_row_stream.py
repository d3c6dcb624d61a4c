"""Parts hold the rows asked for, whatever batches the rows came in."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from safezone.pipeline.stream import RowStream, part_name

sizes = st.lists(st.integers(0, 40), max_size=12)


def batches(lengths: list[int]) -> list[pa.RecordBatch]:
    start, made = 0, []
    for length in lengths:
        made.append(pa.record_batch({"n": pa.array(range(start, start + length), pa.int64())}))
        start += length
    return made


def cut(lengths: list[int], rows: int) -> list[list[int]]:
    stream, parts = RowStream(batches(lengths)), []
    while stream.more():
        parts.append([n for batch in stream.take(rows) for n in batch.column("n").to_pylist()])
    return parts


@given(sizes, st.integers(1, 50))
def test_every_part_but_the_last_is_full_and_nothing_is_lost_or_moved(lengths, rows):
    parts = cut(lengths, rows)
    assert [n for part in parts for n in part] == list(range(sum(lengths)))
    assert all(len(part) == rows for part in parts[:-1])
    assert all(0 < len(part) <= rows for part in parts[-1:])


@given(sizes, st.integers(1, 50))
def test_the_parts_do_not_depend_on_the_batches(lengths, rows):
    assert cut(lengths, rows) == cut([sum(lengths)], rows)


@given(sizes, st.lists(st.integers(0, 60), max_size=6))
def test_rows_can_be_taken_in_any_amounts(lengths, amounts):
    stream, left = RowStream(batches(lengths)), sum(lengths)
    for amount in amounts:
        taken = sum(batch.num_rows for batch in stream.take(amount))
        assert taken == min(amount, left)
        left -= taken
    assert stream.more() == (left > 0)


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_part_names_sort_as_their_numbers(one, other):
    assert (part_name(one) < part_name(other)) == (one < other)
