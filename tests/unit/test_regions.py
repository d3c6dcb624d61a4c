"""Addresses roll up to 시도 and 시군구 by the names in use today."""

from collections import Counter
from importlib.resources import files

import pyarrow as pa
import pytest

from pseudonymize.transform.regions import gazetteer, roll_up


def one(text, level="sigungu"):
    return roll_up(pa.array([text], pa.string()), level).to_pylist()[0]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("서울특별시 종로구 율곡로 78", "서울특별시 종로구"),
        ("서울 종로구", "서울특별시 종로구"),
        ("서울시 강남구 역삼동 123-4", "서울특별시 강남구"),
        ("(04524) 서울특별시 중구 세종대로 110", "서울특별시 중구"),
        ("우)135-080 서울 강남구", "서울특별시 강남구"),
        ("대한민국 부산광역시 부산진구 1", "부산광역시 부산진구"),
        ("서울특별시강남구역삼동", "서울특별시 강남구"),
        ("서울강남구", "서울특별시 강남구"),
        ("강원도 춘천시", "강원특별자치도 춘천시"),
        ("전라북도 전주시 완산구 효자동", "전북특별자치도 전주시"),
        ("전북 완산구", "전북특별자치도 전주시"),
        ("충남 천안", "충청남도 천안시"),
        ("경기 광주시", "경기도 광주시"),
        ("광주 북구", "광주광역시 북구"),
        ("광주시 북구", "광주광역시 북구"),
        ("인천 남구", "인천광역시 미추홀구"),
        ("경기도\n가평군 청평면", "경기도 가평군"),
        ("제주도 서귀포시", "제주특별자치도 서귀포시"),
    ],
)
def test_addresses_as_people_write_them(text, region):
    assert one(text) == region
    assert one(text, "sido") == region.split()[0]


def test_a_general_district_rolls_up_to_its_city():
    assert one("경기도 수원시 영통구 매탄동") == "경기도 수원시"
    assert one("경기도 수원시영통구") == "경기도 수원시"
    assert one("수원시영통구") == "경기도 수원시"
    assert one("분당구 정자동") == "경기도 성남시"


def test_places_that_moved_are_where_they_are_now():
    assert one("경상북도 군위군 부계면") == one("대구 군위군") == one("군위군") == "대구광역시 군위군"
    assert one("충청남도 연기군 조치원읍") == "세종특별자치시"


@pytest.mark.parametrize(
    "text", ["세종특별자치시 조치원읍", "세종 한누리대로 2130", "세종시", "세종특별자치시조치원읍"]
)
def test_sejong_has_no_districts(text):
    assert one(text) == one(text, "sido") == "세종특별자치시"


def test_a_district_alone_counts_where_only_one_province_has_it():
    assert one("수원시 팔달로 1") == "경기도 수원시"
    assert one("제주시 연동") == "제주특별자치도 제주시"
    for ambiguous in ("중구", "중구 을지로 1", "고성군", "강서구 화곡동", "광주시 초월읍"):
        assert one(ambiguous) is None
        assert one(ambiguous, "sido") is None


@pytest.mark.parametrize(
    "text", [None, "", " ", "서울대학교", "세종대로 12", "경기도청", "중구로 1", "알 수 없음", "12345", "Seoul"]
)
def test_what_names_no_region_is_null(text):
    assert one(text) is None
    assert one(text, "sido") is None


def test_a_province_alone_does_not_reach_a_district():
    assert (one("경기도"), one("경기도", "sido")) == (None, "경기도")
    assert (one("서울 중구로 1"), one("서울 중구로 1", "sido")) == (None, "서울특별시")


def test_rolling_up_again_changes_nothing():
    known = {
        region.at(level)
        for names in gazetteer().within.values()
        for region in names.values()
        for level in ("sigungu",)
    }
    column = pa.array(sorted(known))
    assert roll_up(column, "sigungu").equals(column)
    provinces = pa.array(sorted(set(gazetteer().provinces.values())))
    assert roll_up(provinces, "sido").equals(provinces)


def test_the_shape_of_the_column_is_kept():
    texts = pa.array(["서울 중구", None, "서울 중구", "?"])
    expected = pa.array(["서울특별시 중구", None, "서울특별시 중구", None])
    for column in (
        texts,
        texts.dictionary_encode(),
        texts.cast(pa.large_string()),
        pa.concat_arrays([texts, texts]).slice(4),
    ):
        assert roll_up(column, "sigungu").equals(expected)
    assert roll_up(pa.array([], pa.string()), "sido").equals(pa.array([], pa.string()))
    assert roll_up(pa.nulls(2, pa.string()), "sido").null_count == 2


def test_the_table_holds_every_local_government():
    rows = [
        line.split("\t")
        for line in files("pseudonymize").joinpath("regions.tsv").read_text("utf-8").splitlines()[1:]
    ]
    counts = Counter(sido for sido, sigungu, _ in rows if sigungu)
    # 지방자치단체 and 행정시 as the 행정안전부 counts them; Incheon with two former and three new districts.
    assert counts == {
        "서울특별시": 25, "부산광역시": 16, "대구광역시": 9, "인천광역시": 13,
        "광주광역시": 5, "대전광역시": 5, "울산광역시": 5,
        "경기도": 31, "강원특별자치도": 18, "충청북도": 11, "충청남도": 15, "전북특별자치도": 14, "전라남도": 22,
        "경상북도": 22, "경상남도": 18, "제주특별자치도": 2,
    }  # fmt: skip
    assert len({sido for sido, _, _ in rows}) == 17


def test_only_two_levels_exist():
    with pytest.raises(ValueError, match="level"):
        roll_up(pa.array(["서울"]), "eupmyeondong")
