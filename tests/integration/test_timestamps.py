"""RFC 3161 time stamps of checkpoints, from an authority that `openssl ts` is."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select

from safezone.audit.checkpoint import open_checkpoint, parse_note
from safezone.audit.engine import read
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.export import export
from safezone.audit.tables import audit_checkpoint
from safezone.audit.timestamps import TimeAuthority, TimesVerified, load_roots, stored, verify_times
from safezone.errors import Unavailable, UsageError
from safezone.model import Duty
from safezone.zone import Zone
from safezone_verify.__main__ import main as safezone_verify
from tests.fixtures.sandbox import Sandbox
from tests.fixtures.terminal import terminal_of

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
[stamper]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[req]
distinguished_name = name
[name]
"""


class Authority:
    """A time-stamp authority with a root of its own.

    Attributes:
        roots: its root certificate, as a file.
        spoil: what is done to each answer before it is sent.
        asked: requests so far.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.roots, self.asked = folder, folder / "root.pem", 0
        self.spoil: Callable[[bytes], bytes] = bytes
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
        self._openssl(
            *new, "-x509", "-subj", "/CN=root", "-extensions", "ca", "-keyout", "root.key", "-out", "root.pem"
        )
        self._openssl(*new[:-2], "-subj", "/CN=tsa", "-keyout", "tsa.key", "-out", "tsa.csr")
        signing = ("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "7")
        self._openssl(
            *signing, "-days", "2", "-extfile", "openssl.cnf", "-extensions", "stamper", "-out", "tsa.pem"
        )

    def _openssl(self, *arguments: str) -> None:
        env = {"PATH": os.environ["PATH"], "OPENSSL_CONF": str(self.folder / "openssl.cnf")}
        subprocess.run(["openssl", *arguments], cwd=self.folder, env=env, capture_output=True, check=True)

    def answer(self, query: bytes) -> bytes:
        self.asked += 1
        (self.folder / "query").write_bytes(query)
        self._openssl("ts", "-reply", "-config", "openssl.cnf", "-queryfile", "query", "-out", "reply")
        return self.spoil((self.folder / "reply").read_bytes())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("openssl is not installed")
        pytest.skip("openssl is not installed")
    return Authority(tmp_path_factory.mktemp("authority") / "tsa")


@pytest.fixture
def authority(made: Authority) -> Iterator[tuple[Authority, str]]:
    """The authority, and its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["content-type"] == "application/timestamp-query"
            answer = made.answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    made.spoil, made.asked = bytes, 0
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made, f"http://127.0.0.1:{server.server_port}/tsa"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def zone(sandbox: Sandbox, authority: tuple[Authority, str]) -> Zone:
    """The log duty of a zone that has its checkpoints stamped."""
    more = {"tsa_url": authority[1], "tsa_roots": authority[0].roots}
    sandbox.settings = sandbox.settings.model_copy(update=more)
    return sandbox.open(Duty.LOG)


def happens(zone: Zone) -> None:
    with zone.catalog.write(AuditEvent(EventType.PROJECT_STATE, "acc-1", "project/PRJ-1")):
        pass


def kept(zone: Zone) -> list[dict]:
    with read(zone.catalog.engine) as connection:
        return list(stored(connection))


def test_a_checkpoint_is_stamped_once_and_the_stamp_holds(zone: Zone, authority: tuple[Authority, str]) -> None:
    note = zone.keep_log()
    zone.keep_log()
    assert authority[0].asked == 1
    (item,) = kept(zone)
    size = open_checkpoint(note, zone.log_keys).size
    assert (item["size"], item["authority"]) == (size, authority[1])
    roots = load_roots(authority[0].roots)
    assert verify_times(zone.catalog.engine, roots) == TimesVerified(1, (), size, item["time"])
    happens(zone)
    zone.keep_log()
    assert verify_times(zone.catalog.engine, roots).good == 2


def test_openssl_alone_can_check_what_is_stored(
    zone: Zone, authority: tuple[Authority, str], tmp_path: Path
) -> None:
    note = zone.keep_log()
    (item,) = kept(zone)
    (tmp_path / "reply").write_bytes(base64.b64decode(item["token"]))
    digest = hashlib.sha256(parse_note(note).text.encode()).hexdigest()
    command = [
        "openssl",
        "ts",
        "-verify",
        "-digest",
        digest,
        "-in",
        tmp_path / "reply",
        "-CAfile",
        authority[0].roots,
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_an_exported_log_carries_its_time_stamps(
    zone: Zone, authority: tuple[Authority, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has the bundle alone checks the tokens in it with the line of `openssl` the verifier says."""
    zone.keep_log()
    keys = [*zone.log_keys, zone.witness.key]
    export(zone.catalog.engine, tmp_path / "bundle", keys)
    assert safezone_verify([str(tmp_path / "bundle"), "--key", keys[0].to_text(), "--lang", "en"]) == 0
    line = re.search(r"openssl ts -verify .*", capsys.readouterr().out)
    times, size = tmp_path / "bundle" / "times", str(kept(zone)[0]["size"])
    command = line[0].replace("ROOTS.pem", str(authority[0].roots)).replace("SIZE", size).split()
    assert subprocess.run(command, cwd=times, capture_output=True, check=False).returncode == 0
    (times / f"{size}.txt").write_text("another text")
    assert subprocess.run(command, cwd=times, capture_output=True, check=False).returncode != 0


def test_an_authority_that_is_down_stops_nothing(zone: Zone, sandbox: Sandbox) -> None:
    sandbox.settings = sandbox.settings.model_copy(update={"tsa_url": "http://127.0.0.1:9/"})
    log = sandbox.open(Duty.LOG)
    happens(log)
    note, missing = log.show_log(log.sign_log(), log.log_keys)
    assert [error.code for error in missing] == ["time.unavailable"]
    assert "\nwitness/" not in note and parse_note(note).signatures[1][0].startswith("witness/")
    assert kept(log) == []
    # The one that answers again stamps the same checkpoint.
    zone.keep_log()
    assert len(kept(zone)) == 1


def changed(at: float) -> Callable[[bytes], bytes]:
    """One bit of the answer turned, that far into it."""

    def turn(answer: bytes) -> bytes:
        place = int(len(answer) * at)
        return answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]

    return turn


def test_an_answer_that_is_not_about_our_request_is_not_kept(zone: Zone, authority: tuple[Authority, str]) -> None:
    answers = [lambda _: b"", lambda _: b"nonsense", lambda answer: answer[:-20], changed(0.99)]
    earlier = authority[0].answer
    for spoil in answers:
        authority[0].spoil = spoil
        happens(zone)
        _, missing = zone.show_log(zone.sign_log(), zone.log_keys)
        assert [error.code for error in missing] == ["time.unavailable"]
    authority[0].spoil = bytes
    client = TimeAuthority(authority[1])
    old = client.stamp(b"one").token
    authority[0].spoil = lambda _: old
    for message in (b"two", b"one"):  # about something else; about the same, but another nonce
        with pytest.raises(Unavailable):
            client.stamp(message)
    assert kept(zone) == []
    assert earlier


def test_a_stamp_of_another_authority_is_not_kept(
    zone: Zone, authority: tuple[Authority, str], tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    client = TimeAuthority(authority[1], load_roots(other.roots))
    with pytest.raises(Unavailable):
        client.stamp(b"one")
    zone.keep_log()
    assert verify_times(zone.catalog.engine, load_roots(other.roots)).bad == (kept(zone)[0]["size"],)


def test_what_was_done_to_a_stored_stamp_is_found(
    zone: Zone, authority: tuple[Authority, str], sandbox: Sandbox
) -> None:
    roots = load_roots(authority[0].roots)
    zone.keep_log()
    size = kept(zone)[0]["size"]
    for statement in (
        "UPDATE audit_checkpoint_time SET time = '2020-01-01T00:00:00Z'",
        "UPDATE audit_checkpoint_time SET token = x'00'",
        "UPDATE audit_checkpoint SET note = 'nonsense'",
        "DELETE FROM audit_checkpoint",
    ):
        sandbox.sql(statement)
        assert verify_times(zone.catalog.engine, roots).bad == (size,)


def test_the_command_says_since_when_the_log_is_proven_and_fails_when_it_is_not(
    zone: Zone, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = terminal_of(sandbox, monkeypatch)
    zone.keep_log()
    assert terminal("auditor", "audit", "verify", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["state"], said["times"]["good"], said["times"]["bad"]) == ("WHOLE", 1, [])
    assert terminal("auditor", "audit", "verify") == 0
    sandbox.sql("UPDATE audit_checkpoint_time SET time = '2020-01-01T00:00:00Z'")
    capsys.readouterr()
    assert terminal("auditor", "audit", "verify", "--json") == 6
    assert json.loads(capsys.readouterr().out)["state"] == "TAMPERED"
    assert terminal("auditor", "audit", "verify") == 6


def test_roots_that_are_none_are_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("nonsense")
    for path in (tmp_path / "roots.pem", tmp_path / "missing.pem"):
        with pytest.raises(UsageError):
            load_roots(path)


def test_every_checkpoint_but_one_may_be_without(zone: Zone) -> None:
    """A stamp covers all before it, so the log duty asks for one now and then."""
    for _ in range(3):
        happens(zone)
        zone.show_log(zone.sign_log(), zone.log_keys, stamp=False)
    zone.keep_log()
    with read(zone.catalog.engine) as connection:
        sizes = list(
            connection.execute(select(audit_checkpoint.c.size).order_by(audit_checkpoint.c.size)).scalars()
        )
    assert len(sizes) >= 3
    assert [item["size"] for item in kept(zone)] == sizes[-1:]
