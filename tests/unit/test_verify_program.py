"""What `safezone-verify` says and how it ends."""

import hashlib
import json
from pathlib import Path

import pytest

from safezone.audit.checkpoint import cosign, sign_text
from safezone.audit.merkle import inclusion_proof
from safezone_verify.__main__ import main
from safezone_verify.notes import Checkpoint
from tests.fixtures.bundles import (
    ORIGIN,
    Signer,
    Tree,
    grow,
    make_files,
    make_leaf,
    make_log,
    make_notes,
    make_witness,
    write_files,
)

SIZES, SEEN = [4, 8, 10], [4, 8]


class Made:
    """A bundle of 12 entries in a folder, and who signed it."""

    def __init__(self, folder: Path) -> None:
        self.log, self.witness = make_log(), make_witness()
        self.leaves = [make_leaf(seq, "가") for seq in range(12)]
        self.tree: Tree = grow(self.leaves)
        self.notes = make_notes(self.tree, SIZES, self.log, self.witness, SEEN)
        self.files = make_files(self.tree, self.notes, SIZES, self.log.key, self.witness.key)
        self.folder = write_files(folder / "bundle", self.files)
        self.trust = ["--key", self.log.key.to_text(), "--witness", self.witness.key.to_text()]

    def write(self, **files: bytes) -> None:
        write_files(self.folder, {name.replace("_", "."): body for name, body in files.items()})

    def excerpt(self, seqs: list[int], about: dict) -> None:
        """Make it an excerpt of these entries instead."""
        entries = [
            {
                "seq": seq,
                "leaf": self.leaves[seq].decode(),
                "hashes": [value.hex() for value in inclusion_proof(lambda *at: self.tree.nodes[at], seq, 10)],
            }
            for seq in seqs
        ]
        header = json.loads(self.files["bundle.json"]) | {"kind": "excerpt", "about": about}
        for name in ("leaves.jsonl", "hashes.bin"):
            (self.folder / name).unlink(missing_ok=True)
        self.write(bundle_json=json.dumps(header).encode(), entries_jsonl=_lines(entries))


def _lines(objects: list[dict]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in objects)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([*map(str, arguments)])
    return code, *capsys.readouterr()


def test_a_whole_bundle_and_what_it_does_not_prove(made: Made, capsys) -> None:
    code, said, _ = run(capsys, made.folder, *made.trust, "--lang", "en")
    assert code == 0
    assert "WHOLE" in said
    assert "The last 4 entries are not witnessed, the last 2 not even signed" in said
    code, said, _ = run(capsys, made.folder, "--lang", "ko")
    assert code == 0
    assert "온전함" in said
    assert "--key를 지정" in said
    assert "증인이 확인한 항목이 없습니다" in said


def test_the_answer_as_json(made: Made, capsys) -> None:
    code, said, _ = run(capsys, made.folder, *made.trust, "--json")
    found = json.loads(said)
    assert (code, found["id"], found["state"]) == (0, ORIGIN, "WHOLE")
    assert (found["size"], found["proven"], found["witnessed"], found["unproven"]) == (12, 10, 8, 4)
    assert set(found["caveats"][0]) == {"en", "ko"}


def test_a_changed_entry_is_named(made: Made, capsys) -> None:
    made.write(leaves_jsonl=made.files["leaves.jsonl"].replace(b'"seq":6', b'"seq":6 '))
    code, said, _ = run(capsys, made.folder, *made.trust, "--lang", "en")
    assert code == 6
    assert "TAMPERED: 1 problem(s), first at 6: entry changed" in said
    (made.folder / "hashes.bin").unlink()
    code, said, _ = run(capsys, made.folder, *made.trust, "--lang", "en")
    assert code == 6
    assert "4-7: something in this stretch" in said


@pytest.mark.parametrize("size", [8, 12])
@pytest.mark.parametrize("text", "abcdef")
def test_a_log_with_two_histories_is_found(made: Made, capsys, size: int, text: str) -> None:
    """The log's own key signed another tree of the same size, and the entries agree with the first."""
    other = grow([*made.leaves[:5], make_leaf(5, text), *made.leaves[6:]])
    notes = [
        *make_notes(other, [size], made.log, None, []),
        *make_notes(made.tree, [12], made.log, made.witness, [12]),
    ]
    made.write(checkpoints_jsonl=_lines([{"note": note} for note in [*notes, *made.notes]]))
    code, said, _ = run(capsys, made.folder, *made.trust, "--json")
    assert code == 6
    assert [problem["kind"] for problem in json.loads(said)["problems"]] == ["checkpoint"]


def test_a_witness_named_but_silent_is_a_contradiction(made: Made, capsys) -> None:
    other = Signer("witness/other", made.witness.kind)
    code, said, _ = run(
        capsys, made.folder, "--key", made.trust[1], "--witness", other.key.to_text(), "--lang", "en"
    )
    assert code == 6
    assert "no word of the witness named (witness/other)" in said


def test_a_kept_checkpoint_counts_as_an_outside_word(made: Made, tmp_path: Path, capsys) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(made.notes[2])
    code, said, _ = run(capsys, made.folder, "--key", made.trust[1], "--checkpoint", kept, "--json")
    assert (code, json.loads(said)["witnessed"]) == (0, 10)
    kept.write_text(make_notes(grow([*made.leaves[:9], make_leaf(9, "x")]), [10], make_log(), None, [])[0])
    code, said, _ = run(capsys, made.folder, "--checkpoint", kept, "--json")
    assert code == 6


@pytest.mark.parametrize(
    "change", [b"{}", b"", b"[1]", b"\xff", b'{"format": "safezone-audit-bundle", "version": 2}']
)
def test_what_is_no_bundle(made: Made, capsys, change: bytes) -> None:
    made.write(bundle_json=change)
    code, said, told = run(capsys, made.folder)
    assert (code, said) == (4, "")
    assert "bundle.json" in told


@pytest.mark.parametrize(
    "change",
    [
        {"about": {"first": "x"}},
        {"about": [1]},
        {"size": -1},
        {"size": True},
        {"size": 10**30},
        {"origin": "\x1b[2J"},
        {"origin": "\ud800"},
        {"origin": 7},
        {"root": "00"},
        {"kind": "other"},
    ],
)
def test_a_header_made_to_mislead_is_refused(made: Made, capsys, change: dict) -> None:
    header = json.loads(made.files["bundle.json"]) | change
    made.write(bundle_json=json.dumps(header).encode())
    assert run(capsys, made.folder, *made.trust)[0] == 4


@pytest.mark.parametrize(
    "odd", [{"seq": []}, {"seq": 10**400}, {"seq": -1}, {"seq": 1e3}, {"leaf": "\ud800"}, {"hashes": 7}]
)
def test_lines_made_to_stop_the_check_are_findings(made: Made, capsys, odd: dict) -> None:
    made.excerpt([3, 4, 5], {"first": 3, "last": 5, "count": 3})
    entries = [json.loads(line) for line in (made.folder / "entries.jsonl").read_bytes().splitlines()]
    entries[1] |= odd
    made.write(entries_jsonl=_lines(entries), details_jsonl=_lines([{"seq": []}, {"seq": {}}]))
    code, said, _ = run(capsys, made.folder, *made.trust, "--json")
    assert (code, json.loads(said)["proven"]) == (6, 2)
    text = "\ud800\n4\nAAAA\n"
    odd_notes = [text, f"{text}\n— {ORIGIN} AAAA\n", f"{ORIGIN}\n{10**18}\n\n", 7, None]
    made.write(checkpoints_jsonl=b"".join(json.dumps({"note": note}).encode() + b"\n" for note in odd_notes),
               proofs_jsonl=_lines([{"first": [], "second": {}, "hashes": 1}]))  # fmt: skip
    assert run(capsys, made.folder, *made.trust, "--lang", "ko")[0] == 6


def test_a_signed_checkpoint_of_more_entries_than_can_be(made: Made, capsys) -> None:
    text = Checkpoint(ORIGIN, 9_999_999_999_999_999_999, bytes(32)).text()
    note = sign_text(text, made.log.key, made.log.private.sign)
    made.write(checkpoints_jsonl=made.files["checkpoints.jsonl"] + _lines([{"note": note}]))
    code, said, _ = run(capsys, made.folder, *made.trust, "--json")
    assert code == 6
    assert "truncated" in {problem["kind"] for problem in json.loads(said)["problems"]}


@pytest.mark.parametrize("name", ["leaves.jsonl", "checkpoints.jsonl", "proofs.jsonl", "keys.txt"])
def test_a_bundle_that_lacks_a_file(made: Made, capsys, name: str) -> None:
    (made.folder / name).unlink()
    assert run(capsys, made.folder)[0] == 4


def test_what_is_asked_wrongly(made: Made, tmp_path: Path, capsys) -> None:
    assert run(capsys, made.folder, "--key", "nonsense")[0] == 2
    assert run(capsys, made.folder, "--key", made.trust[3])[0] == 2
    assert run(capsys, made.folder, "--checkpoint", tmp_path / "none")[0] == 2
    (tmp_path / "note").write_text("not a checkpoint")
    assert run(capsys, made.folder, "--checkpoint", tmp_path / "note")[0] == 2
    assert run(capsys, tmp_path / "none")[0] == 4
    with pytest.raises(SystemExit, match="2"):
        main([])


def test_an_excerpt_about_one_thing(made: Made, capsys) -> None:
    made.excerpt([2, 9], {"object": "version/V-2", "count": 2})
    code, said, _ = run(capsys, made.folder, *made.trust, "--json")
    found = json.loads(said)
    assert (code, found["size"], found["proven"], found["witnessed"]) == (0, 2, 2, 1)
    code, said, _ = run(capsys, made.folder, *made.trust, "--lang", "en")
    assert "not that none about the same thing was left out" in said
    made.excerpt([2, 3], {"object": "version/V-2", "count": 2})
    assert run(capsys, made.folder, *made.trust)[0] == 6


@pytest.mark.parametrize(
    ("seqs", "kind", "place"), [([3, 5], "deleted", 4), ([3, 4], "truncated", 5), ([4, 5], "deleted", 3), ([3, 4, 4, 5], "inserted", 4)]
)  # fmt: skip
def test_a_range_with_a_gap(made: Made, capsys, seqs: list[int], kind: str, place: int) -> None:
    about = {"first": 3, "last": 5, "count": 3}
    made.excerpt([3, 4, 5], about)
    assert run(capsys, made.folder, *made.trust)[0] == 0
    made.excerpt(seqs, about)
    code, said, _ = run(capsys, made.folder, *made.trust, "--json")
    problems = [(problem["kind"], problem["seq"]) for problem in json.loads(said)["problems"]]
    assert code == 6
    assert (kind, place) in problems


def test_an_entry_of_an_excerpt_changed(made: Made, capsys) -> None:
    made.excerpt([3, 4, 5], {"first": 3, "last": 5, "count": 3})
    body = (made.folder / "entries.jsonl").read_bytes()
    made.write(entries_jsonl=body.replace(b"version/V-4", b"version/V-5"))
    code, said, _ = run(capsys, made.folder, *made.trust, "--json")
    assert (code, json.loads(said)["first"]) == (6, 4)


def test_details_are_held_against_their_digest(tmp_path: Path, capsys) -> None:
    import hmac

    made, salt = Made(tmp_path), b"s" * 32
    digest = hmac.new(salt, b'{"n":1}', hashlib.sha256).hexdigest()
    leaves = [make_leaf(seq, "a", digest if seq in (1, 2) else "") for seq in range(4)]
    tree = grow(leaves)
    made.write(**{
        name.replace(".", "_"): body
        for name, body in make_files(tree, make_notes(tree, [4], made.log, None, []), [4], made.log.key, made.witness.key).items()
    })  # fmt: skip
    made.write(details_jsonl=_lines([{"seq": 1, "salt": salt.hex(), "details": '{"n":1}'}]))
    code, said, _ = run(capsys, made.folder, "--json")
    assert (code, json.loads(said)["details_deleted"]) == (0, 1)
    for wrong in (
        {"seq": 1, "details": '{"n":2}'},
        {"seq": 0},
        {"seq": 9},
        {"seq": "1"},
        {"salt": "zz"},
        {"details": 1},
    ):
        entry = {"seq": 1, "salt": salt.hex(), "details": '{"n":1}'} | wrong
        made.write(details_jsonl=_lines([entry]))
        code, said, _ = run(capsys, made.folder, "--json")
        assert (code, json.loads(said)["problems"][0]["kind"]) == (6, "details"), wrong


def test_time_stamps_lie_ready_for_openssl(made: Made, capsys) -> None:
    """The program sees that each is about its checkpoint, and says how to check the rest."""
    text, times = (made.notes[0].partition("\n\n")[0] + "\n").encode(), made.folder / "times"
    token = b"DER" + hashlib.sha256(text).digest() + b"DER"
    write_files(times, {"4.txt": text, "4.tsr": token})
    code, said, _ = run(capsys, made.folder, *made.trust, "--lang", "en")
    assert code == 0
    assert "1 time stamp(s) were not checked" in said
    assert "openssl ts -verify -data SIZE.txt -in SIZE.tsr" in said
    other = (made.notes[1].partition("\n\n")[0] + "\n").encode()
    for files in (
        {"4.txt": other},
        {"4.txt": text, "4.tsr": b"DER"},
        {"4.tsr": token, "8.txt": text, "8.tsr": token},
        {"8.txt": other},
        {"8.txt": text + b"\xff"},
    ):
        write_files(times, files)
        assert run(capsys, made.folder, *made.trust)[0] == 6, files
    (times / "8.txt").unlink()
    assert run(capsys, made.folder, *made.trust)[0] == 4


def test_one_entrys_proof(made: Made, tmp_path: Path, capsys) -> None:
    hashes = [value.hex() for value in inclusion_proof(lambda *at: made.tree.nodes[at], 3, 10)]
    proof = {"seq": 3, "leaf": made.leaves[3].decode(), "checkpoint": made.notes[2], "hashes": hashes}
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof))
    assert run(capsys, file, *made.trust)[0] == 0
    assert run(capsys, file)[0] == 2
    file.write_text(json.dumps(proof | {"seq": 4}))
    assert run(capsys, file, *made.trust)[0] == 6
    file.write_text("{}")
    assert run(capsys, file, *made.trust)[0] == 4


def test_a_witness_may_sign_twice(made: Made, capsys) -> None:
    """A note may bear several signatures by one key, at different times; all must hold."""
    again = cosign(made.notes[0], made.witness.key, 1_900_000_000, made.witness.private.sign)
    made.write(checkpoints_jsonl=_lines([{"note": note} for note in [again, *made.notes[1:]]]))
    assert run(capsys, made.folder, *made.trust)[0] == 0
