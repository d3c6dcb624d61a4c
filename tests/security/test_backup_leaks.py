"""A backup holds no value of the data and no key, wherever one looks: in its bytes, opened, or beside it while it is made."""

from __future__ import annotations

import base64
import shutil
import stat
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest

from safezone.access.actions import Actor
from safezone.backup import archive, recovery
from safezone.backup.combining import combine
from safezone.backup.make import make_backup
from safezone.backup.recovery_copy import folder
from safezone.backup.restore import restore
from safezone.catalog.records import VersionRecord
from safezone.keys.keystore import Keystore
from safezone.model import Duty, VersionState
from safezone.settings import Settings
from safezone.vault import parts
from tests.fixtures.leaks import Searcher
from tests.fixtures.sandbox import Sandbox, benefit_rows

CUSTODIANS = ("하나", "둘")


@pytest.fixture(scope="module")
def values() -> Searcher:
    """Some of the resident and telephone numbers that were delivered, in every dress."""
    rows = benefit_rows(300)[::15] + benefit_rows(320, seed=8)[::15]
    numbers = {row[1] for row in rows} | {row[6].rpartition(" ")[2] for row in rows if "연락처" in row[6]}
    return Searcher(numbers)


def key_material(sandbox: Sandbox) -> dict[str, bytes]:
    """Everything that opens something: keys, data keys, the passphrase, tokens, as raw bytes."""
    zone = sandbox.open(None)
    keystore = zone.keys
    assert isinstance(keystore, Keystore)
    file = keystore._file
    found = {
        f"{name} {version}": file.unseal(name, version, entry)
        for name, entry in file.entries().items()
        for version in entry.versions
    }
    for version in zone.catalog.list(VersionRecord):
        if version.state is VersionState.DESTROYED:
            continue
        manifest = zone.vault.manifest(version)
        uri = parts.key_table_uri(version.manifest_uri)
        with zone.blobs.open(uri) as stream:
            table = parts.read_key_table(stream.read(), manifest, uri)
        for part, wrapped in table.items():
            found[f"data key {part}"] = keystore.unwrap(wrapped, parts.committed_context(manifest, part))
    found["passphrase"] = sandbox.settings.passphrase_file.read_bytes().strip()
    return found | {f"token {name}": person.token.encode() for name, person in sandbox.people.items()}


def forms(secret: bytes) -> set[bytes]:
    return {secret, secret.hex().encode(), base64.b64encode(secret), base64.urlsafe_b64encode(secret).rstrip(b"=")}


def found_in(data: bytes, secrets: dict[str, bytes]) -> list[str]:
    return [name for name, secret in secrets.items() if any(form in data for form in forms(secret))]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_neither_values_nor_keys_are_in_a_backup_or_beside_it(published, temporary, tmp_path, values):
    secrets = key_material(published)
    assert len(secrets) > 20
    keystore = published.settings.keystore.read_bytes()
    out = tmp_path / "out"
    out.mkdir()
    beside: set[str] = set()

    def look(done: int, total: int) -> None:
        for path in (*out.iterdir(), *temporary.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.is_dir()
            beside.add(path.name.rpartition(".")[0])
            assert values.bytes(path.read_bytes(), path.name) == []

    zone = published.open(Duty.BACKUP)
    made = make_backup(zone, Actor.duty(Duty.BACKUP), out, with_parts=True, progress=look)

    assert len(beside) == 1  # the one file, under a name that is not its own yet
    assert [path.name for path in out.iterdir()] == [made.path.name]
    assert list(temporary.iterdir()) == []
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    whole = made.path.read_bytes()
    assert values.bytes(whole, "backup") == []
    assert found_in(whole, secrets) == []

    console = published.open(None).keys
    header = archive.open_header(made.path, console)
    names = []
    sealed = [blob for entry in console._file.entries().values() for blob in entry.versions.values()]
    with archive.members(made.path, header, console) as members:
        for name, _, stream in members:
            data = stream.read()
            if name.endswith(".zst"):
                size = int(name.rsplit(".", 3)[1])
                data = pa.decompress(data, decompressed_size=size, codec="zstd", asbytes=True)
            names.append(name)
            assert values.bytes(data, name) == []
            assert found_in(data, secrets) == []
            # Not even sealed: nothing that was ever in the keystore's file is in here.
            assert not any(blob.encode() in data for blob in sealed)
            assert keystore[:64] not in data
    assert not any("keystore" in name or "recovery" in name or "accounts" in name for name in names)
    assert sum(name.startswith("objects/") for name in names) > 10


def test_putting_a_zone_back_shows_nobody_anything(published, temporary, tmp_path, values):
    shares = []
    console = published.open(None)
    recovery.split(console, published.actor("admin"), CUSTODIANS, 2, shares.extend)
    made = make_backup(published.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), tmp_path / "backup", with_parts=True)
    secrets = key_material(published)
    (copy,) = folder(published.settings).iterdir()
    assert found_in(copy.read_bytes(), secrets) == []
    events = published.sql("SELECT object, purpose, account FROM audit_event") + published.sql(
        "SELECT details FROM audit_detail"
    )
    said = repr(events).encode()
    assert found_in(said, secrets) == []
    assert not any(
        share.words.encode() in said or " ".join(share.words.split()[4:7]).encode() in said for share in shares
    )
    kept = Path(shutil.copy(copy, tmp_path))
    published.close()
    shutil.rmtree(published.settings.home)
    published.settings.passphrase_file.unlink()

    combine(kept, [share.words for share in shares], published.settings)
    assert stat.S_IMODE(published.settings.keystore.stat().st_mode) == 0o600
    assert stat.S_IMODE(published.settings.passphrase_file.stat().st_mode) == 0o600
    place = published.settings.home.parent
    seen = []

    def look(done: int, total: int) -> None:
        for staged in place.glob(".zone.restore-*"):
            assert stat.S_IMODE(staged.stat().st_mode) == 0o700
            seen.append(staged.name)
            if done == total:
                for path in staged.rglob("*"):
                    if path.is_file() and "lake" not in path.parts:  # objects were searched in the backup
                        assert values.bytes(path.read_bytes(), path.name) == []

    settings = Settings(**published.settings.model_dump() | {"token": published.people["admin"].token})
    restore(settings, made.path, progress=look)

    assert seen
    assert list(temporary.iterdir()) == []
    assert not list(place.glob(".zone.*"))
    for path in settings.home.rglob("*"):
        if path.is_file() and "lake" not in path.parts:
            assert stat.S_IMODE(path.stat().st_mode) & 0o022 == 0
            assert values.bytes(path.read_bytes(), path.name) == []
