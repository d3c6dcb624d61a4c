"""Floors for the quality of detection on corpora that are not part of the project."""

import os
from pathlib import Path

import pytest

from pseudonymize.detect.detector import Detector
from pseudonymize.names.training.splits import validation_sentences
from scripts.eval import corpora, measures
from scripts.eval.metrics import scores, tally

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SAFEZONE_CORPORA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.default("ko")


def _corpus(path: str) -> Path:
    if not (DATA / path).exists():
        pytest.skip(f"corpus {path} is not on this machine")
    return DATA / path


def test_names_in_news_and_reviews(detector: Detector) -> None:
    whole = corpora.klue(_corpus("klue-ner/klue-ner-develop.tsv"))
    corpus = whole.only(validation_sentences(len(whole.texts)))  # the rest trains the model
    quality = measures.exact("PERSON", corpus.gold, detector.detect(corpus.texts))
    assert quality.precision.value > 0.84
    assert quality.recall.value > 0.55


def test_values_in_documents_are_covered(detector: Detector) -> None:
    whole = corpora.korean_documents(_corpus("korean-pii/documents-develop.jsonl"))
    corpus = whole.only(range(0, len(whole.texts), 3))  # every kind of document is among them
    floors = {
        "PERSON": 0.99, "KR_RRN": 0.99, "PHONE_NUMBER": 0.99, "EMAIL_ADDRESS": 0.99, "KR_ADDRESS": 0.97,
        "KR_BRN": 0.98, "KR_BANK_ACCOUNT": 0.96, "CREDIT_CARD": 0.97, "IP_ADDRESS": 0.99, "KR_POSTAL_CODE": 0.97,
        "DATE_TIME": 0.98, "KR_VEHICLE": 0.94, "KR_DRIVER_LICENSE": 0.92, "URL": 0.99,
    }  # fmt: skip
    counted = scores(tally(corpus.gold, detector.detect(corpus.texts), list(floors)), list(floors), draws=10)
    covered = {score.entity: score.covered_recall.value for score in counted}
    assert {entity: covered[entity] for entity, floor in floors.items() if covered[entity] < floor} == {}


def test_few_reports_where_names_were_removed(detector: Detector) -> None:
    texts = corpora.petitions(_corpus("real/petitions_2019-04.jsonl"))[:120]
    reports = measures.per_ten_thousand("PERSON", texts, detector.detect(texts))
    # Public figures are still named there: about four of five reports are people.
    assert reports.value < 15
