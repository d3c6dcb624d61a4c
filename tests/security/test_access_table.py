"""Who may do what: the whole table, written out by hand, beside what the policies answer.

The people: an administrator; a steward of the data's controller, one of another controller and one of the zone; a
reviewer; the developer who owns the project and asked, another member of it, and a stranger; an auditor; somebody
who held every role and was revoked; and the five duties.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from safezone.access.actions import LOG, ZONE, Action, Actor, Resource, dataset_resource, destruction_resource
from safezone.access.authorize import AccessPolicy, Authorizer, Grant
from safezone.catalog.store import Catalog
from safezone.errors import Denied, PolicyError
from safezone.model import Duty, Role
from tests.fixtures.sandbox import ROOT

ACCESS = ROOT / "policies" / "access"


def account(name: str, *roles: Role, controller: str = "", active: bool = True) -> Actor:
    return Actor(name, "Account", frozenset(roles), controller, active)


PEOPLE = {
    "admin": account("admin", Role.ADMINISTRATOR),
    "steward": account("steward", Role.STEWARD, controller="mpva"),
    "foreign": account("foreign", Role.STEWARD, controller="me"),
    "zone": account("zone", Role.STEWARD),
    "reviewer": account("reviewer", Role.REVIEWER),
    "owner": account("owner", Role.DEVELOPER),
    "member": account("member", Role.DEVELOPER),
    "stranger": account("stranger", Role.DEVELOPER),
    "auditor": account("auditor", Role.AUDITOR),
    "revoked": account("revoked", *Role, active=False),
    "ingest": Actor.duty(Duty.INGEST),
    "release": Actor.duty(Duty.RELEASE),
    "log": Actor.duty(Duty.LOG),
    "portal": Actor.duty(Duty.PORTAL),
    "backup": Actor.duty(Duty.BACKUP),
}

_TEAM = ["owner", "member"]
THINGS = {
    "zone": ZONE,
    "log": LOG,
    "another": destruction_resource("des-1", "somebody"),
    "dataset": dataset_resource("benefit-payments", "mpva"),
    "version": Resource("Version", "v-1", {"controller": "mpva", "published": True, "made_by": "somebody"}),
    "project": Resource("Project", "prj-1", {"owner": "owner", "members": _TEAM}),
    "request": Resource("Request", "REQ-1", {"requester": "owner", "members": _TEAM, "excluded": ["somebody"]}),
    "release": Resource("Release", "rel-1", {"requester": "owner"}),
}

TABLE = """
action             on       admin steward foreign zone reviewer owner member stranger auditor revoked ingest release log portal backup
account.add        zone     yes   -       -       -    -        -     -      -        -       -       -      -       -   -      -
account.list       zone     yes   -       -       -    -        -     -      -        yes     -       -      -       -   -      -
keys.read          zone     yes   -       -       -    -        -     -      -        yes     -       -      -       -   -      -
keys.rotate        zone     yes   -       -       -    -        -     -      -        -       -       -      -       -   -      -
keys.destroy       zone     yes   -       -       -    -        -     -      -        -       -       -      -       -   -      -
keys.split         zone     yes   -       -       -    -        -     -      -        -       -       -      -       -   -      -
keys.approve       another  yes   -       -       yes  -        -     -      -        -       -       -      -       -   -      -
backup.make        zone     yes   -       -       -    -        -     -      -        -       -       -      -       -   -      yes
backup.restore     zone     yes   -       -       -    -        -     -      -        -       -       -      -       -   -      -
catalog.read       zone     yes   yes     yes     yes  yes      yes   yes    yes      yes     -       -      -       -   -      -
housekeeping.run   zone     yes   -       -       -    -        -     -      -        -       -       yes    -       -   -      -
policy.read        dataset  -     yes     -       yes  yes      -     -      -        yes     -       -      -       -   -      -
policy.approve     dataset  -     yes     -       yes  -        -     -      -        -       -       -      -       -   -      -
delivery.read      dataset  -     yes     -       yes  -        -     -      -        -       -       -      -       -   -      -
delivery.ingest    dataset  -     yes     -       yes  -        -     -      -        -       -       -      -       -   -      -
quarantine.read    dataset  -     yes     -       yes  -        -     -      -        yes     -       -      -       -   -      -
detection.explain  dataset  -     yes     -       yes  -        -     -      -        -       -       -      -       -   -      -
version.read       version  -     yes     -       yes  yes      yes   yes    yes      yes     -       -      -       -   -      -
version.review     version  -     yes     -       yes  -        -     -      -        -       -       -      -       -   -      -
version.withdraw   version  -     yes     -       yes  -        -     -      -        -       -       -      -       -   -      -
project.create     zone     -     -       -       -    -        yes   yes    yes      -       -       -      -       -   -      -
project.read       project  -     -       -       yes  yes      yes   yes    -        yes     -       -      -       -   -      -
project.member     project  -     -       -       -    -        yes   -      -        -       -       -      -       -   -      -
project.close      project  -     -       -       -    -        yes   -      -        -       -       -      -       -   -      -
project.approve    project  -     -       -       yes  yes      -     -      -        -       -       -      -       -   -      -
request.create     project  -     -       -       -    -        yes   yes    -        -       -       -      -       -   -      -
request.read       request  -     -       -       -    yes      yes   -      -        yes     -       -      -       -   -      -
request.submit     request  -     -       -       -    -        yes   -      -        -       -       -      -       -   -      -
request.withdraw   request  -     -       -       -    -        yes   -      -        -       -       -      -       -   -      -
request.review     request  -     -       -       -    yes      -     -      -        -       -       -      -       -   -      -
release.check      request  -     -       -       -    -        -     -      -        -       -       -      yes     -   -      -
release.build      request  -     -       -       -    -        -     -      -        -       -       -      yes     -   -      -
release.read       release  -     -       -       yes  yes      yes   -      -        yes     -       -      -       -   -      -
release.pull       release  -     -       -       -    -        yes   -      -        -       -       -      -       -   -      -
release.revoke     release  -     -       -       yes  yes      -     -      -        -       -       -      -       -   -      -
audit.read         log      -     -       -       -    -        -     -      -        yes     -       -      -       -   -      -
audit.verify       log      -     -       -       -    -        -     -      -        yes     -       -      -       -   -      -
audit.export       log      -     -       -       -    -        -     -      -        yes     -       -      -       -   -      -
audit.checkpoint   log      yes   -       -       -    -        -     -      -        yes     -       -      -       yes -      -
"""

HEAD, *ROWS = (line.split() for line in TABLE.strip().splitlines())
CELLS = [
    (who, action, on, cell == "yes")
    for action, on, *cells in ROWS
    for who, cell in zip(HEAD[2:], cells, strict=True)
]


@pytest.fixture(scope="module")
def policy() -> AccessPolicy:
    return AccessPolicy.load(ACCESS)


@pytest.mark.parametrize("action", [row[0] for row in ROWS])
def test_every_cell_of_the_table(policy, action):
    for who, name, on, allowed in CELLS:
        if name == action:
            answer, _ = policy.decide(PEOPLE[who], Action(name), THINGS[on])
            assert answer is allowed, f"{who} {name}"


def test_the_table_has_every_action_once_and_every_role():
    assert sorted(row[0] for row in ROWS) == sorted(Action)
    assert HEAD[2:] == list(PEOPLE)
    assert {role for actor in PEOPLE.values() for role in actor.roles} == set(Role)
    assert {actor.id for actor in PEOPLE.values() if actor.kind == "Duty"} == set(Duty)


def test_the_schema_has_the_same_actions_as_the_code():
    schema = (ACCESS / "zone.cedarschema").read_text("utf-8")
    named = [name for clause in re.findall(r"action ([^;]*?)\s+appliesTo", schema) for name in clause.split(",")]
    assert sorted(name.strip().strip('"') for name in named) == sorted(Action)


def test_texts_of_no_dataset_are_explained_to_the_zones_own_stewards_alone(policy):
    allowed = {who for who, actor in PEOPLE.items() if policy.decide(actor, Action.DETECTION_EXPLAIN, ZONE)[0]}
    assert allowed == {"zone"}


# What depends on the single object and not on the role alone.
VERSION = {"controller": "mpva", "published": False, "made_by": "steward"}
REQUEST = {"requester": "somebody", "members": ["other"], "excluded": []}
SPECIAL = [
    ("version.review", account("steward", Role.STEWARD), "Version", VERSION, "who-ran-it-does-not-review-it"),
    ("version.read", PEOPLE["owner"], "Version", VERSION, "no-rule"),  # not published
    (
        "request.review",
        account("both", Role.REVIEWER, Role.DEVELOPER),
        "Request",
        REQUEST | {"members": ["both"]},
        "nobody-decides-about-what-is-theirs",
    ),
    (
        "request.review",
        account("both", Role.REVIEWER, Role.DEVELOPER),
        "Request",
        REQUEST | {"requester": "both"},
        "nobody-decides-about-what-is-theirs",
    ),
    (
        "request.review",
        account("both", Role.REVIEWER, Role.STEWARD),
        "Request",
        REQUEST | {"excluded": ["both"]},
        "nobody-decides-about-what-is-theirs",
    ),
    ("request.review", account("r", Role.REVIEWER, controller="mpva"), "Request", REQUEST, "no-rule"),
    (
        "project.approve",
        account("both", Role.REVIEWER, Role.DEVELOPER),
        "Project",
        {"owner": "both", "members": ["both"]},
        "own-project-is-approved-by-others",
    ),
    (
        "project.approve",
        account("s", Role.STEWARD, controller="mpva"),
        "Project",
        {"owner": "o", "members": []},
        "no-rule",
    ),
]


@pytest.mark.parametrize(("action", "actor", "kind", "attributes", "rule"), SPECIAL)
def test_what_a_role_allows_is_still_denied_for_ones_own(policy, action, actor, kind, attributes, rule):
    assert policy.decide(actor, Action(action), Resource(kind, "x", attributes)) == (False, rule)


# -- deny by default ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resource",
    [
        Resource("Dataset", "d", {}),  # an attribute is missing
        Resource("Dataset", "d", {"controller": 7}),  # or of another type
        Resource("Dataset", "d", {"controller": "mpva", "more": True}),
        Resource("Dataset", "d", {"controller": object()}),  # or cannot be written down at all
        Resource("Nothing", "d", {"controller": "mpva"}),
        Resource("Zone", "d", {}),  # not what the action is about
        Resource('Zone"', "d", {}),
    ],
)
def test_what_cannot_be_evaluated_is_denied(policy, resource):
    assert policy.decide(PEOPLE["steward"], Action.DELIVERY_INGEST, resource) == (False, "error")


def test_a_forbid_that_errors_denies_although_cedar_skips_it():
    schema = (
        (ACCESS / "zone.cedarschema")
        .read_text("utf-8")
        .replace("controller: String,\n  active", "controller: String,\n  level: Long,\n  active")
    )
    rules = """
        @id("everything") permit (principal, action, resource);
        @id("breaks") forbid (principal is Account, action, resource) when { principal.level + 1 > 9 };
    """
    broken = AccessPolicy(rules, schema)
    assert broken.decide(PEOPLE["admin"], Action.ACCOUNT_LIST, ZONE) == (False, "error")


def test_a_policy_that_is_no_policy_stops_the_zone(tmp_path: Path):
    schema = (ACCESS / "zone.cedarschema").read_text("utf-8")
    for rules in ("permit (", 'permit (principal, action == Action::"no.such", resource);'):
        with pytest.raises(PolicyError):
            AccessPolicy(rules, schema)
    with pytest.raises(PolicyError):
        AccessPolicy.load(tmp_path)


# -- decisions leave their event ------------------------------------------------------------------------------


def test_each_decision_is_in_the_log_before_the_answer(sandbox, monkeypatch):
    zone = sandbox.open(Duty.PORTAL)
    seen: list[str] = []
    original = Catalog.write

    def watched(self, *events):
        seen.extend(event.type.value for event in events)
        return original(self, *events)

    monkeypatch.setattr(Catalog, "write", watched)
    grant = zone.authorizer.authorize(sandbox.actor("admin"), Action.ACCOUNT_LIST, ZONE, "list/accounts")
    with pytest.raises(Denied):
        zone.authorizer.authorize(sandbox.actor("developer"), Action.ACCOUNT_LIST, ZONE)
    assert seen == ["decision.allowed", "decision.denied"]
    (allowed,) = sandbox.events("zone/zone", "decision.allowed")
    (denied,) = sandbox.events("zone/zone", "decision.denied")
    assert (allowed["account"], allowed["purpose"]) == (grant.actor.id, "account.list list/accounts")
    assert allowed["details"] == {"rules": "administrator-runs-the-zone", "grant": grant.id}
    assert (denied["account"], denied["details"]) == (sandbox.account("developer").id, {"rules": "no-rule"})


def test_every_cell_leaves_exactly_one_event_of_its_kind(sandbox, policy):
    authorizer = sandbox.open(Duty.PORTAL).authorizer
    row = [cell for cell in CELLS if cell[1] == "version.read"]
    for who, action, on, allowed in row:
        try:
            authorizer.authorize(PEOPLE[who], Action(action), THINGS[on])
            answer = True
        except Denied:
            answer = False
        assert answer is allowed
    for kind, expected in (("decision.allowed", True), ("decision.denied", False)):
        logged = [event["account"] for event in sandbox.events("version/v-1", kind)]
        assert logged == [PEOPLE[who].id for who, _, _, allowed in row if allowed is expected]


def test_a_decision_that_cannot_be_recorded_is_a_denial(policy):
    gone = Catalog(create_engine("sqlite://"))  # no table, as when the database is not there
    with pytest.raises(Denied, match="not recorded"):
        Authorizer(gone, policy).authorize(PEOPLE["admin"], Action.ACCOUNT_LIST, ZONE)


def test_a_purpose_that_cannot_be_written_down_is_a_denial(sandbox):
    authorizer = sandbox.open(Duty.PORTAL).authorizer
    with pytest.raises(Denied, match="not recorded"):
        authorizer.authorize(sandbox.actor("admin"), Action.ACCOUNT_LIST, ZONE, "two\nlines")


def test_only_the_authorizers_own_grants_open_anything(sandbox):
    authorizer, other = sandbox.open(Duty.PORTAL).authorizer, sandbox.open(Duty.PORTAL).authorizer
    grant = authorizer.authorize(sandbox.actor("admin"), Action.ACCOUNT_LIST, ZONE)
    by_hand = Grant(grant.id, grant.actor, grant.action, grant.resource, grant.purpose)
    assert authorizer.covers(grant, Action.ACCOUNT_LIST)
    assert not authorizer.covers(grant, Action.ACCOUNT_ADD, Action.KEYS_DESTROY)
    assert not authorizer.covers(by_hand, Action.ACCOUNT_LIST)
    assert not other.covers(grant, Action.ACCOUNT_LIST)
