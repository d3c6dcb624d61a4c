"""How fast the log is: events with the change they describe, sequencing, proofs; on SQLite and on PostgreSQL.

Usage: python scripts/bench_audit.py [--quick]

Each measured thing stands beside its peer in the same run: the same transaction without its event, the bare insert
of an event through the driver. Both databases write durably (SQLite ``synchronous=FULL``, PostgreSQL ``fsync=on``).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import pwd
import secrets
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import update
from sqlalchemy.engine import make_url

from safezone.audit.engine import open_engine, write
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.log import Sequencer, stage_all
from safezone.audit.tree import StoredTree
from safezone.catalog import jobs, migrate
from safezone.catalog.records import JobRecord
from safezone.catalog.store import Catalog
from safezone.catalog.tables import job as job_table
from safezone.model import JobKind

PROCESSES = 4
_INSERT = (
    "INSERT INTO audit_event (uid, time, type, account, object, purpose, policy, details_digest) "
    "VALUES ({0}, {0}, {0}, {0}, {0}, {0}, {0}, {0})"
)


@contextmanager
def postgres() -> Iterator[str | None]:
    """A durable PostgreSQL of our own, or None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if not found:
        yield None
        return
    programs, folder = found[-1].parent, Path(tempfile.mkdtemp(prefix="safezone-bench-"))
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
        shutil.chown(folder, user)
        who = {"user": user, "extra_groups": []}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*command: str) -> None:
        subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)

    data = str(folder / "data")
    try:
        run(str(programs / "initdb"), "-D", data, "-U", "bench", "--auth=trust", "-N", "-E", "UTF8", "--locale=C")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c shared_buffers=128MB"
        run(str(programs / "pg_ctl"), "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
        try:
            yield f"postgresql://bench@127.0.0.1:{port}/postgres"
        finally:
            run(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _changes(url: str, job: str, number: int, *, with_event: bool) -> None:
    """A lease renewed over and over: a row locked, read and changed, as every step of the zone does."""
    catalog = Catalog(open_engine(url))
    for turn in range(number):
        record = catalog.get(JobRecord, job)
        event = jobs.event("release", record)
        change = update(job_table).where(job_table.c.id == job).values(attempts=turn, reason="")
        if with_event:
            with catalog.write(event) as connection:
                connection.execute(change)
        else:
            with write(catalog.engine) as connection:
                connection.execute(change)


def _bare(url: str, _job: str, number: int) -> None:
    """One row of the event table in a transaction, through the driver alone."""
    row = ("2026-11-21T00:00:00Z", "job.state", "release", "job/job-1", "REQ-1", "", "0" * 64)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        connection: Any = sqlite3.connect(str(parsed.database), isolation_level=None, timeout=60)
        connection.execute("PRAGMA synchronous=FULL")
        for _ in range(number):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_INSERT.format("?"), (secrets.token_hex(16), *row))
            connection.execute("COMMIT")
        return
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(number):
            connection.execute(_INSERT.format("%s"), (secrets.token_hex(16), *row))


def _together(work: Callable[..., None], url: str, names: list[str], number: int, **options: Any) -> float:
    """Transactions a second of four processes that begin at once."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(names) + 1)
    workers = [context.Process(target=_waiting, args=(barrier, work, url, name, number, options)) for name in names]
    for worker in workers:
        worker.start()
    barrier.wait()
    started = time.perf_counter()
    barrier.wait()
    seconds = time.perf_counter() - started
    for worker in workers:
        worker.join()
        if worker.exitcode:
            raise SystemExit("a writer failed")
    return len(names) * number / seconds


def _waiting(barrier: Any, work: Callable[..., None], url: str, name: str, number: int, options: Any) -> None:
    work(url, name, 20, **options)  # warm: connections, compiled statements
    barrier.wait()
    work(url, name, number, **options)
    barrier.wait()


def _prepared(url: str) -> list[str]:
    engine = open_engine(url)
    migrate.upgrade(engine)
    catalog, made = Catalog(engine), []
    for number in range(PROCESSES):
        record = jobs.new(JobKind.CHECK, f"REQ-{number}", 1, "acc-1")
        with catalog.write(jobs.event("acc-1", record)) as connection:
            catalog.add(connection, record)
        made.append(record.id)
    engine.dispose()
    return made


def changes(name: str, url: str, number: int) -> list[tuple[str, ...]]:
    """Events with their state change against the change alone, and the bare event."""
    names = _prepared(url)
    pairs = []
    for turn in range(5):
        order = (True, False) if turn % 2 else (False, True)
        pairs.append({kind: _together(_changes, url, names, number, with_event=kind) for kind in order})
    ours, theirs = (statistics.median(pair[kind] for pair in pairs) for kind in (True, False))
    ratio = statistics.median(pair[True] / pair[False] for pair in pairs)
    bare = _together(_bare, url, names, number)
    return [
        (
            f"event with its change, 4 processes, {name}",
            "the change alone",
            f"{ours:,.0f}/s",
            f"{theirs:,.0f}/s",
            f"{ratio:.2f} x",
        ),
        (
            f"the same, {name}",
            "bare insert of the event",
            f"{ours:,.0f}/s",
            f"{bare:,.0f}/s",
            f"{ours / bare:.2f} x",
        ),
    ]


def staged(url: str, number: int) -> None:
    """Stage that many events, as writers leave them."""
    engine = open_engine(url)
    for start in range(0, number, 5_000):
        events = [
            AuditEvent(
                EventType.VAULT_READ,
                f"acc-{i % 97:04}",
                f"version/v-{i % 1009}",
                f"REQ-{i % 53}",
                "0" * 64,
                {"rows": i},
            )
            for i in range(start, min(start + 5_000, number))
        ]
        with write(engine) as connection:
            stage_all(connection, events)
    engine.dispose()


def sequencing(name: str, url: str, number: int) -> list[tuple[str, ...]]:
    """Events given their place in the tree; the target is the peer."""
    staged(url, number)
    engine = open_engine(url)
    started = time.perf_counter()
    done = Sequencer(engine).sequence()
    rate = done / (time.perf_counter() - started)
    engine.dispose()
    return [(f"sequenced into the tree, {name}", "target", f"{rate:,.0f}/s", "25,000/s", f"{rate / 25_000:.2f} x")]


def proofs(name: str, url: str, times: int = 2_000) -> list[tuple[str, ...]]:
    """An inclusion proof made from the stored tree and checked."""
    from safezone.audit.engine import read
    from safezone.audit.tables import audit_leaf
    from safezone_verify.merkle import leaf_hash, verify_inclusion

    engine = open_engine(url)
    with read(engine) as connection:
        tree = StoredTree(connection)
        size = tree.size()
        root = tree.root(size)
        places = [secrets.randbelow(size) for _ in range(times)]
        making, checking, longest = [], [], 0
        for place in places:
            started = time.perf_counter()
            hashes = tree.inclusion(place, size)
            making.append(time.perf_counter() - started)
            leaf = connection.execute(audit_leaf.select().where(audit_leaf.c.seq == place)).one().leaf
            value = leaf_hash(leaf.encode())
            started = time.perf_counter()
            good = verify_inclusion(value, place, size, hashes, root)
            checking.append(time.perf_counter() - started)
            longest = max(longest, len(hashes))
            if not good:
                raise SystemExit("a proof does not hold")
    engine.dispose()
    made, checked = statistics.median(making) * 1000, statistics.median(checking) * 1000
    return [
        (
            f"proof at {size:,} events made, {name}",
            "target 1 ms",
            f"{made:.2f} ms",
            f"at most {longest} hashes",
            "",
        ),
        (f"proof at {size:,} events checked, {name}", "target 0.1 ms", f"{checked:.3f} ms", "", ""),
    ]


def rows(quick: bool = False) -> Iterator[tuple[str, ...]]:
    """All lines for both databases."""
    number, many, million = (200, 20_000, 100_000) if quick else (1_000, 100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        urls = [("SQLite", lambda part: f"sqlite:///{folder}/{part}.db")]
        if server is not None:
            urls.append(("PostgreSQL", lambda part: _database(server, part)))
        for name, url in urls:
            yield from changes(name, url("changes"), number)
            target = url("tree")
            _prepared(target)
            yield from sequencing(name, target, many)
            if name == "SQLite":
                staged(target, million - many)
                Sequencer(open_engine(target)).sequence()
            yield from proofs(name, target)


def _database(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.rpartition("/")[0] + f"/{name}"


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description="Benches the log.")
    parser.add_argument("--quick", action="store_true")
    for row in rows(parser.parse_args().quick):
        print(" | ".join(row), flush=True)


if __name__ == "__main__":
    main()
