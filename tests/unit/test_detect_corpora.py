"""Floors for the quality of detection on corpora that are not part of the project."""

import collections
import importlib.util
import json
import os
import re
from pathlib import Path
from types import ModuleType

import pytest

from pseudonymize.detect.detector import Detector

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SAFEZONE_CORPORA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.default("ko")


def _corpus(path: str) -> Path:
    if not (DATA / path).exists():
        pytest.skip(f"corpus {path} is not on this machine")
    return DATA / path


def _figures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("detection_figures", ROOT / "scripts" / "detection_figures.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_names_in_news_and_reviews(detector: Detector) -> None:
    sentences = list(_figures().klue_sentences(_corpus("klue-ner/klue-ner-develop.tsv")))[:1500]
    found = detector.detect([text for text, _ in sentences])
    reported = hit = known = 0
    for (_, gold), spans in zip(sentences, found, strict=True):
        persons = {(s.start, s.end) for s in spans if s.entity == "PERSON"}
        reported, hit, known = reported + len(persons), hit + len(persons & gold), known + len(gold)
    precision, recall = hit / reported, hit / known
    assert precision > 0.84
    assert recall > 0.55


def test_values_in_documents_are_covered(detector: Detector) -> None:
    figures = _figures()
    rows = [
        json.loads(line) for line in _corpus("korean-pii/documents-develop.jsonl").read_text("utf-8").splitlines()
    ]
    total: collections.Counter[str] = collections.Counter()
    covered: collections.Counter[str] = collections.Counter()
    for row, spans in zip(rows, detector.detect([row["text"] for row in rows]), strict=True):
        for item in row["pii"]:
            kind = figures.ENTITIES.get(item["type"])
            places = [m.span() for m in re.finditer(re.escape(item["text"]), row["text"])]
            if kind and places:
                total[kind] += 1
                covered[kind] += all(figures._covers(spans, *place) for place in places)
    floors = {
        "PERSON": 0.99, "KR_RRN": 0.99, "PHONE_NUMBER": 0.99, "EMAIL_ADDRESS": 0.99, "KR_ADDRESS": 0.97,
        "KR_BRN": 0.98, "KR_BANK_ACCOUNT": 0.96, "CREDIT_CARD": 0.97, "IP_ADDRESS": 0.99, "KR_POSTAL_CODE": 0.97,
        "DATE_TIME": 0.98, "KR_VEHICLE": 0.94, "KR_DRIVER_LICENSE": 0.92, "URL": 0.99,
    }  # fmt: skip
    assert {
        kind: covered[kind] / total[kind] for kind, floor in floors.items() if covered[kind] < floor * total[kind]
    } == {}


def test_few_reports_where_names_were_removed(detector: Detector) -> None:
    lines = _corpus("real/petitions_2019-04.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["content"] for line in lines[:120]]
    persons = sum(span.entity == "PERSON" for spans in detector.detect(texts) for span in spans)
    # Public figures are still named there: about four of five reports are people.
    assert persons / sum(map(len, texts)) * 10_000 < 15
