"""Words of the public sector that tell what a column holds; every one is from common use, none from data."""

from __future__ import annotations

from functools import cache

from pseudonymize.names.surnames import COMPOUND, SINGLE
from pseudonymize.transform.regions import gazetteer

MISSING = (
    "-", "--", "---", "―", "–", "·", "．", ".", "..", "...", "…", "?", "??", "*", "**", "***", "/", "N/A", "NA", "n/a", "#N/A", "NULL", "null",
    "Null", "None", "none", "NaN", "nan", "NIL", "\\N", "(null)", "(NULL)", "없음", "해당없음", "해당 없음", "해당사항없음", "해당사항 없음", "미상", "불명",
    "미입력", "미기재", "미측정", "결측", "결측치", "자료없음", "자료 없음", "데이터없음", "통신장애", "점검중", "점검 중", "교정중", "비공개", "미정", "모름",
    "알수없음", "알 수 없음", "무응답", "미응답", "기재없음", "정보없음", "미제공", "미확인", "집계중", "unknown", "Unknown", "UNKNOWN", "missing", "X", "x",
)  # fmt: skip
"""Words for "there is no value". Those of one letter count only in columns of numbers and dates."""
TOTALS = (
    "합계",
    "계",
    "총계",
    "소계",
    "전체",
    "총합계",
    "합 계",
    "총 계",
    "소 계",
    "전국",
    "Total",
    "total",
    "TOTAL",
    "Sum",
    "누계",
    "평균",
)
FOOTERS = (
    "출처",
    "※",
    "주)",
    "주:",
    "*주",
    "자료:",
    "자료 :",
    "자료)",
    "주석",
    "단위:",
    "(단위",
    "주1",
    "주 )",
    "Source",
    "Note",
)

SEX = (
    "남", "여", "남자", "여자", "남성", "여성", "M", "F", "m", "f", "Male", "Female", "male", "female", "MALE", "FEMALE", "Man", "Woman", "남학생",
    "여학생",
)  # fmt: skip
BOOLEANS: tuple[tuple[str, str], ...] = (
    ("Y", "N"), ("y", "n"), ("Yes", "No"), ("YES", "NO"), ("yes", "no"), ("예", "아니오"), ("예", "아니요"), ("네", "아니오"), ("True", "False"),
    ("true", "false"), ("TRUE", "FALSE"), ("T", "F"), ("t", "f"), ("1", "0"), ("O", "X"), ("o", "x"), ("○", "×"), ("○", "X"), ("○", "✕"), ("유", "무"),
    ("있음", "없음"), ("있다", "없다"), ("해당", "비해당"), ("해당", "미해당"), ("해당", "해당없음"), ("가입", "미가입"), ("동의", "미동의"), ("사용", "미사용"),
    ("완료", "미완료"), ("설치", "미설치"), ("공개", "비공개"), ("가능", "불가능"), ("가능", "불가"), ("참", "거짓"), ("여", "부"), ("적합", "부적합"),
)  # fmt: skip
"""Words for true and for false."""
WEEKDAYS = ("월", "화", "수", "목", "금", "토", "일", *(f"{d}요일" for d in "월화수목금토일"))

ORGANISATION = (
    r"(?:청|처|공단|공사|센터|병원|의원|학교|대학|대학교|협회|재단|조합|위원회|연구원|연구소|소방서|경찰서|파출소|지구대|구청|시청|군청|도청|은행|회사|약국|요양원|어린이집|유치원|도서관"
    r"|박물관|미술관|보건소|보건지소|복지관|주민센터|행정복지센터|사무소|우체국|농협|수협|축협|진흥원|관리원|개발원|기술원|교육원|평가원|정보원|기금|법인|교육청|세무서|법원|검찰청|교도소|체육관|상사"
    r"|산업|건설|환경|개발|운수|물류|통운|식품|전자|기업|부|실|국|과|팀|단|원|관|소|점|사)$|주식회사|\(주\)|㈜|\(사\)|\(재\)|유한회사|(?i:\b(?:inc|ltd|corp|co|llc)\.?$)"
)
STRONG_ORGANISATION = (
    r"(?:청|공단|공사|센터|병원|의원|학교|대학교|협회|재단|조합|위원회|연구원|연구소|소방서|경찰서|파출소|지구대|은행|회사|약국|요양원|어린이집|유치원|도서관|박물관|미술관|보건소|복지관|사무소"
    r"|우체국|농협|진흥원|관리원|개발원|기술원|교육원|평가원|정보원|교육청|세무서|법원|교도소)$|주식회사|\(주\)|㈜|\(사\)|\(재\)|유한회사|(?:과학|문화|체육|보건|복지|노동|환경|국토|행정|교통|통일|국방|외교|법무|산업|여성|해양|교육|농림|기획)\S*부$"
)
ADDRESS = (
    r"(?:[가-힣0-9]+(?:대로|로|길)[0-9가-힣]*(?:번?[가나다라]?길)? ?(?:지하 ?)?[0-9]+(?:-[0-9]+)?)"
    r"|(?:[가-힣0-9]+(?:읍|면|동|리|가) ?(?:산 ?)?[0-9]+(?:-[0-9]+)?(?:번지)?)"
    r"|(?:(?:특별시|광역시|특별자치[시도]|[가-힣]도|[가-힣]{2,3}시) ?[가-힣]+[시군구] ?[가-힣0-9]+(?:읍|면|동|로|길))"
)
_GIVEN = (
    "민서지현수영정은준성진우미경희호재연아윤예하유원혜승선주상태동인철훈석용환규광병종기덕순숙자옥화란나라리린빈소솔슬시안애여온율은이일임장재전제조중찬창채초춘충"
    "치탁택필한해향헌협형홍황효후휘흠건결겸고관교구국권균근금길남내녀노능다단달담대도두득락련로록룡률만명모묵문물바반방배백범별보복봉부비빛산삼새생섭세송신실심악암양어억언엄"
    "업열엽오완외요욱운웅월위육의익자작잔점접주직집천청최추출평표학함해혁현"
)


@cache
def name_regex() -> str:
    """RE2 pattern of a Korean name as forms hold it: a surname and one or two usual syllables."""
    surnames = "".join(sorted(SINGLE))
    given = "".join(sorted(set(_GIVEN)))
    compound = "|".join(COMPOUND)
    return rf"^(?:(?:[{surnames}]|{compound}) ?[{given}]{{1,2}}|(?:[{surnames}]|{compound})[{given}]{{2}})$"


@cache
def region_names() -> tuple[frozenset[str], frozenset[str]]:
    """Names of 시도, and of 시군구 with and without their 시도 (``pseudonymize/regions.tsv``)."""
    known = gazetteer()
    provinces = frozenset(known.provinces)
    inside = frozenset(name for names in known.within.values() for name in names)
    return provinces, inside
