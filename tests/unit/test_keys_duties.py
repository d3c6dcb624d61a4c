"""The table of duties, read as examples."""

from pathlib import Path

import pytest

from safezone.errors import Denied, UsageError
from safezone.keys.duties import RIGHTS, DutyBound, may
from safezone.keys.keystore import Keystore
from safezone.keys.tokenizer import Tokenizer, project_key
from safezone.model import Duty

OPERATIONS = ("ensure", "wrap", "unwrap", "rewrap", "mac", "sign", "public_key", "rotate", "destroy")

# operation, key, who may
TABLE = [
    ("unwrap", "kek/ds/intake/d1", {Duty.INGEST}),
    ("unwrap", "kek/ds/quarantine/d1", {Duty.INGEST}),
    ("unwrap", "kek/ds/raw/d1", {Duty.INGEST}),
    ("unwrap", "kek/ds/deidentified/d1", {Duty.INGEST}),
    ("unwrap", "kek/ds/published/d1", {Duty.RELEASE}),
    ("unwrap", "kek/ds/release/r1", {Duty.RELEASE}),
    ("wrap", "kek/ds/published/d1", {Duty.INGEST}),
    ("wrap", "kek/ds/raw/d1", {Duty.INGEST}),
    ("rewrap", "kek/ds/raw/d1", {Duty.INGEST}),
    ("rewrap", "kek/ds/published/d1", {Duty.INGEST}),
    ("rewrap", "kek/ds/release/r1", {Duty.RELEASE}),
    ("wrap", "kek/zone/backup/b1", {Duty.BACKUP}),
    ("unwrap", "kek/zone/backup/b1", set()),
    ("sign", "sign/backup", {Duty.BACKUP}),
    ("sign", "sign/certificate", {Duty.INGEST, Duty.RELEASE}),
    ("mac", "token/agency/KR_RRN", {Duty.INGEST}),
    ("mac", "project/p1", {Duty.RELEASE}),
    ("mac", "commit/files", {Duty.INGEST, Duty.RELEASE}),
    ("mac", "commit/ocsf", {Duty.INGEST, Duty.RELEASE, Duty.LOG}),
    ("rotate", "commit/ocsf", set()),
    ("sign", "sign/manifest", {Duty.INGEST}),
    ("sign", "sign/package", {Duty.RELEASE}),
    ("sign", "sign/checkpoint", {Duty.LOG}),
    ("public_key", "sign/manifest", set(Duty)),
    ("public_key", "sign/checkpoint", set(Duty)),
    ("public_key", "kek/ds/raw/d1", set()),
    ("rotate", "sign/checkpoint", {Duty.LOG}),
    ("destroy", "kek/ds/raw/d1", {Duty.INGEST}),
    ("destroy", "project/p1", {Duty.RELEASE}),
    ("destroy", "sign/manifest", set()),
    ("unwrap", "kek/ds/other/d1", set()),
    ("unwrap", "kek/ds/raw/d1/more", set()),
    ("unwrap", "kek/raw/d1", set()),
    ("mac", "other/x", set()),
]


@pytest.mark.parametrize(("operation", "name", "allowed"), TABLE)
def test_who_may(operation: str, name: str, allowed: set[Duty]) -> None:
    assert {duty for duty in Duty if may(duty, operation, name)} == allowed


def test_the_portal_sees_public_keys_and_nothing_else() -> None:
    assert set(RIGHTS[Duty.PORTAL]) == {"public_key"}


def test_the_table_names_every_duty_and_only_known_operations() -> None:
    assert set(RIGHTS) == set(Duty)
    assert {operation for rights in RIGHTS.values() for operation in rights} <= set(OPERATIONS)
    assert {operation for operation, _, _ in TABLE} | {"ensure"} == set(OPERATIONS)


@pytest.fixture
def keystore(tmp_path: Path) -> Keystore:
    return Keystore.create(tmp_path / "k" / "keystore.json", b"correct horse battery staple", n=2)


def test_a_bound_provider_refuses_before_it_asks(keystore: Keystore) -> None:
    keystore.ensure("kek/ds/raw/d1")
    wrapped = keystore.wrap("kek/ds/raw/d1", bytes(32), b"")
    for bound in (DutyBound(keystore, duty) for duty in (Duty.RELEASE, Duty.LOG, Duty.PORTAL)):
        for operation, *arguments in (
            ("ensure", "kek/ds/raw/d2"),
            ("wrap", "kek/ds/raw/d1", bytes(32), b""),
            ("unwrap", wrapped, b""),
            ("mac", "token/agency/KR_RRN", b""),
            ("sign", "sign/manifest", b""),
            ("public_key", "sign/unknown/x"),
            ("rotate", "kek/ds/raw/d1"),
            ("destroy", "kek/ds/raw/d1"),
        ):
            with pytest.raises(Denied):
                getattr(bound, operation)(*arguments)
    assert keystore.unwrap(wrapped, b"") == bytes(32)


def test_a_bound_provider_lists_what_concerns_it(keystore: Keystore) -> None:
    for name in ("kek/ds/raw/d1", "project/p1", "sign/checkpoint"):
        keystore.ensure(name)
    listed = {duty: [key.name for key in DutyBound(keystore, duty).list()] for duty in Duty}
    assert listed[Duty.PORTAL] == ["sign/checkpoint"]
    assert listed[Duty.LOG] == ["sign/checkpoint"]
    assert listed[Duty.RELEASE] == ["project/p1", "sign/checkpoint"]
    assert "kek/ds/raw/d1" in listed[Duty.INGEST]


def test_a_key_serves_one_kind_of_use(keystore: Keystore) -> None:
    keystore.ensure("kek/ds/raw/d1")
    with pytest.raises(UsageError):
        keystore.mac("kek/ds/raw/d1", b"")


def test_token_keys_differ_by_controller_kind_and_version(keystore: Keystore) -> None:
    tokens = Tokenizer(keystore, "agency-a")
    key, version = tokens.token_key("KR_RRN")
    assert (len(key), version) == (32, 1)
    keystore.rotate("token/agency-a/KR_RRN")
    others = {
        tokens.token_key("KR_RRN")[0],
        tokens.token_key("PHONE_NUMBER")[0],
        tokens.shift_key(),
        tokens.text_key()[0],
        tokens.token_key("text")[0],
        tokens.project_key("p1"),
        tokens.project_key("p2"),
        Tokenizer(keystore, "agency-b").token_key("KR_RRN")[0],
    }
    assert len(others | {key}) == 9
    assert Tokenizer(keystore, "agency-a", version=1).token_key("KR_RRN") == (key, 1)
    assert project_key(keystore, "p1") == tokens.project_key("p1")
