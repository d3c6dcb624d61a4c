"""Deliveries: made by an agency, read from an inbox where anybody may have left anything."""

import base64
import datetime as dt
import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.errors import DeliveryError
from safezone.policy.source import SourceSpec
from safezone.sources.deliver import make_delivery, period_name
from safezone.sources.delivery import (
    MANIFEST,
    check_bad_rows,
    check_belongs,
    check_digest,
    check_rows,
    list_inbox,
    open_file,
    parse_manifest,
    read_manifest,
    verify_signature,
)

YEAR = (dt.date(2024, 1, 1), dt.date(2024, 12, 31))
SECRET = "900101-1234567"


def policy(**source: Any) -> Any:
    return SimpleNamespace(
        dataset="veterans-care",
        controller="mpva",
        source=SourceSpec(format="delimited", **source),
        columns=[SimpleNamespace(name="번호"), SimpleNamespace(name="이름")],
        delivery=SimpleNamespace(max_files=3),
    )


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    file = tmp_path / "병원 현황.csv"
    file.write_bytes("번호,이름\n1,가\n2,나\n3\n계,\n".encode("cp949"))
    return file


class Signer:
    key_id = "mpva-2024"

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


def refused(code: str) -> Any:
    return pytest.raises(DeliveryError, match=rf"\[{code}\]")


def test_a_delivery_says_what_it_holds(data_file: Path, tmp_path: Path) -> None:
    folder = make_delivery(policy(totals={"번호": ("계",)}), [data_file], tmp_path / "out", period=YEAR)
    manifest = read_manifest(folder)
    (entry,) = manifest.files
    assert folder.name == manifest.delivery
    assert manifest.delivery.startswith("DLV-veterans-care-2024-")
    assert (entry.name, entry.rows, entry.encrypted) == (
        "병원 현황.csv",
        3,
        False,
    )  # the total is no row, the bad one is
    with open_file(folder, entry) as file:
        assert hashlib.sha256(file.read()).hexdigest() == entry.sha256
    assert list((tmp_path / "out").iterdir()) == [folder]


def test_an_encrypted_delivery_opens_with_the_zone_s_key_alone(data_file: Path, tmp_path: Path) -> None:
    zone = pyrage.x25519.Identity.generate()
    folder = make_delivery(policy(), [data_file], tmp_path / "out", period=YEAR, recipient=str(zone.to_public()))
    (entry,) = read_manifest(folder).files
    with open_file(folder, entry) as file:
        encrypted = file.read()
    assert (entry.name, entry.encrypted) == ("병원 현황.csv.age", True)
    assert hashlib.sha256(encrypted).hexdigest() == entry.sha256
    assert pyrage.decrypt(encrypted, [zone]) == data_file.read_bytes()


def test_a_signature_covers_the_whole_manifest(data_file: Path, tmp_path: Path) -> None:
    signer = Signer()
    folder = make_delivery(policy(), [data_file], tmp_path / "out", period=YEAR, signer=signer)
    manifest = read_manifest(folder)
    public = signer.key.public_key().public_bytes_raw()
    assert verify_signature(manifest, public)
    assert not verify_signature(manifest, Signer().key.public_key().public_bytes_raw())
    assert not verify_signature(manifest.model_copy(update={"controller": "seoul"}), public)
    assert not verify_signature(manifest.model_copy(update={"signature": None}), public)


def test_a_correction_names_the_delivery_it_supersedes(data_file: Path, tmp_path: Path) -> None:
    first = make_delivery(policy(), [data_file], tmp_path / "out", period=YEAR)
    with refused("delivery.exists"):
        make_delivery(policy(), [data_file], tmp_path / "out", period=YEAR)
    second = make_delivery(policy(), [data_file], tmp_path / "out", period=YEAR, supersedes=first.name)
    assert read_manifest(second).supersedes == first.name


def test_a_file_that_does_not_fit_its_policy_makes_no_delivery(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(f"번호,성명\n1,{SECRET}\n")
    with refused("columns.missing") as caught:
        make_delivery(policy(), [file], tmp_path / "out", period=YEAR)
    assert SECRET not in str(caught.value)
    assert not list((tmp_path / "out").iterdir())


def test_what_cannot_be_delivered_is_refused(data_file: Path, tmp_path: Path) -> None:
    with refused("delivery.recipient"):
        make_delivery(policy(), [data_file], tmp_path / "out", period=YEAR, recipient="age1nonsense")
    with refused("delivery.file_missing"):
        make_delivery(policy(), [], tmp_path / "out", period=YEAR)
    with refused("delivery.too_many_files"):
        make_delivery(policy(), [data_file] * 4, tmp_path / "out", period=YEAR)


def test_names_that_cannot_be_kept_are_replaced_and_none_twice(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "x.csv", tmp_path / "b" / "X.csv", tmp_path / ".hidden.CSV"]
    for i, file in enumerate(files):
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"번호,이름\n{i},가\n")
    folder = make_delivery(policy(), files, tmp_path / "out", period=YEAR)
    assert [file.name for file in read_manifest(folder).files] == ["x.csv", "002-X.csv", "file-003.csv"]


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [
        ("2024-01-01", "2024-12-31", "2024"),
        ("2024-02-01", "2024-02-29", "202402"),
        ("2024-02-01", "2024-02-28", "20240201-20240228"),
        ("2024-03-05", "2024-03-05", "20240305"),
        ("2023-01-01", "2024-12-31", "20230101-20241231"),
    ],
)
def test_the_period_in_the_name(start: str, end: str, name: str) -> None:
    assert period_name(dt.date.fromisoformat(start), dt.date.fromisoformat(end)) == name


def valid() -> dict[str, Any]:
    return {
        "delivery": "DLV-veterans-care-2024-0a1b2c3d",
        "dataset": "veterans-care",
        "controller": "mpva",
        "period": {"start": "2024-01-01", "end": "2024-12-31"},
        "created": "2024-12-31T00:00:00Z",
        "files": [{"name": "a.csv", "sha256": "0" * 64, "rows": 1, "bytes": 4, "encrypted": False}],
        "supersedes": None,
        "signature": None,
    }


def folder_with(tmp_path: Path, manifest: dict[str, Any] | bytes, **files: bytes) -> Path:
    folder = tmp_path / "DLV"
    folder.mkdir()
    (folder / MANIFEST).write_bytes(manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode())
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


BAD_NAMES = [
    "../a.csv", "/etc/passwd", "..", ".", "", ".hidden", "a/b.csv", "a\\b.csv", "a\0.csv", "a\n.csv", "-rf", "~x",
    "delivery.json", "Delivery.JSON", " a.csv", "a.csv ", "a:b", "\u202egpj.csv", "x" * 201,
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_are_not_plain_are_refused(name: str) -> None:
    data = valid()
    data["files"][0]["name"] = name
    with refused("delivery.manifest_invalid"):
        parse_manifest(json.dumps(data).encode())


WRONG = {
    "delivery": "DLV-../../x-2024-0a1b2c3d",
    "dataset": "other-dataset",
    "controller": SECRET,
    "period": {"start": "2024-12-31", "end": "2024-01-01"},
    "created": "2024-12-31T00:00:00",
    "files": [],
    "supersedes": "DLV-veterans-care-2024-0a1b2c3d",
    "signature": {"key": "k", "value": base64.b64encode(b"short").decode()},
    "surprise": 1,
}


@pytest.mark.parametrize("key", WRONG)
def test_a_manifest_that_is_wrong_names_the_field_and_no_value(key: str) -> None:
    with refused("delivery.manifest_invalid") as caught:
        parse_manifest(json.dumps(valid() | {key: WRONG[key]}).encode())
    assert SECRET not in str(caught.value)
    if key in {"controller", "period", "files"}:
        assert key in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff", b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"files": NaN}'], ids=range(7)
)
def test_what_is_no_manifest_at_all(data: bytes) -> None:
    with refused("delivery.manifest_invalid"):
        parse_manifest(data)


def test_two_files_of_one_name_are_refused_whatever_the_case() -> None:
    data = valid()
    data["files"].append(data["files"][0] | {"name": "A.CSV"})
    with refused("delivery.manifest_invalid"):
        parse_manifest(json.dumps(data).encode())


def test_a_folder_must_hold_what_is_listed_and_nothing_else(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, valid(), a__csv=b"a\n1\n")
    assert read_manifest(folder).rows == 1
    (folder / "extra").write_bytes(b"")
    with refused("delivery.unlisted_file"):
        read_manifest(folder)
    (folder / "extra").unlink()
    (folder / "a.csv").write_bytes(b"a\n1\n2\n")
    with refused("delivery.size_mismatch"):
        read_manifest(folder)
    (folder / "a.csv").unlink()
    with refused("delivery.file_missing"):
        read_manifest(folder)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_only_regular_files_are_opened(tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"a\n1\n")
    folder = folder_with(tmp_path, valid())
    file = folder / "a.csv"
    if kind == "link":
        file.symlink_to(outside)
    elif kind == "folder":
        file.mkdir()
    else:
        os.mkfifo(file)
    with refused("delivery.not_a_file"):
        read_manifest(folder)
    with refused("delivery.not_a_file"):
        open_file(folder, parse_manifest(json.dumps(valid()).encode()).files[0])


def test_a_folder_or_manifest_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    real = folder_with(tmp_path, valid(), a__csv=b"a\n1\n")
    (tmp_path / "linked").symlink_to(real)
    with refused("delivery.manifest_missing"):
        read_manifest(tmp_path / "linked")
    (real / MANIFEST).rename(tmp_path / "m")
    (real / MANIFEST).symlink_to(tmp_path / "m")
    with refused("delivery.manifest_missing"):
        read_manifest(real)


def test_a_manifest_may_not_be_endless(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, b" " * (1 << 20) + b" ")
    with refused("delivery.manifest_too_large"):
        read_manifest(folder)


def test_the_inbox_lists_good_and_bad_deliveries_and_skips_what_is_being_written(
    data_file: Path, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    assert list_inbox(inbox) == []
    good = make_delivery(policy(), [data_file], inbox, period=YEAR)
    (inbox / "AAA").mkdir()
    (inbox / ".making-x").mkdir()
    (inbox / "note.txt").write_text("x")
    (inbox / "link").symlink_to(good)
    bad, found = list_inbox(inbox)
    assert (bad.folder.name, bad.manifest, bad.error and bad.error.code) == (
        "AAA",
        None,
        "delivery.manifest_missing",
    )
    assert (found.folder, found.error) == (good, None)


def test_what_receive_and_check_compare(tmp_path: Path) -> None:
    manifest = parse_manifest(json.dumps(valid()).encode())
    (entry,) = manifest.files
    check_digest(entry, "0" * 64)
    check_rows(entry, 1)
    check_belongs(manifest, dataset="veterans-care", controller="mpva", max_files=1)
    check_bad_rows(100, 1, 0.01)
    check_bad_rows(0, 0, 0)
    with refused("delivery.digest_mismatch"):
        check_digest(entry, "1" * 64)
    with refused("delivery.rows_mismatch"):
        check_rows(entry, 2)
    with refused("delivery.wrong_dataset"):
        check_belongs(manifest, dataset="veterans-care", controller="seoul", max_files=1)
    with refused("delivery.too_many_files"):
        check_belongs(manifest, dataset="veterans-care", controller="mpva", max_files=0)
    with refused("delivery.bad_rows"):
        check_bad_rows(100, 2, 0.01)
    with refused("delivery.bad_rows"):
        check_bad_rows(3, 3, 1)
    with refused("file.too_large"):
        open_file(tmp_path, entry, limit=3)
