"""Re-identification risk of small tables whose answer can be counted by hand, and of the Adult data."""

import json
import os
from math import log
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset as ds
import pytest

from pseudonymize.risk import RiskError, RiskReport, advise, assess, equivalence_classes, published_classes
from pseudonymize.risk.report import Diversity

ROOT = Path(__file__).resolve().parents[2]
ADULT = Path(os.environ.get("SAFEZONE_CORPORA", ROOT.parent / "shared" / "data")) / "adult" / "adult.csv"

PATIENTS = pa.table(
    {
        "시군구": ["종로구", "종로구", "종로구", "중구", "중구", None],
        "연령대": [30, 30, 30, 40, 40, 40],
        "상병": ["감기", "감기", "골절", "감기", "감기", None],
        "메모": ["a", "b", "c", "d", "e", "f"],
    }
)
KNOWN = ["시군구", "연령대"]


@pytest.fixture(scope="module")
def adult():
    if not ADULT.exists():
        pytest.skip("the Adult data is not on this machine")
    return pyarrow.csv.read_csv(ADULT, parse_options=pyarrow.csv.ParseOptions(delimiter=";"))


def test_a_table_counted_by_hand():
    report = assess(PATIENTS, quasi_identifiers=KNOWN, sensitive=["상병"])
    assert (report.rows, report.classes, report.k) == (6, 3, 1)
    assert (report.sample_uniques, report.sample_uniques_share) == (1, 1 / 6)
    assert (report.prosecutor_max, report.prosecutor_average) == (1.0, 0.5)
    assert {band.sizes: (band.classes, band.rows) for band in report.histogram} == {
        "1": (1, 1), "2": (1, 2), "3-4": (1, 3), "5-9": (0, 0),
        "10-19": (0, 0), "20-49": (0, 0), "50-99": (0, 0), "100+": (0, 0),
    }  # fmt: skip
    assert report.l == {"상병": Diversity(1, 1.0)}


def test_entropy_diversity_is_that_of_the_worst_class():
    report = assess(PATIENTS.slice(0, 3), quasi_identifiers=KNOWN, sensitive=["상병"])
    entropy = -(2 / 3 * log(2 / 3) + 1 / 3 * log(1 / 3))
    assert report.l["상병"].distinct == 2
    assert log(report.l["상병"].entropy) == pytest.approx(entropy)


def test_without_quasi_identifiers_all_rows_are_one_class():
    report = assess(PATIENTS, quasi_identifiers=[], sensitive=["상병"])
    assert (report.classes, report.k, report.l["상병"].distinct) == (1, 6, 3)


@pytest.mark.parametrize("known", [KNOWN, []])
def test_an_empty_table_has_no_risk_and_no_k(known):
    report = assess(PATIENTS.slice(0, 0), quasi_identifiers=known, sensitive=["상병"])
    assert (report.rows, report.classes, report.k) == (0, 0, None)
    assert (report.prosecutor_max, report.prosecutor_average, report.sample_uniques_share) == (0.0, 0.0, 0.0)
    assert report.l == {"상병": Diversity(None, None)}


def test_a_column_may_be_both_known_and_sensitive():
    assert assess(PATIENTS, quasi_identifiers=KNOWN, sensitive=["연령대"]).l == {"연령대": Diversity(1, 1.0)}


def test_tables_datasets_and_readers_are_one():
    expected = assess(PATIENTS, quasi_identifiers=KNOWN, sensitive=["상병"])
    halves = ds.dataset([ds.dataset(PATIENTS.slice(0, 3)), ds.dataset(PATIENTS.slice(3))])
    for source in (ds.dataset(PATIENTS), halves, PATIENTS.to_reader(max_chunksize=2)):
        assert assess(source, quasi_identifiers=KNOWN, sensitive=["상병"]) == expected


def test_dictionaries_that_differ_from_batch_to_batch_still_mean_their_values():
    parts = [pa.array(["b", "a"]).dictionary_encode(), pa.array(["a", "c"]).dictionary_encode()]
    table = pa.table({"q": pa.chunked_array(parts)})
    assert equivalence_classes(table, ["q"]).to_pydict() == {"q": ["a", "b", "c"], "n": [2, 1, 1]}


def test_a_report_survives_json():
    report = assess(PATIENTS, quasi_identifiers=KNOWN, sensitive=["상병"])
    assert RiskReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    for broken in ({}, {"rows": 1}, report.to_json() | {"more": 1}, report.to_json() | {"l": None}):
        with pytest.raises(RiskError, match="invalid_report"):
            RiskReport.from_json(broken)


def test_names_that_are_missing_or_mean_two_columns_are_refused():
    twice = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    for table, known, sensitive, code in (
        (PATIENTS, ["나이"], [], "unknown_column"),
        (PATIENTS, KNOWN, ["나이"], "unknown_column"),
        (PATIENTS, ["시군구", "시군구"], [], "ambiguous_column"),
        (twice, ["a"], [], "ambiguous_column"),
    ):
        with pytest.raises(RiskError) as caught:
            assess(table, quasi_identifiers=known, sensitive=sensitive)
        assert caught.value.code == code


def test_names_that_differ_in_case_alone_are_two_columns():
    table = pa.table({"a": [1, 1], "A": [1, 2]})
    assert assess(table, quasi_identifiers=["a"]).k == 2
    assert assess(table, quasi_identifiers=["a", "A"]).k == 1


def test_errors_of_libraries_carry_no_value_out():
    def stream():
        yield PATIENTS.to_batches()[0]
        raise OSError("홍길동 900101-1234567")

    reader = pa.RecordBatchReader.from_batches(PATIENTS.schema, stream())
    with pytest.raises(RiskError) as caught:
        assess(reader, quasi_identifiers=KNOWN)
    assert str(caught.value) == "disclosure risk: unreadable"
    assert caught.value.__suppress_context__


def test_classes_come_with_their_types_and_the_largest_first():
    found = equivalence_classes(PATIENTS, KNOWN)
    assert found.to_pydict() == {"시군구": ["종로구", "중구", None], "연령대": [30, 40, 40], "n": [3, 2, 1]}
    assert found.schema == pa.schema({"시군구": pa.string(), "연령대": pa.int64(), "n": pa.int64()})


def test_only_classes_of_k_are_published():
    assert published_classes(PATIENTS, KNOWN, 3).to_pydict() == {"시군구": ["종로구"], "연령대": [30], "n": [3]}
    assert published_classes(PATIENTS, KNOWN, 9).num_rows == 0
    for k in (0, -1, True, 2.5):
        with pytest.raises(RiskError, match="invalid_k"):
            published_classes(PATIENTS, KNOWN, k)


def test_times_keep_every_digit():
    moments = pa.array([1, 1, 2], pa.timestamp("ns", "Asia/Seoul"))
    found = equivalence_classes(pa.table({"t": moments}), ["t"])
    assert found.column("n").to_pylist() == [2, 1]
    assert found.column("t").type == moments.type
    assert found.column("t").combine_chunks().equals(moments.take(pa.array([0, 2])))


def test_advice_names_the_column_that_costs_most():
    table = pa.table({"시군구": ["중구"] * 4, "생년": [1, 2, 3, 4], "성별": ["남", "남", "여", "여"]})
    found = [item.to_json() for item in advise(table, ["성별", "시군구", "생년"], 2)]
    assert found == [
        {"column": "생년", "suppressed_now": 4, "suppressed_without": 0},
        {"column": "성별", "suppressed_now": 4, "suppressed_without": 4},
        {"column": "시군구", "suppressed_now": 4, "suppressed_without": 4},
    ]
    assert advise(table, [], 2) == []


def test_adult_has_the_published_risk(adult):
    report = assess(adult, quasi_identifiers=adult.column_names)
    assert report.rows == 30162
    assert round(report.prosecutor_average, 3) == 0.647
    assert round(report.sample_uniques_share, 3) == 0.514
    assert advise(adult, adult.column_names, 5)[0].column == "age"
