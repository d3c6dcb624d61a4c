"""Whoever made, carried or kept a bundle changes checkpointed entries at will: all of it is found, and the place is right.

The attackers: one who only changes the file of entries (renumbering them or not), one who computes hashes, proofs and
header anew, one who signs everything with a key of their own, and one who holds the log's own key, against whom only a
witness or a checkpoint the auditor kept helps.
"""

import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from safezone_verify.findings import Kind, Verification
from safezone_verify.notes import NoteKey
from safezone_verify.verify import verify_bundle
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

MUTATIONS = 2_200
FIELDS = ("time", "type", "account", "object", "purpose", "policy", "details")
HOWS = ("edit", "byte", "delete", "insert", "duplicate", "swap", "move", "truncate", "run")
EFFORTS = (
    "leaves",
    "hashes",
    "tree",
    "own key, trusted keys",
    "own key, kept checkpoint",
    "log key",
    "log key, cosigned",
)
TEXTS = ("1", "가나다", 'quo"te', "back\\slash", "\u2028", "😀", "x" * 300)


@dataclass(frozen=True)
class Base:
    """An honest log: its tree, the sizes of its checkpoints, and which of them were witnessed."""

    tree: Tree
    sizes: list[int]
    seen: list[int]
    log: Signer
    witness: Signer
    notes: list[str]
    files: dict[str, bytes]


def make_base(chance: random.Random) -> Base:
    total = chance.choice((1, 2, 3, 5, 8, 13, 31, 64, 65, 100, 150, 300))
    tree = grow([make_leaf(seq, chance.choice(TEXTS)) for seq in range(total)])
    sizes = sorted({chance.randint(1, total) for _ in range(chance.randint(1, 6))})
    seen = sorted({chance.choice(sizes) for _ in range(3)})
    log, witness = make_log(), make_witness()
    notes = make_notes(tree, sizes, log, witness, seen)
    files = make_files(tree, notes, sizes, log.key, witness.key)
    return Base(tree, sizes, seen, log, witness, notes, files)


def mutate(leaves: list[bytes], how: str, end: int, chance: random.Random) -> list[bytes]:
    """Change something among the first `end` leaves."""
    leaves, at, other = list(leaves), chance.randrange(end), chance.randrange(len(leaves))
    if how == "edit":
        fields = json.loads(leaves[at])
        fields[chance.choice(FIELDS)] += chance.choice(TEXTS)
        leaves[at] = canonical(fields)
    elif how == "byte":
        body = bytearray(leaves[at])
        where = chance.randrange(len(body))
        body[where] = chance.choice([value for value in range(256) if value != body[where]])
        leaves[at : at + 1] = bytes(body).split(b"\n")
    elif how == "delete":
        del leaves[at]
    elif how == "insert":
        leaves.insert(at, make_leaf(at, "forged"))
    elif how == "duplicate":
        leaves.insert(at, leaves[at])
    elif how == "swap":
        leaves[at], leaves[other] = leaves[other], leaves[at]
    elif how == "move":
        leaves.insert(other, leaves.pop(at))
    elif how == "truncate":
        del leaves[at:]
    else:
        length = chance.randint(1, 9)
        leaves[at : at + length] = [make_leaf(at + step, "forged") for step in range(chance.randint(0, 9))]
    return leaves


def canonical(fields: dict) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def renumber(leaves: list[bytes]) -> list[bytes]:
    done = []
    for seq, leaf in enumerate(leaves):
        try:
            done.append(canonical(json.loads(leaf) | {"seq": seq}))
        except (ValueError, TypeError):
            done.append(leaf)
    return done


def forge(
    base: Base, leaves: list[bytes], effort: str
) -> tuple[dict[str, bytes], list[NoteKey], list[str], list[int]]:
    """The bundle as the attacker leaves it, what the auditor trusts, and the sizes somebody believable vouches for."""
    trusted = [base.log.key, base.witness.key]
    files = base.files | {"leaves.jsonl": b"".join(leaf + b"\n" for leaf in leaves)}
    if effort == "leaves":
        return files, trusted, [], base.sizes
    tree = grow(leaves)
    files["hashes.bin"] = tree.hashes()
    if effort == "hashes":
        return files, trusted, [], base.sizes
    sizes = [size for size in base.sizes if size <= len(leaves)]
    if effort == "tree":
        made = make_files(tree, base.notes, base.sizes, base.log.key, base.witness.key)
        return made, trusted, [], base.sizes
    kept = base.notes[base.sizes.index(base.seen[-1])]
    if effort.startswith("own key"):
        log, witness = make_log(), Signer(base.witness.name, base.witness.kind)
        notes = make_notes(tree, sizes, log, witness, sizes)
        made = make_files(tree, notes, sizes, log.key, witness.key)
        return (made, trusted, [], []) if "trusted" in effort else (made, [], [kept], [base.seen[-1]])
    notes = make_notes(tree, sizes, base.log, None, [])
    if effort == "log key":
        return (
            make_files(tree, notes, sizes, base.log.key, base.witness.key),
            [base.log.key],
            [kept],
            [base.seen[-1]],
        )
    # The witness's word cannot be left out where the auditor asks for it.
    cosigned = [note for note, size in zip(base.notes, base.sizes, strict=True) if size in base.seen]
    return (
        make_files(tree, [*notes, *cosigned], sizes, base.log.key, base.witness.key), trusted, [], base.seen,
    )  # fmt: skip


def place_is_right(found: Verification, changed: int, vouched: list[int], size: int, exact: bool) -> bool:
    """Whether the first problem names the first entry changed, or exactly the interval it lies in."""
    first = found.first
    if first is None:
        return False
    if first.seq == changed and (first.last == changed or first.kind in {Kind.DELETED, Kind.TRUNCATED}):
        return True
    if not vouched:
        # No checkpoint can be believed: all is open, and what contradicts itself may come after the first change.
        open_ = [problem for problem in found.problems if problem.kind in {Kind.CHECKPOINT, Kind.UNWITNESSED}]
        return any((problem.seq, problem.last) == (0, size - 1) for problem in open_)
    if first.kind is Kind.INSERTED and first.seq <= changed <= first.last == first.seq + 1:
        return not exact  # two entries bear one number, and nothing tells which is the right one
    start = max((size for size in vouched if size <= changed), default=0)
    end = min((size for size in vouched if size > changed), default=size)
    return not exact and (first.seq, first.last) == (start, max(start, end - 1))


def test_whatever_is_done_to_a_checkpointed_entry_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random("2026-11-21")
    bases = [make_base(chance) for _ in range(40)]
    done: Counter[str] = Counter()
    while done.total() < MUTATIONS:
        base, how, effort = chance.choice(bases), chance.choice(HOWS), chance.choice(EFFORTS)
        end = base.seen[-1] if effort.startswith(("log key", "own key, kept")) else base.sizes[-1]
        before = list(base.tree.leaves)
        leaves = mutate(before, how, end, chance)
        if chance.random() < 0.5:
            leaves = renumber(leaves)
        if leaves[:end] == before[:end]:
            continue
        changed = next((at for at, leaf in enumerate(before) if leaves[at : at + 1] != [leaf]), len(before))
        files, keys, known, vouched = forge(base, leaves, effort)
        if vouched == base.sizes and base.seen[-1] > changed:
            # A witness is contradicted: the log's own checkpoints may then be forged too.
            vouched = base.seen
        found = verify_bundle(write_files(tmp_path / "bundle", files), keys, known)
        case = (how, effort, changed, vouched, len(before), len(leaves), found.first, found.problems[:5], base.seen)
        assert not found.ok, case
        assert place_is_right(found, changed, vouched, len(leaves), exact=effort == "leaves"), repr(case)
        done[effort] += 1
    with capsys.disabled():
        print(f"\n{done.total():,} mutations of checkpointed entries, all found and placed: {dict(done)}")


def test_an_honest_bundle_is_whole(tmp_path: Path) -> None:
    chance = random.Random(1)
    for _ in range(40):
        base = make_base(chance)
        folder = write_files(tmp_path / "bundle", base.files)
        found = verify_bundle(folder, [base.log.key, base.witness.key], [base.notes[0]])
        assert found.ok, found.problems
        assert (found.size, found.proven) == (len(base.tree.leaves), base.sizes[-1])
        assert (found.witnessed, found.origin) == (base.seen[-1], ORIGIN)
        assert found.checkpoints == len(base.sizes) + 1


def test_any_byte_of_a_hash_a_proof_or_a_checkpoints_text_changed_is_found(tmp_path: Path) -> None:
    chance = random.Random(2)
    base = make_base(random.Random(5))
    for name in ("hashes.bin", "proofs.jsonl"):
        for _ in range(60):
            body = bytearray(base.files[name])
            if not body:
                continue
            at = chance.randrange(len(body))
            body[at] = body[at] ^ 1 << chance.randrange(4)
            if bytes(body).split() == base.files[name].split() or bytes(body).lower() == base.files[name].lower():
                continue
            folder = write_files(tmp_path / "bundle", base.files | {name: bytes(body)})
            assert not verify_bundle(folder, [base.log.key, base.witness.key]).ok, (name, at)
    for number, note in enumerate(base.notes):
        for at in range(0, note.index("\n\n"), 3):
            other = chr(ord(note[at]) ^ 1)
            changed = [*base.notes[:number], note[:at] + other + note[at + 1 :], *base.notes[number + 1 :]]
            body = b"".join(json.dumps({"note": each}).encode() + b"\n" for each in changed)
            folder = write_files(tmp_path / "bundle", base.files | {"checkpoints.jsonl": body})
            assert not verify_bundle(folder, [base.log.key, base.witness.key]).ok
