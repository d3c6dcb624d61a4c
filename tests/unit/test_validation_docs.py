"""Data Docs: two languages, nothing loaded from elsewhere, nothing executed."""

import re

import pytest

from validation.docs import percent, publish_docs
from validation.result import Outcome, ValidationResult
from validation.suite import FIELDS
from validation.tally import CODES
from validation.wording import CODES as CODE_WORDS
from validation.wording import KINDS

RESULT = ValidationResult(
    "complaints/contract",
    "ab" * 32,
    1200,
    (
        Outcome("not_null:a", "not_null", "접수번호", "critical", True, 1200, 0),
        Outcome("x", "in_set", "<script>alert(1)</script>", "warning", False, 1200, 60, mostly=0.99),
        Outcome("y", "no_personal_data", "내용", "critical", False, 0, 0, code="detector_failed"),
        Outcome(
            "z", "k_anonymity", "연령대, 지역", "critical", True, 1200, 0, observed={"classes": 40, "smallest": 6}
        ),
    ),
)


@pytest.fixture
def pages(tmp_path):
    index = publish_docs([RESULT], tmp_path / "deep" / "docs", title="민원 & 처리")
    return {page.name: page.read_text(encoding="utf-8") for page in index.parent.iterdir()}


def test_there_is_a_page_for_each_language_and_they_point_at_each_other(pages):
    assert set(pages) == {"index.html", "en.html"}
    assert '<html lang="ko">' in pages["index.html"]
    assert 'href="en.html"' in pages["index.html"]
    assert "Could not be judged: the detector failed" in pages["en.html"]
    assert "탐지기가 실패" in pages["index.html"]


def test_a_page_loads_and_runs_nothing(pages):
    for page in pages.values():
        assert "default-src 'none'" in page
        assert not re.search(r"https?:|//[a-z]|<script|<link|<img|@import|url\(|\bon[a-z]+=|style=", page)
        assert "&lt;script&gt;" in page
        assert "민원 &amp; 처리" in page


def test_failures_come_first_and_numbers_are_there(pages):
    ids = re.findall(r'data-id="([^"]+)"', pages["en.html"])
    assert ids == ["y", "x", "not_null:a", "z"]
    assert "95%" in pages["en.html"]
    assert "smallest class <b>6</b>" in pages["en.html"]


def test_every_kind_and_code_has_words():
    assert set(KINDS) == set(FIELDS)
    assert set(CODE_WORDS) == CODES


def test_shares_are_never_rounded_to_perfection():
    assert [percent(share) for share in (0, 0.0004, 0.5, 0.99999, 1)] == ["0%", "<0.1%", "50%", ">99.9%", "100%"]


def test_no_result_is_not_a_good_result(tmp_path):
    page = publish_docs([], tmp_path, title="t").read_text(encoding="utf-8")
    assert "검사 결과가 없습니다" in page
    assert 'class="verdict good"' not in page
