"""What every witness promises; each adapter adds itself to WITNESSES."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.audit.checkpoint import cosign, open_checkpoint, parse_note, sign_text, signers
from safezone.audit.exchange import Address
from safezone.audit.merkle import consistency_proof
from safezone.audit.verify import KeyedWitness
from safezone.audit.witnesses.folder import FileWitness
from safezone.audit.witnesses.http import HttpWitness
from safezone.audit.witnesses.state import WitnessState
from safezone.errors import Denied, IntegrityFailure, UsageError
from safezone.ports import Witness
from safezone_verify.merkle import Frontier, leaf_hash
from safezone_verify.notes import COSIGNED, Checkpoint, NoteKey
from tests.fixtures.witness_server import serving

LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey("safezone/test", LOG.public_key().public_bytes_raw())


def _file_witness(folder: Path) -> FileWitness:
    witness = FileWitness(folder)
    witness.enrol([KEY])
    return witness


@contextmanager
def _folder(folder: Path) -> Iterator[Callable[[], KeyedWitness]]:
    yield lambda: _file_witness(folder)


@contextmanager
def _program(folder: Path) -> Iterator[Callable[[], KeyedWitness]]:
    state = WitnessState(folder)
    state.enrol(KEY)
    with serving(folder) as address:
        yield lambda: HttpWitness(Address.parse(f"http://{address}"), WitnessState(folder).key, KEY.name)


WITNESSES: dict[str, Callable[[Path], AbstractContextManager[Callable[[], KeyedWitness]]]] = {
    "folder": _folder,
    "http": _program,
}


class Log:
    """A small log that can also be rewritten."""

    def __init__(self, flavour: str = "") -> None:
        self.frontier, self.nodes, self.roots = Frontier(), {}, [Frontier().root()]
        for number in range(20):
            for level, index, value in self.frontier.append(leaf_hash(f"{number}{flavour}".encode())):
                self.nodes[level, index] = value
            self.roots.append(self.frontier.root())

    def note(self, size: int, private: Ed25519PrivateKey = LOG, key: NoteKey = KEY) -> str:
        return sign_text(Checkpoint(key.name, size, self.roots[size]).text(), key, private.sign)

    def proof(self, first: int, second: int) -> list[str]:
        nodes = consistency_proof(lambda level, index: self.nodes[level, index], first, second)
        return [value.hex() for value in nodes]


@pytest.fixture(params=WITNESSES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], KeyedWitness]]:
    with WITNESSES[request.param](tmp_path / "witness") as opened:
        yield opened


@pytest.fixture
def witness(reopen: Callable[[], KeyedWitness]) -> KeyedWitness:
    return reopen()


def test_it_is_a_witness(witness: KeyedWitness) -> None:
    assert isinstance(witness, Witness)
    assert witness.latest() is None


def test_it_follows_a_growing_log_and_remembers(witness: KeyedWitness, reopen) -> None:
    log, before = Log(), 0
    for size in (1, 5, 8, 20):
        note = witness.add(log.note(size), log.proof(before, size))
        assert open_checkpoint(note, [KEY]).size == size
        assert signers(parse_note(note), [witness.key]) == [witness.key]
        again = reopen()
        assert again.latest() == note
        assert again.key == witness.key
        before = size


def test_the_same_checkpoint_again_is_fine(witness: KeyedWitness) -> None:
    log = Log()
    assert witness.add(log.note(5), []) == witness.add(log.note(5), [])


def test_it_does_not_go_back(witness: KeyedWitness) -> None:
    log = Log()
    newest = witness.add(log.note(8), [])
    with pytest.raises(IntegrityFailure):
        witness.add(log.note(5), log.proof(5, 8))
    assert witness.latest() == newest


@pytest.mark.parametrize("size", [8, 9, 20])
def test_it_does_not_follow_a_rewritten_log(witness: KeyedWitness, size: int) -> None:
    log, other = Log(), Log("rewritten")
    newest = witness.add(log.note(8), [])
    for proof in (other.proof(8, size), log.proof(8, size), [], ["zz"], ["00" * 32]):
        with pytest.raises(IntegrityFailure):
            witness.add(other.note(size), proof)
    assert witness.latest() == newest


def test_it_listens_to_its_log_alone(witness: KeyedWitness) -> None:
    log, stranger = Log(), Ed25519PrivateKey.generate()
    theirs = NoteKey("safezone/test", stranger.public_key().public_bytes_raw())
    other_name = NoteKey("safezone/other", KEY.public)
    for note in (
        log.note(5, stranger, theirs),
        log.note(5, LOG, other_name),
        log.note(5).replace("\n5\n", "\n6\n"),
        "",
        "x",
    ):
        with pytest.raises(IntegrityFailure):
            witness.add(note, [])
    assert witness.latest() is None


def test_of_several_at_once_none_takes_it_back(witness: KeyedWitness) -> None:
    """Ten log duties show it ten lengths at the same time: some are too late, and say so; the newest stays."""
    log = Log()
    witness.add(log.note(5), [])
    refused = []

    def show(size: int) -> None:
        try:
            witness.add(log.note(size), log.proof(5, size))
        except IntegrityFailure:
            refused.append(size)

    workers = [threading.Thread(target=show, args=(size,)) for size in range(6, 16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    newest = open_checkpoint(witness.latest(), [KEY])
    assert newest.size == max(set(range(6, 16)) - set(refused))
    assert newest.root == log.roots[newest.size]


def test_signatures_of_strangers_are_not_kept(witness: KeyedWitness) -> None:
    log, stranger = Log(), Ed25519PrivateKey.generate()
    other = NoteKey("safezone/stranger", stranger.public_key().public_bytes_raw())
    note = cosign(log.note(5), NoteKey(other.name, other.public, COSIGNED), 1, stranger.sign)
    witness.add(note, [])
    assert "stranger" not in witness.latest()


def test_a_rotated_key_is_enrolled_beside_the_old_one(tmp_path: Path) -> None:
    log, private = Log(), Ed25519PrivateKey.generate()
    newer = NoteKey("safezone/test", private.public_key().public_bytes_raw())
    witness = _file_witness(tmp_path)
    witness.add(log.note(5), [])
    witness.enrol([newer, KEY])
    note = witness.add(log.note(8, private, newer), log.proof(5, 8))
    assert open_checkpoint(note, [newer]).size == 8
    with pytest.raises(UsageError):
        witness.enrol([NoteKey("safezone/other", KEY.public)])


def test_a_line_cut_off_by_a_crash_does_not_count(tmp_path: Path) -> None:
    log, witness = Log(), _file_witness(tmp_path)
    first = witness.add(log.note(5), [])
    with (tmp_path / "checkpoints.jsonl").open("a") as file:
        file.write(json.dumps({"size": 8, "note": "half"})[:-5])
    assert witness.latest() == first
    second = witness.add(log.note(9), log.proof(5, 9))
    assert FileWitness(tmp_path).latest() == second


def test_its_key_is_its_own(tmp_path: Path) -> None:
    witness = _file_witness(tmp_path)
    path = tmp_path / "witness.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert witness.key != _file_witness(tmp_path / "another").key
    path.chmod(0o644)
    with pytest.raises(Denied):
        FileWitness(tmp_path)
    path.chmod(0o600)
    path.write_bytes(bytes(32))
    with pytest.raises(IntegrityFailure):
        FileWitness(tmp_path)
