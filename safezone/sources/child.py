"""The process that reads untrusted bytes: no keys, no network, no files, little memory, little time.

It imports as little as it can. What it is to do comes through its standard input (a length, JSON, then the
file); what it found leaves through standard output as one Arrow IPC stream. The stream's last batch is empty, and
its metadata says how it ended: ``end`` with counts, or ``fault`` with a code and a position. Without it, the
answer is not whole.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from types import SimpleNamespace
from typing import Any, BinaryIO

END, FAULTED = b"end", b"fault"
HEAD = 8192
INTERPRETER = 384 << 20
"""Address space the interpreter and Arrow take before they have read anything (300 MB measured)."""


def set_limits(memory: int, seconds: int) -> None:
    """Bound this process: memory beside its own, processor time, open files; nothing written, no core dumped."""
    for what, value in (
        (resource.RLIMIT_AS, memory + INTERPRETER),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


class WithoutPandas:
    """An import finder that says pandas is not installed.

    PyArrow imports it, when it is there, to make an array of a list: most of the child's start, for nothing.
    """

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Refuse pandas; leave every other module to the finders after this one."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def read_order(stream: BinaryIO) -> dict[str, Any]:
    """The parent's order: spec, expected columns and limits."""
    size = int.from_bytes(stream.read(4), "big")
    order: dict[str, Any] = json.loads(stream.read(size))
    return order


def spec_of(order: dict[str, Any]) -> Any:
    """The `SourceSpec` as plain attributes: the parent has validated it, and pydantic would double the start."""
    spec = order["spec"]
    return SimpleNamespace(**spec | {"header": SimpleNamespace(**spec["header"])})


def parse(stream: BinaryIO, order: dict[str, Any], write: Any) -> dict[str, int]:
    """Parse the file and hand its batches to `write`; return the rows left out as no data, by reason."""
    from safezone.sources.adapters import Headed, check_kind, open_source

    spec = spec_of(order)
    headed: Any = Headed(stream, HEAD)
    check_kind(headed.head, spec.format)
    source = open_source(spec, order["columns"])
    for batch in source.batches(headed):
        write(batch)
    return source.shaper.dropped if source.shaper else {}


def look(stream: BinaryIO) -> str:
    """What the file seems to be, as JSON."""
    from safezone.sources.detect import detect

    return detect(stream).to_json()


def answer(stream: BinaryIO, out: BinaryIO, order: dict[str, Any]) -> None:
    """Read the file from `stream` and write the answer to `out`."""
    import pyarrow as pa

    from safezone.sources.fault import Fault

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    writers: list[Any] = []
    schema, rows = pa.schema([]), 0

    def write(batch: pa.RecordBatch) -> None:
        nonlocal schema, rows
        if not writers:
            schema = batch.schema
            writers.append(pa.ipc.new_stream(out, schema))
        writers[0].write_batch(batch)
        rows += batch.num_rows

    try:
        if "spec" in order:
            dropped = parse(stream, order, write)
            ending = {END: json.dumps({"rows": rows, "dropped": dropped}).encode()}
        else:
            ending = {END: look(stream).encode()}
    except Fault as fault:
        ending = {FAULTED: json.dumps([fault.code, fault.position, fault.names]).encode()}
    except MemoryError:
        ending = {FAULTED: b'["file.memory", null, []]'}
    except BrokenPipeError:
        return
    except Exception:  # noqa: BLE001  (whatever a library says stays here)
        ending = {FAULTED: b'["file.malformed", null, []]'}
    writer = writers[0] if writers else pa.ipc.new_stream(out, schema)
    writer.write_batch(pa.RecordBatch.from_pylist([], schema=schema), custom_metadata=ending)
    writer.close()
    out.flush()


def main() -> None:
    """Entry point of the child process."""
    out = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)  # nothing a library prints may get into the answer, or out at all
    os.dup2(silent, 2)
    sys.meta_path.insert(0, WithoutPandas())
    order = read_order(sys.stdin.buffer)
    set_limits(order["memory"], order["seconds"])
    answer(sys.stdin.buffer, out, order)
    os._exit(0)  # the answer is whole; the interpreter's farewell would only take time
