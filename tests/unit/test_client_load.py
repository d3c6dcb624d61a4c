"""The Python client: light to import, and no row before signature and digests are verified."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import safezone.client as sz
from safezone import signing
from safezone.errors import IntegrityFailure, Text, UsageError, WrongState
from safezone.package import CardFacts, ColumnFacts, Lineage, RiskFacts, keygen, parts, read_package, write_package

SIGNER = Ed25519PrivateKey.generate()
PUBLIC = SIGNER.public_key().public_bytes_raw()
TABLE = pa.table({"지역": ["서울", "부산", None], "나이대": pa.array([20, 30, 40], pa.int32())})
FACTS = CardFacts(
    request="REQ-7",
    project="PRJ-1",
    purpose="학습",
    dataset="complaints",
    title=Text("Complaints", "민원"),
    description=Text("d", "설명"),
    controller="city",
    legal_basis=Text("b", "근거"),
    classification="O",
    columns=tuple(
        ColumnFacts(f.name, str(f.type), Text(f.name, f.name), "quasi", Text("kept", "그대로"))
        for f in TABLE.schema
    ),
    rows=3,
    filter=None,
    sample=None,
    format="parquet",
    risk=RiskFacts(3, 3),
    terms=Text("t", "조건"),
    issued="2026-01-01T00:00:00Z",
    expires="2099-01-01T00:00:00Z",
    code="0",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person who trusts the zone's key, in a working directory of their own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    signing.trust(PUBLIC, "a zone")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    keygen(work / "me.key")
    return work


def sealed(home: Path, facts: CardFacts = FACTS) -> Path:
    recipient = (home / "me.key").read_text().splitlines()[1].split()[-1]
    path = home / f"{facts.request}.safezone"
    with path.open("wb") as out:
        write_package(
            out, recipient=recipient, parts=parts([TABLE], facts.format), facts=facts,
            lineage=Lineage("v-1", "a", "b", (), (), recipient), sign=SIGNER.sign, public_key=PUBLIC,
        )  # fmt: skip
    return path


def pulled(home: Path, facts: CardFacts = FACTS) -> Path:
    data = sealed(home, facts).read_bytes()
    folder = read_package(io.BytesIO(data), home / "me.key", home / facts.request, expect_key=PUBLIC).folder
    sealed(home, facts).unlink()
    return folder


def test_a_pulled_package_loads_in_one_line(home: Path) -> None:
    pulled(home)
    assert sz.load("REQ-7").equals(TABLE)
    assert sz.load("REQ-7", dir=home).equals(TABLE)
    assert sz.load("REQ-7", dir=str(home / "REQ-7")).equals(TABLE)
    assert sz.load("REQ-7", "pandas")["나이대"].tolist() == [20, 30, 40]
    assert sz.load("REQ-7", as_="duckdb").fetchall() == [("서울", 20), ("부산", 30), (None, 40)]


def test_an_encrypted_package_loads_in_memory_alone(home: Path) -> None:
    path = sealed(home)
    before = set(home.iterdir())
    assert sz.load("REQ-7", identity="me.key").equals(TABLE)
    assert sz.load("REQ-7", dir=path, identity=home / "me.key").equals(TABLE)
    path.rename(home / "REQ-7.tar.age")
    assert sz.load("REQ-7", identity="me.key").equals(TABLE)
    assert {p.name for p in home.iterdir()} == {p.name for p in before} - {"REQ-7.safezone"} | {"REQ-7.tar.age"}
    with pytest.raises(UsageError, match=r"client\.identity"):
        sz.load("REQ-7")
    with pytest.raises(UsageError, match=r"identity\.file"):
        sz.load("REQ-7", identity="nothing.key")


def test_hugging_face_datasets(home: Path) -> None:
    pulled(home)
    assert sz.load("REQ-7", as_="datasets")["나이대"] == [20, 30, 40]


def test_a_library_that_is_missing_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulled(home)
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UsageError, match="datasets is not installed"):
        sz.load("REQ-7", as_="datasets")


def test_no_row_before_everything_is_verified(home: Path) -> None:
    folder = pulled(home)
    part = folder / "data" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    for call in (sz.load, sz.describe):
        with pytest.raises(IntegrityFailure, match="part-00000"):
            call("REQ-7")


def test_another_zones_signature_is_refused(home: Path) -> None:
    pulled(home)
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(IntegrityFailure, match=r"signing\.signature"):
        sz.load("REQ-7", key=other)
    signing.trust_file().unlink()
    signing.trust(other, "another zone")
    with pytest.raises(IntegrityFailure, match=r"signing\.signature"):
        sz.load("REQ-7")


def test_without_any_recorded_key_it_says_so(home: Path) -> None:
    pulled(home)
    signing.trust_file().unlink()
    with pytest.warns(sz.UnknownSigner):
        assert sz.load("REQ-7").equals(TABLE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert sz.describe("REQ-7")["pinned"] is False
    assert sz.describe("REQ-7", key=PUBLIC)["pinned"] is True


def test_describe_tells_everything_but_rows(home: Path) -> None:
    pulled(home)
    told = sz.describe("REQ-7")
    assert told["dataset"] == "complaints" and told["rows"] == 3 and told["risk"]["k"] == 3 and told["pinned"]
    assert told["columns"] == [{"name": "지역", "type": "string"}, {"name": "나이대", "type": "int32"}]
    assert "서울" not in str(told)


def test_after_the_period_it_no_longer_loads(home: Path) -> None:
    pulled(home, replace(FACTS, expires="2026-01-02T00:00:00Z"))
    with pytest.raises(WrongState, match=r"client\.expired"):
        sz.load("REQ-7")
    assert sz.describe("REQ-7")["expires"] == "2026-01-02T00:00:00Z"


@pytest.mark.parametrize("request_id", ["REQ-8", "../REQ-7", "", "a/b", "REQ-7\n"])
def test_what_is_not_there_or_is_no_id(home: Path, request_id: str) -> None:
    pulled(home)
    with pytest.raises(UsageError):
        sz.load(request_id)


def test_the_package_of_another_request_is_refused(home: Path) -> None:
    pulled(home).rename(home / "REQ-9")
    with pytest.raises(UsageError, match=r"client\.other"):
        sz.load("REQ-9")
    with pytest.raises(UsageError, match=r"client\.as"):
        sz.load("REQ-9", as_="csv")  # type: ignore[arg-type]


def test_importing_the_client_is_light() -> None:
    heavy = {"pydantic", "sqlalchemy", "airflow", "duckdb", "pandas", "sqlglot", "presidio_analyzer", "fastapi"}
    code = "import sys, safezone.client; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": "."},
    )
    loaded = set(run.stdout.split())
    assert "pyarrow" in loaded and not loaded & heavy


def test_trusted_keys_are_kept_once_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "zones"
    assert signing.trusted_keys(path) == ()
    signing.trust(PUBLIC, "a zone\nforged line", path)
    signing.trust(PUBLIC, "again", path)
    assert signing.trusted_keys(path) == (PUBLIC,)
    assert signing.read_public_key(PUBLIC.hex()) == PUBLIC
    for junk in ("", "xyz", "00" * 31):
        with pytest.raises(UsageError):
            signing.read_public_key(junk)
