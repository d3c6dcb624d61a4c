"""Risk, whatever the columns are called and hold, against a count in plain Python."""

from collections import Counter, defaultdict
from math import exp, log

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.risk import advise, assess, equivalence_classes, published_classes, suppress

NASTY = st.one_of(
    st.sampled_from(
        [
            '"',
            '""',
            "'; DROP TABLE cells; --",
            "n n",
            "성명 (한글)",
            "one",
            "c1",
            "C0",
            "size",
            "a.b",
            "[0]",
            " ",
            "",
            "\n",
        ]
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
).filter(lambda name: name != "n")
COLUMN = st.sampled_from([
    st.one_of(st.none(), st.integers(0, 2)),
    st.one_of(st.none(), st.sampled_from(["", "가", "'", "null"])),
    st.one_of(st.none(), st.booleans()),
    st.sampled_from([0.5, 1.5, None]),
])  # fmt: skip


@st.composite
def tables(draw):
    names = draw(st.lists(NASTY, min_size=2, max_size=4, unique=True))
    size = draw(st.integers(0, 30))
    data = [draw(st.lists(draw(COLUMN), min_size=size, max_size=size)) for _ in names]
    pieces = draw(st.integers(1, 10))
    table = pa.Table.from_arrays([pa.array(values) for values in data], names=names)
    batches = table.to_batches(max_chunksize=pieces)
    return pa.Table.from_batches(batches, schema=table.schema), draw(st.integers(0, len(names) - 1))


def keys(table, names):
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True)) or [()] * table.num_rows


@settings(max_examples=25, deadline=None)
@given(tables())
def test_a_report_says_what_counting_says(drawn):
    table, width = drawn
    known, secret = table.column_names[:width], table.column_names[-1]
    report = assess(table, quasi_identifiers=known, sensitive=[secret])
    classes = Counter(keys(table, known))
    assert report.rows == table.num_rows
    assert report.classes == len(classes)
    assert report.k == min(classes.values(), default=None)
    assert report.sample_uniques == sum(size == 1 for size in classes.values())
    assert sum(band.rows for band in report.histogram) == report.rows
    assert sum(band.classes for band in report.histogram) == report.classes
    assert 0 <= report.prosecutor_average <= report.prosecutor_max <= 1
    if not classes:
        return
    assert report.prosecutor_average == pytest.approx(len(classes) / table.num_rows)
    within = defaultdict(Counter)
    for key, value in zip(keys(table, known), table.column(secret).to_pylist(), strict=True):
        within[key][value] += 1
    found = report.l[secret]
    assert found.distinct == min(map(len, within.values()))
    entropies = (-sum(n / c.total() * log(n / c.total()) for n in c.values()) for c in within.values())
    assert found.entropy == pytest.approx(min(map(exp, entropies)))
    assert found.entropy <= found.distinct + 1e-9


@settings(max_examples=25, deadline=None)
@given(tables(), st.integers(1, 6))
def test_after_suppression_every_class_has_k_and_no_other_row_is_gone(drawn, k):
    table, width = drawn
    known = table.column_names[:width]
    found = suppress(table, known, k)
    kept = pa.Table.from_batches(found.batches(), schema=table.schema)
    assert found.rows == table.num_rows
    assert found.suppressed + kept.num_rows == table.num_rows
    assert all(size >= k for size in Counter(keys(kept, known)).values())
    sizes = Counter(keys(table, known))
    stay = pa.array([sizes[key] >= k for key in keys(table, known)], pa.bool_())
    assert kept.equals(table.filter(stay))


@settings(max_examples=15, deadline=None)
@given(tables(), st.integers(1, 6))
def test_classes_and_advice_say_what_counting_says(drawn, k):
    table, width = drawn
    known = table.column_names[:width]
    sizes = Counter(keys(table, known))
    found = equivalence_classes(table, known)
    assert dict(zip(keys(found, known), found.column("n").to_pylist(), strict=True)) == sizes
    assert found.num_rows == len(sizes)
    seen = published_classes(table, known, k)
    assert sorted(seen.column("n").to_pylist()) == sorted(size for size in sizes.values() if size >= k)
    for item in advise(table, known, k):
        rest = Counter(keys(table, [name for name in known if name != item.column]))
        assert item.suppressed_now == sum(size for size in sizes.values() if size < k)
        assert item.suppressed_without == sum(size for size in rest.values() if size < k)
        assert item.suppressed_without <= item.suppressed_now
