"""Prints how fast the zone is: the whole of ingest by step, and ratios against peers measured in the same run.

Usage: python scripts/bench.py [--rows N] [--only ingest|peers|log]

Absolute times depend on the machine and on what else it does; the ratios and shares are what to compare.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import io
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_audit
import bench_custody
import bench_detect
import bench_questions
import bench_tables
import bench_vault
import bench_verify
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from pseudonymize.transform.tokens import project_tokens, zone_tokens
from safezone.access.actions import Actor
from safezone.catalog import policies, reviews
from safezone.catalog.records import VersionRecord
from safezone.enrolment import account_key, enrol_sample_accounts
from safezone.model import Duty, Verdict
from safezone.pipeline.run import ingest
from safezone.sample.write import write_samples
from safezone.settings import Settings
from safezone.vault.parts import aad, new_data_key, parquet_writer, scan_format
from safezone.zone import Zone, initialise

DATASET = "traffic-accidents"
LIMIT_SECONDS, LIMIT_MB = 240, 1_536
console = Console(width=None if sys.stdout.isatty() else 140)


def main() -> None:
    """Run every bench."""
    parser = argparse.ArgumentParser(description="Prints how fast the zone is.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("ingest", "peers", "log"), default="")
    options = parser.parse_args()
    console.print(f"{os.cpu_count()} cores · {options.rows:,} rows of {DATASET}\n")
    if options.only in {"", "ingest"}:
        with tempfile.TemporaryDirectory() as folder:
            whole_ingest(Path(folder), options.rows)
    if options.only in {"", "peers"}:
        peers()
    if options.only in {"", "log"}:
        keys_and_log()


def whole_ingest(folder: Path, rows: int) -> None:
    """A CP949 CSV of `rows` rows, from the inbox to a candidate for publication, each step its own process."""
    settings = Settings(
        home=folder / "zone",
        passphrase_file=folder / "out" / "passphrase",
        witness_dir=folder / "out" / "witness",
        ledger_dir=folder / "out" / "destroyed",
    )
    zone = initialise(settings)
    people = enrol_sample_accounts(zone)
    policy = zone.policies[DATASET]
    for name in ("curator-1", "curator-2"):
        person = people[name]
        subject = reviews.policy_subject(policy.sha256)
        signature = reviews.sign(account_key(person.key), subject, Verdict.APPROVE, "")
        policies.approve(zone.catalog, person.account, policy, signature)
    console.print("writing the delivery ...")
    (made,) = write_samples(settings.inbox, rows=rows, seed=1, datasets=[DATASET])
    zone.close()
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_ingest, args=(settings, made.delivery, sending))
    peak = _Peak(process)
    process.start()
    peak.start()
    steps, result = receiving.recv()
    process.join()
    peak.stop()
    _report(steps, result, peak.megabytes, rows)


def _ingest(settings: Settings, delivery: str, sending: Any) -> None:
    started = time.perf_counter()
    steps: dict[str, float] = {}
    state = {"step": "start", "since": started}

    def on_step(step: str, _done: int, _total: int) -> None:
        now = time.perf_counter()
        steps[state["step"]] = steps.get(state["step"], 0.0) + now - state["since"]
        state.update(step=step, since=now)

    with Zone.open(settings, Duty.INGEST) as zone:
        account = zone.accounts.named("curator-1")
        if account is None:
            raise SystemExit("curator-1 was not enrolled")
        version = ingest(zone.ingest, Actor.account(account), DATASET, delivery, on_step)
        record = zone.catalog.get(VersionRecord, version)
        usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        result = record.evidence["rows"] | {"k": record.evidence["risk"]["k"], "own_peak": usage}
    sending.send((steps, result))


class _Peak(threading.Thread):
    """Watches the largest resident size of any single process of a family."""

    def __init__(self, process: Any) -> None:
        super().__init__(daemon=True)
        self._process, self._over = process, threading.Event()
        self.megabytes = 0

    def run(self) -> None:
        while not self._over.wait(0.1):
            for pid in _family(self._process.pid):
                self.megabytes = max(self.megabytes, _resident(pid))

    def stop(self) -> None:
        self._over.set()
        self.join()


def _family(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    family, waiting = [pid], [pid]
    while waiting:
        found = children.get(waiting.pop(), [])
        family += found
        waiting += found
    return family


def _resident(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return 0


def _report(steps: dict[str, float], result: dict[str, Any], peak: int, rows: int) -> None:
    total = sum(steps.values())
    table = Table(title=f"{rows:,} rows, CP949 CSV to candidate")
    for name in ("step", "seconds", "share"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for step, seconds in steps.items():
        table.add_row(step, f"{seconds:.1f}", f"{seconds / total:.0%}")
    table.add_section()
    table.add_row("all", f"{total:.1f}", f"{rows / total:,.0f} rows/s")
    console.print(table)
    peak = max(peak, result["own_peak"])
    console.print(f"rows {result}")
    verdict = "within" if total < LIMIT_SECONDS and peak < LIMIT_MB else "BEYOND"
    console.print(f"peak of any process {peak:,} MB; {verdict} {LIMIT_SECONDS} s and {LIMIT_MB:,} MB\n")


def peers() -> None:
    """Small pieces against the plainest way to do the same, in pairs, medians of five."""
    table = Table(title="against peers, same run, medians of 5")
    for name in ("what", "peer", "ours", "peer's", "ratio"):
        table.add_column(name, justify="left" if name in {"what", "peer"} else "right")
    for row in (*_tokens(), *_parquet(), *bench_detect.rows(), *bench_tables.rows()):
        table.add_row(*row)
    console.print(table)


def keys_and_log() -> None:
    """The vault with its events, the log, and what people wait for: rotation, verification, questions."""
    table = Table(title="vault, log and keys, same run")
    for name in ("what", "peer", "ours", "peer's", "ratio"):
        table.add_column(name, justify="left" if name in {"what", "peer"} else "right")
    for row in (*bench_vault.rows(), *bench_audit.rows()):
        table.add_row(*row)
    checked = bench_verify.verify_million()
    table.add_row(
        "an exported log of a million events checked",
        "target 15 s, 300 MB",
        f"{checked['seconds']:.1f} s",
        f"{checked['rss_mb']:.0f} MB",
        "",
    )
    for what, versions, parts in (
        ("one version of 10,000 parts", 1, 10_000),
        ("2,000 versions of five parts", 2_000, 5),
    ):
        seconds = bench_custody.rotation(versions * parts, versions)
        table.add_row(f"key rotated, {what}", "target 60 s", f"{seconds:.1f} s", "", "")
    for question, seconds in bench_questions.questions(1_000_000).items():
        table.add_row(f"question over a million events: {question}", "seconds", f"{seconds:.1f} s", "", "")
    console.print(table)


def _pairs(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float, float]:
    times = []
    for _ in range(5):
        pair = []
        for work in (ours, theirs):
            started = time.perf_counter()
            work()
            pair.append(time.perf_counter() - started)
        times.append(pair)
    ratio = statistics.median(theirs / ours for ours, theirs in times)
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times), ratio


def _tokens() -> list[tuple[str, ...]]:
    key = os.urandom(32)
    different = pa.array([f"{number:06}-{number % 10}{number:06}" for number in range(200_000)])
    repeated = different.take(pa.array([number % 5_000 for number in range(200_000)]))

    def loop(values: pa.Array) -> list[str]:
        return [hmac.new(key, value.encode(), hashlib.sha256).hexdigest() for value in values.to_pylist()]

    def zone(values: pa.Array) -> pa.Array:
        return zone_tokens(values, key, "rrn", 1, "digits")

    def both(values: pa.Array) -> pa.Array:
        return project_tokens(zone(values), key)

    rows = []
    kinds = (("all different", different), ("5,000 different", repeated))
    works = (("zone token", zone), ("zone and project token", both))
    for what, work, name, values in ((*work, *kind) for work in works for kind in kinds):
        ours, theirs, ratio = _pairs(
            lambda values=values, work=work: work(values),
            lambda values=values: loop(values),
        )
        rate = f"{len(values) / ours:,.0f}/s"
        rows.append(
            (
                f"{what}, {name}",
                "one hmac in a loop",
                rate,
                f"{len(values) / theirs:,.0f}/s",
                f"{ratio:.2f} x",
            )
        )
    return rows


def _parquet() -> list[tuple[str, ...]]:
    number = 500_000
    table = pa.table({"a": pa.array(range(number)), "b": pa.array([f"값{i % 1000}" for i in range(number)])})
    key, context = new_data_key(), aad("bench", "v", "part-00000")

    def ours_write() -> bytes:
        sink = io.BytesIO()
        with parquet_writer(sink, table.schema, key, context) as writer:
            writer.write_table(table, row_group_size=65_536)
        return sink.getvalue()

    def plain_write() -> bytes:
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd", compression_level=1, row_group_size=65_536)
        return sink.getvalue()

    sealed, plain = pa.py_buffer(ours_write()), pa.py_buffer(plain_write())

    def ours_read() -> pa.Table:
        form = scan_format(key, context)
        return form.make_fragment(pa.BufferReader(sealed)).to_table()

    def plain_read() -> pa.Table:
        return pa.dataset.ParquetFileFormat().make_fragment(pa.BufferReader(plain)).to_table()

    rows = []
    for name, ours, theirs in (("write", ours_write, plain_write), ("read", ours_read, plain_read)):
        mine, peer, ratio = _pairs(ours, theirs)
        rows.append(
            (
                f"encrypted part, {name}",
                "plain Parquet",
                f"{mine * 1000:.0f} ms",
                f"{peer * 1000:.0f} ms",
                f"time {1 / ratio:.2f} x",
            )
        )
    return rows


if __name__ == "__main__":
    main()
