"""Hostile and broken files: the child may fall over, the parent gets a `DeliveryError` with a code and no value."""

import io
import os
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from safezone.errors import DeliveryError, IntegrityFailure
from safezone.policy.source import Header, SourceSpec
from safezone.sources import isolation
from safezone.sources.isolation import Limits, detect_isolated, isolation_level, parse_isolated, sandbox

SECRET = "900101-1234567"
SMALL = Limits(memory=128 << 20, seconds=20, size=16 << 20)
CSV = SourceSpec(format="delimited")
XLSX = SourceSpec(format="xlsx")
PARQUET = SourceSpec(format="parquet")
UTF8 = SourceSpec(format="delimited", encoding="utf-8")


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("표").write_row(0, 0, ["a", "b"])
    return out.getvalue()


def archive(files: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as book:
        for name, data in files.items():
            book.writestr(name, data)
    return out.getvalue()


def bomb() -> bytes:
    return archive({"[Content_Types].xml": b"<x/>", "xl/worksheets/sheet1.xml": bytes(100 << 20)})


def lying_bomb() -> bytes:
    """The directory says the sheet is small; it is not."""
    data = bytearray(bomb())
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.rfind(mark)
        data[at + offset : at + offset + 4] = struct.pack("<I", 1000)
    return bytes(data)


def parquet_file() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [SECRET] * 1000}), out)
    return out.getvalue()


def parquet_bomb() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array(["x" * (60 << 20)] * 3)}), out, compression="zstd")
    return out.getvalue()


def overwritten(data: bytes, at: int, with_: bytes) -> bytes:
    return data[:at] + with_ + data[at + len(with_) :]


NESTED = SourceSpec(format="jsonl", records="a")
CASES: dict[str, tuple[SourceSpec, Callable[[], bytes], str]] = {
    "nothing": (CSV, lambda: b"", "file.empty"),
    "white space": (CSV, lambda: b"\n \n", "file.empty"),
    "gzip": (CSV, lambda: b"\x1f\x8b\x08\0" + bytes(50), "file.compressed"),
    "a zip named csv": (CSV, workbook, "file.compressed"),
    "a zip that is no workbook": (XLSX, lambda: archive({"data.csv": b"a\n1\n"}), "file.compressed"),
    "document protection": (CSV, lambda: b"<DOCUMENT SAFER V2>" + bytes(50), "file.protected"),
    "a page named xls": (SourceSpec(format="xls"), lambda: b"<html><table></table>", "file.kind"),
    "text named xlsx": (XLSX, lambda: b"a,b\n1,2\n", "file.kind"),
    "zip bomb": (XLSX, bomb, "file.archive"),
    "zip bomb whose directory lies": (XLSX, lying_bomb, "file.malformed"),
    "many entries": (XLSX, lambda: archive({f"e{i}": b"" for i in range(10_001)}), "file.archive"),
    "path traversal in a workbook": (XLSX, lambda: archive({"../../etc/passwd": b"x"}), "file.compressed"),
    "truncated workbook": (XLSX, lambda: workbook()[:-200], "file.malformed"),
    "workbook without sheets": (XLSX, lambda: archive({"[Content_Types].xml": b"<x/>"}), "file.malformed"),
    "no such sheet": (SourceSpec(format="xlsx", sheet="없음"), workbook, "file.sheet"),
    "garbage named xls": (SourceSpec(format="xls"), lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 500, "file.malformed"),
    "wrong encoding": (UTF8, lambda: f"이름\n{SECRET} 김\n".encode("cp949"), "file.encoding"),
    "half a character at the end": (UTF8, lambda: "a\n가".encode()[:-1], "file.encoding"),
    "utf-16 without a mark where one is declared otherwise": (UTF8, lambda: "a\tb\n1\t2\n".encode("utf-16-le"), "file.nul"),
    "nul bytes": (CSV, lambda: f"a,b\n{SECRET},\0\n".encode(), "file.nul"),
    "one endless line": (CSV, lambda: b"a,b\n1," + b"x" * (6 << 20), "file.line_too_long"),
    "one endless header": (CSV, lambda: b"x" * (6 << 20), "header.missing"),
    "an endless JSON line": (SourceSpec(format="jsonl"), lambda: b'{"a": "' + b"x" * (10 << 20), "file.line_too_long"),
    "deep JSON": (NESTED, lambda: b'{"a":' + b"[" * 200_000, "file.malformed"),
    "no list where records should be": (NESTED, lambda: b'{"b": []}', "file.records"),
    "two columns of one name": (CSV, lambda: f"a,{SECRET},{SECRET}\n1,2,3\n".encode(), "header.duplicate"),
    "reserved names": (CSV, lambda: b"__line__,b\n1,2\n", "header.reserved"),
    "header longer than the file": (SourceSpec(format="delimited", header=Header(skip=9)), lambda: b"a\n1\n", "header.missing"),
    "totals of no column": (SourceSpec(format="delimited", totals={"c": ("계",)}), lambda: b"a\n1\n", "source.column"),
    "truncated parquet": (PARQUET, lambda: parquet_file()[:-9], "file.malformed"),
    "parquet of nothing": (PARQUET, lambda: b"PAR1" + bytes(200) + b"PAR1", "file.malformed"),
    "parquet bomb": (PARQUET, parquet_bomb, "file.memory"),
    "more than is allowed": (CSV, lambda: b"a\n" + b"1\n" * (9 << 20), "file.too_large"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_is_refused_with_a_code_and_without_a_value(case: str) -> None:
    spec, make, code = CASES[case]
    with pytest.raises(DeliveryError) as caught, parse_isolated(spec, io.BytesIO(make()), limits=SMALL) as parsed:
        for _ in parsed:
            pass
    assert caught.value.code == code
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("at", range(0, 300, 43))
def test_damaged_parquet_never_takes_the_parent_down(at: int) -> None:
    data = parquet_file()
    damaged = overwritten(data, len(data) - 8 - at % 300, b"\xff\x7f\xff\x01")
    with parse_isolated(PARQUET, io.BytesIO(damaged), limits=SMALL) as parsed:
        try:
            for batch in parsed:
                batch.validate(full=True)
        except DeliveryError as error:
            assert SECRET not in str(error)


def run_child(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_program", lambda root: [sys.executable, "-I", "-c", code])


ARROW = "import sys,os,pyarrow as pa; out=os.fdopen(1,'wb'); "
TRAITORS = {
    "aborts": ("import os; os.abort()", "file.reader_died"),
    "says nothing": ("pass", "file.reader_died"),
    "talks nonsense": (f"print('{SECRET}'*100)", "file.reader_"),
    "asks for a huge read": (
        "import sys; sys.stdout.buffer.write(b'\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f')",
        "file.reader_",
    ),
    "ends without saying so": (
        ARROW + "s=pa.schema([('__line__',pa.int64()),('a',pa.string()),('__fault__',pa.string())]);"
        "w=pa.ipc.new_stream(out,s);w.write_batch(pa.record_batch([pa.array([1]),['x'],[None]],schema=s));w.close();out.flush()",
        "file.reader_died",
    ),
    "sends other types": (
        ARROW + "s=pa.schema([('__line__',pa.int64()),('a',pa.list_(pa.string())),('__fault__',pa.string())]);"
        "w=pa.ipc.new_stream(out,s);w.write_batch(pa.RecordBatch.from_pylist([],schema=s));w.close();out.flush()",
        "file.reader_answer",
    ),
    "hides a value in a rule": (
        ARROW + "s=pa.schema([('__line__',pa.int64()),('a',pa.string()),('__fault__',pa.string())]);"
        f"w=pa.ipc.new_stream(out,s);w.write_batch(pa.record_batch([pa.array([1]),['x'],['{SECRET}']],schema=s));out.flush()",
        "file.reader_answer",
    ),
    "hides a value in a code": (
        ARROW
        + "w=pa.ipc.new_stream(out,pa.schema([]));w.write_batch(pa.RecordBatch.from_pylist([],schema=pa.schema([])),"
        f"custom_metadata={{b'fault':b'[\"{SECRET}\",null,[]]'}});out.flush()",
        "file.reader_answer",
    ),
    "claims other counts": (
        ARROW
        + "w=pa.ipc.new_stream(out,pa.schema([]));w.write_batch(pa.RecordBatch.from_pylist([],schema=pa.schema([])),"
        'custom_metadata={b\'end\':b\'{"rows":5,"dropped":{"blank":0,"footer":0,"total":0}}\'}); w.close(); out.flush()',
        "file.reader_answer",
    ),
}


@pytest.mark.parametrize("how", TRAITORS)
def test_a_child_that_was_taken_over_cannot_make_the_parent_believe_it(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, expected = TRAITORS[how]
    run_child(code, monkeypatch)
    with pytest.raises(DeliveryError) as caught, parse_isolated(CSV, io.BytesIO(b"a\n1\n"), limits=SMALL) as parsed:
        list(parsed)
    assert caught.value.code.startswith(expected)
    assert SECRET not in str(caught.value)


def test_a_child_that_hangs_is_killed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    run_child("import time; time.sleep(60)", monkeypatch)
    started = time.monotonic()
    limits = Limits(seconds=0.5)
    with (
        pytest.raises(DeliveryError, match=r"file\.time"),
        parse_isolated(CSV, io.BytesIO(b"a\n"), limits=limits) as parsed,
    ):
        list(parsed)
    assert time.monotonic() - started < 10


def test_an_error_of_the_file_s_own_stream_is_the_one_that_is_raised() -> None:
    class Tampered(io.RawIOBase):
        reads = 0

        def read(self, size: int = -1) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise IntegrityFailure("vault.digest", ("Changed.", "변경됨."), ("Stop.", "중지."))
            return b"a,b\n1,2\n"

    with pytest.raises(IntegrityFailure), parse_isolated(CSV, Tampered()) as parsed:  # type: ignore[arg-type]
        list(parsed)


def test_leaving_early_ends_the_child() -> None:
    data = b"a,b\n" + b"1,2\n" * 2_000_000
    with parse_isolated(CSV, io.BytesIO(data)) as parsed:
        next(parsed)
        child = parsed._child
    assert child.returncode is not None


def test_both_levels_of_isolation_read_the_same() -> None:
    for level in dict.fromkeys((isolation_level(), "rlimits")):
        with parse_isolated(CSV, io.BytesIO(b"a,b\n1,2\n"), level=level) as parsed:  # type: ignore[arg-type]
            assert [batch.num_rows for batch in parsed] == [1]
        assert parsed.level == level


PROBE = f"""
import os, socket, sys
found = []
for path in ("/etc/passwd", sys.argv[1], {os.fspath(Path(__file__).resolve())!r}, {os.fspath(Path.cwd() / "dags")!r}):
    if os.path.exists(path): found.append(path)
try:
    open("/zone/safezone/probe", "w"); found.append("writable")
except OSError: pass
try:
    open("/probe", "w"); found.append("writable root")
except OSError: pass
try:
    socket.create_connection(("127.0.0.1", 1), 1); found.append("network")
except ConnectionRefusedError: found.append("loopback of the host") if len(socket.if_nameindex()) > 1 else None
except OSError: pass
if set(os.environ) - {{"LC_ALL", "ARROW_DEFAULT_MEMORY_POOL", "MALLOC_ARENA_MAX", "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS", "PWD"}}: found.append("environment")
print(",".join(found))
"""


@pytest.mark.skipif(isolation_level() != "bubblewrap", reason="bubblewrap cannot run here")
def test_the_sandbox_shows_the_child_no_files_no_network_and_no_environment(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of another process")
    command = sandbox([sys.executable, "-I", "-c", PROBE, os.fspath(secret)])
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == ""


def test_what_a_file_seems_to_be_is_found_in_isolation_too() -> None:
    assert detect_isolated(io.BytesIO(workbook())).sheets == ("표",)
    with pytest.raises(DeliveryError, match=r"file.compressed"):
        detect_isolated(io.BytesIO(b"BZh91AY"))


def test_every_saying_is_in_both_languages() -> None:
    from safezone.sources.fault import SAYINGS, delivery_error

    for code in SAYINGS:
        error: Any = delivery_error(code, file="표.csv", position=3, names=["열"])
        assert "표.csv" in error.what.ko
        assert error.what.en.endswith(".")
        assert error.next_step.ko
