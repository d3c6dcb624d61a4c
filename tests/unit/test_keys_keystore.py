"""The keystore file: who may open it, what it survives, and what it never does silently."""

import json
import multiprocessing
from pathlib import Path

import pytest

from safezone.errors import Denied, IntegrityFailure, NotFound, Unavailable, UsageError, WrongState
from safezone.keys import keyfile
from safezone.keys.keystore import Keystore
from safezone.keys.passphrase import create_passphrase, read_passphrase

PASSPHRASE = b"correct horse battery staple"
FAST = 2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keystore.json"


@pytest.fixture
def keystore(path: Path) -> Keystore:
    return Keystore.create(path, PASSPHRASE, n=FAST)


def test_only_the_owner_may_read_it(keystore: Keystore, path: Path) -> None:
    keystore.ensure("kek/ds/raw/d1")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700

    path.chmod(0o640)
    with pytest.raises(Denied) as refused:
        Keystore(path, PASSPHRASE)
    assert refused.value.code == "keys.permissions"


def test_a_missing_keystore_is_never_made_silently(path: Path) -> None:
    with pytest.raises(Unavailable):
        Keystore(path, PASSPHRASE)
    assert not path.exists()


def test_creating_twice_keeps_the_keys(keystore: Keystore, path: Path) -> None:
    keystore.ensure("commit/files")
    mac = keystore.mac("commit/files", b"x")
    assert Keystore.create(path, PASSPHRASE, n=FAST).mac("commit/files", b"x") == mac


def test_a_wrong_passphrase_is_told_from_a_changed_file(keystore: Keystore, path: Path) -> None:
    keystore.ensure("kek/ds/raw/d1")
    with pytest.raises(Denied) as refused:
        Keystore(path, b"another passphrase")
    assert refused.value.code == "keys.passphrase_wrong"

    body = json.loads(path.read_text())
    body["counter"] += 1
    path.write_text(json.dumps(body))
    with pytest.raises(IntegrityFailure):
        Keystore(path, PASSPHRASE)


def test_no_key_lies_in_the_file_in_clear(keystore: Keystore, path: Path) -> None:
    keystore.ensure("sign/manifest")
    seed = keystore._key("sign/manifest", "sign", None)[1]
    text = path.read_bytes()
    assert seed not in text
    assert seed.hex().encode() not in text


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["keys"].pop("kek/ds/raw/d1"),
        lambda body: body["keys"]["kek/ds/raw/d1"].update(current=2),
        lambda body: body["keys"]["kek/ds/raw/d1"].update(destroyed="2026-01-01T00:00:00Z"),
        lambda body: body["keys"].update({"kek/ds/raw/d2": body["keys"]["kek/ds/raw/d1"]}),
        lambda body: body["keys"]["kek/ds/raw/d1"].update(surprise=1),
        lambda body: body.update(mac="00" * 32),
        lambda body: body.update(mac="not hex"),
        lambda body: body.pop("kdf"),
        lambda body: body["kdf"].update(n=2**40),
        lambda body: body["kdf"].update(n="2"),
    ],
)
def test_any_change_to_the_file_is_found(keystore: Keystore, path: Path, change) -> None:
    keystore.ensure("kek/ds/raw/d1")
    body = json.loads(path.read_text())
    change(body)
    path.write_text(json.dumps(body))
    with pytest.raises((IntegrityFailure, Denied)):
        Keystore(path, PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"mac": 1}'])
def test_a_file_that_is_no_keystore_is_refused(keystore: Keystore, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(IntegrityFailure):
        keystore.list()


def test_a_sealed_key_opens_only_in_its_own_place(keystore: Keystore) -> None:
    """Even someone who could forge the file's MAC cannot put one key in another's place."""
    keystore.ensure("kek/a/raw/d1")
    keystore.ensure("kek/b/raw/d1")
    entries = keystore._file.entries()
    entries["kek/b/raw/d1"].versions = entries["kek/a/raw/d1"].versions
    with pytest.raises(IntegrityFailure):
        keystore.wrap("kek/b/raw/d1", bytes(32), b"")


def test_an_older_copy_put_back_is_refused(keystore: Keystore, path: Path) -> None:
    keystore.ensure("kek/ds/raw/d1")
    backup = path.read_bytes()
    keystore.destroy("kek/ds/raw/d1")
    path.write_bytes(backup)
    with pytest.raises(IntegrityFailure) as refused:
        keystore.list()
    assert refused.value.code == "keys.rolled_back"


def test_destroying_leaves_no_material_and_no_way_back(keystore: Keystore, path: Path) -> None:
    keystore.ensure("kek/ds/raw/d1")
    keystore.rotate("kek/ds/raw/d1")
    wrapped = keystore.wrap("kek/ds/raw/d1", bytes(range(32)), b"here")
    keystore.destroy("kek/ds/raw/d1")
    keystore.destroy("kek/ds/raw/d1")

    assert json.loads(path.read_text())["keys"]["kek/ds/raw/d1"]["versions"] == {}
    assert [name for name, _ in keystore.destroyed()] == ["kek/ds/raw/d1"]
    for provider in (keystore, Keystore(path, PASSPHRASE)):
        with pytest.raises(NotFound):
            provider.unwrap(wrapped, b"here")
        with pytest.raises(WrongState):
            provider.ensure("kek/ds/raw/d1")


def test_a_failed_write_changes_nothing(keystore: Keystore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keystore.ensure("token/agency/KR_RRN")
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(keyfile.os, "fsync", full)
        with pytest.raises(Unavailable):
            keystore.rotate("token/agency/KR_RRN")
    assert path.read_bytes() == before
    assert keystore.ensure("token/agency/KR_RRN") == 1
    assert sorted(file.name for file in path.parent.iterdir()) == ["keystore.json", "keystore.json.lock"]


def test_the_passphrase_is_stretched_once_in_a_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Keystore.create(path, PASSPHRASE, n=FAST)
    monkeypatch.setattr(keyfile, "Scrypt", None)
    Keystore(path, PASSPHRASE).ensure("sign/manifest")


def _work(path: Path, number: int) -> None:
    keystore = Keystore(path, PASSPHRASE)
    for index in range(5):
        keystore.ensure(f"kek/ds/raw/{number}-{index}")
        keystore.ensure(f"kek/ds/raw/shared-{index}")
        keystore.rotate("sign/manifest")


def test_many_processes_lose_no_key(keystore: Keystore, path: Path) -> None:
    keystore.ensure("sign/manifest")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(path, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    keys = {key.name: key for key in keystore.list()}
    assert len(keys) == 1 + 5 + 3 * 5
    assert keys["sign/manifest"].versions == tuple(range(1, 17))
    assert {key.current for name, key in keys.items() if "shared" in name} == {1}


@pytest.mark.parametrize(
    "name", ["", "kek", "kek/", "/kek/a", "kek//a", "kek/../a", "kek/a\n", "kek/a b", "kek/" + "a" * 300]
)
def test_names_are_checked(keystore: Keystore, name: str) -> None:
    with pytest.raises(UsageError):
        keystore.ensure(name)


def test_the_passphrase_file(tmp_path: Path) -> None:
    home, outside = tmp_path / "zone", tmp_path / "config" / "passphrase"
    home.mkdir()
    with pytest.raises(Unavailable) as missing:
        read_passphrase(outside, home)
    assert missing.value.code == "keys.passphrase_missing"

    create_passphrase(outside)
    first = read_passphrase(outside, home)
    create_passphrase(outside)
    assert read_passphrase(outside, home) == first
    assert len(first) >= 32
    assert outside.stat().st_mode & 0o777 == 0o600

    outside.chmod(0o644)
    with pytest.raises(Denied):
        read_passphrase(outside, home)

    (home / "link").symlink_to(outside.parent)
    inside = home / "passphrase"
    create_passphrase(inside)
    with pytest.raises(UsageError) as refused:
        read_passphrase(inside, home)
    assert refused.value.code == "keys.passphrase_inside"

    short = tmp_path / "short"
    short.touch(mode=0o600)
    short.write_text("secret")
    with pytest.raises(UsageError):
        read_passphrase(short, home)
