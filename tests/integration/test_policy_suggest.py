"""`policy suggest`: from files to a policy that `policy check` accepts, on made, sample and real files."""

import json
import random
from pathlib import Path

import pytest

from pseudonymize.columns.propose import Proposal, propose
from safezone.cli.app import invoke
from safezone.policy.load import load_policy
from safezone.policy.suggest import TODO, Draft, dataset_id, suggest_policy
from safezone.sample.write import write_samples
from safezone.sources.survey import Survey, survey
from tests.fixtures.made_columns import make, rrn

HERE = Path(__file__).resolve().parents[1]
SHARED = next((folder for up in HERE.parents if (folder := up / "shared" / "data").is_dir()), Path("absent"))
REAL = SHARED / "real"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the corpus of real files is not here")


def suggested(path: Path) -> tuple[Survey, list[Proposal], str]:
    (look,) = survey([path])
    proposals = propose(look.columns)
    draft = Draft("draft", look.rows, look.source, files=look.files, renamed=look.detected.renamed)
    return look, proposals, suggest_policy(draft, proposals)


def loaded(text: str, folder: Path):
    (folder / "draft.yaml").write_text(text, encoding="utf-8")
    return load_policy(folder / "draft.yaml")


def by_name(proposals):
    return {item.name: item for item in proposals}


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    write_samples(folder, rows=600, seed=5)
    return folder


def folders(samples: Path) -> list[Path]:
    return sorted(path for path in samples.iterdir() if path.is_dir())


def test_sample_deliveries_get_policies_that_check_accepts(samples, tmp_path):
    right = total = 0
    for folder in folders(samples):
        look, _, text = suggested(folder)
        policy = loaded(text, tmp_path)
        written = load_policy(HERE.parent / "policies" / "datasets" / f"{look.manifest.dataset}.yaml")
        for column in written.columns:
            total += 1
            found = policy.column(column.name)
            right += found.type == column.type
            if column.identifier in ("direct", "free_text"):
                assert found.identifier == column.identifier, column.name
            if column.identifier == "quasi":
                assert found.identifier in ("quasi", "direct"), column.name
        assert policy.privacy.k == 5
    print(f"types of sample columns: {right} of {total}")
    assert right >= 0.98 * total


def test_the_policy_reads_the_file_it_was_made_from(samples, tmp_path):
    from safezone.sources.isolation import parse_isolated
    from safezone.sources.typed import type_columns

    for folder in folders(samples):
        look, _, text = suggested(folder)
        policy = loaded(text, tmp_path)
        with (folder / look.files[0]).open("rb") as stream:
            parsed = parse_isolated(policy.source, stream, columns=[column.name for column in policy.columns])
            bad = sum(type_columns(batch, policy.columns).bad_rows for batch in parsed)
        assert bad <= 0.01 * look.rows, look.files


def test_no_value_of_the_data_is_written(tmp_path):
    made = make(rows=120)
    lines = ["\t".join(column.header + str(i) for i, column in enumerate(made))]
    lines += ["\t".join(column.values[row] for column in made) for row in range(120)]
    file = tmp_path / "data.csv"
    file.write_bytes("\r\n".join(lines).encode("utf-16"))
    look, proposals, text = suggested(file)
    assert (look.rows, look.source["encoding"], look.source["delimiter"]) == (120, "utf-16", "\t")
    for column in made:
        if column.kind.value in ("sex", "boolean"):
            continue  # their words come from the project's own lists
        for value in set(column.values):
            if len(value) > 4:
                assert value not in text, column.header
                assert value not in repr(proposals), column.header


HARD = {
    "건수": (["1,234", "15", "902,113"], "integer"),
    "농도(ppm)": (["0.031", "점검중", "0.027"], "decimal"),
    "관리번호": (["4.73E+17", "4.49E+17", "4.71E+17"], "text"),
    "기준일자": (["20190101", "20190102", "20191231"], "date"),
    "인허가일자": (["2019.6.20", "2010.6.9", "2013.3.20"], "date"),
    "시점": (["1999.06", "1999.07", "2003.10"], "date"),
    "발생일시": (["2020-01-01 05", "2020-01-01 23", "2020-11-30 00"], "datetime"),
    "폐업일자": (["", "", ""], "text"),
    "시도": ([" 서울특별시  ", "경기도 ", "부산광역시"], "text"),
    "민원내용": (
        ["첫 줄입니다\n둘째 줄에 적습니다, 확인 바랍니다", "도로가 파손되었습니다", "가로등이 꺼져 있습니다"],
        "text",
    ),
}


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-16", "\t"), ("cp949", ","), ("utf-8-sig", ","), ("utf-8", ";")]
)
def test_what_agencies_send_is_typed_and_read(tmp_path, encoding, delimiter):
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(HARD)
    for i in range(60):
        writer.writerow([values[i % 3] for values, _ in HARD.values()])
    file = tmp_path / "현황.csv"
    file.write_bytes(out.getvalue().encode(encoding))
    look, proposals, text = suggested(file)
    found = by_name(proposals)
    assert {name: found[name].type for name in HARD} == {name: type_ for name, (_, type_) in HARD.items()}
    assert found["건수"].parse == {"thousands": True}
    assert found["관리번호"].parse["excel_damaged"] == "null"
    assert found["시점"].parse["dates"] == ["%Y.%m"]
    assert look.rows == 60
    policy = loaded(text, tmp_path)
    assert policy.column("민원내용").identifier == "free_text"


def test_a_file_without_header_gives_no_value_as_a_name(tmp_path):
    r = random.Random(1)
    rows = [
        f"김{'서도예하지'[i % 5]}{'연윤진은민'[i // 5 % 5]},{rrn(r)},010-2345-{i:04},서울특별시 강남구,2024-01-{1 + i % 28:02}"
        for i in range(40)
    ]
    file = tmp_path / "list.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    look, proposals, text = suggested(file)
    assert look.rows == 40
    assert [item.name for item in proposals] == ["COL1", "COL2", "COL3", "COL4", "COL5"]
    assert [item.identifier for item in proposals][:3] == ["direct"] * 3
    assert rows[0].split(",")[1] not in text
    assert "김서연" not in text
    assert "김도윤" not in text
    loaded(text, tmp_path)


def test_names_that_repeat_are_told_apart(tmp_path):
    file = tmp_path / "twice.csv"
    file.write_text("구분,수,수\n" + "가,1,2\n" * 20, encoding="utf-8")
    _, proposals, text = suggested(file)
    assert [item.name for item in proposals] == ["구분", "수", "수 (2)"]
    assert TODO in text
    loaded(text, tmp_path)


def test_what_only_a_person_knows_is_marked(samples, tmp_path):
    _, _, text = suggested(folders(samples)[0])
    for key in ("legal_basis", "classification", "retention", "description"):
        (line,) = [line for line in text.splitlines() if line.startswith(f"{key}:")]
        assert TODO in line


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Accidents 2024", "accidents-2024"), ("민원", "new-dataset"), ("2024_x-y", "x-y"), ("a", "new-dataset")],
)
def test_a_dataset_id_is_made_of_the_file_name(name, wanted):
    assert dataset_id(name) == wanted


def test_the_command_writes_the_file_once_and_check_wants_it_finished(samples, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SAFEZONE_HOME", str(tmp_path / "home"))
    delivery, target = str(folders(samples)[-1]), tmp_path / "veterans-draft.yaml"
    assert invoke(["policy", "suggest", delivery, "--out", str(target)]) == 0
    assert "준식별자" in capsys.readouterr().err
    assert load_policy(target).dataset == "veterans-draft"
    from safezone.errors import PolicyError, UsageError

    with pytest.raises(PolicyError) as refused:
        invoke(["policy", "check", str(target)])
    assert refused.value.code == "policy.placeholder"

    with pytest.raises(UsageError):
        invoke(["policy", "suggest", delivery, "--out", str(target)])


def test_the_command_prints_yaml_alone_on_stdout(samples, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SAFEZONE_HOME", str(tmp_path / "home"))
    invoke(["policy", "suggest", str(folders(samples)[0])])
    (tmp_path / "air-quality-complaints.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert load_policy(tmp_path / "air-quality-complaints.yaml").controller


def test_the_command_gives_json(samples, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SAFEZONE_HOME", str(tmp_path / "home"))
    invoke(["policy", "suggest", str(folders(samples)[0]), "--json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert {"id", "state", "source", "columns", "proposals", "policy"} <= set(found)
    assert {"type", "kind", "identifier", "transform", "parse", "why"} <= set(found["proposals"][0])


# Written by hand while looking at the files: type, then the kinds that are right ("|" between equally good ones).
LABELS = {
    "fireStation-안전센터.csv": """순번 integer serial
시도본부 text region|organisation
소방서 text organisation
119안전센터명 text organisation
주소 text address
전화번호 text phone""",
    "공공기관지정현황_public-institutions.csv": """기관명 text organisation
기관유형 text category
주무부처 text organisation
상위기관 text organisation
소재지 text address""",
    "국가보훈부_보훈의료 위탁병원 현황_20250101.csv": """기준일 date date
연번 integer serial
위탁병원명 text organisation
종별 text category
병상수 integer count
진료과수 integer count
광역시도명 text region
시군구명 text region
상세주소 text address
전화번호 text phone
위도 decimal coordinate
경도 decimal coordinate""",
    "도로교통공단_사망 교통사고 정보_20201231.csv": """발생년 integer year
발생년월일시 datetime datetime
주야 text category
요일 text category
사망자수 integer count
부상자수 integer count
중상자수 integer count
경상자수 integer count
부상신고자수 integer count
발생지시도 text region
발생지시군구 text region
사고유형_대분류 text category
사고유형_중분류 text category
사고유형 text category
가해자법규위반 text category
도로형태_대분류 text category
도로형태 text category
가해자_당사자종별 text category
피해자_당사자종별 text category
발생위치X_UTMK decimal coordinate
발생위치Y_UTMK decimal coordinate
경도 decimal coordinate
위도 decimal coordinate""",
    "서울_일별평균대기오염도_2019.csv": """측정일시 date date
측정소명 text organisation|region
이산화질소농도(ppm) decimal measure
오존농도(ppm) decimal measure
일산화탄소농도(ppm) decimal measure
아황산가스농도(ppm) decimal measure
미세먼지농도(㎍/㎥) integer measure
초미세먼지농도(㎍/㎥) integer measure""",
    "fulldata_09_30_01_P_가축분뇨수집운반업.csv": """번호 integer serial
개방서비스명 text category|label
개방서비스아이디 text code
개방자치단체코드 text code
관리번호 text record_id
인허가일자 date date
인허가취소일자 text empty
영업상태구분코드 text code
영업상태명 text category
상세영업상태코드 text code
상세영업상태명 text category
폐업일자 date date
휴업시작일자 date date
휴업종료일자 date date
재개업일자 date date
소재지전화 text phone
소재지면적 text empty
소재지우편번호 text postal_code
소재지전체주소 text address
도로명전체주소 text address
도로명우편번호 text postal_code
사업장명 text organisation
최종수정시점 datetime datetime
데이터갱신구분 text category
데이터갱신일자 datetime datetime
업태구분명 text category
좌표정보(x) decimal coordinate
좌표정보(y) decimal coordinate
환경업무구분명 text category
업종구분명 text category
종별명 text empty
주생산품명 text empty
배출시설조업시간 text empty
배출시설연간가동일수 integer count
방지시설조업시간 text empty
방지시설연간가동일수 integer count""",
    "연령별_경제활동인구_총괄_20230812220037.xlsx": """연령계층별 text age_band
시점 date date
인구 (천명) integer count
경제활동인구 (천명) integer count
취업자 (천명) integer count
실업자 (천명) integer count
비경제활동인구 (천명) integer count""",
    "TAAS_가해운전자 연령층별 시군구별 교통사고.xls": """시도 text region
시군구 text region
2014년 합계 integer measure|count
2014년 20세이하 integer count
2014년 65세이상 integer count
2018년 미분류 integer count""",
    "petitions_2019-04.jsonl": """category text category
begin date date
end date date
content text free_text
num_agree integer count
petition_idx text record_id
status text category
title text free_text""",
    "2021중앙외래월별총괄.csv": """구분 text label|category
1월 초진 integer count
1월 재진 integer count
1월 계 integer measure|count
12월 계 integer measure|count
계 integer measure|count""",
}
ADULT = {"sex": "sex", "age": "age", "race": "demographic", "education": "demographic", "salary-class": "category"}


@real
def test_columns_of_real_files_get_the_kind_and_type_a_person_gave_them(tmp_path):
    types = kinds = total = 0
    wrong = []
    for file, labels in LABELS.items():
        _, proposals, text = suggested(REAL / file)
        loaded(text, tmp_path)
        found = by_name(proposals)
        for line in labels.splitlines():
            name, type_, allowed = line.rsplit(" ", 2)
            item = found[name]
            total, types = total + 1, types + (item.type == type_)
            kinds += item.kind.value in allowed.split("|")
            if item.type != type_ or item.kind.value not in allowed.split("|"):
                wrong.append((name, item.type, item.kind.value))
    print(f"real columns: {total}; types right {types / total:.1%}, kinds right {kinds / total:.1%}")
    assert types >= 0.98 * total, wrong
    assert kinds >= 0.95 * total, wrong


@real
def test_adult_is_about_people(tmp_path):
    _, proposals, text = suggested(SHARED / "adult" / "adult.csv")
    found = by_name(proposals)
    assert {name: found[name].kind.value for name in ADULT} == ADULT
    assert {item.identifier for item in proposals} == {"quasi", "sensitive"}
    loaded(text, tmp_path)
