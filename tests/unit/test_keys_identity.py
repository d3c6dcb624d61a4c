"""The zone's age identity: encrypted beside the keystore, made once, and never somebody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyrage
import pytest

from safezone.errors import Denied, IntegrityFailure
from safezone.keys import identity
from safezone.keys.duties import DutyBound
from safezone.keys.keystore import Keystore
from safezone.model import Duty


@pytest.fixture
def keys(tmp_path) -> Keystore:
    return Keystore.create(tmp_path / "keystore.json", b"a passphrase for tests", n=2**10)


@pytest.fixture
def path(keys, tmp_path):
    made = tmp_path / "identity.json"
    identity.create(keys, made)
    return made


def test_what_is_encrypted_to_it_opens(keys, path):
    recipient = pyrage.x25519.Recipient.from_str(identity.public_key(path))
    sent = pyrage.encrypt(b"data", [recipient])
    assert pyrage.decrypt(sent, [identity.load(keys, path)]) == b"data"


def test_making_it_again_changes_nothing(keys, path):
    before = path.read_bytes()
    assert identity.create(keys, path) == identity.public_key(path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600


def test_made_by_four_at_once_it_is_one(keys, tmp_path):
    path = tmp_path / "raced.json"
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: identity.create(keys, path), range(4)))
    assert made == {identity.public_key(path)}
    assert [each.name for each in tmp_path.iterdir() if "raced" in each.name] == ["raced.json"]


def test_the_secret_half_is_not_in_the_file(keys, path):
    assert "AGE-SECRET" not in path.read_text()
    assert str(identity.load(keys, path)) not in path.read_text()


def test_only_the_ingest_duty_opens_it(keys, path):
    identity.load(DutyBound(keys, Duty.INGEST), path)
    for duty in (Duty.PORTAL, Duty.RELEASE, Duty.LOG):
        with pytest.raises(Denied):
            identity.load(DutyBound(keys, duty), path)


def stranger(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"public_key": str(pyrage.x25519.Identity.generate().to_public())}


SPOILT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another's public key": stranger,
    "no public key": lambda document: {"identity": document["identity"], "key": document["key"]},
    "no identity": lambda document: {"public_key": document["public_key"], "key": document["key"]},
    "no key": lambda document: {"public_key": document["public_key"], "identity": document["identity"]},
    "identity changed": lambda document: document | {"identity": document["identity"][:-8] + "AAAAAAA="},
    "identity emptied": lambda document: document | {"identity": ""},
    "not base 64": lambda document: document | {"identity": "가나다"},
    "key changed": lambda document: document | {"key": document["key"] | {"blob": "AAAA"}},
    "another version": lambda document: document | {"key": document["key"] | {"version": 9}},
    "a list": lambda document: [document],
    "null": lambda document: None,
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_that_was_changed_is_refused(keys, path, how):
    path.write_text(json.dumps(SPOILT[how](json.loads(path.read_text()))))
    with pytest.raises(IntegrityFailure, match=r"keys\.identity"):
        identity.load(keys, path)


@pytest.mark.parametrize("data", [None, b"", b"{", b"\xff", b"[" * 50_000, b'{"public_key": "age1nobody"}', b'"x"'])
def test_a_file_that_is_damaged_or_gone_is_refused_both_ways(keys, path, data):
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(IntegrityFailure, match=r"keys\.identity"):
        identity.load(keys, path)
    with pytest.raises(IntegrityFailure, match=r"keys\.identity"):
        identity.public_key(path)


def test_another_zones_file_is_refused(path, tmp_path):
    other = Keystore.create(tmp_path / "other.json", b"a passphrase for tests", n=2**10)
    identity.create(other, tmp_path / "other-identity.json")
    with pytest.raises(IntegrityFailure):
        identity.load(other, path)
