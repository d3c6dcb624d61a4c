"""A key server that is down, slow, sealed, busy, somebody else, or refuses: clear errors within bounds, nothing half done."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from safezone.errors import Denied, SafeZoneError, Unavailable, UsageError, WrongState
from safezone.keys.bao.client import Address, Client
from safezone.keys.bao.places import GONE
from safezone.keys.bao.provider import OpenBaoKeys
from safezone.keys.open import open_provider
from safezone.keys.retry import BusyError
from tests.fixtures.openbao import BaoServer, certificate, new_server, secret_file

KEK = "kek/ds/raw/d1"
HASTY = {"timeout": "0.5", "patience": "0.1"}


@contextmanager
def fails(kind: type[SafeZoneError], code: str, *secrets: str) -> Iterator[None]:
    """The block ends in that error, which carries nothing of a library and none of the secrets."""
    with pytest.raises(kind) as caught:
        yield
    error = caught.value
    assert error.code == code
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    told = f"{error} {error.what.ko} {error.next_step.ko} {error.kept.ko}"
    assert not [word for word in (*secrets, "hvac", "urllib3", "HTTPSConnectionPool", "Errno") if word in told]


# -- the real server -----------------------------------------------------------------------------------------


def test_down_and_up_again(tmp_path: Path) -> None:
    server = new_server(tmp_path / "bao", durable=True)
    try:
        provider = server.keys(tmp_path, server.new_zone(), **HASTY)
        provider.ensure(KEK)
        wrapped = provider.wrap(KEK, bytes(32), b"here")
        server.stop()
        for use in (
            lambda: provider.ensure("kek/ds/raw/d2"),
            lambda: provider.wrap(KEK, bytes(32), b"here"),
            lambda: provider.unwrap(wrapped, b"here"),
            lambda: provider.rotate(KEK),
            lambda: provider.destroy(KEK),
            provider.list,
        ):
            with fails(Unavailable, "keys.unavailable"):
                use()
        server.start()
        assert provider.unwrap(wrapped, b"here") == bytes(32)
        assert [(key.name, key.versions) for key in provider.list()] == [(KEK, (1,))]
        assert provider.destroyed() == []
    finally:
        server.stop()


def test_sealed_and_unsealed_again(tmp_path: Path) -> None:
    server = new_server(tmp_path / "bao")
    try:
        provider = server.keys(tmp_path, server.new_zone(), **HASTY)
        provider.ensure(KEK)
        server.seal()
        with fails(Unavailable, "keys.unavailable"):
            provider.wrap(KEK, bytes(32), b"")
        server.unseal()
        assert provider.wrap(KEK, bytes(32), b"").version == 1
    finally:
        server.stop()


def test_what_the_identity_may_not_is_refused(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    bao.keys(tmp_path, bao_zone).ensure(KEK)
    portal = bao.keys(tmp_path, bao_zone, "portal")
    for use in (
        lambda: portal.ensure(KEK),
        lambda: portal.ensure("kek/ds/raw/d2"),
        lambda: portal.wrap(KEK, bytes(32), b""),
        lambda: portal.rotate(KEK),
        lambda: portal.destroy(KEK),
    ):
        with fails(Denied, "keys.refused"):
            use()
    assert portal.list() == []


def test_a_token_that_ended_is_replaced_once(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    provider = bao.keys(tmp_path, bao_zone)
    provider.ensure(KEK)
    _revoke(bao, provider._client._token)
    assert provider.ensure(KEK) == 1


def test_a_token_is_renewed_before_it_ends(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    provider = bao.keys(tmp_path, bao_zone)
    provider.ensure(KEK)
    client = provider._client
    token, client._renew_at = client._token, 0.0
    provider.ensure(KEK)
    assert client._token == token  # the same one, and it lasts longer
    assert bao.api("GET", "auth/token/lookup-self", token)["data"]["last_renewal"]
    assert client._renew_at > 0


def test_a_token_file_is_read_again(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    """OpenBao Agent writes a new token where the old one was."""
    first, second = bao.token(bao_zone, "console"), bao.token(bao_zone, "console")
    file = secret_file(tmp_path / "token.json", {"token": first})
    provider = OpenBaoKeys.from_url(bao.url(bao_zone), file)
    provider.ensure(KEK)
    _revoke(bao, first)
    with fails(Denied, "keys.credentials_refused", first):
        provider.ensure(KEK)
    file.write_text(second + "\n")
    assert provider.ensure(KEK) == 1


def test_credentials_that_are_not_taken(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    secret = {"role_id": "no-such-role", "secret_id": "no-such-secret"}
    provider = OpenBaoKeys.from_url(bao.url(bao_zone), secret_file(tmp_path / "c.json", secret))
    with fails(Denied, "keys.credentials_refused", *secret.values()):
        provider.ensure(KEK)


def test_a_server_nobody_prepared(bao: BaoServer, tmp_path: Path) -> None:
    file = secret_file(tmp_path / "c.json", {"token": bao.root})
    provider = OpenBaoKeys.from_url(bao.url("nothing/here"), file)
    for use in (lambda: provider.ensure(KEK), provider.list):
        with fails(Unavailable, "keys.server_setup", bao.root):
            use()


def test_many_at_once_make_one_key(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    providers = [bao.keys(tmp_path, bao_zone) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda number: providers[number % 2].ensure(KEK), range(24))) == {1}
    (key,) = providers[0].list()
    assert key.versions == (1,)


def test_a_key_that_could_be_taken_out_is_none_of_ours(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    provider = bao.keys(tmp_path, bao_zone)
    for number, settings in enumerate(
        (
            {"type": "aes256-gcm96", "derived": True, "exportable": True},
            {"type": "aes256-gcm96", "derived": True, "allow_plaintext_backup": True},
            {"type": "aes256-gcm96"},
        )
    ):
        bao.api("POST", f"{bao_zone}/kek/raw/keys/ds.d{number}", **settings)
        with fails(Denied, "keys.not_kept"):
            provider.ensure(f"kek/ds/raw/d{number}")


def test_what_others_put_there_is_not_listed(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    for key in ("x", "a.b.c", "a_zz.b", "-".join("ab"), f"{GONE}x", f"{GONE}a-b.c"):
        bao.api("POST", f"{bao_zone}/kek/raw/keys/{key}", type="aes256-gcm96")
    provider = bao.keys(tmp_path, bao_zone)
    assert provider.list() == []
    assert provider.destroyed() == []


# -- answers that get lost -----------------------------------------------------------------------------------


class Forgetful(Client):
    """A connection that breaks once after the server has done what was asked, or before."""

    def __init__(self, address: Address, credentials: Path, ending: tuple[str, str], *, done: bool) -> None:
        super().__init__(address, credentials)
        self.ending: tuple[str, str] | None = ending
        self.done = done

    def _send(self, method: str, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        breaks = self.ending is not None and method == self.ending[0] and path.endswith(self.ending[1])
        if breaks and not self.done:
            raise BusyError
        answer = super()._send(method, path, token, body)
        if breaks:
            self.ending = None
            raise BusyError
        return answer


def _forgetful(bao: BaoServer, zone: str, folder: Path, ending: tuple[str, str], *, done: bool) -> OpenBaoKeys:
    file = bao.credentials(folder, f"{zone}-console")
    return OpenBaoKeys(Forgetful(Address.parse(bao.url(zone, **HASTY)), file, ending, done=done))


def test_rotation_whose_answer_is_lost_is_done_once(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    provider = _forgetful(bao, bao_zone, tmp_path, ("POST", "/rotate"), done=True)
    provider.ensure(KEK)
    assert provider.rotate(KEK) == 2
    assert provider.list()[0].versions == (1, 2)


@pytest.mark.parametrize("ending", [("POST", "/config"), ("DELETE", "/ds.d1")])
def test_a_destruction_that_stops_halfway_goes_on(
    bao: BaoServer, bao_zone: str, tmp_path: Path, ending: tuple[str, str]
) -> None:
    provider = _forgetful(bao, bao_zone, tmp_path, ending, done=False)
    provider.ensure(KEK)
    with fails(Unavailable, "keys.destroy_unfinished"):
        provider.destroy(KEK)
    assert [key.name for key in provider.list()] == [KEK]  # it is still there, and nobody says otherwise
    assert provider.destroyed() == []
    with pytest.raises(WrongState):
        provider.ensure(KEK)
    provider._client.ending = None  # type: ignore[attr-defined]
    provider.destroy(KEK)
    assert [name for name, _ in provider.destroyed()] == [KEK]
    assert provider.list() == []


def test_a_destroyed_key_has_the_servers_time(bao: BaoServer, bao_zone: str, tmp_path: Path) -> None:
    provider = bao.keys(tmp_path, bao_zone)
    for name in (KEK, "token/agency/KR_RRN", "sign/package"):
        provider.ensure(name)
        provider.destroy(name)
    assert [name for name, _ in provider.destroyed()] == [KEK, "sign/package", "token/agency/KR_RRN"]
    assert all(at.endswith("Z") for _, at in provider.destroyed())


# -- servers that are none -----------------------------------------------------------------------------------


class Scripted:
    """A server with TLS that gives the answers of a script, the last one for ever, and counts what it was asked."""

    def __init__(self, folder: Path, answers: list[tuple[int, Any]]) -> None:
        self.asked: list[str] = []
        self.tokens: list[str] = []
        script = list(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                outer.asked.append(self.path)
                outer.tokens.append(self.headers.get("X-Vault-Token", ""))
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.endswith("lookup-self"):
                    status, body = 200, {"data": {"ttl": 0}}
                else:
                    status, body = script.pop(0) if len(script) > 1 else script[0]
                if status == 0:  # takes the request and never answers
                    outer.patient.wait(30)
                    self.close_connection = True
                    return
                content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if isinstance(body, str) else "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Location", f"https://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_LIST = do_DELETE = _answer

            def log_message(self, *_: object) -> None:
                pass

        self.patient = threading.Event()
        self.ca, key = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def url(self, **options: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in ({"ca": str(self.ca)} | options).items())
        return f"openbao+https://127.0.0.1:{self.port}/z?{query}"

    def __enter__(self) -> Scripted:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.patient.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


MAC = (200, {"data": {"hmac": "vault:v1:" + "A" * 43 + "="}})


def _provider(server: Scripted, folder: Path, **options: str) -> OpenBaoKeys:
    return OpenBaoKeys.from_url(
        server.url(**options), secret_file(folder / "t.json", {"token": "s.TopSecretToken"})
    )


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    busy = [(status, {"errors": ["later"]}) for status in (429, 500, 502, 503)]
    with Scripted(tmp_path, [*busy, MAC]) as server:
        assert len(_provider(server, tmp_path).mac("commit/files", b"x")) == 32
        assert len(server.asked) == 6  # looked at its token, was put off four times


@pytest.mark.parametrize(
    "answer",
    [
        (429, {"errors": ["later"]}),
        (500, {"errors": ["secret words of the server"]}),
        (503, {"errors": ["Vault is sealed"]}),
        (504, "<html>gateway</html>"),
        (307, {}),
        (200, "<html>log in to the hotel's network</html>"),
        (200, {"data": {"hmac": "vault:v1:short"}}),
        (200, {"data": None}),
        (0, None),
    ],
)
def test_a_server_that_gives_no_answer_ends_within_bounds(tmp_path: Path, answer: tuple[int, Any]) -> None:
    with Scripted(tmp_path, [answer]) as server:
        with fails(Unavailable, "keys.unavailable", "s.TopSecretToken", "secret words"):
            _provider(server, tmp_path, **HASTY).mac("commit/files", b"x")
        assert 1 <= len(server.asked) <= 6
        assert "/elsewhere" not in server.asked


def test_a_server_with_another_certificate_gets_nothing(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    certificate(other)
    with Scripted(tmp_path, [MAC]) as server:
        for options in ({"ca": str(other / "cert.pem")}, {}):
            provider = _provider(server, tmp_path, **HASTY, **options)
            if not options:  # the right authority, but the certificate is for another name
                address = Address.parse(server.url(**HASTY).replace("127.0.0.1", "localhost"))
                provider = OpenBaoKeys(Client(address, tmp_path / "t.json"))
            with fails(Unavailable, "keys.certificate", "s.TopSecretToken"):
                provider.mac("commit/files", b"x")
        assert server.asked == []


def test_nothing_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "s.FromTheEnvironment")
    monkeypatch.setenv("VAULT_SKIP_VERIFY", "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with Scripted(tmp_path, [MAC]) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca))
        _provider(server, tmp_path).mac("commit/files", b"x")
        assert set(server.tokens) == {"s.TopSecretToken"}
        with fails(Unavailable, "keys.certificate"):
            OpenBaoKeys.from_url(f"openbao+https://127.0.0.1:{server.port}/z", tmp_path / "t.json").mac(
                "commit/f", b""
            )


# -- addresses and credentials -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "openbao+http://127.0.0.1:8200/z",
        "openbao+https://user:word@127.0.0.1:8200/z",
        "openbao+https://127.0.0.1:99999/z",
        "openbao+https:///z",
        "openbao+https://127.0.0.1:8200/",
        "openbao+https://127.0.0.1:8200/a b",
        "openbao+https://127.0.0.1:8200/../sys",
        "openbao+https://127.0.0.1:8200/z?verify=false",
        "openbao+https://127.0.0.1:8200/z?timeout=-1",
        "openbao+https://127.0.0.1:8200/z?timeout=nan",
        "openbao+https://127.0.0.1:8200/z?ca=/no/such/file.pem",
        "openbao+https://127.0.0.1:8200/z?ca",
        "openbao+https://127.0.0.1:8200/z?namespace=a%0d%0ab",
        "openbao+https://127.0.0.1:8200/z#part",
    ],
)
def test_addresses_that_are_none(url: str, tmp_path: Path) -> None:
    file = secret_file(tmp_path / "c.json", {"token": "s.x"})
    with pytest.raises(UsageError):
        open_provider(url, keystore=tmp_path / "k", passphrase=lambda: b"", credentials=file)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"token": 1}', '{"token": ""}', '{"role_id": "a"}', '{"token": "a b"}', "s.x\ns.y", "토큰"],
)
def test_credentials_that_are_none(content: str, tmp_path: Path) -> None:
    file = secret_file(tmp_path / "c.json", {})
    file.write_text(content)
    with fails(UsageError, "keys.credentials"):
        OpenBaoKeys.from_url("openbao+https://127.0.0.1:1/z", file)


def test_credentials_are_private_and_outside_the_zone(tmp_path: Path) -> None:
    url = "openbao+https://127.0.0.1:1/z"
    home = tmp_path / "home"

    def use(file: Path | None) -> None:
        open_provider(url, keystore=home / "keys" / "k", passphrase=lambda: b"", credentials=file, home=home)

    with fails(UsageError, "keys.credentials_missing"):
        use(None)
    with fails(Unavailable, "keys.credentials_unreadable"):
        use(tmp_path / "none.json")
    with fails(UsageError, "keys.credentials_inside", "s.abc"):
        use(secret_file(home / "c.json", {"token": "s.abc"}))
    file = secret_file(tmp_path / "c.json", {"token": "s.abc"})
    use(file)
    file.chmod(0o640)
    with fails(Denied, "keys.permissions", "s.abc"):
        use(file)


def _revoke(server: BaoServer, token: str) -> None:
    """End a token, as its time does."""
    server.api("PUT", "auth/token/revoke-self", token)
