"""What every key provider promises; each adapter adds itself to PROVIDERS."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safezone.errors import IntegrityFailure, NotFound, UsageError, WrongState
from safezone.keys.duties import DutyBound
from safezone.keys.keystore import Keystore
from safezone.model import Duty, WrappedKey
from safezone.ports import KeyProvider


def _keystore(folder: Path) -> KeyProvider:
    return Keystore.create(folder / "keys" / "keystore.json", b"correct horse battery staple", n=2)


def _served(fixture: str) -> Callable[[Path], KeyProvider]:
    """A provider whose server or module `tests/fixtures` starts; skipped where that is not installed."""

    def make(folder: Path) -> KeyProvider:
        return importlib.import_module(f"tests.fixtures.{fixture}").open_provider(folder)

    return make


PROVIDERS: dict[str, Callable[[Path], KeyProvider]] = {
    "keystore": _keystore,
    "keystore, every duty": lambda folder: DutyBound(_keystore(folder), list(Duty)),
    "openbao": _served("openbao"),
    "pkcs11": _served("softhsm"),
    "awskms": _served("kms_server"),
}

KEK = "kek/ds/raw/d1"
DATA_KEY = bytes(range(32))


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> KeyProvider:
    return PROVIDERS[request.param](tmp_path)


def test_it_is_a_key_provider(provider: KeyProvider) -> None:
    assert isinstance(provider, KeyProvider)


def test_ensure_creates_once(provider: KeyProvider) -> None:
    assert provider.ensure(KEK) == 1
    assert provider.ensure(KEK) == 1
    (key,) = provider.list()
    assert (key.name, key.versions, key.current) == (KEK, (1,), 1)


def test_a_wrapped_key_opens_under_the_same_context(provider: KeyProvider) -> None:
    provider.ensure(KEK)
    wrapped = provider.wrap(KEK, DATA_KEY, b"ds/v-1/part-00000")
    assert DATA_KEY not in wrapped.blob
    assert provider.unwrap(wrapped, b"ds/v-1/part-00000") == DATA_KEY
    assert provider.wrap(KEK, DATA_KEY, b"ds/v-1/part-00000").blob != wrapped.blob


def test_a_wrapped_key_opens_nowhere_else(provider: KeyProvider) -> None:
    for name in (KEK, "kek/ds/raw/d2"):
        provider.ensure(name)
        provider.rotate(name)
    wrapped = provider.wrap(KEK, DATA_KEY, b"here")
    flipped = bytes([wrapped.blob[0] ^ 1]) + wrapped.blob[1:]
    for wrong, context in [
        (wrapped, b"there"),
        (WrappedKey("kek/ds/raw/d2", wrapped.version, wrapped.blob), b"here"),
        (WrappedKey(KEK, 1, wrapped.blob), b"here"),
        (WrappedKey(KEK, wrapped.version, flipped), b"here"),
        (WrappedKey(KEK, wrapped.version, wrapped.blob[:-1]), b"here"),
        (WrappedKey(KEK, wrapped.version, b""), b"here"),
    ]:
        with pytest.raises(IntegrityFailure):
            provider.unwrap(wrong, context)


def test_rotation_opens_what_was_closed_before(provider: KeyProvider) -> None:
    provider.ensure(KEK)
    old = provider.wrap(KEK, DATA_KEY, b"")
    assert provider.rotate(KEK) == 2
    new = provider.wrap(KEK, DATA_KEY, b"")
    assert (old.version, new.version) == (1, 2)
    assert provider.unwrap(old, b"") == provider.unwrap(new, b"") == DATA_KEY


def test_rewrapping_closes_anew_without_opening(provider: KeyProvider) -> None:
    provider.ensure(KEK)
    old = provider.wrap(KEK, DATA_KEY, b"here")
    provider.rotate(KEK)
    new = provider.rewrap(old, b"here")
    assert (new.kek, new.version) == (KEK, 2)
    assert provider.unwrap(new, b"here") == DATA_KEY
    assert provider.unwrap(provider.rewrap(new, b"here"), b"here") == DATA_KEY
    for wrapped in (old, new):
        with pytest.raises(IntegrityFailure):
            provider.rewrap(wrapped, b"there")


def test_macs_differ_by_key_version_and_data(provider: KeyProvider) -> None:
    for name in ("token/agency/KR_RRN", "token/other/KR_RRN"):
        provider.ensure(name)
    first = provider.mac("token/agency/KR_RRN", b"x")
    provider.rotate("token/agency/KR_RRN")
    macs = {
        first,
        provider.mac("token/agency/KR_RRN", b"x"),
        provider.mac("token/agency/KR_RRN", b"y"),
        provider.mac("token/other/KR_RRN", b"x"),
    }
    assert len(macs) == 4
    assert {len(mac) for mac in macs} == {32}
    assert provider.mac("token/agency/KR_RRN", b"x", 1) == first


def test_signatures_verify_with_the_public_key(provider: KeyProvider) -> None:
    provider.ensure("sign/manifest")
    signature = provider.sign("sign/manifest", b"statement")
    Ed25519PublicKey.from_public_bytes(provider.public_key("sign/manifest")).verify(signature, b"statement")
    provider.rotate("sign/manifest")
    assert provider.public_key("sign/manifest") != provider.public_key("sign/manifest", 1)
    Ed25519PublicKey.from_public_bytes(provider.public_key("sign/manifest", 1)).verify(signature, b"statement")


def test_a_destroyed_key_is_gone(provider: KeyProvider) -> None:
    provider.ensure(KEK)
    wrapped = provider.wrap(KEK, DATA_KEY, b"")
    assert provider.destroyed() == []
    provider.destroy(KEK)
    provider.destroy(KEK)  # once more changes nothing
    assert provider.list() == []
    assert [name for name, _ in provider.destroyed()] == [KEK]
    for use in (
        lambda: provider.unwrap(wrapped, b""),
        lambda: provider.wrap(KEK, DATA_KEY, b""),
        lambda: provider.rotate(KEK),
    ):
        with pytest.raises(NotFound):
            use()
    with pytest.raises(WrongState):
        provider.ensure(KEK)


def test_keys_and_versions_that_do_not_exist(provider: KeyProvider) -> None:
    provider.ensure("token/agency/KR_RRN")
    for use in (
        lambda: provider.wrap(KEK, DATA_KEY, b""),
        lambda: provider.destroy(KEK),
        lambda: provider.mac("token/agency/KR_RRN", b"", 7),
        lambda: provider.public_key("sign/manifest"),
    ):
        with pytest.raises(NotFound):
            use()


def test_a_data_key_has_32_bytes(provider: KeyProvider) -> None:
    provider.ensure(KEK)
    with pytest.raises(UsageError):
        provider.wrap(KEK, b"short", b"")


def test_it_says_what_a_destruction_cannot_prove(provider: KeyProvider) -> None:
    assert all(en.strip() and ko.strip() for en, ko in provider.caveats())
