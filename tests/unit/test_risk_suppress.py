"""Suppression takes the rows of small classes out, and touches nothing else."""

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet
import pytest

from pseudonymize.risk import RiskError, suppress

VISITS = pa.table(
    {
        "id": [1, 2, 3, 4, 5, 6, 7],
        "지역": ["가", "나", "가", None, "다", None, "가"],
        "memo": pa.array(["p", "q", "r", "s", "t", "u", "v"]).dictionary_encode(),
    }
)


def rows(found):
    return pa.Table.from_batches(found.batches(), schema=found.dataset.schema)


def test_small_classes_go_and_the_rest_keeps_its_order_and_types():
    found = suppress(VISITS, ["지역"], 2)
    assert (found.rows, found.suppressed, found.suppressed_share) == (7, 2, 2 / 7)
    assert rows(found).column("id").to_pylist() == [1, 3, 4, 6, 7]
    assert rows(found).schema == VISITS.schema


def test_a_class_spread_over_parts_is_one_class():
    parts = ds.dataset([ds.dataset(VISITS.slice(at, 1)) for at in range(7)])
    found = suppress(parts, ["지역"], 3)
    assert (found.suppressed, rows(found).column("id").to_pylist()) == (4, [1, 3, 7])


def test_where_no_class_is_small_the_batches_pass_untouched():
    found = suppress(VISITS, ["지역"], 1)
    assert found.suppressed == 0
    assert rows(found).equals(VISITS)


def test_where_all_are_small_nothing_is_left():
    found = suppress(VISITS, ["id"], 2)
    assert (found.suppressed_share, list(found.batches())) == (1.0, [])


def test_without_quasi_identifiers_it_is_all_or_nothing():
    assert rows(suppress(VISITS, [], 7)).num_rows == 7
    assert suppress(VISITS, [], 8).suppressed == 7


def test_an_empty_dataset_loses_nothing():
    found = suppress(VISITS.slice(0, 0), ["지역"], 5)
    assert (found.rows, found.suppressed, found.suppressed_share, list(found.batches())) == (0, 0, 0.0, [])


@pytest.mark.parametrize("k", [2, 200])
def test_few_large_classes_or_few_small_ones_give_the_same_rows(k):
    many = pa.table({"q": [*range(50), *[-1] * 199, *[-2] * 200], "at": range(449)})
    kept = [-1] * 199 + [-2] * 200 if k == 2 else [-2] * 200
    assert rows(suppress(many, ["q"], k)).column("q").to_pylist() == kept


def test_it_can_be_read_twice():
    found = suppress(VISITS, ["지역"], 2)
    assert rows(found).equals(rows(found))


def test_a_source_that_changed_in_between_is_noticed(tmp_path):
    pa.parquet.write_table(VISITS, tmp_path / "part.parquet")
    found = suppress(ds.dataset(tmp_path / "part.parquet"), ["지역"], 2)
    pa.parquet.write_table(VISITS.slice(1), tmp_path / "part.parquet")
    with pytest.raises(RiskError):
        list(found.batches())


def test_its_repr_shows_no_value():
    assert repr(suppress(VISITS, ["지역"], 2)) == "Suppression(quasi_identifiers=('지역',), rows=7, suppressed=2)"


def test_bad_requests_are_refused_by_code():
    for names, k, code in ((["없음"], 2, "unknown_column"), (["지역"], 0, "invalid_k")):
        with pytest.raises(RiskError) as caught:
            suppress(VISITS, names, k)
        assert caught.value.code == code
