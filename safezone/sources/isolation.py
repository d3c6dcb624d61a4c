"""Untrusted bytes are parsed in a child process that has nothing to give away and little to spend.

With bubblewrap the child has no network, no capabilities, no environment and sees only the interpreter, its
libraries and this package, read-only. Where bubblewrap cannot run, only the resource limits of `child.set_limits`
remain, and `isolation_level` says so. What comes back is checked as something a stranger wrote.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc

from safezone.policy.source import SourceSpec
from safezone.settings import Settings
from safezone.sources.child import END, FAULTED
from safezone.sources.detect import Detected
from safezone.sources.fault import Fault, delivery_error
from safezone.sources.shape import DROPPED, FAULT, LINE, NEW_KEY, NOT_JSON, RAGGED

Level = Literal["bubblewrap", "rlimits"]
PACKAGE = Path(__file__).resolve().parent.parent
CHUNK = 1 << 20
LARGEST_READ = 256 << 20
_ROW_RULES = pa.array([RAGGED, NOT_JSON, NEW_KEY])
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the other allocators reserve more addresses than the limit allows
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost.

    Attributes:
        memory: bytes the child may take beside the interpreter itself (address space).
        seconds: its processor time, and the time the parent waits for it.
        size: bytes of the file.
    """

    memory: int = 2 << 30
    seconds: float = 900
    size: int = 20 << 30

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits a zone's settings give."""
        return cls(settings.parse_memory_mb << 20, settings.parse_seconds, settings.max_delivery_bytes)


def _program(root: str) -> list[str]:
    start = f"import sys; sys.path.insert(0, {root!r}); from safezone.sources.child import main; main()"
    return [sys.executable, "-I", "-B", "-c", start]


def sandbox(program: list[str]) -> list[str]:
    """The command that runs `program` with nothing but what reading a file needs."""
    command = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--cap-drop", "ALL", "--clearenv"]
    command += ["--die-with-parent", "--new-session", "--dev", "/dev"]
    for name, value in _ENVIRONMENT.items():
        command += ["--setenv", name, value]
    command += ["--ro-bind", "/usr", "/usr"]
    for folder in ("/bin", "/lib", "/lib64", "/sbin"):
        if Path(folder).is_symlink():
            command += ["--symlink", str(Path(folder).readlink()), folder]
        elif Path(folder).is_dir():
            command += ["--ro-bind", folder, folder]
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        if not Path(prefix).is_relative_to("/usr"):
            command += ["--ro-bind", prefix, prefix]
    command += ["--ro-bind", str(PACKAGE), "/zone/safezone", "--remount-ro", "/", "--chdir", "/"]
    return [*command, "--", *program]


@functools.lru_cache(maxsize=1)
def isolation_level() -> Level:
    """How far parsing is isolated on this machine: tried once, by starting an empty sandbox."""
    if shutil.which("bwrap") is None:
        return "rlimits"
    trial = sandbox([sys.executable, "-I", "-B", "-c", "pass"])
    try:
        done = subprocess.run(trial, env={}, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "rlimits"
    return "bubblewrap" if done.returncode == 0 else "rlimits"


def start_child(level: Level) -> subprocess.Popen[bytes]:
    """Start the reader; its order and the file go to its standard input."""
    bubblewrap = level == "bubblewrap"
    command = sandbox(_program("/zone")) if bubblewrap else _program(str(PACKAGE.parent))
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={} if bubblewrap else dict(_ENVIRONMENT),
        cwd="/",
        pipesize=CHUNK,
    )


class _Feeder(threading.Thread):
    """Writes the order and the file to the child, and remembers what went wrong with the file's own stream."""

    def __init__(self, order: bytes, stream: BinaryIO, pipe: Any, size: int) -> None:
        super().__init__(name="delivery-feeder", daemon=True)
        self.order, self.stream, self.pipe, self.left = order, stream, pipe, size
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.pipe.write(len(self.order).to_bytes(4, "big") + self.order)
            while data := self.stream.read(CHUNK):
                self.left -= len(data)
                if self.left < 0:
                    raise delivery_error("file.too_large")
                self.pipe.write(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the child has ended, and the parent reads why
        except BaseException as error:  # noqa: BLE001  (raised again in the parent's thread)
            self.error = error
        finally:
            with contextlib.suppress(OSError, ValueError):
                self.pipe.close()


class _Answer(io.RawIOBase):
    """The child's output: no single read may ask for more than a batch can reasonably hold."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_READ:
            raise Fault("file.reader_answer")
        data: bytes = self._pipe.read(size)
        return data


class Parsed(Iterator[pa.RecordBatch]):
    """Batches of a file, as the isolated child reads it; also a context manager that ends the child.

    Attributes:
        rows: rows that came, good and bad.
        dropped: rows that were no data, by reason (blank, footer, total); filled at the end.
        level: how the child was isolated.
        ending: what the child said at the end.
    """

    def __init__(self, order: dict[str, Any], stream: BinaryIO, limits: Limits, level: Level) -> None:
        self.rows, self.dropped, self.level, self.ending = 0, dict[str, int](), level, b""
        order = order | {"memory": limits.memory, "seconds": max(1, int(limits.seconds))}
        # What a child that was taken over says of names is repeated only where the policy says it too.
        spec = order.get("spec", {})
        self._known = {*order.get("columns", ()), *spec.get("totals", ()), *spec.get("fill_down", ())}
        self._left, self._timed_out, self._counted = limits.seconds, False, "spec" in order
        self._child = start_child(level)
        self._feeder = _Feeder(json.dumps(order).encode(), stream, self._child.stdin, limits.size)
        self._feeder.start()
        self._batches = self._read()

    def __next__(self) -> pa.RecordBatch:
        return next(self._batches)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child, whether or not it has finished."""
        self._batches.close()
        self._end()

    def _end(self) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        self._feeder.join(timeout=5)
        if self._child.stdout is not None and not self._child.stdout.closed:
            self._child.stdout.close()

    def _expire(self) -> None:
        self._timed_out = True
        self._child.kill()

    def _waiting(self, call: Any) -> Any:
        """Call what waits for the child, within the time that is left."""
        timer = threading.Timer(max(self._left, 0.001), self._expire)
        timer.daemon = True
        started = time.monotonic()
        timer.start()
        try:
            return call()
        finally:
            timer.cancel()
            self._left -= time.monotonic() - started

    def _read(self) -> Generator[pa.RecordBatch, None, None]:
        ending: dict[bytes, bytes] = {}
        try:
            try:
                reader = self._waiting(lambda: pa.ipc.open_stream(_Answer(self._child.stdout)))
                while not ending:
                    message = self._waiting(reader.read_next_batch_with_custom_metadata)
                    batch = message.batch
                    ending = dict(message.custom_metadata or {})
                    if ending:
                        break
                    _check_batch(batch)
                    self.rows += batch.num_rows
                    yield batch
            except (StopIteration, pa.ArrowException, OSError, EOFError, ValueError, MemoryError):
                raise Fault("file.reader_died") from None
            self._finish(ending)
        except Fault as fault:
            self._end()
            self._explain(fault)
        finally:
            self._end()

    def _finish(self, ending: dict[bytes, bytes]) -> None:
        """Believe the answer only if it is whole, the child ended well and the file's own stream did too."""
        if FAULTED in ending:
            raise _read_fault(ending[FAULTED])
        self._waiting(self._child.wait)
        self._feeder.join(timeout=5)
        if self._child.returncode != 0 or self._feeder.error is not None or self._feeder.is_alive():
            raise Fault("file.reader_died")
        self.ending = ending.get(END, b"")
        if self._counted:
            rows, self.dropped = _read_counts(self.ending)
            if rows != self.rows:
                raise Fault("file.reader_answer")

    def _explain(self, fault: Fault) -> None:
        if self._feeder.error is not None:
            raise self._feeder.error from None
        if fault.code == "file.reader_died" and (
            self._timed_out or self._child.returncode in {-signal.SIGXCPU, 128 + signal.SIGXCPU}
        ):
            raise delivery_error("file.time") from None
        names = [name for name in fault.names if name in self._known or re.fullmatch(r"#\d{1,5}", name)]
        raise delivery_error(fault.code, position=fault.position, names=names) from None


def _check_batch(batch: pa.RecordBatch) -> None:
    """Refuse anything but line numbers, text and known rule codes."""
    fields = list(batch.schema)
    sound = (
        len(fields) >= 3
        and (fields[0].name, fields[0].type) == (LINE, pa.int64())
        and fields[-1].name == FAULT
        and all(field.type == pa.string() for field in fields[1:])
        and len(set(batch.schema.names)) == len(fields)
    )
    if not sound:
        raise Fault("file.reader_answer")
    try:
        batch.validate(full=True)
    except pa.ArrowException:
        raise Fault("file.reader_answer") from None
    rules = batch.column(len(fields) - 1).drop_null()
    if batch.column(0).null_count or (len(rules) and not pc.all(pc.is_in(rules, value_set=_ROW_RULES)).as_py()):
        raise Fault("file.reader_answer")


def _read_fault(data: bytes) -> Fault:
    try:
        code, position, names = json.loads(data)
        return Fault(str(code), None if position is None else int(position), [str(name) for name in names])
    except (ValueError, TypeError):
        return Fault("file.reader_answer")


def _read_counts(data: bytes) -> tuple[int, dict[str, int]]:
    try:
        counts = json.loads(data)
        return int(counts["rows"]), {reason: int(counts["dropped"][reason]) for reason in DROPPED}
    except (KeyError, ValueError, TypeError):
        raise Fault("file.reader_answer") from None


def parse_isolated(
    spec: SourceSpec,
    stream: BinaryIO,
    *,
    limits: Limits | None = None,
    columns: Sequence[str] = (),
    level: Level | None = None,
) -> Parsed:
    """Parse an untrusted file in a child process.

    Args:
        spec: the declared shape of the file.
        stream: its plaintext bytes; read in a thread of this process.
        limits: what it may cost; None takes the defaults of `Limits`.
        columns: names the policy expects (JSON records may leave some out).
        level: how to isolate; None takes `isolation_level`.

    Returns:
        Batches of ``__line__`` (int64), text columns and ``__fault__``; see `safezone.sources.shape`.

    Raises:
        DeliveryError: while iterating, when the file cannot be read; it carries a code and a position only.
    """
    order = {"spec": spec.model_dump(mode="json"), "columns": list(columns)}
    return Parsed(order, stream, limits or Limits(), level or isolation_level())


def detect_isolated(stream: BinaryIO, *, limits: Limits | None = None) -> Detected:
    """What an untrusted file seems to be, looked at in a child process (`safezone.sources.detect`).

    Raises:
        DeliveryError: the file is empty, compressed, protected, or of a kind the zone does not read.
    """
    with Parsed({}, stream, limits or Limits(), isolation_level()) as parsed:
        for _ in parsed:
            raise delivery_error("file.reader_answer")
        try:
            return Detected.from_json(parsed.ending)
        except (KeyError, ValueError, TypeError):
            raise delivery_error("file.reader_answer") from None
