"""A released package: made, opened with the ordinary tools, verified, and refused once anything is changed."""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone import signing
from safezone.errors import BadInput, IntegrityFailure, SafeZoneError, Text, UsageError, WrongState
from safezone.package import (
    Approval,
    CardFacts,
    ColumnFacts,
    Lineage,
    Part,
    RiskFacts,
    keygen,
    open_package,
    parts,
    read_package,
    verify_package,
    write_package,
)
from safezone.package.data import jsonl

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SIGNER.public_key().public_bytes_raw()
SECRET = "비밀-값-7391"

TABLE = pa.table(
    {
        "나이대": pa.array([20, 30, None, 40], pa.int32()),
        "지역": pa.array(["서울", '부"산\\', None, "줄\n바꿈\t|"]),
        "금액": pa.array([1.5, float("inf"), None, -0.25]),
        "단가": pa.array([Decimal("1.20"), None, Decimal("-3.05"), Decimal("0.00")], pa.decimal128(9, 2)),
        "접수일": pa.array([date(2026, 1, 31), None, date(1970, 1, 1), date(2000, 2, 29)]),
        "시각": pa.array(["2026-01-31 09:00:01.000005", None, None, "1999-01-01"]).cast(pa.timestamp("us")),
        "유효": pa.array([True, False, None, True]),
    }
)


def facts(table: pa.Table = TABLE, file_format: str = "parquet", rows: int | None = None) -> CardFacts:
    columns = tuple(
        ColumnFacts(
            f.name, str(f.type), Text(f"{f.name} (en)", f"{f.name} | 제목"), "quasi", Text("as it is", "그대로")
        )
        for f in table.schema
    )
    return CardFacts(
        request="REQ-TEST1",
        project="PRJ-1",
        purpose="민원 분류 모델 학습",
        dataset="complaints",
        title=Text("Complaints", "민원"),
        description=Text("Complaints of citizens.", "시민이 낸 민원."),
        controller="city",
        legal_basis=Text("PIPA art. 28-2", "개인정보 보호법 제28조의2"),
        classification="S",
        columns=columns,
        rows=table.num_rows if rows is None else rows,
        filter='"나이대" >= 20',
        sample=None,
        format=file_format,
        risk=RiskFacts(
            3,
            5,
            known=("나이대", "지역"),
            classes=2,
            histogram=(("5-9", 2, 12),),
            prosecutor_max=0.2,
            prosecutor_mean=0.1,
        ),
        terms=Text("Use it well.", "바르게 씁니다."),
        issued="2026-11-21T00:00:00Z",
        expires="2099-12-21T00:00:00Z",
        code="0.1.0",
    )


def lineage(recipient: str) -> Lineage:
    return Lineage(
        "v-1",
        "a" * 64,
        "b" * 64,
        ("c" * 64,),
        (Approval("d" * 64, "acc-1"), Approval("e" * 64, "acc-2")),
        recipient,
    )


def make(recipient: str, *tables: pa.Table, file_format: str = "parquet") -> bytes:
    out = io.BytesIO()
    tables = tables or (TABLE,)
    sealed = write_package(
        out,
        recipient=recipient,
        parts=parts(tables, file_format),
        facts=facts(tables[0], file_format, sum(table.num_rows for table in tables)),
        lineage=lineage(recipient),
        sign=SIGNER.sign,
        public_key=PUBLIC,
    )
    assert sealed.size == len(out.getvalue())
    return out.getvalue()


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    keygen(tmp_path / "me.key")
    return tmp_path / "me.key"


def public(identity: Path) -> str:
    return next(line.split()[-1] for line in identity.read_text().splitlines() if "public key" in line)


def finite(table: pa.Table) -> pa.Table:
    """What JSON can hold of a table: infinity becomes null."""
    column = [None if value == float("inf") else value for value in table["금액"].to_pylist()]
    return table.set_column(table.column_names.index("금액"), "금액", pa.array(column, pa.float64()))


@pytest.mark.parametrize("file_format", ["parquet", "jsonl"])
def test_what_went_in_comes_out_with_its_types(identity: Path, tmp_path: Path, file_format: str) -> None:
    package = make(public(identity), TABLE, TABLE.slice(1, 2), file_format=file_format)
    read = read_package(io.BytesIO(package), identity, tmp_path / "out" / "REQ-TEST1", expect_key=PUBLIC)
    expected = pa.concat_tables([TABLE, TABLE.slice(1, 2)])
    assert read.table().equals(expected if file_format == "parquet" else finite(expected))
    assert read.pinned and read.folder == tmp_path / "out" / "REQ-TEST1"
    assert read.predicate["approvals"] == [
        {"review": "d" * 64, "account": "acc-1"},
        {"review": "e" * 64, "account": "acc-2"},
    ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["REQ-TEST1"], "nothing half-made is left behind"
    assert verify_package(read.folder, PUBLIC).table().num_rows == 6


def test_every_line_of_json_lines_is_json(identity: Path) -> None:
    package = open_package(io.BytesIO(make(public(identity), file_format="jsonl")), identity, keys=(PUBLIC,))
    lines = [json.loads(line) for line in package.read("data/part-00000.jsonl").splitlines()]
    assert lines[1]["지역"] == '부"산\\' and lines[3]["지역"] == "줄\n바꿈\t|"
    assert lines[0]["시각"] == "2026-01-31T09:00:01.000005" and lines[0]["단가"] == "1.20"
    assert lines[1]["금액"] is None and lines[2] == dict.fromkeys(TABLE.column_names) | {
        "단가": "-3.05",
        "접수일": "1970-01-01",
    }


def test_json_lines_escape_every_control_character() -> None:
    text = "".join(chr(code) for code in range(128)) + "가"
    assert json.loads(jsonl(pa.table({"x": [text]}))) == {"x": text}
    for char in map(chr, range(128)):
        assert json.loads(jsonl(pa.table({"x": [char]}))) == {"x": char}


def test_ordinary_age_and_tar_open_it(identity: Path, tmp_path: Path) -> None:
    if shutil.which("age") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have the age binary")
        pytest.skip("the age binary is not installed")
    (tmp_path / "p.safezone").write_bytes(make(public(identity)))
    tar = subprocess.run(
        ["age", "-d", "-i", identity, tmp_path / "p.safezone"], capture_output=True, check=True
    ).stdout
    (tmp_path / "plain").mkdir()
    subprocess.run(["tar", "x", "-C", tmp_path / "plain"], input=tar, check=True)
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=tmp_path / "plain", check=True)
    assert verify_package(tmp_path / "plain", PUBLIC).table().equals(TABLE)
    # And the other way: an identity made by age-keygen opens a package.
    made = subprocess.run(["age-keygen"], capture_output=True, check=True, text=True).stdout
    (tmp_path / "theirs.key").write_text(made)
    package = make(public(tmp_path / "theirs.key"))
    assert open_package(io.BytesIO(package), tmp_path / "theirs.key", keys=(PUBLIC,)).table().equals(TABLE)


def test_the_tar_tells_nothing_but_names_and_sizes_and_is_the_same_every_time(identity: Path) -> None:
    key = pyrage.x25519.Identity.from_str(identity.read_text().splitlines()[-1])
    tars = [pyrage.decrypt(make(public(identity)), [key]) for _ in range(2)]
    assert tars[0] == tars[1]
    with tarfile.open(fileobj=io.BytesIO(tars[0])) as tar:
        members = tar.getmembers()
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members} == {(0, 0, 0, "", "", 0o600)}
        names = [m.name for m in members]
        envelope = json.loads(tar.extractfile("statement.json").read())
    assert names == [
        "data/part-00000.parquet",
        "datacard.md",
        "croissant.json",
        "risk.json",
        "terms.md",
        "SHA256SUMS",
        "statement.json",
    ]
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert [one["name"] for one in statement["subject"]] == names[:-1], "the statement covers every other file"


@pytest.mark.parametrize(
    "name",
    [
        "data/part-00000.parquet",
        "datacard.md",
        "croissant.json",
        "risk.json",
        "terms.md",
        "SHA256SUMS",
        "statement.json",
    ],
)
def test_a_changed_file_is_named(identity: Path, tmp_path: Path, name: str) -> None:
    folder = read_package(io.BytesIO(make(public(identity))), identity, tmp_path / "p", expect_key=PUBLIC).folder
    data = bytearray((folder / name).read_bytes())
    at = data.index(b'"payload": "') + 40 if name == "statement.json" else len(data) // 2
    data[at] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(IntegrityFailure) as caught:
        verify_package(folder, PUBLIC)
    assert name in caught.value.what.en or name == "statement.json"


def test_missing_added_and_linked_files_are_named(identity: Path, tmp_path: Path) -> None:
    package = make(public(identity))
    for number, (change, named) in enumerate(
        [
            (lambda p: (p / "terms.md").unlink(), "terms.md"),
            (lambda p: (p / "data" / "part-00001.parquet").write_bytes(b"x"), "part-00001"),
            (lambda p: (p / "more.txt").write_bytes(b"x"), "more.txt"),
            (lambda p: (p / "link").symlink_to("/etc/hostname"), "link"),
        ]
    ):
        folder = read_package(io.BytesIO(package), identity, tmp_path / str(number), expect_key=PUBLIC).folder
        (folder / ".DS_Store").write_bytes(b"what a desktop leaves behind")
        verify_package(folder, PUBLIC)
        change(folder)
        with pytest.raises(IntegrityFailure, match=named):
            verify_package(folder, PUBLIC)


def test_a_package_signed_by_another_is_refused(identity: Path, tmp_path: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    package = make(public(identity))
    with pytest.raises(IntegrityFailure, match=r"signing\.signature"):
        read_package(io.BytesIO(package), identity, tmp_path / "p", expect_key=other)
    with pytest.raises(IntegrityFailure, match=r"signing\.signature"):
        open_package(io.BytesIO(package), identity, keys=())
    assert list(tmp_path.iterdir()) == [identity], "what is not verified leaves nothing behind"
    assert not open_package(io.BytesIO(package), identity).pinned


def test_a_damaged_or_short_package_is_refused(identity: Path, tmp_path: Path) -> None:
    package = make(public(identity), pa.table({"x": [os.urandom(16).hex() for _ in range(20_000)]}))
    flipped = bytearray(package)
    flipped[len(package) // 2] ^= 1
    for damaged in (package[:-1], package[: len(package) // 2], bytes(flipped), b"", b"not a package"):
        with pytest.raises(IntegrityFailure):
            read_package(io.BytesIO(damaged), identity, tmp_path / "p", expect_key=PUBLIC)
    assert list(tmp_path.iterdir()) == [identity]
    assert not any(t.name == "age-decrypt" for t in threading.enumerate())


def test_only_the_recipient_opens_it(identity: Path, tmp_path: Path) -> None:
    keygen(tmp_path / "other.key")
    with pytest.raises(BadInput, match=r"package\.identity"):
        open_package(io.BytesIO(make(public(identity))), tmp_path / "other.key")


def crafted(identity: Path, *members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    """A tar as anyone could make it for the recipient, age being silent on who sent something."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    key = pyrage.x25519.Recipient.from_str(public(identity))
    return io.BytesIO(pyrage.encrypt(buffer.getvalue(), [key]))


def test_a_tar_that_wants_to_write_elsewhere_is_refused(identity: Path, tmp_path: Path) -> None:
    link = tarfile.TarInfo("data/part-00000.parquet")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hard = tarfile.TarInfo("terms.md")
    hard.type, hard.linkname = tarfile.LNKTYPE, "../me.key"
    fifo = tarfile.TarInfo("terms.md")
    fifo.type = tarfile.FIFOTYPE
    names = [
        "../evil",
        "/tmp/evil",
        "data/../../evil",
        "data/part-1.parquet",
        "x" * 200,
        "data",
        ".hidden",
        "evil\n",
    ]
    cases = [[(info, b"")] for info in (link, hard, fifo)]
    cases += [[(tarfile.TarInfo(name), b"x")] for name in names]
    cases += [[(tarfile.TarInfo("terms.md"), b"x"), (tarfile.TarInfo("terms.md"), b"y")]]
    for case in cases:
        with pytest.raises(IntegrityFailure, match=r"package\.member"):
            read_package(crafted(identity, *case), identity, tmp_path / "p")
    with pytest.raises(IntegrityFailure):
        read_package(crafted(identity, (tarfile.TarInfo("terms.md"), b"x")), identity, tmp_path / "p")
    with pytest.raises(IntegrityFailure):
        open_package(crafted(identity, (tarfile.TarInfo("terms.md"), b"x")), identity)
    assert list(tmp_path.iterdir()) == [identity]


def test_the_writer_refuses_what_was_not_decided(identity: Path, tmp_path: Path) -> None:
    keygen(tmp_path / "other.key")
    mine, other = public(identity), public(tmp_path / "other.key")
    good = {
        "recipient": mine,
        "facts": facts(),
        "lineage": lineage(mine),
        "sign": SIGNER.sign,
        "public_key": PUBLIC,
    }
    wrong = [
        {"lineage": lineage(other)},
        {"facts": facts(rows=3)},
        {"facts": facts(file_format="jsonl")},
        {"sign": Ed25519PrivateKey.generate().sign},
        {"parts": [Part("../x.parquet", b"", 4)]},
        {"parts": [Part("data/part-00000.parquet", b"", 2)] * 2},
    ]
    for change in wrong:
        with pytest.raises(IntegrityFailure):
            write_package(io.BytesIO(), **({"parts": parts([TABLE], "parquet")} | good | change))
    with pytest.raises(UsageError):
        write_package(io.BytesIO(), **(good | {"parts": [], "recipient": "age1nothing"}))


def test_an_error_in_the_source_does_not_tell_values(identity: Path) -> None:
    def failing():
        yield from parts([TABLE], "parquet")
        raise ValueError(SECRET)

    with pytest.raises(SafeZoneError) as caught:
        write_package(
            io.BytesIO(), recipient=public(identity), parts=failing(), facts=facts(),
            lineage=lineage(public(identity)), sign=SIGNER.sign, public_key=PUBLIC,
        )  # fmt: skip
    assert SECRET not in str(caught.value) and caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_plaintext_never_reaches_the_disk(identity: Path, tmp_path: Path) -> None:
    opened = []

    def hook(event: str, args: tuple) -> None:
        if watching and event == "open" and args[1] and any(mode in str(args[1]) for mode in "wax+"):
            opened.append(args[0])

    watching = True
    sys.addaudithook(hook)
    make(public(identity), pa.table({"x": [SECRET] * 1000}))
    watching = False
    assert opened == []


def test_memory_is_bounded_by_a_part(identity: Path) -> None:
    """Parts are asked for one at a time, each only when the one before has been encrypted."""
    written, seen = io.BytesIO(), []

    def lazily():
        for number in range(4):
            seen.append(written.tell())
            yield Part(f"data/part-{number:05}.parquet", os.urandom(1 << 20), 1)

    write_package(
        written, recipient=public(identity), parts=lazily(), facts=facts(rows=4),
        lineage=lineage(public(identity)), sign=SIGNER.sign, public_key=PUBLIC,
    )  # fmt: skip
    assert all(later - earlier > 900_000 for earlier, later in itertools.pairwise(seen))


def test_the_card_reads_in_both_languages_and_stays_a_table(identity: Path) -> None:
    package = open_package(io.BytesIO(make(public(identity))), identity, keys=(PUBLIC,))
    card = package.read("datacard.md").decode()
    for words in (
        "# 민원",
        "# Complaints",
        "이 추출물의 k는 5",
        "k of this extract is 5",
        "나이대 \\| 제목",
        "2099-12-21",
    ):
        assert words in card
    rows = [line.replace("\\|", "") for line in card.splitlines() if line.startswith("| `나이대`")]
    assert len(rows) == 2 and all(row.count("|") == 6 for row in rows)
    terms = package.read("terms.md").decode()
    assert "바르게 씁니다." in terms and "Use it well." in terms
    assert json.loads(package.read("risk.json"))["k"] == 5


def test_croissant_names_every_file_and_column(identity: Path) -> None:
    package = open_package(io.BytesIO(make(public(identity), TABLE, TABLE)), identity, keys=(PUBLIC,))
    data = json.loads(package.read("croissant.json"))
    assert data["conformsTo"] == "http://mlcommons.org/croissant/1.0" and data["@type"] == "sc:Dataset"
    ids = {one["@id"] for one in data["distribution"]}
    assert {"data", "data/part-00000.parquet", "data/part-00001.parquet"} == ids
    fields = data["recordSet"][0]["field"]
    assert [field["name"] for field in fields] == TABLE.column_names
    assert {field["source"]["fileSet"]["@id"] for field in fields} <= ids
    types = [field["dataType"] for field in fields]
    assert types == ["sc:Integer", "sc:Text", "sc:Float", "sc:Float", "sc:Date", "sc:Date", "sc:Boolean"]


def test_keygen_keeps_the_key_to_its_owner_and_never_overwrites(tmp_path: Path) -> None:
    key = keygen(tmp_path / "a" / "me.key")
    assert key.startswith("age1") and stat.S_IMODE((tmp_path / "a" / "me.key").stat().st_mode) == 0o600
    before = (tmp_path / "a" / "me.key").read_bytes()
    with pytest.raises(WrongState):
        keygen(tmp_path / "a" / "me.key")
    assert (tmp_path / "a" / "me.key").read_bytes() == before
    if shutil.which("age-keygen"):
        told = subprocess.run(
            ["age-keygen", "-y", tmp_path / "a" / "me.key"], capture_output=True, check=True, text=True
        )
        assert told.stdout.strip() == key


def test_dsse_signs_what_the_standard_says() -> None:
    # Test vector of the DSSE protocol document.
    assert (
        signing.pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    envelope = signing.seal({"a": 1}, SIGNER.sign, PUBLIC)
    assert signing.unseal(envelope, (PUBLIC,)) == ({"a": 1}, PUBLIC)
    data = json.loads(envelope)
    for change in ({"payloadType": "text/plain"}, {"payload": "e30="}, {"signatures": []}, {"signatures": None}):
        with pytest.raises(IntegrityFailure):
            signing.unseal(json.dumps(data | change).encode(), (PUBLIC,))
    for junk in (b"", b"[]", b"\xff", b"[" * 100_000):
        with pytest.raises(IntegrityFailure):
            signing.unseal(junk, None)


def test_the_target_must_be_new(identity: Path, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    with pytest.raises(WrongState):
        read_package(io.BytesIO(make(public(identity))), identity, tmp_path / "p")


def test_rows_that_do_not_fit_the_statement_are_refused(identity: Path) -> None:
    package = open_package(io.BytesIO(make(public(identity))), identity, keys=(PUBLIC,))
    altered = json.loads(json.dumps(package.statement))
    altered["predicate"]["rows"] = 99
    with pytest.raises(IntegrityFailure):
        replace(package, statement=altered).table()
    altered["predicate"]["columns"] = [{"name": "x", "type": "struct<a: int8>"}]
    with pytest.raises(IntegrityFailure):
        replace(package, statement=altered).table()
