"""Searching in several processes: same answers, in order, few chunks under way, no text in errors."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from pseudonymize.detect.detector import Detector
from pseudonymize.detect.pool import DetectorPool, SearchFailedError
from pseudonymize.detect.registry import recognizers_for
from pseudonymize.spans import Candidate

TEXTS = [f"{number}번 민원, 연락처 010-1234-{number:04}" for number in range(40)] + ["없음", "", "없음"]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector([one for one in recognizers_for("ko") if one.name in {"Phone", "Email"}], "ko")


class Failing(Detector):
    """Fails as code may that puts a text into its message."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Failing, (self.recognizers, self.language))

    def search(self, texts: Sequence[str]) -> list[list[Candidate]]:
        raise KeyError(texts[0])


def test_one_process_searches_here(detector: Detector) -> None:
    with DetectorPool(detector) as pool:
        assert pool.detect(TEXTS) == detector.detect(TEXTS)
        assert list(pool.stream(TEXTS)) == detector.search(TEXTS)
        assert pool.digest == detector.digest


def test_two_processes_answer_alike_in_order_and_take_texts_as_they_need_them(detector: Detector) -> None:
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for text in TEXTS * 10:
            taken += 1
            yield text

    with DetectorPool(detector, processes=2, chunk=5) as pool:
        assert pool.search(TEXTS) == detector.search(TEXTS)
        stream = pool.stream(counted())
        assert next(stream) == detector.search(TEXTS[:1])[0]
        assert taken <= 2 * 2 * 5
        assert [next(stream) for _ in TEXTS[1:]] == detector.search(TEXTS[1:])
        stream.close()


def test_an_error_says_its_kind_and_no_text(detector: Detector) -> None:
    failing = Failing(detector.recognizers, "ko")
    with DetectorPool(failing, processes=2) as pool, pytest.raises(SearchFailedError) as caught:
        pool.detect(["박서준 010-1234-5678"])
    assert str(caught.value) == "KeyError"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_numbers_below_one_are_refused(detector: Detector) -> None:
    with pytest.raises(ValueError, match="at least one"):
        DetectorPool(detector, processes=0)
