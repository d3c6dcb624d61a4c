"""The one tree of errors: three things in two languages, an exit code, a status, and whole across processes."""

from __future__ import annotations

import pickle

import pytest

from safezone import errors
from safezone.errors import NOTHING_CHANGED, Denied, IntegrityFailure, SafeZoneError, Text

LEAVES = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SafeZoneError)
]  # fmt: skip
# Scripts rely on these numbers.
CODES = {
    "SafeZoneError": (1, 500),
    "UsageError": (2, 400),
    "Denied": (3, 403),
    "BadInput": (4, 422),
    "PolicyError": (4, 422),
    "DeliveryError": (4, 422),
    "FilterError": (4, 422),
    "PrivacyError": (4, 422),
    "NotFound": (4, 404),
    "WrongState": (5, 409),
    "IntegrityFailure": (6, 500),
    "Unavailable": (7, 503),
}


def test_exit_codes_and_statuses_stay_as_they_are():
    assert {leaf.__name__: (leaf.exit_code, leaf.http_status) for leaf in LEAVES} == CODES


@pytest.mark.parametrize("leaf", LEAVES)
def test_an_error_crosses_a_process_boundary_whole(leaf):
    error = leaf("a.code", ("What.", "무엇."), ("Next.", "다음."), kept=("Kept.", "보존."))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is leaf
    assert (copy.code, copy.what, copy.next_step, copy.kept) == (
        error.code,
        error.what,
        error.next_step,
        error.kept,
    )
    assert str(copy) == str(error) == "[a.code] What. Kept. Next."


def test_it_says_what_was_kept_even_when_nobody_said():
    assert Denied("a.b", ("x", "가"), ("y", "나")).kept == NOTHING_CHANGED


def test_a_text_speaks_both_languages():
    text = Text("English", "한국어")
    assert (text.say(), text.say("ko"), text.say("en")) == ("한국어", "한국어", "English")


def test_a_leaf_is_caught_as_what_it_is():
    with pytest.raises(SafeZoneError):
        raise IntegrityFailure("a.b", ("x", "가"), ("y", "나"))
    assert not issubclass(IntegrityFailure, errors.BadInput)
