"""The transition tables: every state is reached, has a way out or is final, and nothing moves that they do not name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safezone import states
from safezone.errors import WrongState
from safezone.model import DestructionState, JobState, ProjectState, RequestState, VersionState

TABLES = {
    "version": (states.VERSION, VersionState, {"DESTROYED"}),
    "request": (states.REQUEST, RequestState, {"REJECTED", "WITHDRAWN", "ENDED"}),
    "project": (states.PROJECT, ProjectState, {"CLOSED"}),
    "destruction": (states.DESTRUCTION, DestructionState, {"DESTROYED", "WITHDRAWN"}),
    "job": (states.JOB, JobState, {"SUCCEEDED", "FAILED"}),
}
# Where an object may begin: deliveries are received, versions are committed already assessed.
FIRST = {
    "version": {"RECEIVED", "ASSESSED"},
    "request": {"DRAFT"},
    "project": {"PROPOSED"},
    "job": {"QUEUED"},
    "destruction": {"REQUESTED"},
}


@pytest.fixture(params=TABLES)
def named(request):
    return request.param, *TABLES[request.param]


def test_a_table_names_every_state_and_knows_no_other(named):
    _, table, enum, _ = named
    assert set(table) == set(enum)
    assert all(after in table and after is not before for before in table for after in table[before])


def test_every_state_has_a_way_out_or_is_final(named):
    _, table, _, final = named
    assert {state.value for state in table if not table[state]} == final


def _reachable(table, start):
    found, new = set(start), list(start)
    while new:
        new = [after for before in new for after in table[before] if after not in found and not found.add(after)]
    return found


def test_every_state_can_be_reached_and_left_for_a_final_one(named):
    name, table, enum, final = named
    assert _reachable(table, {enum(state) for state in FIRST[name]}) == set(table)
    for state in table:
        assert _reachable(table, {state}) & {enum(end) for end in final}


def test_require_allows_exactly_what_the_table_names(named):
    _, table, enum, _ = named
    for before in enum:
        for after in enum:
            if after in table[before]:
                states.require(table, "x-1", before, after)
            else:
                with pytest.raises(WrongState, match=f"x-1 is {before} and cannot become {after}"):
                    states.require(table, "x-1", before, after)


def test_the_diagram_says_what_the_table_says(named):
    _, table, _, final = named
    drawn = states.diagram(table)
    arrows = re.findall(r"^    (\w+) --> (\w+)$", drawn, re.MULTILINE)
    assert set(arrows) == {(before.value, after.value) for before in table for after in table[before]}
    assert set(re.findall(r"^    (\w+) --> \[\*\]$", drawn, re.MULTILINE)) == final
    assert drawn.splitlines()[:2] == ["stateDiagram-v2", f"    [*] --> {next(iter(table))}"]


def test_what_must_never_happen():
    V, R, P = VersionState, RequestState, ProjectState
    assert V.PUBLISHED not in states.VERSION[V.ASSESSED]  # not without review
    assert V.PUBLISHED not in states.VERSION[V.WITHDRAWN] | states.VERSION[V.QUARANTINED]
    assert [state for state in R if R.RELEASED in states.REQUEST[state]] == [R.APPROVED]
    assert [state for state in R if R.APPROVED in states.REQUEST[state]] == [R.IN_REVIEW]
    assert [state for state in P if P.APPROVED in states.PROJECT[state]] == [P.PROPOSED]


def test_the_tables_cannot_be_changed_at_run_time(named):
    _, table, enum, _ = named
    with pytest.raises(TypeError):
        table[next(iter(enum))] = frozenset(enum)


@given(st.lists(st.sampled_from(list(RequestState)), max_size=30))
def test_a_request_is_released_only_on_a_way_through_review_and_approval(wanted):
    state, way = RequestState.DRAFT, [RequestState.DRAFT]
    for after in wanted:
        if after in states.REQUEST[state]:
            state = after
            way.append(state)
    if RequestState.RELEASED in way:
        at = way.index(RequestState.RELEASED)
        assert way[at - 2 : at] == [RequestState.IN_REVIEW, RequestState.APPROVED]
        assert set(way[at + 1 :]) <= {RequestState.ENDED}
