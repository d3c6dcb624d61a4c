"""What is special about keys on a PKCS#11 token; what every provider promises is in test_key_provider.py."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from safezone.errors import Denied, IntegrityFailure, NotFound, SafeZoneError, Unavailable, UsageError, WrongState
from safezone.keys.hsm.url import TokenAddress, parse
from safezone.keys.open import open_provider
from tests.fixtures.softhsm import PIN, Token, make_token

pkcs11 = pytest.importorskip("pkcs11") if os.environ.get("CI") != "true" else __import__("pkcs11")

from pkcs11 import Attribute, ObjectClass  # noqa: E402

from safezone.keys.hsm import claim as pkcs11_claim  # noqa: E402
from safezone.keys.hsm import objects as pkcs11_objects  # noqa: E402
from safezone.keys.hsm import pin as pkcs11_pin  # noqa: E402
from safezone.keys.hsm import session as pkcs11_session  # noqa: E402
from safezone.keys.hsm.provider import Pkcs11Keys  # noqa: E402

KEK, MAC, SIGN = "kek/환자/raw/d1", "token/agency/KR_RRN", "sign/manifest"
DATA_KEY = bytes(range(32))


@pytest.fixture
def token(tmp_path: Path) -> Iterator[Token]:
    made = make_token(tmp_path / "softhsm")
    yield made
    pkcs11_session.restart(made.module)


@pytest.fixture
def keys(token: Token) -> Pkcs11Keys:
    return opened(token)


def opened(token: Token, **options: float) -> Pkcs11Keys:
    return Pkcs11Keys(parse(token.url), token.credentials, **options)


def elsewhere(act: Callable[[], object]) -> Callable[[], object]:
    """Do something in another process; what is returned waits for it and gives its answer, or its error's code."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            try:
                told = act()
            except SafeZoneError as error:
                told = str(error)
            os.write(writing, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writing)

    def answer() -> object:
        with os.fdopen(reading) as file:
            told = file.read()
        os.waitpid(child, 0)
        return json.loads(told)

    return answer


def raw(token: Token, act: Callable) -> object:
    """Do something with the token as anybody who has its PIN can."""
    return pkcs11_session.Connection(parse(token.url), token.credentials).run(act)


def objects(token: Token, label: str) -> list:
    return raw(token, lambda session: list(session.get_objects({Attribute.LABEL: label})))


# What lies on the token


def test_no_key_can_leave_the_token(token: Token, keys: Pkcs11Keys) -> None:
    for name in (KEK, MAC, SIGN):
        keys.ensure(name)
        (secret,) = [each for each in objects(token, name) if not isinstance(each, pkcs11.PublicKey)]
        assert secret[Attribute.SENSITIVE] and secret[Attribute.ALWAYS_SENSITIVE] and secret[Attribute.LOCAL]
        assert secret[Attribute.NEVER_EXTRACTABLE] and not secret[Attribute.EXTRACTABLE]
        with pytest.raises(pkcs11.AttributeSensitive):
            secret[Attribute.VALUE]
        for attribute, value in ((Attribute.EXTRACTABLE, True), (Attribute.LABEL, "kek/ds/published/d1")):
            with pytest.raises(pkcs11.PKCS11Error):
                secret[attribute] = value
        with pytest.raises(pkcs11.PKCS11Error):
            secret.copy({Attribute.LABEL: "a copy that would outlive the key"})


def test_a_key_serves_one_kind_of_use(token: Token, keys: Pkcs11Keys) -> None:
    uses = (
        Attribute.ENCRYPT,
        Attribute.DECRYPT,
        Attribute.SIGN,
        Attribute.WRAP,
        Attribute.UNWRAP,
        Attribute.DERIVE,
    )
    for name, allowed in ((KEK, {Attribute.ENCRYPT, Attribute.DECRYPT}), (MAC, {Attribute.SIGN})):
        keys.ensure(name)
        (secret,) = objects(token, name)
        assert {use for use in uses if secret[use]} == allowed


def test_nobody_sees_names_without_the_pin(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(KEK)
    keys.ensure(MAC)
    keys.destroy(MAC)

    def look() -> int:
        pkcs11_session.restart(token.module)
        module = pkcs11.lib(os.path.realpath(token.module))
        return len(list(module.get_token(token_label=token.label).open().get_objects()))

    assert elsewhere(look)() == 0
    assert [key.name for key in keys.list()] == [KEK]


def test_a_key_made_elsewhere_is_not_used_and_goes_with_a_destruction(token: Token, keys: Pkcs11Keys) -> None:
    template = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: pkcs11.KeyType.GENERIC_SECRET,
        Attribute.TOKEN: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.SIGN: True,
        Attribute.LABEL: MAC,
        Attribute.ID: pkcs11_objects.new_id(1),
        Attribute.VALUE: b"a secret somebody else knows too",
    }
    raw(token, lambda session: session.create_object(template))
    for use in (lambda: keys.mac(MAC, b"x"), lambda: keys.ensure(MAC), keys.list):
        with pytest.raises(IntegrityFailure):
            use()
    keys.destroy(MAC)
    with pytest.raises(WrongState):
        keys.ensure(MAC)


def test_a_public_key_must_belong_to_its_private_key(token: Token, keys: Pkcs11Keys) -> None:
    for name in (SIGN, "sign/package"):
        keys.ensure(name)
    publics = {
        name: next(each for each in objects(token, name) if isinstance(each, pkcs11.PublicKey))
        for name in (SIGN, "sign/package")
    }
    identifier = publics[SIGN][Attribute.ID]
    publics[SIGN].destroy()
    with pytest.raises(IntegrityFailure):
        opened(token).public_key(SIGN)
    template = {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: pkcs11.KeyType.EC_EDWARDS,
        Attribute.TOKEN: True,
        Attribute.LABEL: SIGN,
        Attribute.ID: identifier,
        Attribute.EC_PARAMS: publics["sign/package"][Attribute.EC_PARAMS],
        Attribute.EC_POINT: publics["sign/package"][Attribute.EC_POINT],
    }
    raw(token, lambda session: session.create_object(template))
    with pytest.raises(IntegrityFailure):
        opened(token).public_key(SIGN)


def test_other_objects_on_the_token_are_left_alone(token: Token, keys: Pkcs11Keys) -> None:
    raw(token, lambda session: session.generate_key(pkcs11.KeyType.AES, 256, label="backup", store=True))
    assert keys.list() == keys.destroyed() == []
    assert len(objects(token, "backup")) == 1


def test_the_list_says_when_a_key_was_made(keys: Pkcs11Keys) -> None:
    for name in (SIGN, KEK):
        keys.ensure(name)
    keys.rotate(KEK)
    first, second = keys.list()
    assert (first.name, first.versions, first.current) == (KEK, (1, 2), 2)
    assert (second.name, second.versions, second.current) == (SIGN, (1,), 1)
    assert "2020" < first.created <= second.created[:10] + "Z" and first.created.endswith("Z")


# Destroyed names


def test_a_destruction_is_for_ever(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(KEK)
    keys.destroy(KEK)
    pkcs11_session.restart(token.module)
    ((name, when),) = opened(token).destroyed()
    assert name == KEK and when.endswith("Z")
    (tombstone,) = objects(token, KEK)
    with pytest.raises(pkcs11.PKCS11Error):
        tombstone.destroy()
    with pytest.raises(WrongState) as refusal:
        opened(token).ensure(KEK)
    assert refusal.value.code == "keys.destroyed"


def test_an_interrupted_destruction_is_finished(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(SIGN)
    keys.sign(SIGN, b"x")
    raw(token, lambda session: pkcs11_objects.put_tombstone(session, SIGN))
    again = opened(token)
    assert again.list() == []
    with pytest.raises(NotFound):
        again.sign(SIGN, b"x")
    again.destroy(SIGN)
    assert [each[Attribute.CLASS] for each in objects(token, SIGN)] == [ObjectClass.DATA]


def test_a_key_destroyed_by_another_process_is_refused_at_once(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(KEK)
    wrapped = keys.wrap(KEK, DATA_KEY, b"")
    assert elsewhere(lambda: keys.destroy(KEK))() is None
    with pytest.raises(NotFound):
        keys.unwrap(wrapped, b"")
    with pytest.raises(NotFound):
        keys.wrap(KEK, DATA_KEY, b"")


# Several at once


def test_a_version_made_by_another_process_opens_at_once(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(MAC)
    keys.mac(MAC, b"x")
    made = elsewhere(lambda: [keys.rotate(MAC), keys.mac(MAC, b"x").hex()][1])()
    assert keys.mac(MAC, b"x", 2).hex() == made
    assert keys.mac(MAC, b"x").hex() == made
    assert opened(token, fresh=0).ensure(MAC) == 2


def _on_one_machine(token: Token, number: int) -> Token:
    return token


def _on_several_machines(token: Token, number: int) -> Token:
    """Another copy of the PIN's file is another lock, as on another machine: only the token lies between them."""
    copy = token.credentials.with_name(f"pin-{number}")
    shutil.copy(token.credentials, copy)
    return replace(token, credentials=copy)


@pytest.mark.parametrize("place", [_on_one_machine, _on_several_machines])
def test_processes_that_want_a_key_at_once_get_one_version(
    token: Token, place: Callable[[Token, int], Token]
) -> None:
    def work(where: Token) -> list[object]:
        keys = opened(where)
        return [keys.ensure(MAC), keys.ensure(SIGN), keys.mac(MAC, b"x").hex(), keys.public_key(SIGN).hex()]

    answers = [each() for each in [elsewhere(partial(work, place(token, number))) for number in range(4)]]
    assert answers[0][:2] == [1, 1]
    assert answers == [answers[0]] * 4
    assert (len(objects(token, MAC)), len(objects(token, SIGN))) == (1, 2)


def test_processes_that_rotate_at_once_each_add_a_version(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(KEK)
    machines = [_on_several_machines(token, number) for number in range(3)]
    answers = [each() for each in [elsewhere(lambda at=at: opened(at).rotate(KEK)) for at in machines]]
    assert sorted(answers) == [2, 3, 4]
    assert opened(token).list()[0].versions == (1, 2, 3, 4)


def test_a_new_process_finds_what_was_made_here(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(SIGN)
    script = (
        "from pathlib import Path\nfrom safezone.keys.hsm.provider import Pkcs11Keys\n"
        f"keys = Pkcs11Keys.from_url({token.url!r}, Path({str(token.credentials)!r}))\n"
        f"print(keys.public_key({SIGN!r}).hex())"
    )
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, env=token.environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == keys.public_key(SIGN).hex()
    assert done.stderr == ""


def test_threads_share_a_provider(keys: Pkcs11Keys) -> None:
    started = threading.Barrier(6)

    def work(number: int) -> tuple[int, str]:
        started.wait()
        version = keys.ensure(KEK)
        keys.ensure(f"kek/ds/raw/d{number}")
        for _ in range(20):
            assert keys.unwrap(keys.wrap(KEK, DATA_KEY, b"here"), b"here") == DATA_KEY
            with pytest.raises(IntegrityFailure):
                keys.unwrap(keys.wrap(KEK, DATA_KEY, b"here"), b"there")
        keys.ensure(MAC)
        return version, keys.mac(MAC, b"x").hex()

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(work, range(6)))
    assert len(set(results)) == 1 and results[0][0] == 1
    assert len(keys.list()) == 8


def test_of_two_made_at_once_everybody_picks_the_oldest(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(MAC)
    mac = keys.mac(MAC, b"x")
    made: list[bytes] = [pkcs11_objects.new_id(1)]
    raw(token, lambda session: pkcs11_objects.make(session, MAC, "mac", made[0]))
    assert opened(token).mac(MAC, b"x") == mac
    raw(token, lambda session: pkcs11_objects.take_back(session, MAC, 1, made))
    assert len(objects(token, MAC)) == 1
    assert opened(token).mac(MAC, b"x") == mac


@pytest.mark.parametrize("whose", ["of a machine that died", "of a process of this machine that died just now"])
def test_a_claim_nobody_is_behind_is_passed_over(token: Token, keys: Pkcs11Keys, whose: str) -> None:
    left = {"claim": "left", "holder": "another machine", "time": 1_000_000_000}
    if "just now" in whose:  # the file lock is free, so its holder is gone
        left = {"claim": "left", "holder": pkcs11_claim._holder(token.credentials), "time": int(time.time())}
    raw(token, lambda session: pkcs11_objects.put_data(session, KEK, pkcs11_objects.CLAIM, left))
    assert keys.ensure(KEK) == 1
    assert len(objects(token, KEK)) == 1


def test_a_name_held_by_another_machine_is_waited_for(
    token: Token, keys: Pkcs11Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pkcs11_claim.claimed(
        pkcs11_session.Connection(parse(token.url), token.credentials),
        _on_several_machines(token, 0).credentials,
        KEK,
    ):
        monkeypatch.setattr(pkcs11_claim, "WAIT", 0)
        with pytest.raises(Unavailable) as failure:
            keys.ensure(KEK)
        assert failure.value.code == "keys.busy"
    assert objects(token, KEK) == []
    assert keys.ensure(KEK) == 1


def test_a_child_after_a_fork_opens_the_token_itself(keys: Pkcs11Keys) -> None:
    keys.ensure(KEK)
    wrapped = keys.wrap(KEK, DATA_KEY, b"")
    assert elsewhere(lambda: [keys.unwrap(wrapped, b"") == DATA_KEY, keys.rotate(KEK)])() == [True, 2]
    assert keys.unwrap(wrapped, b"") == DATA_KEY
    assert keys.rotate(KEK) == 3


# The device


def test_a_session_gone_stale_is_opened_again(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(SIGN)
    signature = keys.sign(SIGN, b"x")
    raw(token, lambda session: session.close())
    assert keys.sign(SIGN, b"x") == signature
    raw(token, lambda session: session.close())
    assert [key.name for key in keys.list()] == [SIGN]
    pkcs11_session.restart(token.module)
    Ed25519PublicKey.from_public_bytes(keys.public_key(SIGN)).verify(keys.sign(SIGN, b"x"), b"x")


def test_a_token_taken_out_is_said_to_be_absent(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(MAC)
    pkcs11_session.restart(token.module)
    tokens = token.config.with_name("tokens")
    tokens.rename(tokens.with_name("drawer"))
    tokens.mkdir()
    with pytest.raises(Unavailable) as failure:
        keys.mac(MAC, b"x")
    assert failure.value.code == "keys.token_absent"
    pkcs11_session.restart(token.module)
    tokens.rmdir()
    tokens.with_name("drawer").rename(tokens)
    assert len(keys.mac(MAC, b"x")) == 32


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"token": "other"}, "keys.token_absent"),
        ({"serial": "0"}, "keys.token_absent"),
        ({"model": "other"}, "keys.token_absent"),
        ({"module": "/nowhere/libnothing.so"}, "keys.module"),
        ({"module": __file__}, "keys.module"),
    ],
)
def test_what_is_not_there_is_named(token: Token, address: dict[str, str], code: str) -> None:
    with pytest.raises(Unavailable) as failure:
        Pkcs11Keys(replace(parse(token.url), **address), token.credentials)
    assert failure.value.code == code


def test_two_tokens_of_one_name_need_the_serial(token: Token) -> None:
    command = ["softhsm2-util", "--init-token", "--free", "--label", token.label, "--so-pin", PIN, "--pin", PIN]
    subprocess.run(command, env=token.environment, check=True, capture_output=True)
    pkcs11_session.restart(token.module)
    with pytest.raises(Unavailable) as failure:
        opened(token)
    assert failure.value.code == "keys.token_ambiguous"
    module = pkcs11.lib(os.path.realpath(token.module))
    serials = [each.serial.decode() for each in module.get_tokens(token_label=token.label)]
    one, other = (
        Pkcs11Keys.from_url(f"{token.url}".replace("?", f";serial={each}?"), token.credentials) for each in serials
    )
    one.ensure("sign/checkpoint")  # the log duty's own token
    assert other.list() == []


def test_without_the_library_it_says_how_to_install_it(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("safezone.keys.hsm")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(Unavailable) as failure:
        open_provider(token.url, keystore=Path("none"), passphrase=bytes, credentials=token.credentials)
    assert failure.value.code == "keys.library"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("DeviceMemory", "keys.token_full"),
        ("MechanismInvalid", "keys.token_unsupported"),
        ("DeviceRemoved", "keys.token_absent"),
        ("DeviceError", "keys.token_failed"),
        ("ObjectHandleInvalid", "keys.token_failed"),
        ("PKCS11Error", "keys.token_failed"),
        ("PinExpired", "keys.pin"),
    ],
)
def test_what_a_token_answers_is_said_in_words(token: Token, keys: Pkcs11Keys, answer: str, code: str) -> None:
    def act(session: object) -> None:
        raise getattr(pkcs11, answer)

    with pytest.raises((Unavailable, Denied)) as failure:
        raw(token, act)
    assert failure.value.code == code
    assert failure.value.__suppress_context__
    assert keys.ensure(KEK) == 1


def test_a_failing_device_is_not_blamed_on_the_data() -> None:
    class Broken:
        """Stands in for a device that fails, which no software token does on demand."""

        def encrypt(self, *_: object, **__: object) -> bytes:
            raise pkcs11.DeviceError

        decrypt = encrypt

    with pytest.raises(pkcs11.DeviceError):
        pkcs11_objects.unseal(Broken(), bytes(60), b"")


# The PIN


def test_a_wrong_pin_is_tried_once(token: Token) -> None:
    token.credentials.write_text("not-the-pin")
    with pytest.raises(Denied) as refusal:
        opened(token)
    assert refusal.value.code == "keys.pin"
    assert token.credentials.read_text() not in str(refusal.value)

    def change() -> None:
        pkcs11_session.restart(token.module)
        module = pkcs11.lib(os.path.realpath(token.module))
        module.get_token(token_label=token.label).open(rw=True, user_pin=PIN).set_pin(PIN, "not-the-pin")

    # From here on the PIN is right; were the token asked again, it would take it.
    assert elsewhere(change)() is None
    pkcs11_session.restart(token.module)
    with pytest.raises(Denied):
        opened(token)
    pkcs11_pin._refused.clear()  # as in a new process, which has the file beside the PIN's to go by
    with pytest.raises(Denied):
        opened(token)
    os.utime(token.credentials)
    assert opened(token).ensure(KEK) == 1
    assert [each.name for each in token.credentials.parent.glob("pin*")] == ["pin"]


def test_a_second_provider_needs_the_pin_too(token: Token, keys: Pkcs11Keys) -> None:
    keys.ensure(KEK)
    other = _on_several_machines(token, 1)
    other.credentials.write_text("not-the-pin")
    with pytest.raises(Denied):
        opened(other)
    assert keys.ensure(KEK) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"x" * 300])
def test_the_file_holds_a_pin_alone(token: Token, content: bytes) -> None:
    token.credentials.write_bytes(content)
    with pytest.raises(UsageError):
        opened(token)


def test_the_file_is_private_and_there(token: Token) -> None:
    token.credentials.chmod(0o640)
    with pytest.raises(Denied):
        opened(token)
    token.credentials.unlink()
    with pytest.raises(Unavailable):
        opened(token)
    with pytest.raises(UsageError):
        Pkcs11Keys.from_url(token.url, None)


# The address


@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=32), st.sampled_from("/ :;?&=%한")
)
def test_any_label_can_be_addressed(label: str, awkward: str) -> None:
    wanted = TokenAddress("/lib/x y.so", token=label + awkward + "z", serial="0A")
    address = f"pkcs11:serial=0A;token={quote(wanted.token, safe='')}?module-path={quote(wanted.module)}"
    assert parse(address) == wanted


@pytest.mark.parametrize(
    "address",
    [
        "pkcs11:",
        "pkcs11:token=zone",
        "pkcs11:token=zone?module-path=libsofthsm2.so",
        "pkcs11:model=x?module-path=/lib/x.so",
        "pkcs11:token=zone;token=other?module-path=/lib/x.so",
        "pkcs11:token=zone;object=key?module-path=/lib/x.so",
        "pkcs11:token=zone;x-vendor=1?module-path=/lib/x.so",
        "pkcs11:token=zone?module-path=/lib/x.so&module-name=x",
        "pkcs11:token=%zz?module-path=/lib/x.so",
        "pkcs11:token=%ff?module-path=/lib/x.so",
        "pkcs11:token=zone%00?module-path=/lib/x.so",
        "pkcs11:token?module-path=/lib/x.so",
    ],
)
def test_an_address_with_anything_else_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        parse(address)


@pytest.mark.parametrize("attribute", ["pin-value=s3cr3t", "pin-source=file:/s3cr3t"])
def test_an_address_never_carries_a_pin(attribute: str) -> None:
    for address in (f"pkcs11:token=zone?{attribute}&module-path=/lib/x.so", f"pkcs11:token=zone;{attribute}"):
        with pytest.raises(UsageError) as refusal:
            parse(address)
        assert refusal.value.code == "keys.url_secret"
        assert "s3cr3t" not in str(refusal.value)
