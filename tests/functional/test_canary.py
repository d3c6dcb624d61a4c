"""The canary test: identifiers planted in every sample are in no byte that a whole run leaves outside the vault.

The run is the demo's: six deliveries through a real Airflow, reviews, a request, a package opened by its developer,
a key rotated, a backup, the log and its bundle. Searched is everything it left: Airflow's database and logs, Data
Docs, catalog, audit log, keys, packages as they were unpacked, what was printed. Left out is only what was never
inside: the deliveries as the agencies wrote them. Encrypted parts are searched too, and the backup as its key opens it.

The zone's secrets are searched for as well, each anywhere but in the file that is its own.
`tests/integration/test_canary_keys_and_log.py` does the same with the commands the demo does not run.
"""

from __future__ import annotations

import re
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa
import pytest

from safezone.access.actions import Actor
from safezone.backup import archive
from safezone.catalog.records import VersionRecord
from safezone.custody import rotation
from safezone.keys import identity
from safezone.local.demo import SEED
from safezone.local.journey import PURPOSE
from safezone.model import Duty, Stage
from safezone.sample.canaries import canaries
from safezone.settings import Settings
from safezone.zone import Zone
from tests.fixtures.leaks import Leak, Searcher
from tests.fixtures.watch import watched

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def search(demo_zone):
    return Searcher(canaries(SEED, demo_zone.canaries).needles)


def inbox(demo_zone):
    """Where the agencies' own files lie until housekeeping removes them: outside the zone's promise."""
    return [demo_zone.home / "deliveries"]


@pytest.fixture(scope="module")
def copied(demo_zone, tmp_path_factory) -> Settings:
    """A copy of the zone that tests may act on, with its own witness and ledger."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(demo_zone.home, folder / "zone", ignore=shutil.ignore_patterns("airflow", "demo"))
    return Settings(
        home=folder / "zone",
        passphrase_file=demo_zone.person / ".config" / "safezone" / "passphrase",
        witness_dir=folder / "witness",
        ledger_dir=folder / "destroyed",
    )


def found(demo_zone, needles: list[str | bytes]) -> list[Leak]:
    """Leaks in what the run left and printed; the paths from the folder that holds zone and person."""
    search = Searcher(needles)
    leaks, _ = search.tree([demo_zone.home, demo_zone.person], without=inbox(demo_zone))
    leaks += search.bytes(demo_zone.stdout.encode(), "printed")
    home, person = f"{demo_zone.home}/", f"{demo_zone.person}/"
    return [
        Leak(leak.needle, leak.dress, leak.path.replace(home, "zone/").replace(person, "person/")) for leak in leaks
    ]


def astray(leaks: list[Leak], *belongs: str) -> list[Leak]:
    return [leak for leak in leaks if not any(fnmatchcase(leak.path, place) for place in belongs)]


def test_the_canaries_really_came_into_the_vault(demo_zone, search, copied):
    """Otherwise nothing would be proven by not finding them. Opened with a grant, in a copy of the zone."""
    assert demo_zone.made
    seen: dict[str, set[int]] = {}
    with Zone.open(copied, Duty.INGEST) as zone:
        actor = Actor.account(zone.accounts.named("curator-1"))
        for version in zone.catalog.list(VersionRecord, stage=Stage.RAW):
            _, grant = zone.ingest.begin(actor, version.dataset, f"version/{version.id}")
            with zone.vault.open_version(grant, version) as rows:
                text = "\n".join(map(repr, rows.to_table().to_pylist()))
            seen[version.dataset] = {leak.needle for leak in search.bytes(text.encode(), version.dataset)}
    assert len(seen) == 6
    assert all(len(needles) >= demo_zone.canaries for needles in seen.values())


def test_no_planted_identifier_is_in_any_byte_the_run_left_behind(demo_zone, search):
    assert demo_zone.made
    leaks, count = search.tree([demo_zone.home, demo_zone.person], without=inbox(demo_zone))
    assert count > 100
    assert leaks == []
    assert search.bytes(demo_zone.stdout.encode(), "printed") == []


def test_the_same_search_fails_as_soon_as_a_leak_is_put_in(demo_zone, search, tmp_path):
    needle = canaries(SEED, demo_zone.canaries).names[0]
    logs = sorted((demo_zone.home / "airflow" / "logs").rglob("*.log"))
    leaky = tmp_path / "task.log"
    shutil.copy(logs[0], leaky)
    assert search.tree([tmp_path])[0] == []
    with leaky.open("ab") as file:
        file.write(f"could not parse {needle}".encode("cp949"))
    (leak,) = search.tree([tmp_path])[0]
    assert leak.dress == "cp949"


# -- secrets, and what was typed ---------------------------------------------------------------------------------


def test_no_key_is_anywhere_in_plain(demo_zone, copied):
    """All keys pass by when, in a copy, every one that closes something is rotated and every other one is used."""
    with watched() as seen, Zone.open(copied, None) as zone:
        admin = Actor.account(zone.accounts.named("admin"))
        for key in zone.keys.list():
            kind = key.name.partition("/")[0]
            if kind == "kek":
                rotation.rotate(zone, admin, key.name)
            elif kind == "sign":
                zone.keys.public_key(key.name)
            else:
                zone.keys.mac(key.name, b"")
        delivery = str(identity.load(zone.keys, copied.delivery_identity))
    kinds = [what.split("/")[0] for what in seen.keys.values()]
    assert {"kek", "sign", "token", "project", "commit", "data key under kek"} <= set(kinds)
    assert kinds.count("data key under kek") >= 6 * 4  # intake, raw, de-identified and published, of six datasets
    assert found(demo_zone, [*seen.keys, delivery, delivery.lower()]) == []


def test_every_other_secret_is_in_its_own_file_alone(demo_zone):
    accounts = sorted((demo_zone.home / "accounts").iterdir())
    developer = demo_zone.home / "demo" / "developer-1" / "identity.txt"
    passphrase = demo_zone.person / ".config" / "safezone" / "passphrase"
    (witness,) = (demo_zone.person / ".local" / "state" / "safezone" / "witness").glob("*/witness.key")
    # Airflow's own file of who may sign in holds the passwords a person was given.
    more = {".airflow": ("zone/airflow/passwords.json",)}
    needles: list[str | bytes] = []
    owners: list[Path] = []
    for path in [*accounts, developer, passphrase, witness]:
        raw = path.read_bytes()
        secrets: list[str | bytes] = [raw] if path == witness else [raw.decode().split()[-1]]
        if path.suffix == ".key" and path != witness:
            secrets.append(bytes.fromhex(raw.decode().strip()))
        needles += secrets
        owners += [path] * len(secrets)
    leaks = found(demo_zone, needles)
    for path in set(owners):
        own = [leak for leak in leaks if owners[leak.needle] == path]
        assert own, path.name
        assert astray(own, f"*/{path.parent.name}/{path.name}", *more.get(path.suffix, ())) == []


def test_the_opened_backup_holds_neither_data_nor_keys(demo_zone, search, copied):
    """As the backup's own key opens it: not even the sealed keys of the keystore are in it."""
    sealed = re.findall(r"[0-9A-Za-z+/]{60,}={0,2}", copied.keystore.read_text("utf-8"))
    assert len(sealed) > 20
    keys = Searcher([*sealed, *(path.read_text().strip() for path in (demo_zone.home / "accounts").iterdir())])
    typed, members = Searcher([PURPOSE]), 0
    with Zone.open(copied, None) as zone:
        file = Path(demo_zone.made["backup"]["file"])
        header = archive.open_header(file, zone.keys)
        with archive.members(file, header, zone.keys) as opened:
            read = 0
            for name, _, stream in opened:
                data = stream.read()
                if name.endswith(".jsonl.zst"):
                    data = bytes(pa.decompress(data, int(name.split(".")[-3]), codec="zstd"))
                assert search.bytes(data, name) == []
                assert keys.bytes(data, name) == []
                members += 1
                read += len(typed.bytes(data, name))
    assert members > 50
    assert read > 0  # what may be in it was read


def test_what_people_typed_is_where_it_belongs(demo_zone):
    catalog = ("zone/catalog.db*",)
    package = tuple(f"zone/demo/developer-1/REQ-*/{name}" for name in ("datacard.md", "statement.json", "terms.md"))
    assert astray(found(demo_zone, [PURPOSE]), *catalog, *package) == []
    comments = ["위험도와 품질 증거를 확인함", "목적과 기간이 적절함", "목적과 항목이 과제에 맞음"]
    leaks = found(demo_zone, list(comments))
    assert {leak.needle for leak in leaks} == {0, 1, 2}
    assert astray(leaks, *catalog) == []
