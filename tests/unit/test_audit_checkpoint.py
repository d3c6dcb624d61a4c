"""Notes and checkpoints against the published formats."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.audit.checkpoint import cosign, merge, open_checkpoint, parse_note, read_key, sign_text, signers
from safezone.errors import IntegrityFailure, UsageError
from safezone_verify.notes import COSIGNED, Checkpoint, NoteKey

# The example of golang.org/x/mod/sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of c2sp.org/signed-note.
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The example of c2sp.org/tlog-cosignature (its public keys are not published).
COSIGNED_NOTE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

# A real checkpoint: a public log of Certificate Transparency, cosigned by four public witnesses, whose keys these are.
REAL_NOTE = (
    "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n"
    "— arche2025h1.staging.ct.transparency.dev "
    "zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
    "— arche2025h1.staging.ct.transparency.dev "
    "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
    "— transparency.dev/DEV:witness-little-garden "
    "2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n"
    "— witness1.smartit.nu/witness1 "
    "pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n"
    "— remora.n621.de "
    "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
    "— witness.stagemole.eu "
    "Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n"
)
REAL_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REAL_WITNESSES = [
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
]

LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey("safezone/test", LOG.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint("safezone/test", 12, bytes(32))


def signed(text: str) -> str:
    return sign_text(text, KEY, LOG.sign)


@pytest.mark.parametrize(("vkey", "text"), [(NEUMANN, NOTE), (EXAMPLE, EXAMPLE_NOTE)])
def test_a_published_note_verifies(vkey: str, text: str) -> None:
    key = NoteKey.from_text(vkey)
    assert key.to_text() == vkey
    assert key.key_id.hex() == vkey.split("+")[1]
    note = parse_note(text)
    assert str(note) == text
    assert signers(note, [key]) == [key]
    with pytest.raises(IntegrityFailure):
        signers(parse_note("x" + text), [key])


def test_a_published_cosigned_checkpoint_is_taken_apart() -> None:
    note = parse_note(COSIGNED_NOTE)
    assert str(note) == COSIGNED_NOTE
    names = [name for name, _, _ in note.signatures]
    assert names == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    timestamped = note.signatures[1][2]
    assert len(timestamped) == 72
    assert int.from_bytes(timestamped[:8], "big") == 1679315147


def test_a_real_checkpoint_and_its_witnesses_verify() -> None:
    log, witnesses = read_key(REAL_LOG), [read_key(vkey) for vkey in REAL_WITNESSES]
    assert [key.to_text() for key in (log, *witnesses)] == [REAL_LOG, *REAL_WITNESSES]
    assert open_checkpoint(REAL_NOTE, [log]).size == 1_432_088_532
    assert signers(parse_note(REAL_NOTE), [log, *witnesses]) == [log, *witnesses]
    other = parse_note(REAL_NOTE.replace("1432088532", "1432088533"))
    for key in (log, *witnesses):
        with pytest.raises(IntegrityFailure):
            signers(other, [key])


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
        read_key(vkey)


def test_only_notes_of_one_text_merge() -> None:
    with pytest.raises(IntegrityFailure):
        merge(signed(CHECKPOINT.text()), signed(Checkpoint("safezone/test", 13, bytes(32)).text()))
