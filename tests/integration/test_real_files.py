"""Real files as agencies publish them, through the isolated reader and the typing of their policies.

What is expected was worked out with a few lines of plain Python over each file (the csv, json and zipfile modules),
not with the code under test.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from safezone.policy.load import load_policy
from safezone.sources.isolation import detect_isolated, parse_isolated
from safezone.sources.typed import type_columns

HERE = Path(__file__).resolve().parent.parent
POLICIES = HERE / "data" / "real_policies"
REAL = next((folder for up in HERE.parents if (folder := up / "shared" / "data" / "real").is_dir()), Path("absent"))
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the corpus of real files is not here")


@dataclass(frozen=True)
class Expected:
    """Counts and totals of one file."""

    file: str
    rows: int
    totals: dict[str, float] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    between: dict[str, tuple[str, str]] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)


EXPECTED = {
    "seoul-air-daily": Expected(
        "서울_일별평균대기오염도_2019.csv",
        17_745,
        {
            "이산화질소농도(ppm)": 532.322,
            "오존농도(ppm)": 393.858,
            "일산화탄소농도(ppm)": 9_657.9,
            "아황산가스농도(ppm)": 69.03,
            "미세먼지농도(㎍/㎥)": 718_625,
            "초미세먼지농도(㎍/㎥)": 419_159,
        },
        {"이산화질소농도(ppm)": 637, "미세먼지농도(㎍/㎥)": 717, "초미세먼지농도(㎍/㎥)": 699},
        {"측정일시": ("2019-01-01", "2019-12-31")},
    ),
    "fatal-accidents": Expected(
        "도로교통공단_사망 교통사고 정보_20201231.csv",
        2_983,
        {
            "사망자수": 3_081,
            "부상자수": 1_561,
            "중상자수": 601,
            "경상자수": 869,
            "부상신고자수": 91,
            "위도": 108_416.211,
        },
        between={"발생년월일시": ("2020-01-01 05:00:00", "2020-12-31 21:00:00")},
    ),
    "veterans-hospitals": Expected(
        "국가보훈부_보훈의료 위탁병원 현황_20250101.csv",
        893,
        {"병상수": 57_964, "진료과수": 6_119},
        between={"기준일": ("2025-01-01", "2025-01-01")},
    ),
    "fire-stations": Expected("fireStation-안전센터.csv", 1_100, {"순번": 605_550}, {"전화번호": 1, "주소": 0}),
    "public-institutions": Expected(
        "공공기관지정현황_public-institutions.csv", 344, missing={"상위기관": 331, "기관유형": 0}
    ),
    "manure-carriers": Expected(
        "fulldata_09_30_01_P_가축분뇨수집운반업.csv",
        751,
        {"번호": 282_376},
        {
            "관리번호": 751,  # every one of them damaged by Excel
            "인허가일자": 0,
            "인허가취소일자": 751,
            "폐업일자": 595,
            "휴업시작일자": 734,
            "재개업일자": 749,
            "최종수정시점": 0,
            "좌표정보(x)": 51,
        },
    ),
    "clinic-visits": Expected(
        "2021중앙외래월별총괄.csv",
        32,
        {
            "1월 초진": 13_835,
            "1월 재진": 74_159,
            "1월 계": 87_994,
            "계 초진": 245_412,
            "계 재진": 929_496,
            "계 계": 1_174_908,
        },
        dropped={"total": 1},
    ),
    "accidents-by-age": Expected(
        "TAAS_가해운전자 연령층별 시군구별 교통사고.xls",
        235,
        {"2014년 합계": 1_129_374, "2017년 미분류": 75_395, "2018년 미분류": 91_776},
        dropped={"total": 19, "footer": 1},
    ),
    "labour-force": Expected(
        "연령별_경제활동인구_총괄_20230812220037.xlsx",
        1_740,
        {
            "인구 (천명)": 11_905_709,
            "경제활동인구 (천명)": 7_416_650,
            "취업자 (천명)": 7_150_218,
            "실업자 (천명)": 266_524,
            "비경제활동인구 (천명)": 4_489_197,
        },
        between={"시점": ("1999-06-01", "2023-07-01")},
    ),
    "petitions": Expected(
        "petitions_2019-04.jsonl",
        494,
        {"num_agree": 6_200_584},
        {"content": 10, "title": 0},
        {"begin": ("2019-04-01", "2019-04-30")},
    ),
}


def read(dataset: str) -> tuple[pa.Table, int, dict[str, int]]:
    policy = load_policy(POLICIES / f"{dataset}.yaml")
    names = [column.name for column in policy.columns]
    with (REAL / EXPECTED[dataset].file).open("rb") as stream:
        parsed = parse_isolated(policy.source, stream, columns=names)
        typed = [
            type_columns(batch, policy.columns, unknown_columns=policy.source.unknown_columns) for batch in parsed
        ]
    return pa.Table.from_batches([part.batch for part in typed]), sum(p.bad_rows for p in typed), parsed.dropped


@pytest.mark.parametrize("dataset", EXPECTED)
def test_a_real_file_has_the_rows_totals_and_gaps_counted_by_hand(dataset: str) -> None:
    expected = EXPECTED[dataset]
    table, bad_rows, dropped = read(dataset)
    assert (table.num_rows, bad_rows) == (expected.rows, 0)
    for name, total in expected.totals.items():
        assert pc.sum(table[name]).as_py() == pytest.approx(total, rel=1e-8), name
    for name, count in expected.missing.items():
        assert table[name].null_count == count, name
    for name, (first, last) in expected.between.items():
        span = pc.min_max(table[name]).as_py()
        assert (str(span["min"]), str(span["max"])) == (first, last)
    assert {reason: count for reason, count in dropped.items() if count} == expected.dropped


def test_petition_text_comes_through_whole() -> None:
    table, _, _ = read("petitions")
    assert pc.sum(pc.utf8_length(table["content"])).as_py() == 788_343


def test_trailing_spaces_are_gone_from_real_addresses() -> None:
    table, _, _ = read("fire-stations")
    address = table["주소"].combine_chunks()
    assert pc.all(pc.equal(address, pc.utf8_trim_whitespace(address))).as_py()


@pytest.mark.parametrize(
    ("dataset", "skip_names"),
    [(name, name == "clinic-visits") for name in EXPECTED if name != "petitions"],
)
def test_what_is_detected_agrees_with_the_policy_written_by_hand(dataset: str, skip_names: bool) -> None:
    policy = load_policy(POLICIES / f"{dataset}.yaml")
    with (REAL / EXPECTED[dataset].file).open("rb") as stream:
        found = detect_isolated(stream)
    assert found.format == policy.source.format
    assert policy.source.encoding in {"auto", found.encoding}
    if not skip_names:  # that header has fewer cells than the table has columns: no one can detect its names
        assert list(found.names) == [column.name for column in policy.columns]
