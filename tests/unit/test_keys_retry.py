"""Patience with a server, on a clock of the test's own."""

import pytest

from safezone.errors import Unavailable
from safezone.keys import faults
from safezone.keys.retry import BusyError, Patience, persist


class Clock:
    def __init__(self) -> None:
        self.now, self.pauses = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def patience(clock: Clock, **settings: float) -> Patience:
    return Patience(clock=lambda: clock.now, sleep=clock.sleep, **settings)


def test_an_answer_ends_it_at_once() -> None:
    clock = Clock()
    assert persist(patience(clock), lambda: 7, lambda: faults.unavailable("x")) == 7
    assert clock.pauses == []


def test_it_goes_on_while_the_server_is_busy() -> None:
    clock, answers = Clock(), [BusyError, BusyError, None]

    def attempt() -> str:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        return "done"

    assert persist(patience(clock), attempt, lambda: faults.unavailable("x")) == "done"
    assert len(clock.pauses) == 2


def test_it_ends_within_bounds_with_one_clear_error() -> None:
    clock = Clock()

    def attempt() -> None:
        clock.now += 0.5
        raise BusyError("words of a library")

    with pytest.raises(Unavailable) as caught:
        persist(patience(clock, seconds=10), attempt, lambda: faults.unavailable("OpenBao"))
    assert clock.now <= 10.5
    assert all(0.05 <= pause <= 2 for pause in clock.pauses)
    assert caught.value.__suppress_context__
    assert "library" not in str(caught.value)


def test_what_is_not_to_be_repeated_is_tried_once() -> None:
    clock, tried = Clock(), []

    def attempt() -> None:
        tried.append(1)
        raise BusyError

    with pytest.raises(Unavailable):
        persist(patience(clock, seconds=0), attempt, lambda: faults.unavailable("x"))
    assert tried == [1]


def test_everything_else_is_final() -> None:
    def attempt() -> None:
        raise KeyError("no")

    with pytest.raises(KeyError):
        persist(patience(Clock()), attempt, lambda: faults.unavailable("x"))
