"""Canaries through the commands for keys, backup and log: neither data, nor secrets, nor typed words get astray.

One small zone goes through everything at the command line: keys rotated and destroyed by two people, the keystore
split and recovered, backups made and restored, the log exported, verified, questioned, reported and pruned, a witness
program beside it. Then every byte is searched: what is left on the disk (packed files unpacked), what was deleted in
between, what was printed, what children were started with.
"""

from __future__ import annotations

import contextlib
import csv
import gc
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from xlsxwriter import Workbook

from safezone.audit import retention
from safezone.audit.questions.clock import KST
from safezone.backup import archive
from safezone.cli import run
from safezone.keys import identity as delivery_identity
from safezone.keys.bao.client import Client
from safezone.keys.keystore import Keystore
from safezone.keys.passphrase import create_passphrase, read_passphrase
from safezone.model import Duty, now
from safezone.sample.canaries import canaries
from safezone.settings import Settings
from safezone.zone import Zone
from tests.fixtures.leaks import Leak, Searcher, windows
from tests.fixtures.sandbox import DATASET, HEADER, ROOT, benefit_rows
from tests.fixtures.watch import Seen, watched
from tests.fixtures.witness_server import serving

PLANTED = canaries(20_261_122, 4)
# What people type. Each is found nowhere else, and each has its places (`BELONGS`).
WORDS = {
    "file name": "꼬막조림해안.csv",
    "policy comment": "도루묵찜검토",
    "adequacy comment": "물곰탕소견",
    "project title": "가자미식해과제",
    "project purpose": "능이버섯목적",
    "project comment": "더덕구이의견",
    "request purpose": "참죽나물용도",
    "filter literal": "방풍나물시군",
    "request comment": "어수리의견",
    "rejection": "곤드레반려",
    "reason": "눈개승마사유",
    "custodian": "쑥부쟁이보관",
    "account name": "병풍취계정",
    "wrong token": "wrong-token-which-nobody-should-write-down-4711",
}


@dataclass
class Story:
    """What a whole run left behind, and what is known of its secrets."""

    root: Path
    seen: Seen = field(default_factory=Seen)
    printed: list[str] = field(default_factory=list)
    ids: dict[str, Any] = field(default_factory=dict)
    mnemonics: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.root / "zone"

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, passphrase_file=self.root / "secret" / "passphrase")

    def __call__(self, who: str | None, *arguments: str | Path, code: int = 0, speak: bool = False) -> Any:
        """Run a command as somebody, in JSON, or as people read it."""
        os.environ.pop("SAFEZONE_TOKEN", None)
        if who is not None:
            file = self.home / "accounts" / f"{who}.token"
            os.environ["SAFEZONE_TOKEN"] = file.read_text().strip() if file.exists() else who
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            got = run([*map(str, arguments), *([] if speak else ["--json"])])
        self.printed += [out.getvalue(), err.getvalue()]
        assert got == code, (arguments, err.getvalue())
        return json.loads(out.getvalue() or "null") if not speak else out.getvalue()


def delivery(folder: Path) -> Path:
    """What the agency sends: canaries among other people, in good rows, in bad ones, and in free text."""
    folder.mkdir()
    rows = benefit_rows(400)
    for number in range(len(PLANTED.names)):
        note = f"연락처 {PLANTED.phones[number]}, {PLANTED.emails[number]}, 계좌 {PLANTED.accounts[number]}"
        rows[number * 50] = [
            PLANTED.names[number],
            PLANTED.rrns[number],
            PLANTED.births[number] if number else f"{PLANTED.names[number]} 생",
            PLANTED.addresses[number],
            rows[number][4],
            rows[number][5],
            f"{note} {PLANTED.names[number]}",
        ]
    path = folder / WORDS["file name"]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def bring_in(do: Story) -> None:
    # With a cheap passphrase hash: every command opens the keystore anew.
    secret = do.settings.passphrase_file
    create_passphrase(secret)
    Keystore.create(do.settings.keystore, read_passphrase(secret, do.home), n=2**12)
    do(None, "init", "--demo")
    do("admin", "account", "add", WORDS["account name"], "--role", "developer")
    for who in ("curator-1", "steward-mpva"):
        do(who, "policy", "approve", DATASET, "--comment", WORDS["policy comment"])
    file = delivery(do.root / "agency")
    period = ("--from", "2026-01-01", "--until", "2026-01-31")
    made = do(None, "deliver", DATASET, file, "--out", do.root / "agency" / "out", *period)
    version = do("steward-mpva", "ingest", DATASET, made["folder"])
    do.ids |= {"delivery": made["id"], "version": version["id"]}
    comment = ("--comment", WORDS["adequacy comment"])
    do("curator-1", "version", "review", version["id"], *comment)
    do("steward-mpva", "quarantine", "list", speak=True)


def release(do: Story) -> None:
    desk = do.root / "desk"
    recipient = do(None, "keygen", desk / "identity.txt")["recipient"]
    project = do("developer-1", "project", "new", WORDS["project title"], "--purpose", WORDS["project purpose"])
    do("curator-1", "project", "approve", project["id"], "--comment", WORDS["project comment"])

    def ask(*more: str) -> str:
        wish = ("--columns", "주민등록번호,생년월일,주소,등급", "--purpose", WORDS["request purpose"])
        new = ("request", "new", "--dataset", DATASET, *wish, "--project", project["id"], "--recipient", recipient)
        request = do("developer-1", *new, *more)["id"]
        do("developer-1", "request", "submit", request)
        return str(request)

    known = "주소 IN ('서울특별시', '부산광역시', '경기도', '" + WORDS["filter literal"] + "')"
    request = ask("--where", known)
    for who in ("reviewer-1", "reviewer-2"):
        do(who, "review", "approve", request, "--comment", WORDS["request comment"])
    do("developer-1", "release", "build", request)
    do("developer-1", "pull", request, "--identity", desk / "identity.txt", "--out", desk)
    do("reviewer-1", "review", "reject", ask(), "--comment", WORDS["rejection"])
    do("developer-2", "pull", request, "--identity", desk / "identity.txt", "--out", desk / "no", code=3)
    do(WORDS["wrong token"], "version", "list", code=3)
    do.ids |= {"request": request, "project": project["id"]}


def keep_keys(do: Story) -> None:
    place = do.ids["delivery"]
    do("admin", "keys", "list", speak=True)
    do("admin", "keys", "rotate", f"kek/{DATASET}/published/{place}", speak=True)
    do("admin", "keys", "rotate", "--all", "--older-than", "0")
    do("admin", "keys", "rotate", "sign/checkpoint")
    shares = do.root / "shares"
    custodians = [part for name in ("하나", WORDS["custodian"], "셋") for part in ("--custodian", name)]
    sharing = ("--threshold", "2", "--shares", "3", "--out", shares, "--copy", do.root / "copies")
    split = do("admin", "keys", "recovery", "split", *custodians, *sharing)
    do.ids["share files"] = split["shares"]
    for path in sorted(shares.iterdir()):
        do.mnemonics += [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    do("admin", "keys", "recovery", "list", speak=True)
    do.ids["backup"] = do("admin", "backup", "--out", do.root / "media", "--with-parts")
    do("admin", "keys", "destroy", f"kek/{DATASET}/raw/{place}", "--reason", WORDS["reason"], "--yes")
    (order,) = do("admin", "keys", "destruction", "list")
    do("curator-1", "keys", "destruction", "show", order["id"], speak=True)
    do("curator-1", "keys", "destruction", "approve", order["id"])
    ended = do("admin", "keys", "destruction", "run", order["id"])
    do("auditor-1", "keys", "certificate", ended["certificate"], "--out", do.root / "certificate.json")
    do("auditor-1", "keys", "certificate", ended["certificate"], speak=True)
    do("admin", "keys", "recovery", "renew")
    # The copy that still held it is gone: its custodians say so for one that is offline.
    do("admin", "keys", "recovery", "confirm-destroyed", split["id"], "--custodian", WORDS["custodian"])
    do.ids["later backup"] = do(None, "backup", "--out", do.root / "media")
    do("admin", "backup", "list", speak=True)
    do.ids["destroyed"] = f"kek/{DATASET}/raw/{place}"


def watch_from_outside(do: Story) -> None:
    """A witness program with a state of its own."""
    state = do.root / "witness-program"
    with serving(state) as address:
        key = (state / "witness.vkey").read_text().strip()
        logs = do("admin", "witness", "trust", key)["log_keys"]
        for log in logs:
            do(None, "witness", "enrol", "--state", state, log)
        os.environ["SAFEZONE_WITNESS_URL"] = f"http://{address}"
        try:
            do("auditor-1", "audit", "checkpoint", speak=True)
            do("admin", "audit", "checkpoint")
        finally:
            del os.environ["SAFEZONE_WITNESS_URL"]
    do(None, "witness", "list", "--state", state)


def audit(do: Story) -> None:
    out = do.root / "auditor"
    out.mkdir()
    who = "auditor-1"
    do("admin", "audit", "checkpoint", speak=True)
    for question in (
        ("list", "--limit", "500"), ("who", DATASET), ("by", "developer-1"), ("about", do.ids["request"]),
        ("denials",), ("unusual",),
    ):  # fmt: skip
        do(who, "audit", *question)
        do(who, "audit", *question, speak=True)
    for name, question in (("who", DATASET), ("by", "developer-1"), ("about", do.ids["request"])):
        do(who, "audit", name, question, "--csv", out / f"{name}.csv", speak=True)
    month = datetime.now(KST).strftime("%Y-%m")
    do(who, "audit", "report", month, "--out", out / "report.xlsx")
    do(who, "audit", "ocsf", "--out", out / "ocsf.jsonl")
    do(who, "audit", "prove", "3", "--out", out / "proof.json")
    made = do(who, "audit", "export", out / "bundle")
    do(who, "audit", "export", out / "excerpt", "--object", f"request/{do.ids['request']}")
    do(who, "audit", "export", do.root / "trusted" / "bundle", "--with-details")
    do(who, "audit", "verifier", "--out", out / "verify.pyz")
    *logs, witness = made["keys"]
    named = [word for key in logs for word in ("--key", key)]
    command = [sys.executable, "-I", str(out / "verify.pyz"), str(out / "bundle"), *named, "--witness", witness]
    done = subprocess.run(command, capture_output=True, text=True, env={"LANG": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    do.printed += [done.stdout, done.stderr]
    do(who, "audit", "verify", speak=True)
    do("admin", "audit", "prune")


def lose_and_restore(do: Story) -> None:
    """On a new machine: the keystore from two shares, the zone from its backup."""
    back = do.root / "back"
    (copy,) = (do.root / "copies").glob("*.recovery")
    shares = [part for path in do.ids["share files"][:2] for part in ("--share", path)]
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("SAFEZONE_PASSPHRASE_FILE", str(do.root / "secret-2" / "passphrase"))
        do(None, "keys", "recovery", "combine", copy, *shares, "--into", back)
        file = do.ids["later backup"]["file"]
        do("admin", "restore", file, "--into", back, "--check", "--accept-loss", speak=True)
        do("admin", "restore", file, "--into", back, "--accept-loss")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("canary")
    rules = root / "policies"
    shutil.copytree(ROOT / "policies" / "access", rules / "access")
    shutil.copytree(ROOT / "tests" / "data" / "policies" / "datasets", rules / "datasets")
    for name in ("tmp", "media", "copies", "trusted"):
        (root / name).mkdir()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "SAFEZONE_HOME": root / "zone",
            "SAFEZONE_PASSPHRASE_FILE": root / "secret" / "passphrase",
            "SAFEZONE_POLICIES": rules,
            "SAFEZONE_DESTROY_WAIT_HOURS": 0,
            "XDG_STATE_HOME": root / "state",
            "XDG_CONFIG_HOME": root / "config",
            "HOME": root / "person",
            "TMPDIR": root / "tmp",
            "COLUMNS": 100,
        }.items():
            environment.setenv(name, str(value))
        environment.delenv("SAFEZONE_TOKEN", raising=False)
        environment.delenv("SAFEZONE_LANGUAGE", raising=False)
        environment.setattr(tempfile, "tempdir", None)
        with watched() as seen:
            do = Story(root, seen)
            for chapter in (bring_in, release, keep_keys, audit, watch_from_outside, lose_and_restore):
                chapter(do)
        yield do


# -- what is searched --------------------------------------------------------------------------------------------


def inbox(story: Story) -> list[Path]:
    """The agency's own files: outside the zone's promise."""
    return [story.root / "agency", story.home / "deliveries"]


def found(story: Story, needles: Iterable[str | bytes]) -> list[Leak]:
    """Leaks in what is left, what was removed, what was printed, and what children were given."""
    search = Searcher(needles)
    leaks, count = search.tree([story.root], without=inbox(story))
    assert count > 50
    for name, data in story.seen.removed:
        leaks += search.bytes(data, f"removed {name}")
    for data in story.seen.started:
        leaks += search.bytes(data, "child")
    leaks += search.bytes("\n".join(story.printed).encode(), "printed")
    return [Leak(leak.needle, leak.dress, leak.path.replace(f"{story.root}/", "")) for leak in leaks]


def astray(leaks: Iterable[Leak], *belongs: str) -> list[Leak]:
    """Those leaks that are in no place where they belong."""
    return [leak for leak in leaks if not any(fnmatchcase(leak.path, place) for place in belongs)]


# -- the data ----------------------------------------------------------------------------------------------------


def test_no_identifier_from_the_data_is_anywhere(story):
    assert found(story, PLANTED.needles) == []


def test_the_same_search_finds_what_was_deleted_printed_packed_or_handed_to_a_child(tmp_path):
    """Otherwise nothing would be proven by not finding anything."""
    needle = PLANTED.names[0]
    with watched() as seen:
        with tempfile.NamedTemporaryFile(dir=tmp_path) as file:
            file.write(needle.encode())
            file.flush()
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            Path(folder, "deep").write_text(json.dumps(json.dumps(needle)))
        subprocess.run([sys.executable, "-c", "pass", needle], env={"A": needle})
        report = Workbook(tmp_path / "report.xlsx")
        report.add_worksheet().write(0, 0, needle)
        report.close()
        pq.write_table(pa.table({"a": [needle] * 100}), tmp_path / "rows.parquet", compression="zstd")
    search = Searcher([needle])
    assert [len(search.bytes(data, name)) for name, data in seen.removed][:2] == [1, 1]
    assert [len(search.bytes(data, "child")) for data in seen.started] == [2, 1, 1]
    leaks, _ = search.tree([tmp_path])
    assert {Path(leak.path.partition(" ")[0]).name for leak in leaks} == {"report.xlsx", "rows.parquet"}


# -- what people type --------------------------------------------------------------------------------------------

CATALOG = ("zone/catalog.db*", "back/catalog.db*", "removed catalog.db*", "printed")
DETAILS = (*CATALOG, "trusted/bundle/details.jsonl")
ABOUT = (*DETAILS, "auditor/about.csv")
CARD = ("desk/REQ-*/datacard.md", "desk/REQ-*/statement.json")
CERTIFICATES = (
    "*certificates/cert-*",
    "*certificates/.cert-*",
    "removed cert-*",
    "certificate.json",
    "certificate.md",
)
RECOVERY = ("*rec-*.recovery", "*rec-*.recovery.????????????", "*shares/*.txt", "*shares/*.txt.????????????")
BELONGS = {
    "file name": ("printed",),  # by the agency's own command; inside, a delivery's files are numbers
    "policy comment": ABOUT,
    "adequacy comment": ABOUT,
    "project title": CATALOG,
    "project purpose": CATALOG,
    "project comment": ABOUT,
    "request purpose": (*CATALOG, *CARD, "desk/REQ-*/terms.md", "auditor/report.xlsx *"),
    "filter literal": (*CATALOG, *CARD),
    "request comment": ABOUT,
    "rejection": DETAILS,
    "reason": (*CATALOG, *CERTIFICATES),
    "custodian": (*DETAILS, *RECOVERY),
    "account name": (*DETAILS, "name of zone/accounts/*"),
    "wrong token": (),
}
"""Where each is meant to be. Not among them: bundles without details, OCSF records, children, temporary files."""
COLUMNS = {
    "policy comment": {"review.comment", "audit_detail.details"},
    "adequacy comment": {"review.comment", "audit_detail.details"},
    "project title": {"project.title"},
    "project purpose": {"project.purpose"},
    "project comment": {"review.comment", "audit_detail.details"},
    "request purpose": {"request.purpose"},
    "filter literal": {"request.filter"},
    "request comment": {"review.comment", "audit_detail.details"},
    "rejection": {"review.comment", "audit_detail.details"},
    "reason": {"destruction.reason"},
    "custodian": {"audit_detail.details"},
    "account name": {"account.name", "audit_detail.details"},
}
"""Columns of the catalog each is in. Never a leaf, nor an event's own columns: those are kept for ever."""


@pytest.mark.parametrize("word", WORDS)
def test_what_people_type_is_where_it_belongs_and_nowhere_else(story, word):
    leaks = found(story, [WORDS[word]])
    assert astray(leaks, *BELONGS[word]) == []
    assert bool(leaks) == bool(BELONGS[word])


@pytest.mark.parametrize("word", WORDS)
def test_in_the_catalog_it_is_in_the_columns_meant_for_it(story, word):
    search = Searcher([WORDS[word]])
    columns = set()
    with contextlib.closing(sqlite3.connect(story.home / "catalog.db")) as catalog:
        for (table,) in catalog.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            rows = catalog.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in rows.description]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    data = value if isinstance(value, bytes) else str(value).encode()
                    if search.bytes(data, table):
                        columns.add(f"{table}.{name}")
    assert columns == COLUMNS.get(word, set())


def test_what_holds_names_comments_or_secrets_is_readable_by_its_owner_alone(story):
    """Also where somebody had made the zone's folder before, open to all."""
    search = Searcher([word for name, word in WORDS.items() if name != "file name"])
    open_to_others = set()
    for path in story.root.rglob("*"):
        inside = any(path.is_relative_to(folder) for folder in [*inbox(story), story.root / "desk"])
        if path.is_file() and not inside and search.file(path) and path.stat().st_mode & 0o077:
            open_to_others.add(str(path.relative_to(story.root)))
    assert not open_to_others


def test_details_that_were_deleted_are_no_longer_in_the_file(story, tmp_path, monkeypatch):
    """Deleted is overwritten, not left in the free pages of the database: on a copy, years later."""
    shutil.copytree(story.home, tmp_path / "zone")
    later = Story(tmp_path)
    monkeypatch.setattr(retention, "now", lambda: now() + timedelta(days=5 * 366))
    monkeypatch.setenv("SAFEZONE_HOME", str(later.home))
    monkeypatch.setenv("SAFEZONE_PASSPHRASE_FILE", str(story.root / "secret" / "passphrase"))
    monkeypatch.setenv("XDG_STATE_HOME", str(story.root / "state"))
    search = Searcher([WORDS["custodian"]])
    assert search.tree([later.home], without=[later.home / "keys"])[0]
    token = (later.home / "accounts" / "admin.token").read_text().strip()
    with Zone.open(Settings(home=later.home, token=token), Duty.PORTAL) as zone:
        retention.prune(zone.catalog.engine, zone.account().id)
    gc.collect()  # connections that are no longer held let the write-ahead log go
    assert search.tree([later.home], without=[later.home / "keys"])[0] == []


# -- secrets -----------------------------------------------------------------------------------------------------


def test_keys_that_passed_by_are_nowhere(story):
    """Data keys, key-encryption keys, signing and MAC keys, in plain: all that the keystore opened meanwhile."""
    kinds = {what.split("/")[0] for what in story.seen.keys.values()}
    assert kinds >= {"data key under kek", "kek", "sign", "token", "project", "commit"}
    assert found(story, story.seen.keys) == []


def test_tokens_and_review_keys_are_in_their_own_files_alone(story):
    for path in sorted((story.home / "accounts").iterdir()):
        secret = path.read_text().strip()
        needles = [secret] if path.suffix == ".token" else [secret, bytes.fromhex(secret)]
        leaks = found(story, needles)
        assert leaks and astray(leaks, f"zone/accounts/{path.name}") == [], path.name


def test_the_passphrase_is_in_its_own_file_alone(story):
    (first, second) = (story.root / name / "passphrase" for name in ("secret", "secret-2"))
    assert first.read_text() == second.read_text()
    leaks = found(story, [first.read_text().strip()])
    drafts = ("removed secret/.passphrase.*", "removed secret-2/.passphrase.*")
    assert leaks and astray(leaks, "secret/passphrase", "secret-2/passphrase", *drafts) == []


def test_recovery_words_are_with_their_custodians_alone(story):
    assert len(story.mnemonics) == 3
    for number, words in enumerate(story.mnemonics, 1):
        leaks = found(story, windows(words))
        assert leaks and astray(leaks, f"shares/rec-*-{number}-*.txt", f"removed shares/.rec-*-{number}-*") == []


def test_other_secrets_are_in_their_own_files_alone(story):
    """The developer's identity, the zone's own for deliveries (never in plain), and the keys of both witnesses."""
    (identity,) = [
        line for line in (story.root / "desk" / "identity.txt").read_text().splitlines() if line.startswith("AGE-")
    ]
    leaks = found(story, [identity])
    assert leaks and astray(leaks, "desk/identity.txt", "removed desk/.identity*") == []
    with Zone.open(story.settings, None) as zone:
        secret = str(delivery_identity.load(zone.keys, zone.settings.delivery_identity))
    assert found(story, [secret, secret.lower()]) == []
    witnesses = [*(story.root / "state" / "safezone" / "witness").iterdir(), story.root / "witness-program"]
    for folder in witnesses:
        leaks = found(story, [(folder / "witness.key").read_bytes()])
        place = str((folder / "witness.key").relative_to(story.root))
        assert leaks and astray(leaks, place, f"removed {folder.relative_to(story.root)}/*") == []


@pytest.mark.parametrize("made", ["backup", "later backup"])
def test_an_opened_backup_holds_what_it_should_and_nothing_of_the_keystore(story, made):
    """Not a sealed key of the keystore, not even as the keystore has it: a backup alone opens nothing."""
    sealed = re.findall(r"[0-9A-Za-z+/]{60,}={0,2}", (story.home / "keys" / "keystore.json").read_text())
    assert len(sealed) > 10
    tokens = [path.read_text().strip() for path in (story.home / "accounts").iterdir()]
    passphrase = (story.root / "secret" / "passphrase").read_text().strip()
    words = [part for share in story.mnemonics for part in windows(share)]
    secrets = Searcher([*story.seen.keys, *sealed, *tokens, *words, passphrase, *PLANTED.needles])
    typed = Searcher([WORDS["request purpose"]])
    names, read = [], 0
    with Zone.open(story.settings, None) as zone:
        file = Path(story.ids[made]["file"])
        header = archive.open_header(file, zone.keys)
        with archive.members(file, header, zone.keys) as members:
            for name, _, stream in members:
                names.append(name)
                data = stream.read()
                if name.endswith(".jsonl.zst"):
                    data = bytes(pa.decompress(data, int(name.split(".")[-3]), codec="zstd"))
                assert secrets.bytes(data, name) == []
                read += len(typed.bytes(data, name))
    assert read == 2  # the request that was released, and the one that was rejected
    kept = {name for name in names if "/keys/" in name or "accounts" in name}
    assert kept == {"home/keys/delivery-identity.json"}


# -- keys at a server --------------------------------------------------------------------------------------------


def test_credentials_of_a_key_server_are_in_their_own_file_alone(bao, bao_zone, tmp_path, monkeypatch):
    """A zone whose keys lie at OpenBao: the secret of its identity, and the token it is exchanged for."""
    credentials = bao.credentials(tmp_path / "secret", f"{bao_zone}-console")
    known = json.loads(credentials.read_text())
    tokens: set[str] = set()
    for name, value in {
        "SAFEZONE_HOME": tmp_path / "zone",
        "SAFEZONE_KEYS_URL": bao.url(bao_zone),
        "SAFEZONE_KEYS_CREDENTIALS": credentials,
        "SAFEZONE_WITNESS_DIR": tmp_path / "witness",
        "SAFEZONE_LEDGER_DIR": tmp_path / "destroyed",
        "XDG_CONFIG_HOME": tmp_path / "config",
    }.items():
        monkeypatch.setenv(name, str(value))
    send = Client._send

    def watched_send(self: Client, method: str, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = send(self, method, path, token, body)
        if path.endswith("/login"):
            tokens.add(answer["auth"]["client_token"])
        return answer

    monkeypatch.setattr(Client, "_send", watched_send)
    with watched() as seen:
        do = Story(tmp_path, seen)
        do(None, "init", "--demo")
        do("admin", "keys", "list", speak=True)
        do("admin", "keys", "rotate", "sign/manifest")
        do("admin", "backup", "--out", tmp_path / "media.szbackup")
        do("auditor-1", "audit", "list")
        # A server that refuses: what it said, and what it was asked with, goes nowhere.
        wrong = tmp_path / "secret" / "wrong.json"
        wrong.touch(mode=0o600)
        wrong.write_text(json.dumps(known | {"secret_id": "no-such-secret-4711"}))
        monkeypatch.setenv("SAFEZONE_KEYS_CREDENTIALS", str(wrong))
        do("admin", "keys", "list", code=3)
    assert tokens
    secrets = Searcher([known["secret_id"], "no-such-secret-4711", *tokens])
    leaks, _ = secrets.tree([tmp_path], without=[tmp_path / "secret"])
    for data in [*(data for _, data in seen.removed), *seen.started, "\n".join(do.printed).encode()]:
        leaks += secrets.bytes(data, "passing")
    assert leaks == []
