"""What was found in text is shown as counts, to the people who decide about a version."""

import pytest

from pseudonymize.findings import Findings
from safezone.cli.versions import findings_table

FOUND = Findings({("메모", "PERSON", "Names", "high"): 12, ("메모", "PHONE_NUMBER", "", "low"): 3})


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_count_has_a_row_of_its_own(language, monkeypatch):
    monkeypatch.setattr("safezone.cli.say.language", lambda: language)
    columns, rows = findings_table(FOUND.to_json())
    high, low = {"ko": ("높음", "낮음"), "en": ("high", "low")}[language]
    assert rows == [["메모", "PERSON", "Names", high, 12], ["메모", "PHONE_NUMBER", "–", low, 3]]
    assert all(len(row) == len(columns) for row in rows)


def test_findings_of_older_versions_are_shown():
    _, rows = findings_table([{"column": "메모", "entity": "PERSON", "band": "high", "count": 2}])
    assert rows[0][2] == "–"
    assert rows[0][4] == 2
