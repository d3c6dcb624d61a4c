"""The witness as a program of its own: its protocol byte by byte, its key and state, and a zone that is watched by it."""

from __future__ import annotations

import ast
import base64
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.audit.checkpoint import open_checkpoint, parse_note, sign_text, signers
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.exchange import Address, Unreachable, exchange
from safezone.audit.verify import verify_log
from safezone.audit.witnesses import server
from safezone.audit.witnesses.folder import FileWitness
from safezone.audit.witnesses.http import HttpWitness
from safezone.audit.witnesses.server import MAX_BODY, serve
from safezone.audit.witnesses.state import WitnessState
from safezone.audit.witnesses.trust import pin
from safezone.errors import BadInput, Denied, IntegrityFailure, Unavailable, UsageError, WrongState
from safezone.model import Duty
from safezone.zone import Zone
from safezone_verify.merkle import Frontier, leaf_hash, verify_consistency
from safezone_verify.notes import Checkpoint, NoteKey
from tests.fixtures.openbao import certificate
from tests.fixtures.sandbox import Sandbox
from tests.fixtures.terminal import terminal_of
from tests.fixtures.witness_server import serving

LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey("log.example/one", LOG.public_key().public_bytes_raw())
SAFEZONE = [sys.executable, "-c", "from safezone.cli import main; main()"]
HEAVY = {
    "sqlalchemy",
    "pydantic",
    "airflow",
    "presidio_analyzer",
    "cedarpy",
    "duckdb",
    "pyarrow",
    "alembic",
    "pandas",
}


def roots(count: int = 20, flavour: str = "") -> list[bytes]:
    frontier, found = Frontier(), [Frontier().root()]
    for number in range(count):
        list(frontier.append(leaf_hash(f"{number}{flavour}".encode())))
        found.append(frontier.root())
    return found


ROOTS = roots()


def note(size: int, root: bytes | None = None, key: NoteKey = KEY, private: Ed25519PrivateKey = LOG) -> str:
    return sign_text(Checkpoint(key.name, size, ROOTS[size] if root is None else root).text(), key, private.sign)


def body(old: int | str, text: str, *proof: bytes) -> bytes:
    lines = "".join(f"{base64.b64encode(value).decode()}\n" for value in proof)
    return f"old {old}\n{lines}\n{text}".encode()


@pytest.fixture
def state(tmp_path: Path) -> WitnessState:
    made = WitnessState(tmp_path / "witness")
    made.enrol(KEY)
    return made


@pytest.fixture
def address(state: WitnessState, tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path / "witness") as found:
        yield found


def ask(address: str, path: str, content: bytes | None = None, method: str = "") -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(method or ("GET" if content is None else "POST"), path, content)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("content-type", ""), answer.read()
    finally:
        connection.close()


def submit(address: str, content: bytes) -> tuple[int, str, bytes]:
    return ask(address, "/add-checkpoint", content)


# One leaf, then two: the proof is the second leaf itself (RFC 6962, section 2.1.2).
SECOND = leaf_hash(b"1")


def test_a_checkpoint_is_answered_with_the_cosignature_alone(address: str, state: WitnessState) -> None:
    status, kind, answer = submit(address, body(0, note(1)))
    assert (status, kind.split(";")[0]) == (200, "text/plain")
    lines = answer.decode().splitlines()
    assert [line[:2] for line in lines] == ["— "]
    # As the protocol says to check it: behind the checkpoint it makes a note that the witness has signed.
    assert signers(parse_note(note(1) + answer.decode()), [state.key]) == [state.key]
    assert submit(address, body(1, note(2), SECOND))[0] == 200
    assert submit(address, body(2, note(2)))[0] == 200


def test_the_newest_checkpoint_and_the_key_are_there_to_be_read(address: str, state: WitnessState) -> None:
    log = f"/logs/{hashlib.sha256(KEY.name.encode()).hexdigest()}/checkpoint"
    assert ask(address, log)[0] == 404
    submit(address, body(0, note(1)))
    status, _, newest = ask(address, log)
    assert (status, open_checkpoint(newest.decode(), [KEY]).size) == (200, 1)
    assert signers(parse_note(newest.decode()), [state.key])
    assert ask(address, "/vkey")[2].decode().strip() == state.key.to_text()
    assert ask(address, "/health")[::2] == (200, b"ok\n")
    for stray in ("/", "/logs/../witness.key/checkpoint", "/logs/%2e%2e/checkpoint", "/witness.key"):
        assert ask(address, stray)[0] == 404
    assert ask(address, "/add-checkpoint")[0] == 405


def test_what_does_not_fit_is_refused_as_the_protocol_says(address: str) -> None:
    submit(address, body(0, note(1)))
    submit(address, body(1, note(2), SECOND))
    stranger = Ed25519PrivateKey.generate()
    theirs = NoteKey(KEY.name, stranger.public_key().public_bytes_raw())
    unknown = NoteKey("log.example/two", KEY.public)
    other = roots(flavour="x")
    expected = [
        (404, body(2, note(3, key=unknown))),
        (403, body(2, note(3, key=theirs, private=stranger))),
        (403, body(2, note(3).replace("\n3\n", "\n4\n"))),
        (400, body(4, note(3))),
        (409, body(0, note(3))),
        (409, body(1, note(3), SECOND)),
        (409, body(2, note(2, other[2]))),
        (422, body(2, note(3, other[3]), leaf_hash(b"2"))),
        (422, body(2, note(3))),
        (422, body(2, note(3), *[bytes(32)] * 63)),
        (400, body(2, note(3), *[bytes(32)] * 64)),
        (400, body("02", note(3))),
        (400, body(-1, note(3))),
        (400, body("2 ", note(3))),
        (400, b"old 2\n!!!\n\n" + note(3).encode()),
        (400, b"old 2\n" + note(3).encode()),
        (400, b"old 2\n\n\xff\xfe"),
        (400, b"old 2\n\nnot a note\n"),
        (400, b""),
    ]
    for status, content in expected:
        got, kind, answer = submit(address, content)
        assert got == status, content
        assert b"Traceback" not in answer
        if got == 409 and kind == "text/x.tlog.size":
            assert answer == b"2\n"
    assert submit(address, body(0, note(3)))[1:] == ("text/x.tlog.size", b"2\n")
    # None of it moved the state.
    assert submit(address, body(2, note(3), leaf_hash(b"2")))[0] == 200


def test_too_much_and_too_slow_are_cut_off(address: str) -> None:
    assert submit(address, b"old 0\n\n" + b"x" * (MAX_BODY + 1))[0] == 413
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(MAX_BODY // 4096 + 2):
            slow.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        assert slow.recv(64).startswith(b"HTTP/1.1 413")
    assert ask(address, "/health")[0] == 200


def test_a_connection_that_says_nothing_is_ended(
    state: WitnessState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_CONNECTION_SECONDS", 0.1)
    with serving(tmp_path / "witness") as address:
        host, _, port = address.partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as silent:
            silent.sendall(b"GET /health HTTP/1.1\r\n")
            with suppress(ConnectionResetError):
                assert silent.recv(1) == b""


@pytest.mark.parametrize("head", [b"x: ", b"content-length: 9999\r\n\r\n", b"\r\n"])
def test_a_server_that_trickles_is_given_up(head: bytes) -> None:
    """A byte now and then keeps a socket's own time-out from ever coming; the whole of an answer has its time too."""
    done = threading.Event()

    def trickle(listening: socket.socket) -> None:
        while not done.is_set():
            try:
                caller, _ = listening.accept()
            except TimeoutError:
                continue
            with caller:
                try:
                    caller.sendall(b"HTTP/1.1 200 OK\r\n" + head)
                    while not done.wait(0.02):
                        caller.sendall(b"y")
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        thread = threading.Thread(target=trickle, args=(listening,))
        thread.start()
        try:
            with pytest.raises(Unreachable):
                exchange(Address.parse(f"http://127.0.0.1:{listening.getsockname()[1]}"), "/", seconds=0.3)
        finally:
            done.set()
            thread.join()


def test_only_one_of_two_at_once_goes_on_from_the_same_size(address: str) -> None:
    """The race the protocol warns of: both were checked against the same old size; one must hear 409."""
    submit(address, body(0, note(1)))
    # From one leaf, the proof for size two is its second leaf; the proof for three adds the third.
    contents = [body(1, note(2), SECOND), body(1, note(3), SECOND, leaf_hash(b"2"))]
    assert verify_consistency(1, 3, ROOTS[1], ROOTS[3], [SECOND, leaf_hash(b"2")])
    got: list[int] = []
    workers = [threading.Thread(target=lambda each=each: got.append(submit(address, each)[0])) for each in contents]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(got) == [200, 409]


def test_two_logs_do_not_mix(address: str, state: WitnessState) -> None:
    private = Ed25519PrivateKey.generate()
    second = NoteKey("log.example/two", private.public_key().public_bytes_raw())
    assert submit(address, body(0, note(5, key=second, private=private)))[0] == 404
    state.enrol(second)
    assert submit(address, body(0, note(5, key=second, private=private)))[0] == 200
    assert submit(address, body(0, note(1)))[0] == 200
    assert sorted(record.size() for record in state.records()) == [1, 5]


def test_a_new_key_of_a_log_counts_once_it_is_enrolled(address: str, state: WitnessState) -> None:
    private = Ed25519PrivateKey.generate()
    newer = NoteKey(KEY.name, private.public_key().public_bytes_raw())
    submit(address, body(0, note(1)))
    content = body(1, note(2, key=newer, private=private), SECOND)
    assert submit(address, content)[0] == 403
    state.enrol(newer)
    assert submit(address, content)[0] == 200
    with pytest.raises(UsageError):
        state.enrol(state.key)


def test_the_program_over_tls_is_believed_by_its_authority_alone(state: WitnessState, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    with serving(tmp_path / "witness", cert, key) as found:
        known = Address.parse(f"https://{found}", ca=cert)
        witness = HttpWitness(known, state.key, KEY.name)
        assert open_checkpoint(witness.add(note(5), []), [KEY]).size == 5
        with pytest.raises(Unavailable):
            HttpWitness(Address.parse(f"https://{found}"), state.key, KEY.name).latest()
    with pytest.raises(UsageError):
        exchange(Address.parse(f"https://{found}", ca=tmp_path / "missing.pem"), "/health")


def test_beyond_this_machine_nothing_is_spoken_unencrypted(state: WitnessState) -> None:
    for url in ("http://witness.example", "ftp://127.0.0.1", "https://", "https://u:p@host", "https://h/?q", "x"):
        with pytest.raises(UsageError) as raised:
            Address.parse(url)
        assert "p@" not in str(raised.value)
    for host, files in (("0.0.0.0", (None, None)), ("127.0.0.1", (Path("cert"), None))):
        with pytest.raises(UsageError):
            serve(state, host, 0, certificate=files[0], key=files[1], ready=print)


def test_private_files_of_the_program_stay_private(state: WitnessState, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    key.chmod(0o644)
    with pytest.raises(Denied), serving(tmp_path / "witness", cert, key):
        pass
    key.chmod(0o600)
    key.write_text("nonsense")
    with pytest.raises(UsageError), serving(tmp_path / "witness", cert, key):
        pass
    assert (tmp_path / "witness" / "witness.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "witness").stat().st_mode & 0o777 == 0o700


class _Answering:
    """Whoever took the witness's place: answers everything with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    @contextmanager
    def at(self) -> Iterator[Address]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(0.05)
            done = threading.Event()

            def serve() -> None:
                while not done.is_set():
                    try:
                        caller, _ = listening.accept()
                    except TimeoutError:
                        continue
                    with caller:
                        caller.recv(65536)
                        caller.sendall(self.answer)

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                yield Address.parse(f"http://127.0.0.1:{listening.getsockname()[1]}")
            finally:
                done.set()
                thread.join()


def answer(content: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    return f"HTTP/1.1 {status}\r\ncontent-length: {size}\r\ncontent-type: text/plain\r\n\r\n".encode() + content


def test_another_in_the_witnesss_place_does_not_count(state: WitnessState, tmp_path: Path) -> None:
    impostor = FileWitness(tmp_path / "impostor")
    impostor.enrol([KEY])
    signed = impostor.add(note(5), [])
    for content in (answer(signed.encode()), answer(b"nonsense"), answer(b"\xff"), answer(b"", "302 Found")):
        with _Answering(content).at() as place:
            witness = HttpWitness(place, state.key, KEY.name, seconds=2)
            with pytest.raises(IntegrityFailure):
                witness.latest()
    for content in (
        answer(b"", "503 Busy"),
        answer(b"x" * 200_000),
        answer(b"short", length=99),
        b"nonsense\r\n\r\n",
        b"",
    ):
        with _Answering(content).at() as place, pytest.raises(Unavailable):
            HttpWitness(place, state.key, KEY.name, seconds=2).latest()
    with pytest.raises(Unreachable):
        exchange(Address.parse("http://127.0.0.1:9"), "/", seconds=1)


# -- the program itself ------------------------------------------------------------------------------------


@contextmanager
def program(folder: Path, *more: str) -> Iterator[tuple[str, NoteKey, subprocess.Popen[str]]]:
    """Start `safezone witness` as an operator does, with nothing of a zone in its environment."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "SAFEZONE_LANGUAGE": "en"}
    command = [*SAFEZONE, "witness", "--state", str(folder / "state"), "--port", "0", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            vkey, url = (process.stdout.readline().strip() for _ in range(2))
            assert url, process.stderr.read()
            yield url.removeprefix("http://"), NoteKey.from_text(vkey), process
        finally:
            process.kill()


def operator(folder: Path, *arguments: str) -> object:
    done = subprocess.run(
        [*SAFEZONE, "witness", *arguments, "--state", str(folder / "state"), "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_killed_after_its_answer_it_knows_what_it_answered(tmp_path: Path) -> None:
    operator(tmp_path, "enrol", KEY.to_text())
    with program(tmp_path) as (address, key, process):
        cosigned = submit(address, body(0, note(5)))
        assert cosigned[0] == 200
        process.kill()
        process.wait()
    assert operator(tmp_path, "list") == [{"id": KEY.name, "state": "WATCHED", "size": 5, "keys": 1}]
    with program(tmp_path) as (address, again, process):
        assert again == key
        assert submit(address, body(0, note(5)))[::2] == (409, b"5\n")
        assert submit(address, body(5, note(5)))[2] == cosigned[2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        said = process.stderr.read()
        assert said.splitlines() == [f"{KEY.name} old 0 size 5: 409", f"{KEY.name} old 5 size 5: 200"]


def test_it_loads_none_of_the_zones_libraries(tmp_path: Path) -> None:
    code = (
        "import sys; import safezone.cli.witness, safezone.audit.witnesses.server, safezone.audit.witnesses.http\n"
        "from pathlib import Path\n"
        "from safezone.audit.witnesses.state import WitnessState; WitnessState(Path(sys.argv[1]))\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout))
    assert "starlette" in loaded
    assert loaded & HEAVY == set()


# -- a zone that is watched --------------------------------------------------------------------------------


def happens(zone: Zone) -> None:
    with zone.catalog.write(AuditEvent(EventType.PROJECT_STATE, "acc-1", "project/PRJ-1", details={"n": 1})):
        pass


def watched(sandbox: Sandbox, address: str) -> Zone:
    """The zone's log duty, told of the witness's address."""
    sandbox.settings = sandbox.settings.model_copy(update={"witness_url": f"http://{address}"})
    return sandbox.open(Duty.LOG)


def test_a_zone_is_watched_once_both_sides_were_told(sandbox: Sandbox, state: WitnessState, address: str) -> None:
    zone = watched(sandbox, address)
    happens(zone)
    # Neither side was told: the log goes on, unwitnessed, and says so.
    first = zone.keep_log()
    assert zone.witness_standing().state == "UNREACHABLE"
    with pytest.raises(Unavailable) as raised:
        _ = zone.witness
    assert raised.value.code == "witness.not_trusted"
    pin(zone.witness_key_file, state.key.to_text())
    happens(zone)
    note, missing = zone.show_log(zone.sign_log(), zone.log_keys)
    assert [error.code for error in missing] == ["witness.not_enrolled"]
    standing = zone.witness_standing()
    assert (standing.state, standing.size, standing.id) == ("BEHIND", 0, state.key.name)
    state.enrol(zone.log_keys[0])
    cosigned = zone.keep_log()
    assert signers(parse_note(cosigned), [state.key]) == [state.key]
    assert zone.witness_standing().state == "CURRENT"
    result = verify_log(zone.catalog.engine, zone.log_keys, [zone.witness])
    assert (result.ok, result.witnessed) == (True, result.size)
    assert first and note


def test_who_keeps_the_keys_says_which_witness_counts(
    sandbox: Sandbox,
    state: WitnessState,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    zone = watched(sandbox, address)
    terminal = terminal_of(sandbox, monkeypatch)
    vkey = state.key.to_text()
    assert terminal("developer", "witness", "trust", vkey, "--json") == 3
    assert not zone.witness_key_file.exists()
    assert terminal("admin", "witness", "trust", "nonsense", "--json") == 2
    capsys.readouterr()
    assert terminal("admin", "witness", "trust", vkey, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["id"]) == ("TRUSTED", state.key.name)
    assert [event["purpose"] for event in sandbox.events(state.key.name, "key.created")] == ["trust"]
    # What the command shows is what the witness's operator enrols.
    state.enrol(NoteKey.from_text(told["log_keys"][0]))
    assert terminal("admin", "witness", "trust", WitnessState(tmp_path / "another").key.to_text(), "--json") == 5
    capsys.readouterr()
    assert terminal("auditor", "audit", "checkpoint", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["keys"] == told["log_keys"]
    assert shown["witness"]["state"] == "CURRENT"
    assert shown["witness"]["size"] == shown["size"]
    assert terminal("auditor", "audit", "checkpoint") == 0
    assert state.key.name in capsys.readouterr().err


def test_a_witness_that_is_down_stops_nothing_and_catches_up(
    sandbox: Sandbox, state: WitnessState, tmp_path: Path
) -> None:
    with serving(tmp_path / "witness") as address:
        zone = watched(sandbox, address)
        pin(zone.witness_key_file, state.key.to_text())
        state.enrol(zone.log_keys[0])
        zone.keep_log()
    for _ in range(3):
        happens(zone)
        assert signers(parse_note(zone.keep_log()), [state.key]) == []
    assert zone.witness_standing().state == "UNREACHABLE"
    with serving(tmp_path / "witness", port=int(address.rpartition(":")[2])):
        assert zone.witness_standing().behind == 3
        assert signers(parse_note(zone.keep_log()), [state.key])


def test_while_the_witness_is_down_the_rest_is_verified_and_its_absence_told(
    sandbox: Sandbox, state: WitnessState, tmp_path: Path, monkeypatch, capsys
) -> None:
    with serving(tmp_path / "witness") as address:
        zone = watched(sandbox, address)
        pin(zone.witness_key_file, state.key.to_text())
        state.enrol(zone.log_keys[0])
        zone.keep_log()
    command = terminal_of(sandbox, monkeypatch)
    assert command("auditor", "audit", "verify", "--json") == 7
    printed = capsys.readouterr()
    assert json.loads(printed.out.strip())["state"] == "WHOLE"
    assert "witness" in printed.err


def test_a_log_that_was_rewritten_is_stopped_by_the_witness(
    sandbox: Sandbox, state: WitnessState, address: str, tmp_path: Path
) -> None:
    """Somebody with the database and the signing key puts an older state back and goes on from there."""
    zone = watched(sandbox, address)
    pin(zone.witness_key_file, state.key.to_text())
    state.enrol(zone.log_keys[0])
    zone.keep_log()
    zone.close()
    older = sandbox.copy(tmp_path / "older")
    for size in (3, 5):
        for _ in range(size):
            happens(zone)
        zone.keep_log()
    for extra in (1, 20):
        rewritten = watched(older, address)
        for _ in range(extra):
            happens(rewritten)
        with pytest.raises(IntegrityFailure) as raised:
            rewritten.keep_log()
        assert raised.value.code in {"audit.inconsistent", "witness.refused"}
    older.close()


def test_the_zone_believes_another_witness_only_when_told(tmp_path: Path, state: WitnessState) -> None:
    other = WitnessState(tmp_path / "other")
    path = tmp_path / "witness.vkey"
    assert pin(path, state.key.to_text()) == pin(path, state.key.to_text())
    with pytest.raises(WrongState):
        pin(path, other.key.to_text())
    assert pin(path, other.key.to_text(), replace=True) == other.key
    for bad in (KEY.to_text(), "nonsense", ""):
        with pytest.raises(UsageError):
            pin(path, bad, replace=True)
    assert path.read_text().strip() == other.key.to_text()


def test_overtaken_by_another_log_duty_is_no_tampering(sandbox: Sandbox, state: WitnessState, address: str) -> None:
    """Two log duties: the slower one shows its checkpoint after the faster has shown a later one."""
    zone = watched(sandbox, address)
    pin(zone.witness_key_file, state.key.to_text())
    state.enrol(zone.log_keys[0])
    slower = zone.sign_log()
    happens(zone)
    faster = sandbox.open(Duty.LOG)
    faster.keep_log()
    note, missing = zone.show_log(slower, zone.log_keys)
    assert (note, missing) == (slower, [])


def test_a_record_refuses_a_size_beyond_the_checkpoint(state: WitnessState) -> None:
    record = next(state.records())
    with pytest.raises(BadInput):
        record.add(note(5), [], old=6)
