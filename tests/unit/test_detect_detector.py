"""The detector: contract, agreement with Presidio's engine, stable digest, fresh processes."""

import multiprocessing
import pickle
import subprocess
import sys

import pytest

from pseudonymize.detect.detector import Detector, UnknownLanguageError
from pseudonymize.spans import Span, resolve

SAMPLE = [
    "민원인 김하늘봄(900101-1234567, 010-1234-5678, 서울특별시 종로구 세종대로 1길 12, 101동 1203호)이 신고함.",
    "신한은행 110-123-456789 예금주 박서준, 메일은hong@naver.com으로 보내주세요. 담당자: 최아라 주무관(02-123-4567)",
    "０１０－１２３４－５６７８ / 12가 3456 / 여권 M12345678 / 생년월일 1990.01.01 / 우편번호 03171",
    "접수번호 202401311234, 2024-01-31 12:34:56 금액 1,000,000원",
    "https://www.korea.kr 211.174.22.109 4111-1111-1111-1111 124-81-00998",
    "",
    "plain English by Mr. John Brown",
]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.default("ko")


def test_everything_in_one_sentence(detector: Detector) -> None:
    (spans,) = detector.detect(SAMPLE[:1])
    assert [(SAMPLE[0][s.start : s.end], s.entity) for s in spans] == [
        ("김하늘봄", "PERSON"),
        ("900101-1234567", "KR_RRN"),
        ("010-1234-5678", "PHONE_NUMBER"),
        ("서울특별시 종로구 세종대로 1길 12, 101동 1203호", "KR_ADDRESS"),
    ]


def test_agrees_with_presidios_engine_running_the_same_recognizers(detector: Detector) -> None:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    from pseudonymize.detect.registry import registry

    engine = AnalyzerEngine(
        registry=registry("ko"),
        nlp_engine=NoOpNlpEngine(models=[{"lang_code": "ko", "model_name": "none"}]),
        supported_languages=["ko"],
    )
    for text in filter(None, SAMPLE):
        theirs = {(r.start, r.end, r.entity_type, r.score) for r in engine.analyze(text, "ko")}
        ours = {tuple(span)[:4] for span in detector.candidates([text])[0]}
        # The engine drops what lies inside a result of the same entity and at least the same score.
        kept = {
            a
            for a in ours
            if not any(a != b and a[2] == b[2] and b[0] <= a[0] and a[1] <= b[1] and a[3] <= b[3] for b in ours)
        }
        assert theirs == kept


def test_texts_without_anything(detector: Detector) -> None:
    assert detector.detect([]) == []
    assert detector.detect(["", " ", "가"]) == [[], [], []]


def test_equal_texts_get_equal_lists_that_are_not_shared(detector: Detector) -> None:
    first, second = detector.detect(SAMPLE[:1] * 2)
    assert first == second
    assert first is not second


def test_entities_are_presidios_names(detector: Detector) -> None:
    assert {"PERSON", "PHONE_NUMBER", "KR_RRN", "KR_ADDRESS", "KR_BANK_ACCOUNT"} <= set(detector.entities)


def test_unknown_language() -> None:
    with pytest.raises(UnknownLanguageError):
        Detector.default("xx")


def test_digest_is_the_same_in_another_process_and_depends_on_the_recognizers(detector: Detector) -> None:
    code = "from pseudonymize.detect.detector import Detector; print(Detector.default('ko').digest)"
    other = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "."},
    )
    assert other.stdout.strip() == detector.digest
    assert other.stderr == ""
    assert len(detector.digest) == 64
    assert Detector(detector.recognizers[:-1], "ko").digest != detector.digest
    assert Detector(detector.recognizers[::-1], "ko").digest == detector.digest


def test_importing_the_detector_does_not_import_presidio() -> None:
    code = "import sys, pseudonymize.detect.detector; sys.exit('presidio_analyzer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_works_in_a_spawned_process_and_after_pickling(detector: Detector) -> None:
    expected = detector.detect(SAMPLE)
    assert pickle.loads(pickle.dumps(detector)).detect(SAMPLE) == expected
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(detector.detect, (SAMPLE,)) == expected


def test_the_higher_score_wins_and_nothing_is_uncovered() -> None:
    spans = [Span(0, 5, "A", 0.6), Span(3, 8, "B", 0.9), Span(4, 6, "C", 0.8), Span(9, 9, "D", 1.0)]
    assert resolve(spans) == [Span(0, 3, "A", 0.6), Span(3, 8, "B", 0.9)]


def test_logs_say_nothing_of_texts(detector: Detector, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        detector.detect(SAMPLE)
    assert not any(value in caplog.text for value in ("김하늘봄", "900101", "hong@naver.com"))
