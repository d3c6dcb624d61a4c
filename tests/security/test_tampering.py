"""Stored objects that were changed, cut off, exchanged or taken away: every read refuses and names the object.

Where a changed file could bring a reader down (Parquet is parsed in C++), a crash would end the whole test run, so
passing here says that as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from safezone.access.actions import Action, Actor, dataset_resource
from safezone.airlock import release
from safezone.audit.verify import verify_log
from safezone.catalog.records import DeliveryRecord, ReleaseRecord, VersionRecord
from safezone.errors import IntegrityFailure
from safezone.model import Duty, Stage
from safezone.vault.door import INTAKE, SealedObject
from safezone_verify.findings import Verification
from tests.fixtures.sandbox import DATASET, ROOT, Sandbox
from tests.fixtures.terminal import terminal_of

OFFSETS = [0, 3, 4, 9, 40, 0.25, 0.5, 0.75, -40, -9, -8, -5, -4, -1]


@pytest.fixture(scope="module")
def whole(published_template: Sandbox, tmp_path_factory) -> Iterator[Sandbox]:
    """One zone for all: each test puts back what it spoils. One extract is released."""
    made = published_template.copy(tmp_path_factory.mktemp("tampering") / "whole")
    made.build(made.approved(made.project().id))
    yield made
    made.close()


@pytest.fixture
def spoil(whole: Sandbox) -> Iterator:
    """Write over a stored object; it is put back afterwards."""
    kept: dict[Path, bytes] = {}

    def write(uri: str, data: bytes | None) -> None:
        path = whole.settings.lake / uri
        kept.setdefault(path, path.read_bytes())
        path.chmod(0o600)
        path.unlink()
        if data is not None:
            path.write_bytes(data)

    yield write
    for path, data in kept.items():
        path.unlink(missing_ok=True)
        path.write_bytes(data)


def stored(sandbox: Sandbox, uri: str) -> bytes:
    return (sandbox.settings.lake / uri).read_bytes()


def flipped(data: bytes, offset: float) -> bytes:
    place = int(len(data) * offset) if isinstance(offset, float) else offset % len(data)
    return data[:place] + bytes([data[place] ^ 0x01]) + data[place + 1 :]


def a_version(sandbox: Sandbox, stage: Stage, number: int = 1) -> VersionRecord:
    return sandbox.open(Duty.PORTAL).catalog.list(VersionRecord, stage=stage)[number]


def read_version(sandbox: Sandbox, version: VersionRecord) -> int:
    """Read every value of a version with the duty that may."""
    if version.stage is Stage.PUBLISHED:
        zone = sandbox.open(Duty.RELEASE)
        request = zone.catalog.list(ReleaseRecord)[0].request
        resource = zone.airlock.resource(zone.catalog.get(release.RequestRecord, request))
        grant = zone.authorizer.authorize(Actor.duty(Duty.RELEASE), Action.RELEASE_BUILD, resource)
    else:
        zone = sandbox.open(Duty.INGEST)
        resource = dataset_resource(DATASET, "mpva")
        grant = zone.authorizer.authorize(sandbox.actor("steward"), Action.DELIVERY_INGEST, resource)
    with zone.vault.open_version(grant, version) as dataset:
        return dataset.to_table().num_rows


def uri_of(sandbox: Sandbox, version: VersionRecord, what: str) -> str:
    if what == "manifest":
        return version.manifest_uri
    if what == "keys":
        return version.manifest_uri.replace(".manifest.json", ".keys.json")
    return sandbox.open(Duty.PORTAL).vault.manifest(version).parts[0].uri


def refuses(act, name: str) -> None:
    with pytest.raises(IntegrityFailure) as caught:
        act()
    assert name in caught.value.what.en
    assert name in caught.value.what.ko


def test_an_untouched_zone_is_read(whole):
    for stage in (Stage.RAW, Stage.DEIDENTIFIED, Stage.PUBLISHED):
        version = a_version(whole, stage)
        assert read_version(whole, version) == version.rows


def test_every_stored_byte_can_be_looked_at_and_the_damaged_version_is_named(whole, spoil, monkeypatch, capsys):
    command = terminal_of(whole, monkeypatch)
    assert command("auditor", "version", "verify") == 0
    version = a_version(whole, Stage.PUBLISHED)
    uri = uri_of(whole, version, "part")
    spoil(uri, flipped(stored(whole, uri), 0.5))
    capsys.readouterr()
    assert command("auditor", "version", "verify", "--json") == 6
    states = {item["id"]: item["state"] for item in json.loads(capsys.readouterr().out)}
    assert [name for name, state in states.items() if state == "DAMAGED"] == [version.id]
    assert len(states) > 3
    assert command("auditor", "version", "verify", version.id) == 6
    assert command("developer", "version", "verify", a_version(whole, Stage.RAW).id) == 3


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("what", ["manifest", "part"])
def test_one_bit_of_a_version_is_noticed(whole, spoil, what, offset):
    version = a_version(whole, Stage.PUBLISHED)
    uri = uri_of(whole, version, what)
    spoil(uri, flipped(stored(whole, uri), offset))
    refuses(lambda: read_version(whole, version), uri)


def test_one_bit_anywhere_in_the_key_table_never_opens_anything_else(whole, spoil):
    """Layout is not signed (rotation rewrites this file), so a changed blank may pass; the key does not."""
    version = a_version(whole, Stage.PUBLISHED)
    uri = uri_of(whole, version, "keys")
    data = stored(whole, uri)
    harmless = 0
    for place in range(0, len(data), 7):
        spoil(uri, flipped(data, place))
        try:
            assert read_version(whole, version) == version.rows
            harmless += 1
        except IntegrityFailure as error:
            assert uri in error.what.en
    assert harmless <= data.count(b" ") + data.count(b"\n")


@pytest.mark.parametrize("what", ["manifest", "keys", "part"])
@pytest.mark.parametrize("length", [0, 1, 0.5, -1])
@pytest.mark.parametrize("stage", [Stage.RAW, Stage.PUBLISHED])
def test_an_object_cut_off_is_noticed(whole, spoil, stage, what, length):
    version = a_version(whole, stage)
    uri = uri_of(whole, version, what)
    data = stored(whole, uri)
    spoil(uri, data[: int(len(data) * length) if isinstance(length, float) else length])
    refuses(lambda: read_version(whole, version), uri)


@pytest.mark.parametrize("what", ["manifest", "keys", "part"])
def test_an_object_taken_away_is_noticed(whole, spoil, what):
    version = a_version(whole, Stage.PUBLISHED)
    uri = uri_of(whole, version, what)
    spoil(uri, None)
    refuses(lambda: read_version(whole, version), uri)


@pytest.mark.parametrize("what", ["manifest", "keys", "part"])
def test_objects_exchanged_between_versions_are_noticed(whole, spoil, what):
    mine, theirs = a_version(whole, Stage.PUBLISHED, 1), a_version(whole, Stage.PUBLISHED, 0)
    uri = uri_of(whole, mine, what)
    spoil(uri, stored(whole, uri_of(whole, theirs, what)))
    refuses(lambda: read_version(whole, mine), uri)


def test_a_key_of_another_stage_in_the_key_table_is_noticed(whole, spoil):
    mine, raw = a_version(whole, Stage.PUBLISHED), a_version(whole, Stage.RAW)
    uri = uri_of(whole, mine, "keys")
    table = json.loads(stored(whole, uri))
    other = json.loads(stored(whole, uri_of(whole, raw, "keys")))["keys"]
    table["keys"] = dict.fromkeys(table["keys"], next(iter(other.values())))
    spoil(uri, json.dumps(table).encode())
    refuses(lambda: read_version(whole, mine), uri)


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"kind":"manifest","body":{},"key_version":9}'],
)
@pytest.mark.parametrize("what", ["manifest", "keys"])
def test_a_document_that_is_none_is_refused(whole, spoil, what, data):
    version = a_version(whole, Stage.PUBLISHED)
    uri = uri_of(whole, version, what)
    spoil(uri, data)
    refuses(lambda: read_version(whole, version), uri)


# -- intake and packages --------------------------------------------------------------------------------------


def read_intake(sandbox: Sandbox) -> tuple[str, int]:
    zone = sandbox.open(Duty.INGEST)
    grant = zone.authorizer.authorize(
        sandbox.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva")
    )
    sealed = SealedObject.from_json(zone.catalog.list(DeliveryRecord)[0].intake[0])
    with zone.vault.open_object(grant, INTAKE, DATASET, sealed) as stream:
        return sealed.uri, len(stream.read())


@pytest.mark.parametrize("offset", OFFSETS)
def test_one_bit_of_an_intake_object_is_noticed(whole, spoil, offset):
    uri, size = read_intake(whole)
    assert size > 0
    spoil(uri, flipped(stored(whole, uri), offset))
    refuses(lambda: read_intake(whole), uri)


@pytest.mark.parametrize("length", [0, 1, 0.5, -1, None])
def test_an_intake_object_cut_off_or_gone_is_noticed(whole, spoil, length):
    uri, _ = read_intake(whole)
    data = stored(whole, uri)
    cut = None if length is None else data[: int(len(data) * length) if isinstance(length, float) else length]
    spoil(uri, cut)
    refuses(lambda: read_intake(whole), uri)


@pytest.mark.parametrize("offset", OFFSETS)
def test_one_bit_of_a_package_is_noticed_before_it_is_handed_out(whole, spoil, offset):
    zone = whole.open(Duty.PORTAL)
    record = zone.catalog.list(ReleaseRecord)[0]
    spoil(record.uri, flipped(stored(whole, record.uri), offset))
    refuses(lambda: release.pull(zone.airlock, whole.account("developer"), record.request), record.uri)
    denied = whole.events(f"request/{record.request}")[-1]
    assert denied["details"] == {"rules": "vault.damaged"}


def test_a_package_taken_away_is_missed(whole, spoil):
    zone = whole.open(Duty.PORTAL)
    record = zone.catalog.list(ReleaseRecord)[0]
    spoil(record.uri, None)
    refuses(lambda: release.pull(zone.airlock, whole.account("developer"), record.request), record.uri)


# -- the log --------------------------------------------------------------------------------------------------

LOG_EDITS = {
    "UPDATE audit_leaf SET leaf = replace(leaf, 'decision.', 'decided.') || ' ' WHERE seq = 5": 5,
    "UPDATE audit_leaf SET leaf = leaf || ' ' WHERE seq = 0": 0,
    "DELETE FROM audit_leaf WHERE seq = 7": 7,
    "UPDATE audit_event SET account = 'somebody else' WHERE seq = 6": 6,
    "UPDATE audit_event SET object = 'version/v-other' WHERE seq = 8": 8,
    "DELETE FROM audit_event WHERE seq = 9": 9,
    "UPDATE audit_detail SET details = '{}' WHERE uid = (SELECT uid FROM audit_event WHERE seq = 10)": 10,
    "UPDATE audit_node SET hash = x'00' WHERE level = 0 AND \"index\" = 3": 3,
}


@pytest.fixture(scope="module")
def logged(whole: Sandbox) -> Sandbox:
    assert whole.open(None).keep_log() is not None
    whole.close()
    return whole


@pytest.mark.parametrize("edit", LOG_EDITS)
def test_an_edited_log_is_noticed_and_the_place_named(logged, tmp_path, edit):
    spoilt = logged.copy(tmp_path / "whole")
    spoilt.sql(edit)
    found = _verified(spoilt)
    assert not found.ok
    assert any(problem.seq == LOG_EDITS[edit] for problem in found.problems)
    spoilt.close()


def test_an_untouched_log_is_whole(logged):
    assert _verified(logged).ok


def _verified(sandbox: Sandbox) -> Verification:
    zone = sandbox.open(Duty.LOG)
    return verify_log(zone.catalog.engine, zone.log_keys)


# -- nothing aborts -------------------------------------------------------------------------------------------


def test_a_hostile_part_under_a_right_digest_does_not_bring_the_process_down(whole):
    """Somebody who could also sign manifests writes rubbish as a part: refused, and the process lives."""
    code = """
import io, os, sys
import pyarrow.dataset as ds
from safezone.vault import door, parts
data = bytearray(open(sys.argv[1], "rb").read())
refused = 0
for seed in range(60):
    spoilt = bytearray(data)
    for step in range(1 + seed % 5):
        spoilt[(seed * 7919 + step * 104729) % len(spoilt)] ^= 1 + seed % 255
    if seed % 3 == 0:
        spoilt[-8 - seed : -8] = os.urandom(seed)
    try:
        door._part_dataset(io.BytesIO(bytes(spoilt)), b"k" * 32, b"aad").to_table()
    except Exception:
        refused += 1
print(refused)
"""
    part = whole.settings.lake / uri_of(whole, a_version(whole, Stage.PUBLISHED), "part")
    done = subprocess.run(
        [sys.executable, "-c", code, str(part)], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, b"60"), done.stderr[-300:]
