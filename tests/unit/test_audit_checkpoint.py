"""Notes and checkpoints against the published formats."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.audit.checkpoint import (
    COSIGNED,
    Checkpoint,
    NoteKey,
    cosign,
    merge,
    open_checkpoint,
    parse_note,
    sign_text,
    signers,
)
from safezone.errors import IntegrityFailure, UsageError

# The example of golang.org/x/mod/sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of c2sp.org/tlog-cosignature (its public keys are not published).
COSIGNED_NOTE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey("safezone/test", LOG.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint("safezone/test", 12, bytes(32))


def signed(text: str) -> str:
    return sign_text(text, KEY, LOG.sign)


def test_a_published_note_verifies() -> None:
    key = NoteKey.from_text(NEUMANN)
    assert key.to_text() == NEUMANN
    assert key.key_id.hex() == "c74f20a3"
    note = parse_note(NOTE)
    assert str(note) == NOTE
    assert signers(note, [key]) == [key]
    with pytest.raises(IntegrityFailure):
        signers(parse_note(NOTE.replace("answer", "cure")), [key])


def test_a_published_cosigned_checkpoint_is_taken_apart() -> None:
    note = parse_note(COSIGNED_NOTE)
    assert str(note) == COSIGNED_NOTE
    names = [name for name, _, _ in note.signatures]
    assert names == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    timestamped = note.signatures[1][2]
    assert len(timestamped) == 72
    assert int.from_bytes(timestamped[:8], "big") == 1679315147


def test_a_checkpoint_is_signed_and_read() -> None:
    note = signed(CHECKPOINT.text())
    assert note.startswith(f"safezone/test\n12\n{base64.b64encode(bytes(32)).decode()}\n\n— safezone/test ")
    assert open_checkpoint(note, [KEY]) == CHECKPOINT
    assert open_checkpoint(note, [NoteKey("safezone/test", bytes(32)), KEY]) == CHECKPOINT


def test_a_witness_adds_its_signature() -> None:
    private = Ed25519PrivateKey.generate()
    key = NoteKey("witness/1", private.public_key().public_bytes_raw(), COSIGNED)
    note = cosign(signed(CHECKPOINT.text()), key, 1_700_000_000, private.sign)
    assert signers(parse_note(note), [key, KEY]) == [key, KEY]
    assert open_checkpoint(note, [KEY]) == CHECKPOINT
    assert merge(signed(CHECKPOINT.text()), note) == note
    # The time is signed too.
    name, key_id, seal = parse_note(note).signatures[1]
    moved = (1_800_000_000).to_bytes(8, "big") + seal[8:]
    line = f"— {name} {base64.b64encode(key_id + moved).decode()}\n"
    with pytest.raises(IntegrityFailure):
        signers(parse_note(signed(CHECKPOINT.text()) + line), [key])
    # A witness's word alone is no checkpoint.
    with pytest.raises(IntegrityFailure):
        open_checkpoint(note, [key])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        CHECKPOINT.text(),
        signed(CHECKPOINT.text())[:-1],
        signed(CHECKPOINT.text()).replace("\n12\n", "\n13\n"),
        signed(CHECKPOINT.text()).replace("— ", "- "),
        signed(CHECKPOINT.text()) + "— safezone/test !!!!\n",
        signed(CHECKPOINT.text()) + "— safezone/test AAAA\n",
        signed(CHECKPOINT.text()).replace("\n", "\r\n"),
        signed("other/log\n12\n" + base64.b64encode(bytes(32)).decode() + "\n"),
        signed("safezone/test\n012\n" + base64.b64encode(bytes(32)).decode() + "\n"),
        signed("safezone/test\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n"),
        signed("safezone/test\n12\n" + base64.b64encode(bytes(31)).decode() + "\n"),
        signed("safezone/test\n12\nnot base64\n"),
        signed("safezone/test\n12\n"),
        signed(CHECKPOINT.text() + "extension\n"),
        "x" * 100_000 + "\n\n— a AAAAAAAA\n",
    ],
)
def test_what_is_no_checkpoint_of_this_log(note: str) -> None:
    with pytest.raises(IntegrityFailure):
        open_checkpoint(note, [KEY])


@pytest.mark.parametrize(
    "vkey", ["", "a+b", NEUMANN[:-4], NEUMANN.replace("c7", "c8"), "é+00000000+!!", "a b" + NEUMANN]
)
def test_what_is_no_key(vkey: str) -> None:
    with pytest.raises(UsageError):
        NoteKey.from_text(vkey)


def test_only_notes_of_one_text_merge() -> None:
    with pytest.raises(IntegrityFailure):
        merge(signed(CHECKPOINT.text()), signed(Checkpoint("safezone/test", 13, bytes(32)).text()))
