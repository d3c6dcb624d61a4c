"""What a library says stops at the boundary: the type and our own line go on, the message never does."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pydantic
import pytest
import sqlalchemy

import safezone
from safezone import boundary as boundary_module
from safezone.boundary import boundary, position
from safezone.errors import Denied, NotFound, SafeZoneError
from safezone.hashing import HashingFile
from safezone.schema import schema_of

SECRET = "900101-1234567"


class Patient(pydantic.BaseModel):
    age: int


class Own(Exception):
    def __str__(self) -> str:
        return SECRET


def raise_own() -> None:
    raise Own(SECRET)


def raise_group() -> None:
    raise ExceptionGroup(SECRET, [ValueError(SECRET)])


def with_note() -> None:
    error = ValueError(SECRET)
    error.add_note(SECRET)
    raise error


def caused() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise RuntimeError(SECRET) from error


def duck() -> None:
    with duckdb.connect() as connection:
        connection.execute(f"SELECT CAST('{SECRET}' AS INTEGER)")


def sql() -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT * FROM nothing WHERE a = :a"), {"a": SECRET})
    finally:
        engine.dispose()


RAISING: dict[str, Callable[[], object]] = {
    "int": lambda: int(SECRET),
    "float": lambda: float(SECRET),
    "key": lambda: {}[SECRET],
    "unicode": lambda: f"가{SECRET}".encode("cp949").decode("utf-8"),
    "json": lambda: json.loads(f"[{SECRET}"),
    "pyarrow": lambda: pc.cast(pa.array([SECRET]), pa.int64()),
    "duckdb": duck,
    "pydantic": lambda: Patient(age=SECRET),
    "pandas": lambda: pd.to_datetime([SECRET]),
    "sqlalchemy": sql,
    "file": lambda: Path(f"/nothing/{SECRET}").read_text(),
    "own": raise_own,
    "group": raise_group,
    "note": with_note,
    "cause": caused,
    "memory": lambda: (_ for _ in ()).throw(MemoryError(SECRET)),
    "recursion": lambda: (_ for _ in ()).throw(RecursionError(SECRET)),
    "stop": lambda: next(iter(())),
}


@pytest.mark.parametrize("what", RAISING)
def test_every_exception_loses_its_message(what):
    with pytest.raises(SafeZoneError) as caught, boundary("check"):
        RAISING[what]()
    error = caught.value
    assert type(error) is SafeZoneError
    assert error.code == "internal.check"
    said = f"{error} {error.what} {error.next_step} {error.kept} {''.join(traceback.format_exception(error))}"
    # The traceback shows lines of source, where the name of the constant stands and not its value.
    assert SECRET not in said
    assert error.__cause__ is None and error.__suppress_context__


def test_the_type_is_named():
    with pytest.raises(SafeZoneError, match="unexpected ArrowInvalid at"), boundary("assess"):
        RAISING["pyarrow"]()


@pytest.mark.parametrize("error", [Denied("a.b", ("x", "x"), ("y", "y")), NotFound("c.d", ("x", "x"), ("y", "y"))])
def test_our_own_errors_pass_as_they_are(error):
    with pytest.raises(SafeZoneError) as caught, boundary("check"):
        raise error
    assert caught.value is error


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_process_is_not_held_up(kind):
    with pytest.raises(kind), boundary("check"):
        raise kind


def test_the_position_is_the_last_line_of_ours():
    class Broken:
        def read(self, size: int) -> bytes:
            raise OSError(SECRET)

    with pytest.raises(SafeZoneError, match=r"unexpected OSError at safezone/hashing\.py:\d+"), boundary("receive"):
        HashingFile(Broken()).read(1)
    with pytest.raises(SafeZoneError, match=r"ValueError at safezone/schema\.py:\d+"), boundary("check"):
        schema_of([("one",)])


def test_the_position_of_somebody_elses_code_is_not_told():
    with pytest.raises(SafeZoneError, match=r"at \?\."), boundary("check"):
        json.loads("{")


def test_code_installed_beside_ours_is_not_ours(monkeypatch):
    """Installed, our packages lie in one folder with every other: a frame of those is no position."""
    site = Path(pa.__file__).resolve().parent.parent
    monkeypatch.setattr(boundary_module, "_ROOT", site)
    monkeypatch.setattr(boundary_module, "_OURS", (site / "safezone",))
    try:
        pd.to_datetime([SECRET])
    except ValueError as error:
        assert position(error) == "?"
    assert Path(safezone.__file__).parent.name == "safezone"
