"""Places of keys at a server, and the table of duties as its policy (what the server makes of it: tests/security)."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safezone.cli.app import invoke
from safezone.errors import UsageError
from safezone.keys.aws import iam
from safezone.keys.bao.places import GONE, PLACES, find, within
from safezone.keys.bao.policy import IDENTITIES, mounts, policy, rights, role_of, setup
from safezone.keys.duties import RIGHTS, may
from safezone.model import Duty

USES = re.compile(r"/(keys/([^/]+(/rotate|/config)?)?|(encrypt|decrypt|rewrap|hmac|sign)/[^/]+)$")
_segment = st.text(st.sampled_from("abZ09_-.:가힣"), min_size=1, max_size=6).filter(
    lambda text: text[0] not in ".:"
)


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        ("kek/ds/raw/2026-01", "kek/raw", "ds.2026_2d01"),
        ("kek/ds/published/d1", "kek/published", "ds.d1"),
        ("kek/zone/backup/b1", "kek/zone/backup", "b1"),
        ("token/agency-a/KR_RRN", "token", "agency_2da.KR_5fRRN"),
        ("sign/manifest", "sign", "manifest"),
    ],
)
def test_where_a_key_lies(name: str, path: str, key: str) -> None:
    place, called = find(name)
    assert (place.path, called) == (path, key)
    assert place.name(key) == name


@pytest.mark.parametrize(
    "name", ["kek/ds/other/d1", "kek/raw/d1", "kek/ds/raw/d1/x", "kek/ds/backup/b1", "sign/a/b", "x/y"]
)
def test_what_no_duty_may_touch_has_no_place(name: str) -> None:
    assert not any(may(duty, operation, name) for duty in Duty for operation in RIGHTS[duty])
    with pytest.raises(UsageError):
        find(name)


@given(st.sampled_from(PLACES), st.lists(_segment, min_size=1, max_size=4))
def test_names_come_back_from_their_place(place, parts) -> None:
    filling = iter(parts * 2)
    name = "/".join(next(filling) if part == "*" else part for part in place.pattern.split("/"))
    if place.kind == "mac":
        name = "/".join([place.path, *parts])
    found, key = find(name)
    assert found == place
    assert found.name(key) == name
    assert not key.startswith(GONE)
    # What the server allows in names of keys.
    assert re.fullmatch(r"\w(([\w.-]+)?\w)?", GONE + key, re.ASCII)


def test_two_places_never_lie_within_each_other() -> None:
    """The server mounts nothing below a mount."""
    paths = [path + "/" for path in mounts("z")]
    assert not [one for one in paths for other in paths if one != other and other.startswith(one)]


def test_every_right_of_the_table_has_its_place() -> None:
    for duty in Duty:
        for pattern in {pattern for patterns in rights(duty).values() for pattern in patterns}:
            assert within(pattern)[0] in PLACES
    with pytest.raises(ValueError, match="no place"):
        within("kek/*/other/*")


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_policy_gives_no_more_than_rules_on_keys(identity: str) -> None:
    text = policy(identity, "safezone")
    paths = re.findall(r'path "([^"]+)"', text)
    assert len(paths) == len(set(paths)) == text.count("capabilities")
    assert not re.search(r'"(create|sudo|patch)"', text)
    for path in paths:
        assert path.startswith(("safezone/", "auth/token/"))
        # One mount for each place, and below it the uses of keys and no other endpoint of the engine.
        assert path.startswith("auth/") or USES.search(path)
        assert "*" not in path or path.endswith(f"/keys/{GONE}*")


def test_only_the_release_duty_opens_what_is_published() -> None:
    def opens(identity: str) -> bool:
        return "safezone/kek/published/decrypt" in policy(identity)

    assert [identity for identity in IDENTITIES if opens(identity)] == ["release", "console"]


@pytest.mark.parametrize("prefix", ["", "/", "a b", 'a" {', "a//b", "../sys", "a/*", "+", "x" * 200])
def test_prefixes_that_are_none(prefix: str) -> None:
    for use in (lambda: mounts(prefix), lambda: policy("portal", prefix), lambda: role_of("portal", prefix)):
        with pytest.raises(UsageError):
            use()


def test_the_setup_prepares_every_place_and_identity() -> None:
    text = setup("agency/zone-1")
    assert text.count("secrets enable") == text.count("disable_upsert=true") == len(PLACES)
    assert [role_of(identity, "agency/zone-1") in text for identity in IDENTITIES] == [True] * len(IDENTITIES)


def test_the_command_prints_what_a_server_takes(capsys: pytest.CaptureFixture[str]) -> None:
    invoke(["keys", "server-policy", "ingest", "--prefix", "z"])
    assert capsys.readouterr().out == policy("ingest", "z")
    invoke(["keys", "server-policy", "setup"])
    assert capsys.readouterr().out == setup()
    invoke(["keys", "server-policy", "log", "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert (shown["id"], shown["state"], shown["policy"]) == ("log", "CURRENT", policy("log"))
    with pytest.raises(UsageError):
        invoke(["keys", "server-policy", "nobody"])


def test_the_command_uses_the_zones_own_path(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setenv("SAFEZONE_KEYS_URL", "openbao+https://127.0.0.1:8200/agency/zone-1")
    invoke(["keys", "server-policy", "portal"])
    assert capsys.readouterr().out == policy("portal", "agency/zone-1")


def test_the_command_prints_iam_policies_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAFEZONE_KEYS_URL", "awskms://ap-northeast-2/zone1")
    assert invoke(["keys", "server-policy", "log", "--aws-account", "123456789012"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == iam.policy("log", iam.Estate("ap-northeast-2", "123456789012", "zone1"))
