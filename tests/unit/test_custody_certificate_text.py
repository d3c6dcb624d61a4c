"""The readable certificate says everything in both languages, and words that people typed stay words."""

from __future__ import annotations

from typing import Any

from safezone.custody.certificate_text import readable

STATEMENT: dict[str, Any] = {
    "id": "cert-0123456789abcdef",
    "zone": "safezone/ab12",
    "issued": "2026-01-01T00:00:00Z",
    "carried_out_by": "acc-1",
    "authority": {
        "kind": "two-people",
        "reference": "destruction/des-1",
        "reason": "<b>끝</b> | [x](http://x)\n# heading",
        "scope": "dataset/ds",
        "basis": [{"en": "Article 21", "ko": "제21조"}],
        "people": [{"part": "asked", "name": "admin", "account": "acc-1", "time": "2025-12-01T00:00:00Z"}],
    },
    "keys": [
        {"name": "kek/ds/raw/d1", "versions": [1, 2], "destroyed": "2026-01-01T00:00:00Z", "event": "e" * 32, "seq": 7},
        {"name": "project/p1", "versions": [], "destroyed": "2026-01-01T00:00:00Z", "event": "f" * 32, "seq": None},
    ],
    "unreadable": {
        "versions": [
            {
                "dataset": "ds", "stage": "raw", "delivery": "d1", "version": "v-1", "manifest": "a" * 64,
                "policy": "b" * 64, "rows": 10, "parts": 1, "bytes": 2048,
            }
        ],
        "objects": [{"dataset": "ds", "stage": "intake", "delivery": "d1", "objects": 2, "bytes": 5}],
        "parts": 1,
        "bytes": 2053,
    },
    "copies": {
        "recovery": [{"id": "rcv-1", "made": "2025-12-01T00:00:00Z"}],
        "backups": [{"id": "bak-1", "made": "2025-12-02T00:00:00Z"}],
        "releases": [{"id": "rel-1", "request": "req-1", "pulled": True, "ended": False}],
    },
    "caveats": [{"en": "A file may have been copied.", "ko": "파일은 복사되었을 수 있습니다."}],
    "ledger": {"lines": 2, "head": "c" * 64},
}  # fmt: skip


def test_everything_is_said_in_both_languages():
    korean, english = readable(STATEMENT).split("\n---\n")
    assert "# 파기 확인서" in korean and "# Certificate of destruction" in english
    for half in (korean, english):
        for word in ("cert-0123456789abcdef", "kek/ds/raw/d1", "1, 2", "v-1", "a" * 64, "rcv-1", "bak-1", "rel-1"):
            assert word in half
        assert "c" * 64 in half and "| 7 |" in half and "f" * 32 in half
    assert "파일은 복사되었을 수 있습니다." in korean and "A file may have been copied." in english


def test_words_that_people_typed_stay_words():
    text = readable(STATEMENT)
    assert "<b>" not in text.replace("\\<b\\>", "") and "](http" not in text.replace("\\](http", "")
    assert "\n# heading" not in text


def test_nothing_known_elsewhere_is_said_too():
    text = readable(STATEMENT | {"copies": {"recovery": [], "backups": [], "releases": []}})
    assert "안심구역이 아는 사본은 없습니다." in text and "None that the zone knows of." in text
