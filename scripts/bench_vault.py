"""What encryption costs: parts through the vault, with digests and audit events, against plain Parquet on the same disk.

Usage: python scripts/bench_vault.py [--rows N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from safezone.access.actions import Action, Actor, dataset_resource
from safezone.catalog import policies, reviews
from safezone.catalog.records import VersionRecord
from safezone.enrolment import account_key, enrol_sample_accounts
from safezone.model import Duty, Stage, Verdict
from safezone.pipeline.run import ingest
from safezone.sample.write import write_samples
from safezone.settings import Settings
from safezone.vault.parts import ROW_GROUP
from safezone.zone import Zone, initialise

DATASET = "traffic-accidents"


def rows(number: int = 300_000, times: int = 9) -> list[tuple[str, ...]]:
    """Write and read, each against plain Parquet with the same row groups and compression, synced to disk alike."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            home=Path(folder) / "zone",
            passphrase_file=Path(folder) / "out" / "passphrase",
            witness_dir=Path(folder) / "out" / "witness",
            ledger_dir=Path(folder) / "out" / "destroyed",
        )
        zone = initialise(settings)
        people = enrol_sample_accounts(zone)
        policy = zone.policies[DATASET]
        for name in ("curator-1", "curator-2"):
            person = people[name]
            signature = reviews.sign(
                account_key(person.key), reviews.policy_subject(policy.sha256), Verdict.APPROVE, ""
            )
            policies.approve(zone.catalog, person.account, policy, signature)
        (made,) = write_samples(settings.inbox, rows=number, seed=1, datasets=[DATASET])
        zone.close()
        with Zone.open(settings, Duty.INGEST) as working:
            account = working.accounts.named("curator-1")
            if account is None:
                raise SystemExit("curator-1 was not enrolled")
            actor = Actor.account(account)
            ingest(working.ingest, actor, DATASET, made.delivery)
            return _measure(working, actor, made.delivery, Path(folder) / "plain.parquet", times)


def _measure(zone: Zone, actor: Actor, delivery: str, plain: Path, times: int) -> list[tuple[str, ...]]:
    version = next(item for item in zone.catalog.list(VersionRecord) if item.stage is Stage.DEIDENTIFIED)
    grant = zone.authorizer.authorize(
        actor, Action.DELIVERY_INGEST, dataset_resource(version.dataset, version.controller)
    )
    with zone.vault.open_version(grant, version) as data:
        table = data.to_table()
    batches = table.to_batches(max_chunksize=ROW_GROUP)

    def ours_write() -> None:
        zone.vault.write_part(
            grant,
            Stage.DEIDENTIFIED,
            dataset=version.dataset,
            delivery=delivery,
            version=version.id,
            name="part-99999",
            schema=table.schema,
            batches=batches,
        )

    def plain_write() -> None:
        with (
            plain.open("wb") as file,
            pq.ParquetWriter(file, table.schema, compression="zstd", compression_level=1) as writer,
        ):
            for batch in batches:
                writer.write_table(pa.Table.from_batches([batch]), row_group_size=ROW_GROUP)
            writer.close()
            file.flush()
            os.fsync(file.fileno())

    def ours_read() -> None:
        with zone.vault.open_version(grant, version) as data:
            data.to_table()

    def plain_read() -> None:
        ds.dataset(plain).to_table()

    return [
        _row(f"{what}, {table.num_rows:,} rows through the vault with its events", ours, theirs, times)
        for what, ours, theirs in (("write", ours_write, plain_write), ("read", ours_read, plain_read))
    ]


def _row(what: str, ours: Callable[[], None], theirs: Callable[[], None], times: int) -> tuple[str, ...]:
    pairs = []
    for turn in range(times + 1):
        order = (ours, theirs) if turn % 2 else (theirs, ours)
        took = {}
        for work in order:
            started = time.perf_counter()
            work()
            took[work] = time.perf_counter() - started
        pairs.append((took[ours], took[theirs]))
    pairs = pairs[1:]  # the first warms caches and connections
    mine, peer = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(one / other for one, other in pairs)
    return (what, "plain Parquet", f"{mine * 1000:.0f} ms", f"{peer * 1000:.0f} ms", f"time {ratio:.2f} x")


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description="Benches the vault against plain Parquet.")
    parser.add_argument("--rows", type=int, default=300_000)
    for row in rows(parser.parse_args().rows):
        print(" | ".join(row))


if __name__ == "__main__":
    main()
