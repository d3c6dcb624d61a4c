"""What is searched where saves time and decides nothing: same candidates as plain Presidio and as no gate at all."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import re2
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine

from pseudonymize.detect import gate as gates
from pseudonymize.detect import necessary
from pseudonymize.detect.detector import Detector
from pseudonymize.detect.finders import finder, label_finder
from pseudonymize.detect.gate import Gate, by_patterns
from pseudonymize.detect.necessary import first_characters, relaxed
from pseudonymize.detect.registry import recognizers_for
from pseudonymize.document.document import Document
from pseudonymize.document.labels import find_labels
from pseudonymize.document.normalise import changeable, normalise
from pseudonymize.recognizers.base import DocumentRecognizer, Need
from pseudonymize.spans import Candidate

RECOGNIZERS = [recognizer for recognizer in recognizers_for("ko") if by_patterns(recognizer)]
PATTERNS = [
    pytest.param(pattern, id=f"{recognizer.name}-{name}-{number}")
    for recognizer in RECOGNIZERS
    for number, (name, pattern, _) in enumerate(recognizer.compiled)
]

IDENTIFIERS = [
    "900101-1234567", "900101-1234568", "900101-1******", "90.01.01-2234567", "9 0 0 1 0 1 - 1 2 3 4 5 6 7", "900101-5234567",
    "9001011234568", "124-81-00998", "1248100998", "123-45-67890", "110111-1234567", "11-19-123456-78", "112012345678",
    "서울 11 123456 78", "M12345678", "M123A4567", "AB1234567", "12가3456", "서울12가 3456", "123허 4567", "임 1234", "외교 123-456",
    "1990년 1월 1일", "1990.01.01", "1990. 1. 1.생", "900101", "90년생", "46세", "(남, 35)", "만 35세", "Jan 3, 1990", "3/4/1990",
    "010-1234-5678", "01012345678", "010.1234.5678", "+82-10-1234-5678", "(02)123-4567", "031)123-4567", "1588-1234",
    "0507-1234-5678", "010-****-5678", "+1 212 555 0187", "212-555-0187", "1234-5678", "공일공 일이삼사 오육칠팔",
    "hong.gd@naver.com", "hong (at) korea.kr", "hong@도메인.한국", "https://www.korea.kr/a?b=3", "www.korea.kr", "korea.go.kr/x",
    "211.174.22.109", "10.0.0.*", "1.2.3.4", "2001:db8:85a3::8a2e:370:7334", "4111-1111-1111-1111", "4111111111111111",
    "3782 822463 10005", "4512-****-****-5563", "110-123-456789", "302-1145-0823-41", "12345678901234", "123 456 789012",
    "900101-1, 남", "김나루(900101-1)", "앞자리: 900101", "뒷자리는 1234567", "900101-*******", "9001**-1234567", "900101-5******",
    "900101-5****", "90.01.01-5234567", "9 0 0 1 0 1 - 5 2 3 4 5 6 7", "124-81-0****", "서울 강남 가 1234", "1990년 1월", "3 Jan 1990",
    "1990-**-**", "1990년 1월생", "born on Jan 3, 1990", "스물세 살 남성", "34 years old", "hong at korea dot kr", "hong@korea . kr",
    "****-****-****-5563", "3782-******-10005", "12 Sejong-daero, Jongno-gu, Seoul", "03171 서울특별시 종로구", "세종대로 209, 03171",
    "세종대로 209 (03171)", "나이: 34", "(여/34)", "34세 여성", "(홍나루, 남, 34)", "경기도 성남시 분당구에", "******-1234567", "age: 34 (34M)",
    "4111 1111 1111 1112", "1-1234567890", "11234567890", "서울특별시 종로구 세종대로 1길 12, 101동 1203호", "경기 성남시 분당구 판교역로 235(삼평동)", "역삼동 123-45번지",
    "테헤란로 427", "담양읍 객사리 12-3", "101동 1203호", "03171", "135-080", "(우) 03171", "서울시 강남구",
]  # fmt: skip
LABELS = [
    "주민등록번호", "외국인등록번호", "사업자번호:", "법인등록번호", "운전면허", "여권번호 ", "계좌", "신한은행 ", "우리 ", "카드번호", "연락처는", "TEL.", "Phone ",
    "우편번호", "우)", "생년월일 ", "born on ", "차량", "주소: ", "IP ", "접수번호 ", "건강보험증 번호", "금액 ", "뒷자리: ", "의료보험",
]  # fmt: skip
NEARLY = [
    "2024-01-31", "2024.1.3.", "12:34:56", "1,234,567원", "20240131123456", "1592-1598년", "3명", "제19234호", "0.123456789", "①", "84㎡",
    "010-12-34", "900101-", "@", "a@b", "www.", "12호 3456", "…", "ㅡ", "*", "●●●●●●-1234567", "f1e2d3c4b5a6", "010", "-", "--", "/", "x",
]  # fmt: skip
WORDS = [
    "은",
    "입니다 ",
    "담당자",
    "\n",
    "\r\n",
    "\t",
    " ",
    "  ",
    ", ",
    "(",
    ")",
    "번",
    "「",
    "🙂",
    "ſ",
    "K",
    "İ",
    "é",
    "\ud800",
    "ᄒ",
    "\u0301",
]
PIECES = st.one_of(*map(st.sampled_from, (IDENTIFIERS, IDENTIFIERS, LABELS, NEARLY, WORDS)), st.text(max_size=6))


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _between(sign: str) -> Callable[[str], str]:
    return lambda text: sign.join(text)


SPELLINGS: list[Callable[[str], str]] = [
    *[str] * 8, _wide, _between("\u200b"), _between(" "), lambda t: unicodedata.normalize("NFD", t),
    lambda t: t.replace("-", "–"), lambda t: t.replace("-", "ㅡ"), lambda t: t.replace(" ", "\u00a0"), str.upper, str.lower,
    lambda t: t[:-1], lambda t: t[1:], lambda t: t + "1", lambda t: t.replace("-", "-\n"), lambda t: t.replace("1", "١"),
]  # fmt: skip


@st.composite
def texts(draw: st.DrawFn) -> str:
    parts = draw(
        st.lists(st.tuples(PIECES, st.sampled_from(SPELLINGS), st.sampled_from(["", " ", "\n"])), max_size=7)
    )
    return "".join(spell(piece) + gap for piece, spell, gap in parts)


def ungated(recognizers: Sequence[DocumentRecognizer], given: Sequence[str]) -> list[list[Candidate]]:
    """Each recognizer asked about each text, one after the other."""
    documents = [Document(text) for text in given]
    answers: list[list[Candidate]] = [[] for _ in given]
    for recognizer in recognizers:
        for answer, found in zip(answers, recognizer.candidates(documents), strict=True):
            answer.extend(found)
    return answers


FIXED = [
    f"{before}{label}{gap}{spell(value)}{after}"
    for number, value in enumerate(IDENTIFIERS + NEARLY)
    for before, label, gap, after in (
        ("", "", "", ""),
        ("담당 ", LABELS[number % len(LABELS)], " ", "입니다"),
        ("값: ", "", "", f" {LABELS[(number * 7) % len(LABELS)]}"),
    )
    for spell in (str, _wide, SPELLINGS[number % len(SPELLINGS)])
] + [f"{label} {value}" for label in LABELS for value in IDENTIFIERS[::2]]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(RECOGNIZERS)


@pytest.fixture(scope="module")
def engine() -> AnalyzerEngine:
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=RECOGNIZERS, supported_languages=["ko"]),
        nlp_engine=NoOpNlpEngine(models=[{"lang_code": "ko", "model_name": "none"}]),
        supported_languages=["ko"],
    )


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(RECOGNIZERS, "ko")


def test_many_recognizers_find_by_patterns_alone() -> None:
    assert {"ResidentNumber", "Phone", "Email", "BankAccount"} <= {recognizer.name for recognizer in RECOGNIZERS}


def test_same_candidates_as_without_a_gate_for_every_kind_and_label(gate: Gate) -> None:
    assert gate.candidates(FIXED) == ungated(RECOGNIZERS, FIXED)


@given(st.lists(texts(), max_size=3))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_same_candidates_as_without_a_gate(gate: Gate, given: list[str]) -> None:
    assert gate.candidates(given) == ungated(RECOGNIZERS, given)


@given(texts())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_same_spans_as_presidios_engine_with_the_same_recognizers(
    engine: AnalyzerEngine, detector: Detector, text: str
) -> None:
    assume(text)
    theirs = {(r.start, r.end, r.entity_type, r.score) for r in engine.analyze(text, "ko")}
    ours = {candidate.span for candidate in detector.candidates([text])[0]}
    assert theirs == {tuple(span) for span in _without_duplicates(ours)}


def _without_duplicates(spans: set[Any]) -> set[Any]:
    """The engine drops what lies inside a result of the same entity with at least its score."""
    return {
        a
        for a in spans
        if not any(a != b and a[2] == b[2] and b[0] <= a[0] and a[1] <= b[1] and a[3] <= b[3] for b in spans)
    }


# A gate, a need or a way to find that leaves something out is noticed.


def _narrower_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    def narrower(*args: Any, **options: Any) -> str | None:
        source = relaxed(*args, **options)
        return source and source.replace(r"\x{30}-\x{39}", r"\x{30}-\x{38}")

    monkeypatch.setattr(gates, "relaxed", narrower)


def _lookahead_taken_for_text(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = necessary._Relaxing.item

    def item(self: Any, item: Any, flags: int, *, left: bool, right: bool) -> str:
        if item[0] is necessary.sre.ASSERT_NOT:
            return self._wrapped(list(item[1][1]), flags, left=False, right=False)
        return plain(self, item, flags, left=left, right=right)

    monkeypatch.setattr(necessary._Relaxing, "item", item)


def _wrong_label(monkeypatch: pytest.MonkeyPatch) -> None:
    phone = next(recognizer for recognizer in RECOGNIZERS if recognizer.name == "Phone")
    monkeypatch.setattr(type(phone), "NEEDS", {"labelled": Need(("passport",))})


def _fewer_beginnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pseudonymize.detect.finders.first_characters", lambda *_, **__: "[1-8]")


def _normalisation_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "changeable", lambda: r"[\x{3000}]")


MUTATIONS = [
    _narrower_condition, _wrong_label, _fewer_beginnings, _normalisation_overlooked, _lookahead_taken_for_text,
]  # fmt: skip


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_a_gate_that_is_too_narrow_is_noticed(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    assert Gate(RECOGNIZERS).candidates(FIXED) != ungated(RECOGNIZERS, FIXED)


# The parts: conditions, ways to find, labels, normalisation.


def _holds(source: str | None, text: str) -> bool:
    return source is None or re2.compile(source).search(text) is not None


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_condition_holds_wherever_the_pattern_matches(pattern: re.Pattern[str]) -> None:
    flags = pattern.flags & ~re.UNICODE
    conditions = [relaxed(pattern.pattern, flags, ends=ends, coarse=coarse) for ends, coarse in _KINDS]
    assert all(condition is not None for condition in conditions)
    find = finder(pattern)
    for text in FIXED[::3]:
        spelt = normalise(text).text
        matches = list(pattern.finditer(spelt))
        assert not matches or all(_holds(condition, spelt) for condition in conditions)
        assert _spans(find(spelt)) == _spans(matches)


_KINDS = ((False, False), (True, False), (False, True))
ODD = [
    (r"(?i)straße\s+\d{2,}", 0), (r"\w+@\w+\.(?:com|kr)", re.IGNORECASE), (r"([ab]+)-\1(?:x|yz)?", 0), (r"(?=ab)a.b?", re.DOTALL),
    (r"(?<=k)i?s{2,70}(?!x)", re.IGNORECASE), (r"[^\W_]{2}", 0), (r"[^\d\s]x", 0), (r"[^a-z]k", re.IGNORECASE), (r"(?:a|b??)c{0,3}d", 0),
    (r"\bfoo\b|^bar$", re.MULTILINE), (r"(x)?y(?(1)z|w)", 0), (r"(?s:.)\Z", 0), (r"(?i:K)[а-я]", 0), (r"[Ѐ-ӿ]+1", re.IGNORECASE),
    (r"(?P<q>['\"]).*?(?P=q)", 0), (r"a++b?+(?>cd|c)", 0), (r"[\s\S]{3}z", 0), (r"(?:ab(?=c)c)+d?(?=e)", 0), (r"(a(?=b))+b", 0),
    (r"\D\S\W", re.ASCII), (r"(?i)[^İ]k", 0), (r"(?:)", 0), (r"(?<=a)(?<!b)c(?=d)(?!e)", 0),
]  # fmt: skip


@pytest.mark.parametrize(("source", "flags"), ODD)
def test_conditions_of_odd_patterns_hold_too(source: str, flags: int) -> None:
    pattern = re.compile(source, flags)
    conditions = [relaxed(source, flags, ends=ends, coarse=coarse) for ends, coarse in _KINDS]
    find = finder(pattern)

    @given(st.one_of(st.from_regex(pattern), st.text("abcdexyzkKſisſİı12'\"-@.쀀Ж \n", max_size=12)))
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(text: str) -> None:
        assume(text.isprintable() or text.isascii())
        if pattern.search(text):
            assert all(_holds(condition, text) for condition in conditions)
        assert _spans(find(text)) == _spans(pattern.finditer(text))

    check()


def _spans(matches: Any) -> list[Any]:
    return [(match.span(), match.groups(), match.groupdict(), match.lastgroup) for match in matches]


def test_letters_that_are_the_same_to_python_are_the_same_to_the_condition() -> None:
    everything = "".join(map(chr, range(0x110000)))
    for letter in "abcdefghijklmnopqrstuvwxyz":
        assert set(re.findall(letter, everything, re.IGNORECASE)) <= set(necessary._same_letter(letter))
    assert [code for code in range(0x110000) if chr(code).isspace()] == [low for low, _ in necessary._SPACE]


def test_what_a_pattern_can_begin_with() -> None:
    assert first_characters(r"(?<!x)(?:a|[0-9]?b)c") == "[\\U00000030-\\U00000039\\U00000061-\\U00000062]"
    assert first_characters("a?") is None
    assert first_characters("(?:(a)|b)(?(1)c|d)") is not None


@given(texts())
@settings(max_examples=100, deadline=None)
def test_labels_found_fast_are_the_labels(text: str) -> None:
    assert label_finder()(text) == find_labels(text)


def _characters() -> Iterator[str]:
    return (chr(code) for code in range(0x80, 0x20000) if not 0xD800 <= code < 0xE000)


def test_what_normalisation_changes_is_known_beforehand() -> None:
    pattern = re2.compile(changeable())
    assert [c for c in _characters() if normalise(c).text != c and not pattern.search(c)] == []
    assert normalise("0ㅡ1").text == "0-1"
    assert pattern.search("0ㅡ1")
    assert pattern.search("e\u0301")


@given(texts())
@settings(max_examples=100, deadline=None)
def test_text_without_such_characters_stays_as_it_is(text: str) -> None:
    spelt = text.encode("utf-8", "replace").decode()
    if re2.compile(changeable()).search(spelt) is None:
        assert normalise(spelt).text == spelt
