"""Searching within a task: the same answers in one process and in two, and processes only where they are worth it."""

import multiprocessing

import pyarrow as pa
import pytest

from pseudonymize.detect.detector import Detector
from pseudonymize.detect.registry import recognizers_for
from pseudonymize.spans import Span
from pseudonymize.transform.spec import Redact
from pseudonymize.transform.text import redact
from safezone.pipeline import searching
from safezone.pipeline.searching import SpreadDetector, spread

TEXTS = [f"{number}번 민원, 연락처 010-1234-{number:04}" for number in range(40)]
KEY = b"k" * 32


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector([one for one in recognizers_for("ko") if one.name in {"Phone", "Email"}], "ko")


class Plain:
    """The least a detector is."""

    digest = "d"

    def detect(self, texts):
        return [[Span(0, 1, "PERSON", 0.9)] if text else [] for text in texts]


def test_two_processes_give_what_one_gives(detector, monkeypatch):
    monkeypatch.setattr(searching, "WORTH_IT", 30)
    monkeypatch.setattr(searching, "_CHUNK", 8)
    out = []
    for processes in (1, 2):
        with spread(detector, processes) as spreading:
            column = pa.array([*TEXTS, None, TEXTS[0]])
            done, findings = redact(column, Redact(replace="surrogate"), spreading, "메모", key=KEY)
            out.append((done.to_pylist(), findings, spreading.leftover.detect(done.drop_null().to_pylist())))
            assert (multiprocessing.active_children() != []) is (processes == 2)
            assert spreading.digest == detector.digest
        assert multiprocessing.active_children() == []
    assert out[0] == out[1]
    assert not any(out[0][2])


def test_few_texts_start_no_process(detector):
    with spread(detector, 2) as spreading:
        assert spreading.search(TEXTS) == detector.search(TEXTS)
        assert multiprocessing.active_children() == []


def test_a_process_that_may_have_no_children_searches_alone(detector, monkeypatch):
    monkeypatch.setattr(searching, "WORTH_IT", 1)
    monkeypatch.setattr(multiprocessing.current_process(), "_config", {"daemon": True})
    with spread(detector, 2) as spreading:
        assert spreading.search(TEXTS[:3]) == detector.search(TEXTS[:3])
        assert multiprocessing.active_children() == []


def test_a_detector_may_be_no_more_than_detect():
    spreading = SpreadDetector(Plain(), 1)
    assert spreading.search(["a", ""]) == spreading.detect(["a", ""]) == Plain().detect(["a", ""])
    assert spreading.labels == {}
    with spread(None, 2) as none:
        assert none is None


def test_processes_end_with_an_error_too(monkeypatch):
    left = []

    class Pool(Plain):
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            left.append(self)

    monkeypatch.setattr(searching, "WORTH_IT", 1)
    monkeypatch.setattr("pseudonymize.detect.pool.DetectorPool", Pool)
    with pytest.raises(KeyError), spread(Plain(), 2) as spreading:
        spreading.detect(TEXTS[:3])
        raise KeyError
    assert len(left) == 1
