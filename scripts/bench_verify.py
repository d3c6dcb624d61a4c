"""How fast an exported log is checked, and in how much memory.

Usage: python scripts/bench_verify.py [EVENTS]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.audit.bundle import BundleWriter, successive
from safezone.audit.checkpoint import cosign, sign_text
from safezone.audit.event import leaf_text
from safezone.audit.merkle import consistency_proof
from safezone_verify import bundle as files
from safezone_verify.merkle import Frontier, leaf_hash
from safezone_verify.notes import COSIGNED, Checkpoint, NoteKey

ORIGIN = "safezone/bench"
CHECKPOINTS = 1000
# What the subprocess runs: the program as it is, then its own peak memory (kB) on the last line. Not `ru_maxrss`, which
# a process inherits from the one that started it.
_PROGRAM = (
    "import re, sys; from safezone_verify.__main__ import main; code = main();"
    "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1], file=sys.stderr); sys.exit(code)"
)


def leaves(events: int) -> Iterator[str]:
    """Synthetic leaves of the usual length."""
    for seq in range(events):
        yield leaf_text(
            seq=seq,
            time=f"2026-11-{1 + seq % 28:02}T09:{seq // 60 % 60:02}:{seq % 60:02}Z",
            type_="vault.read",
            account=f"acc-{seq % 97:08x}",
            object_=f"version/V-{seq % 1009:026}",
            purpose=f"REQ-{seq % 211:016}",
            policy=f"{seq % 7:064x}",
            details=f"{seq:064x}",
        )


def make_bundle(folder: Path, events: int) -> list[str]:
    """Write a bundle of so many events and a thousand witnessed checkpoints; return the arguments to check it with."""
    log, witness = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    keys = [
        NoteKey(ORIGIN, log.public_key().public_bytes_raw()),
        NoteKey("witness/bench", witness.public_key().public_bytes_raw(), COSIGNED),
    ]
    writer, tree, nodes, notes = BundleWriter(folder), Frontier(), dict[tuple[int, int], bytes](), list[str]()
    every = max(1, events // CHECKPOINTS)

    def grown() -> Iterator[str]:
        for leaf in leaves(events):
            for level, index, value in tree.append(leaf_hash(leaf.encode())):
                nodes[level, index] = value
            if tree.size % every == 0:
                text = Checkpoint(ORIGIN, tree.size, tree.root()).text()
                notes.append(cosign(sign_text(text, keys[0], log.sign), keys[1], 1_800_000_000, witness.sign))
            yield leaf

    writer.keys(keys)
    writer.lines(files.LEAVES, grown())
    writer.hashes(nodes[0, index] for index in range(events))
    writer.objects(files.CHECKPOINTS, ({"note": note} for note in notes))
    sizes = range(every, events + 1, every)
    writer.objects(
        files.PROOFS,
        (
            {"first": first, "second": second, "hashes": [
                value.hex() for value in consistency_proof(lambda *place: nodes[place], first, second)
            ]}
            for first, second in successive(sizes)
        ),
    )  # fmt: skip
    writer.finish(files.LOG, origin=ORIGIN, size=events, root=tree.root().hex(), made="2026-11-30T00:00:00Z")
    return ["--key", keys[0].to_text(), "--witness", keys[1].to_text()]


def verify_million(events: int = 1_000_000) -> dict[str, Any]:
    """Check a synthetic bundle with the program in a process of its own.

    Returns:
        ``events``, ``bytes`` of leaves, ``seconds`` (wall, start-up included), ``cpu_seconds``, ``rss_mb`` (peak) and
        ``checkpoints``.
    """
    with tempfile.TemporaryDirectory(prefix="safezone-bench-") as temporary:
        folder = Path(temporary) / "bundle"
        arguments = make_bundle(folder, events)
        before, started = os.times(), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(folder), "--json", *arguments],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent.parent,
        )
        seconds, after = time.perf_counter() - started, os.times()
        found = json.loads(done.stdout)
        if not found["ok"] or found["size"] != events or not found["witnessed"]:
            raise SystemExit("the bundle does not verify")
        used = after.children_user + after.children_system - before.children_user - before.children_system
        return {
            "events": events,
            "bytes": (folder / files.LEAVES).stat().st_size,
            "seconds": round(seconds, 2),
            "cpu_seconds": round(used, 2),
            "rss_mb": round(int(done.stderr.strip().splitlines()[-1]) / 1024, 1),
            "checkpoints": found["checkpoints"],
        }


if __name__ == "__main__":
    print(json.dumps(verify_million(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)))
