"""How long the rotation of a key takes on the keystore: one version of many parts, and many versions of one part.

Usage: python scripts/bench_custody.py [--parts N]

The parts themselves are not made: a rotation opens key tables and manifests alone. What is timed is
`safezone.custody.rotation.rotate` as the command runs it, with its events and its writes to the disk.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from pathlib import Path

from safezone.access.actions import Actor
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog.accounts import enrol
from safezone.catalog.records import DeliveryRecord, PolicyRecord, VersionRecord
from safezone.custody.rotation import rotate
from safezone.model import Manifest, PartRef, Role, Stage, VersionState, now
from safezone.settings import Settings
from safezone.vault.documents import sign_document
from safezone.vault.parts import committed_contexts, key_name, key_table, new_data_key
from safezone.zone import Zone, initialise

DATASET, DELIVERY = "bench", "DLV-bench"
LIMIT_SECONDS, PARTS = 60, 10_000


def main() -> None:
    """Measure both shapes and print them."""
    parser = argparse.ArgumentParser(description="How long the rotation of a key takes on the keystore.")
    parser.add_argument("--parts", type=int, default=PARTS)
    parts = parser.parse_args().parts
    print(f"one version of {parts:,} parts: {rotation(parts):.1f} s (at most {LIMIT_SECONDS} s for {PARTS:,})")
    print(f"{parts:,} versions of one part: {rotation(parts, versions=parts):.1f} s (at most {LIMIT_SECONDS} s)")


def rotation(parts: int, versions: int = 1) -> float:
    """Seconds to rotate a key with so many parts under it, on a fresh zone with the keystore.

    Args:
        parts: parts in all.
        versions: how many versions they are spread over, evenly.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        zone = initialise(
            Settings(
                home=place / "zone",
                passphrase_file=place / "out" / "passphrase",
                witness_dir=place / "out" / "witness",
                ledger_dir=place / "out" / "destroyed",
            )
        )
        with zone:
            made = enrol(zone.catalog, zone.keys, "bench", (Role.ADMINISTRATOR,), None, "zone")
            _fill(zone, versions, parts // versions)
            started = time.perf_counter()
            done = rotate(zone, Actor.account(made.account), key_name(DATASET, Stage.RAW, DELIVERY))
            seconds = time.perf_counter() - started
            if done.rewrapped != parts // versions * versions:
                raise SystemExit(f"only {done.rewrapped} of {parts} keys were closed anew")
            return seconds


def _fill(zone: Zone, versions: int, parts: int) -> None:
    """Versions with signed manifests and key tables, as `Vault.seal_version` writes them, without their parts."""
    kek, moment = key_name(DATASET, Stage.RAW, DELIVERY), now()
    zone.keys.ensure(kek)
    event = AuditEvent(EventType.VERSION_COMMITTED, "bench", "version/bench")
    with zone.catalog.write(event) as connection:
        zone.catalog.add(connection, PolicyRecord("0" * 64, DATASET, {}, "bench", moment))
        zone.catalog.add(
            connection,
            DeliveryRecord(
                DELIVERY, DATASET, "mpva", VersionState.RECEIVED, None, "0" * 64, {}, [], "bench", moment
            ),
        )
        for number in range(versions):
            manifest = _manifest(number, parts)
            context = committed_contexts(manifest)
            keys = {part.name: zone.keys.wrap(kek, new_data_key(), context(part.name)) for part in manifest.parts}
            base = zone.settings.lake / "lake" / DATASET / "raw" / manifest.version
            base.mkdir(parents=True)
            (base / "a.keys.json").write_bytes(key_table(manifest, keys))
            (base / "a.manifest.json").write_bytes(sign_document(zone.keys, "manifest", manifest.to_json()))
            zone.catalog.add(connection, _row(manifest))


def _manifest(number: int, parts: int) -> Manifest:
    version = f"v-{number:024x}"
    refs = tuple(
        PartRef(
            f"part-{part:05}",
            f"lake/{DATASET}/raw/{version}/part-{part:05}.{part:012x}.parquet",
            hashlib.sha256(f"{number}/{part}".encode()).hexdigest(),
            250_000,
            128_000_000,
        )
        for part in range(parts)
    )
    columns = tuple((f"column_{each}", "string") for each in range(20))
    return Manifest(
        version=version,
        dataset=DATASET,
        controller="mpva",
        stage=Stage.RAW.value,
        delivery=DELIVERY,
        inputs=("0" * 64,),
        policy="0" * 64,
        transform="0" * 64,
        model="0" * 64,
        token_key_version=1,
        code="bench",
        columns=columns,
        rows=250_000 * parts,
        parts=refs,
    )


def _row(manifest: Manifest) -> VersionRecord:
    return VersionRecord(
        id=manifest.version,
        dataset=DATASET,
        controller="mpva",
        stage=Stage.RAW,
        state=VersionState.ASSESSED,
        delivery=DELIVERY,
        parent=None,
        policy="0" * 64,
        manifest_uri=f"lake/{DATASET}/raw/{manifest.version}/a.manifest.json",
        manifest_digest=manifest.sha256,
        rows=manifest.rows,
        made_by="bench",
        evidence={},
        created=now(),
    )


if __name__ == "__main__":
    main()
