"""Judged part by part, in any order, a dataset comes out as it does judged at once."""

from dataclasses import dataclass
from itertools import pairwise
from unittest import mock

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from validation import run
from validation.run import Partial, Validator
from validation.suite import Expectation, Suite

SUITE = Suite(
    "s",
    (
        Expectation("columns_in_order", columns=("text", "number", "real")),
        Expectation("not_null", column="text", mostly=0.5),
        Expectation("in_set", column="text", values=("a", "b"), mostly=0.7),
        Expectation("between", column="number", min=0, max=2),
        Expectation("between", column="real", min=0.0, mostly=0.6),
        Expectation("matches", column="text", regex="[ab]+"),
        Expectation("column_pair_ordered", column="number", other="real"),
        Expectation("no_personal_data", column="text", mostly=0.8),
        Expectation("unique", columns=("text", "number")),
        Expectation("k_anonymity", columns=("text",), min=2),
        Expectation("l_diversity", column="number", columns=("text",), min=2),
        Expectation("sum_between", column="number", min=0, max=20),
    ),
)


@dataclass
class Finding:
    entity: str


def detect(texts):
    return [[Finding("PERSON")] * text.count("b") for text in texts]


rows = st.lists(
    st.tuples(
        st.none() | st.text("abc", max_size=2),
        st.none() | st.integers(-1, 4),
        st.none() | st.just(float("nan")) | st.floats(-1, 4),
    ),
    max_size=12,
)


def tabled(items):
    text, number, real = zip(*items, strict=True) if items else ((), (), ())
    schema = pa.schema([("text", pa.string()), ("number", pa.int64()), ("real", pa.float64())])
    return pa.table([list(text), list(number), list(real)], schema=schema)


@settings(max_examples=8, deadline=None)
@given(rows=rows, cuts=st.lists(st.integers(0, 12), max_size=3), turn=st.randoms(use_true_random=False))
def test_parts_add_up_to_the_whole(rows, cuts, turn):
    table = tabled(rows)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [
        Validator(SUITE, detect).add(table.slice(start, end - start)).partial().to_json()
        for start, end in pairwise(edges)
    ]
    turn.shuffle(parts)
    pieces = Validator(SUITE, connect=duckdb.connect)
    for part in parts:
        pieces.absorb(Partial.from_json(part))
    whole = Validator(SUITE, detect, connect=duckdb.connect).add(table).finish(table)
    assert pieces.finish(table) == whole


@settings(max_examples=4, deadline=None)
@given(rows=rows, size=st.integers(1, 5))
def test_the_size_of_batches_changes_nothing(rows, size):
    table = tabled(rows)
    with mock.patch.object(run, "BUFFER_ROWS", size):
        batched = Validator(SUITE, detect, connect=duckdb.connect)
        for batch in table.to_batches(max_chunksize=size):
            batched.add(batch)
        result = batched.finish(table)
    assert result == Validator(SUITE, detect, connect=duckdb.connect).add(table).finish(table)
