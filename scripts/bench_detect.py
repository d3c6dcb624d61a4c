"""Benches the pattern recognizers against Presidio's engines running the very same ones, on one core.

Usage: python scripts/bench_detect.py [--texts N]

Every round has new texts, and what both find is compared. `make bench` prints these rows among the others.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine

from pseudonymize.detect.detector import Detector
from pseudonymize.detect.gate import by_patterns
from pseudonymize.detect.registry import recognizers_for
from pseudonymize.names.training import generate

ROUNDS = 5
LENGTH = 200
SHARE = 0.4
"""How many texts of the mixed kind hold an identifier."""

_SENTENCES = (
    "{date}에 신청한 도로 보수 공사가 아직 시작되지 않아 불편이 큽니다.",
    "가로등 {small}개가 꺼져 있어 밤길이 위험하니 빠른 조치를 부탁드립니다.",
    "올해 예산 {amount}원 가운데 {small}%만 집행되었다고 들었습니다.",
    "버스 배차 간격이 {small}분에서 {small}분으로 늘어 출근이 늦어지고 있습니다.",
    "{date} {clock}에 방문했으나 담당자가 자리에 없어 돌아왔습니다.",
    "공원 안 놀이 기구가 낡아 아이들이 다칠까 걱정됩니다.",
    "우리 동네 주민 {small}명이 함께 서명하여 건의드립니다.",
    "처리 기한이 {date}까지라고 안내받았는데 연장된 까닭을 알고 싶습니다.",
    "지원금 {amount}원이 {small}회로 나뉘어 지급된다는 내용이 맞는지 확인해 주십시오.",
    "소음 측정 결과 {small}.{small}dB로 기준을 넘었다고 합니다.",
    "쓰레기 수거가 주 {small}회로 줄어 악취가 심하니 개선해 주시기 바랍니다.",
    "The office answered on {iso} that repairs cost {amount} won and take {small} days.",
)
_IDENTIFIERS = (
    "주민등록번호 {yymmdd}-{sex}{six}", "연락처는 010-{four}-{four}입니다", "{yymmdd}-{sex}{six}", "010{four}{four}로 전화 주세요",
    "메일 reply{six}@example.co.kr", "서울특별시 종로구 세종대로 {small}", "신한은행 110-{three}-{six}", "카드 4111-1111-1111-1111",
    "차량 {two}가{four}", "접속 주소 211.{small}.{small}.{small}", "여권번호 M{four}{four}", "https://www.example.kr/view?id={six}",
    "생년월일 19{two}년 {small}월 {small}일", "02-{three}-{four}", "사업자등록번호 124-81-00998", "면허 11-19-{six}-{two}",
)  # fmt: skip


def texts(number: int, share: float, seed: int) -> list[str]:
    """Complaints of about 200 characters with dates and amounts; a share of them holds an identifier too."""
    made = random.Random(seed)
    found = []
    for _ in range(number):
        parts: list[str] = []
        while sum(map(len, parts)) < LENGTH - 25:
            parts.append(_filled(made, made.choice(_SENTENCES)))
        if made.random() < share:
            parts.insert(made.randrange(len(parts) + 1), _filled(made, made.choice(_IDENTIFIERS)))
        found.append(" ".join(parts))
    return found


def _filled(made: random.Random, template: str) -> str:
    year, month, day = made.randint(2010, 2025), made.randint(1, 12), made.randint(1, 28)
    dates = (f"{year}년 {month}월 {day}일", f"{year}-{month:02}-{day:02}", f"{year}. {month}. {day}.")
    return template.format(
        date=made.choice(dates), iso=dates[1], clock=f"{made.randint(9, 17)}:{made.randint(0, 59):02}",
        small=made.randint(1, 28), amount=f"{made.randint(1, 999)},{made.randint(0, 999):03},000",
        yymmdd=f"{made.randint(50, 99)}{month:02}{day:02}", sex=made.randint(1, 2), two=made.randint(10, 99),
        three=made.randint(100, 999), four=made.randint(1000, 9999), six=f"{made.randint(0, 999_999):06}",
    )  # fmt: skip


def rows(number: int = 1_000) -> list[tuple[str, ...]]:
    """What, peer, ours, the peer's, ratio: for text with identifiers and without, against both engines."""
    recognizers = [recognizer for recognizer in recognizers_for("ko") if by_patterns(recognizer)]
    warnings.filterwarnings("ignore", module="presidio_analyzer")
    engine = AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=recognizers, supported_languages=["ko"]),
        nlp_engine=NoOpNlpEngine(models=[{"lang_code": "ko", "model_name": "none"}]),
        supported_languages=["ko"],
    )
    batch = BatchAnalyzerEngine(analyzer_engine=engine)
    peers: dict[str, Callable[[list[str]], list[Any]]] = {
        "Presidio, same recognizers": lambda given: [engine.analyze(text, "ko") for text in given],
        "Presidio's batch, same recognizers": lambda given: batch.analyze_iterator(given, "ko"),
    }
    table: list[tuple[str, ...]] = []
    for what, share in ((f"patterns, {SHARE:.0%} with an identifier", SHARE), ("patterns, clean text", 0.0)):
        for name, peer in peers.items():
            ours, theirs, ratio, letters = _measure(Detector(recognizers, "ko"), peer, number, share)
            rates = (f"{letters / ours / 1e6:.2f}M characters/s", f"{letters / theirs / 1e6:.3f}M")
            table.append((what, name, *rates, f"{ratio:.0f} x"))
    table.append(_with_names(peers["Presidio's batch, same recognizers"]))
    return table


def _with_names(peer: Callable[[list[str]], list[Any]], number: int = 400) -> tuple[str, ...]:
    """Everything the detector finds, names too, in made-up documents; the peer finds no names."""
    detector = Detector.default("ko")
    detector.candidates([sample.text for sample in generate.documents("heldout", 20, 0)])
    times, letters = [], 0
    for seed in range(1, ROUNDS + 1):
        given = [sample.text for sample in generate.documents("heldout", number, seed)]
        letters = sum(map(len, given))
        began = time.process_time()
        detector.detect(given)
        between = time.process_time()
        peer(given)
        times.append((between - began, time.process_time() - between))
    ours, theirs = (statistics.median(pair[side] for pair in times) for side in (0, 1))
    rates = (f"{letters / ours / 1e3:.0f}k characters/s", f"{letters / theirs / 1e3:.0f}k")
    name = "Presidio's batch, same patterns, no names"
    return ("Korean documents, names too, one core", name, *rates, f"{theirs / ours:.1f} x")


def _measure(
    detector: Detector, peer: Callable[[list[str]], list[Any]], number: int, share: float
) -> tuple[float, float, float, int]:
    times = []
    letters = 0
    detector.candidates(texts(number, share, seed=0))  # automata and tables are made at first use
    peer(texts(20, share, seed=0))
    for seed in range(1, ROUNDS + 1):
        given = texts(number, share, seed)
        letters = sum(map(len, given))
        began = time.process_time()
        ours = detector.candidates(given)
        between = time.process_time()
        theirs = peer(given)
        times.append((between - began, time.process_time() - between))
        _same(ours, theirs)
    ratio = statistics.median(theirs / ours for ours, theirs in times)
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times), ratio, letters


def _same(ours: list[Any], theirs: list[Any]) -> None:
    """Stop unless both found the same; the engine drops what lies in a result of the same entity."""
    for mine, found in zip(ours, theirs, strict=True):
        spans = {tuple(candidate.span) for candidate in mine}
        kept = {
            a
            for a in spans
            if not any(a != b and a[2] == b[2] and b[0] <= a[0] and a[1] <= b[1] and a[3] <= b[3] for b in spans)
        }
        if kept != {(r.start, r.end, r.entity_type, r.score) for r in found}:
            raise SystemExit("the detector and its peer found different spans: the ratio means nothing")


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description="Benches the pattern recognizers against Presidio's engines.")
    parser.add_argument("--texts", type=int, default=1_000)
    for row in rows(parser.parse_args().texts):
        print(" | ".join(row))


if __name__ == "__main__":
    main()
