"""Deliveries as they go wrong: each ends in quarantine, encrypted and explained, and nothing else is visible."""

from __future__ import annotations

import io
import json
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyrage
import pytest
import xlsxwriter

from safezone.access.actions import Action, dataset_resource
from safezone.catalog.records import DeliveryRecord, QuarantineRecord, VersionRecord
from safezone.errors import BadInput, DeliveryError, Denied, NotFound, SafeZoneError, WrongState
from safezone.keys import identity
from safezone.model import Duty, VersionState
from safezone.pipeline.check import check
from safezone.pipeline.receive import receive
from safezone.pipeline.run import ingest
from safezone.vault.door import INTAKE, QUARANTINE, SealedObject
from tests.fixtures.leaks import Searcher
from tests.fixtures.parcels import Parcel, as_csv
from tests.fixtures.sandbox import DATASET, HEADER, Sandbox, benefit_rows, make_sandbox

PLANTED = ["독고영재", "770523-1987654", "010-7391-4682", "세종대로 209번지 숨은집"]
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def zone(tmp_path_factory) -> Iterator[Sandbox]:
    """One zone for all: every test brings deliveries of its own."""
    made = make_sandbox(tmp_path_factory.mktemp("deliveries"), part_rows=1_000)
    made.approve_policy()
    yield made
    made.close()


@pytest.fixture(scope="module")
def duty(zone: Sandbox):
    """The ingest duty, opened once."""
    return zone.open(Duty.INGEST)


def planted_rows(count: int = 20) -> list[list[str]]:
    rows = benefit_rows(count, seed=secrets.randbits(30))
    rows[0] = [PLANTED[0], PLANTED[1], "1977-05-23", PLANTED[3], "3", "100,000", f"연락처 {PLANTED[2]}"]
    return rows


def one(data: bytes, **values: Any) -> Parcel:
    return Parcel({"data.csv": data}, **values)


def written_over(data: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "data.csv"
        file.write_bytes(data(file.read_bytes()))

    return change


def linked(folder: Path) -> None:
    elsewhere = folder.parent.parent / "elsewhere.csv"
    (folder / "data.csv").rename(elsewhere)
    (folder / "data.csv").symlink_to(elsewhere)


def workbook() -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate([HEADER, *planted_rows(5)]):
        sheet.write_row(number, 0, row)
    book.close()
    return made.getvalue()


def to_a_stranger() -> bytes:
    return pyrage.encrypt(as_csv(planted_rows()), [pyrage.x25519.Identity.generate().to_public()])


def with_bad(count: int, rows: int = 20) -> list[list[str]]:
    made = planted_rows(rows)
    for number in range(count):
        made[number][4] = PLANTED[2]  # a telephone number where a grade should be
    return made


def failing(column: int, value: str) -> list[list[str]]:
    made = planted_rows()
    made[3][column] = value
    return made


def one_other_byte(data: bytes) -> bytes:
    return data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]


BAD: dict[str, tuple[str, Callable[[], Parcel]]] = {
    "a file tampered with after delivery.json": (
        "delivery.digest_mismatch",
        lambda: one(as_csv(planted_rows()), after=written_over(one_other_byte)),
    ),
    "a truncated file": (
        "delivery.size_mismatch",
        lambda: one(as_csv(planted_rows()), after=written_over(lambda data: data[:-10])),
    ),
    "a missing file": (
        "delivery.file_missing",
        lambda: one(as_csv(planted_rows()), after=lambda folder: (folder / "data.csv").unlink()),
    ),
    "a link instead of a file": ("delivery.not_a_file", lambda: one(as_csv(planted_rows()), after=linked)),
    "a file nobody listed": (
        "delivery.unlisted_file",
        lambda: one(
            as_csv(planted_rows()), after=lambda folder: (folder / "more.csv").write_text(",".join(PLANTED))
        ),
    ),
    "no delivery.json": (
        "delivery.manifest_missing",
        lambda: one(as_csv(planted_rows()), after=lambda folder: (folder / "delivery.json").unlink()),
    ),
    "a delivery.json that is none": (
        "delivery.manifest_invalid",
        lambda: one(
            as_csv(planted_rows()),
            after=lambda folder: (folder / "delivery.json").write_text(json.dumps(PLANTED, ensure_ascii=False)),
        ),
    ),
    "another dataset": (
        "delivery.manifest_invalid",
        lambda: one(as_csv(planted_rows()), changes={"dataset": "air"}),
    ),
    "another controller": (
        "delivery.wrong_dataset",
        lambda: one(as_csv(planted_rows()), changes={"controller": "me"}),
    ),
    "another delivery's manifest": (
        "delivery.wrong_dataset",
        lambda: one(as_csv(planted_rows()), changes={"delivery": f"DLV-{DATASET}-202601-00000000"}),
    ),
    "encrypted to another key": (
        "file.encrypted",
        lambda: one(to_a_stranger(), encrypted=True, rows={"data.csv": 20}),
    ),
    "plain but said to be encrypted": ("file.encrypted", lambda: one(as_csv(planted_rows()), encrypted=True)),
    "another encoding": ("file.encoding", lambda: one(as_csv(planted_rows(), encoding="cp949"))),
    "a workbook named csv": ("file.compressed", lambda: one(workbook(), rows={"data.csv": 5})),
    "an empty file": ("file.empty", lambda: one(b"")),
    "fewer rows than declared": (
        "delivery.rows_mismatch",
        lambda: one(as_csv(planted_rows()), rows={"data.csv": 21}),
    ),
    "more rows than declared": (
        "delivery.rows_mismatch",
        lambda: one(as_csv(planted_rows()), rows={"data.csv": 19}),
    ),
    "a column the policy does not name": (
        "columns.unknown",
        lambda: one(as_csv([[*row, PLANTED[2]] for row in planted_rows()], [*HEADER, "비고"])),
    ),
    "a column missing": ("columns.missing", lambda: one(as_csv([row[1:] for row in planted_rows()], HEADER[1:]))),
    "too many bad rows": ("delivery.bad_rows", lambda: one(as_csv(with_bad(2)))),
    "a grade nobody has": ("delivery.quality", lambda: one(as_csv(failing(4, "9")))),
    "a number that is no registration number": ("delivery.quality", lambda: one(as_csv(failing(1, PLANTED[2])))),
    "a good file and a bad one": (
        "delivery.digest_mismatch",
        lambda: Parcel(
            {"data.csv": as_csv(planted_rows()), "good.csv": as_csv(planted_rows())},
            after=written_over(one_other_byte),
        ),
    ),
}
UNREADABLE = {"a missing file", "a link instead of a file"}


def bring(sandbox: Sandbox, duty, delivery: str, by: str = "steward") -> str:
    """Receive and check: as far as a delivery's own faults can show."""
    actor = sandbox.actor(by)
    return check(duty.ingest, actor, DATASET, receive(duty.ingest, actor, DATASET, delivery))


def the_entry(duty, delivery: str, kind: str = "delivery") -> QuarantineRecord:
    (entry,) = duty.catalog.list(QuarantineRecord, delivery=delivery, kind=kind)
    return entry


def opened(sandbox: Sandbox, duty, entry: QuarantineRecord, by: str = "steward") -> list[bytes]:
    """What was set aside, as somebody who may bring deliveries in can open it."""
    resource = dataset_resource(entry.dataset, entry.controller)
    grant = duty.authorizer.authorize(sandbox.actor(by), Action.DELIVERY_INGEST, resource)
    found = []
    for item in entry.objects:
        sealed = SealedObject.from_json(item)
        with duty.vault.open_object(grant, sealed.uri.partition("/")[0], entry.dataset, sealed) as stream:
            found.append(stream.read())
    return found


@pytest.mark.parametrize("what", BAD)
def test_a_bad_delivery_ends_in_quarantine_and_nowhere_else(zone, duty, what):
    code, make = BAD[what]
    delivery = make().lay(zone)
    folder = zone.settings.inbox / delivery
    lying = [path.read_bytes() for path in folder.iterdir() if path.is_file() and not path.is_symlink()]

    with pytest.raises(DeliveryError) as caught:
        bring(zone, duty, delivery)

    entry = the_entry(duty, delivery)
    assert caught.value.code == entry.code == code
    assert entry.id in caught.value.kept.en and entry.id in caught.value.kept.ko
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    in_english = re.sub("|".join(HEADER), "", entry.reason_en.replace("비고", ""))
    assert in_english.endswith(".") and not HANGUL.search(in_english)
    assert HANGUL.search(entry.reason_ko)
    assert duty.catalog.get(DeliveryRecord, delivery).state is VersionState.QUARANTINED
    assert duty.catalog.list(VersionRecord, delivery=delivery) == []
    (event,) = zone.events(f"quarantine/{entry.id}", "delivery.quarantined")
    assert event["purpose"] == f"delivery/{delivery}"
    assert event["details"] == {"kind": "delivery", "code": code, "rows": 0}

    kept = opened(zone, duty, entry)
    data = [each for each in lying if not each.startswith(b'{"delivery"')]
    assert what in UNREADABLE or all(each in kept for each in data)
    said = f"{entry} {caught.value} {caught.value.what.ko} {event}"
    assert not [value for value in PLANTED if value in said]
    lake = {blob.uri for prefix in ("lake", "quarantine", "intake") for blob in duty.blobs.list(prefix)}
    mine = {uri for uri in lake if delivery in uri}
    assert mine == {item["uri"] for item in entry.objects}
    with pytest.raises(WrongState, match=r"delivery\.settled"):
        bring(zone, duty, delivery)


def test_nothing_planted_is_readable_anywhere_but_in_the_inbox(zone, duty):
    """Runs after the table above: all of it lies in the zone by now."""
    assert duty.catalog.list(QuarantineRecord)
    roots = [zone.settings.home, zone.settings.witness_dir.parent]
    leaks, files = Searcher(PLANTED).tree(
        roots, without=[zone.settings.inbox, zone.settings.home / "elsewhere.csv"]
    )
    assert files > 20
    assert leaks == []


def test_a_damaged_age_payload_is_quarantined_and_kept_as_it_lies(zone, duty):
    recipient = pyrage.x25519.Recipient.from_str(identity.public_key(zone.settings.delivery_identity))
    sent = one_other_byte(pyrage.encrypt(as_csv(planted_rows()), [recipient]))
    delivery = one(sent, encrypted=True, rows={"data.csv": 20}).lay(zone)
    with pytest.raises(DeliveryError, match=r"file\.encrypted"):
        receive(duty.ingest, zone.actor("steward"), DATASET, delivery)
    assert opened(zone, duty, the_entry(duty, delivery)) == [sent]


def test_what_was_set_aside_opens_for_who_may_bring_it_in_and_nobody_else(zone, duty):
    delivery = one(as_csv(planted_rows()), changes={"controller": "me"}).lay(zone)
    with pytest.raises(DeliveryError):
        receive(duty.ingest, zone.actor("steward"), DATASET, delivery)
    entry = the_entry(duty, delivery)
    for name in ("other-steward", "developer", "auditor", "admin"):
        with pytest.raises(Denied):
            opened(zone, duty, entry, by=name)
    reader = duty.authorizer.authorize(
        zone.actor("steward"), Action.QUARANTINE_READ, dataset_resource(DATASET, "mpva")
    )
    sealed = SealedObject.from_json(entry.objects[0])
    with pytest.raises(Denied), duty.vault.open_object(reader, QUARANTINE, DATASET, sealed):
        pass  # seeing why is not seeing what
    with pytest.raises(Denied, match=r"keys\.duty|vault\.grant"):
        opened(zone, zone.open(Duty.PORTAL), entry)


# -- single bad rows --------------------------------------------------------------------------------------------


def test_single_bad_rows_are_set_aside_by_line_and_rule_and_the_rest_goes_on(zone, duty):
    rows = planted_rows(60)
    rows[9][4], rows[29][2] = "010-7391-4682", "1977년 오월"
    raw = bring(zone, duty, delivery := one(as_csv(rows)).lay(zone))

    entry = the_entry(duty, delivery, "rows")
    assert (entry.code, entry.rows) == ("delivery.rows", 2)
    assert sorted((each["line"], each["column"], each["rule"]) for each in entry.findings) == [
        (11, "등급", "integer.form"),
        (31, "생년월일", "date.form"),
    ]
    assert HANGUL.search(entry.reason_ko) and "2" in entry.reason_ko
    version = duty.catalog.get(VersionRecord, raw)
    assert (version.rows, version.evidence["quarantined_rows"]) == (58, 2)
    counts = duty.vault.manifest(version).counts
    assert counts == {"rows_seen": 60, "rows_quarantined": 2}
    (event,) = zone.events(f"quarantine/{entry.id}", "delivery.quarantined")
    assert event["details"] == {"kind": "rows", "code": "delivery.rows", "rows": 2}
    said = f"{entry} {event} {version}"
    assert not [value for value in (*PLANTED, "오월") if value in said]
    (kept,) = opened(zone, duty, entry)
    assert b"010-7391-4682" in kept and "오월".encode() in kept and "독고영재".encode() not in kept


def test_one_bad_row_breaking_two_rules_is_one_row(zone, duty):
    rows = planted_rows(40)
    rows[5][4], rows[5][2], rows[5][5] = "일곱", "오래전", "많이"
    bring(zone, duty, delivery := one(as_csv(rows)).lay(zone))
    entry = the_entry(duty, delivery, "rows")
    assert entry.rows == 1
    assert {each["rule"] for each in entry.findings} == {"integer.form", "date.form"}


# -- deliveries as they should be ---------------------------------------------------------------------------------


def test_a_corrected_delivery_supersedes_the_quarantined_one(zone, duty):
    wrong = one(as_csv(failing(4, "9"))).lay(zone)
    with pytest.raises(DeliveryError):
        bring(zone, duty, wrong)
    with pytest.raises(WrongState):
        ingest(duty.ingest, zone.actor("steward"), DATASET, wrong)
    right = one(as_csv(planted_rows()), changes={"supersedes": wrong}).lay(zone)
    version = duty.catalog.get(VersionRecord, bring(zone, duty, right))
    assert version.rows == 20
    assert duty.catalog.get(DeliveryRecord, right).supersedes == wrong
    assert duty.catalog.get(DeliveryRecord, wrong).state is VersionState.QUARANTINED


def test_a_delivery_encrypted_to_the_zone(zone, duty):
    recipient = identity.public_key(zone.settings.delivery_identity)
    delivery = zone.deliver(planted_rows(40), recipient=recipient)
    assert PLANTED[0].encode() not in b"".join(
        path.read_bytes() for path in (zone.settings.inbox / delivery).iterdir()
    )
    assert duty.catalog.get(VersionRecord, bring(zone, duty, delivery)).rows == 40


def test_two_files_in_one_delivery(zone, duty):
    files = {"가.csv": as_csv(planted_rows(30)), "나.csv": as_csv(with_bad(1, 25))}
    version = duty.catalog.get(VersionRecord, bring(zone, duty, delivery := Parcel(files).lay(zone)))
    assert version.rows == 54
    findings = the_entry(duty, delivery, "rows").findings
    assert [(each["file"], each["line"]) for each in findings] == [(2, 2)]


def test_a_delivery_without_rows_goes_through(zone, duty):
    delivery = one(as_csv([])).lay(zone)
    version = duty.catalog.get(VersionRecord, ingest(duty.ingest, zone.actor("steward"), DATASET, delivery))
    assert version.state is VersionState.IN_REVIEW
    assert version.evidence["rows"] == dict.fromkeys(
        ("delivered", "quarantined", "deidentified", "suppressed", "published"), 0
    )


def test_the_same_bytes_delivered_again_are_another_version(zone, duty):
    """Two months without rows are two versions, and what was destroyed once can be delivered again."""
    data = as_csv(planted_rows(25))
    first, second = (bring(zone, duty, one(data).lay(zone)) for _ in range(2))
    assert first != second
    assert duty.catalog.get(VersionRecord, first).rows == duty.catalog.get(VersionRecord, second).rows == 25


def test_parts_hold_the_rows_that_were_asked_for(zone, duty):
    delivery = one(as_csv(planted_rows(2_300))).lay(zone)
    version = duty.catalog.get(VersionRecord, bring(zone, duty, delivery))
    assert [part.rows for part in duty.vault.manifest(version).parts] == [1_000, 1_000, 300]


# -- ids -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "delivery",
    ["../x", "a/b", "", ".", "..", "/etc", "a\x00b", "a..b", "x" * 81, "DLV-x/../..", "가나다", "a\nb", "-r"],
)
def test_an_id_that_is_a_path_is_refused_and_not_written_down(zone, duty, delivery):
    before = zone.sql("SELECT count(*) FROM audit_event")
    with pytest.raises(BadInput, match=r"delivery\.unknown"):
        receive(duty.ingest, zone.actor("steward"), DATASET, delivery)
    assert zone.sql("SELECT count(*) FROM audit_event") == before


def test_a_delivery_that_is_not_there_or_is_a_link_is_refused(zone, duty, tmp_path):
    (zone.settings.inbox / "DLV-linked").symlink_to(tmp_path)
    for name in ("DLV-nothing", "DLV-linked"):
        with pytest.raises(BadInput, match=r"delivery\.unknown"):
            receive(duty.ingest, zone.actor("steward"), DATASET, name)
        assert duty.catalog.find(DeliveryRecord, name) is None


def test_a_dataset_without_policy(zone, duty):
    with pytest.raises(NotFound, match=r"policy\.unknown"):
        receive(duty.ingest, zone.actor("steward"), "nothing-here", "DLV-any")


@pytest.mark.parametrize("name", ["other-steward", "developer", "auditor", "admin", "reviewer-1"])
def test_who_is_no_steward_of_the_controller_receives_nothing(zone, duty, name):
    delivery = one(as_csv(planted_rows())).lay(zone)
    with pytest.raises(Denied):
        receive(duty.ingest, zone.actor(name), DATASET, delivery)
    assert duty.catalog.find(DeliveryRecord, delivery) is None
    assert zone.events(f"dataset/{DATASET}")[-1]["account"] == zone.account(name).id


# -- again, and at once -------------------------------------------------------------------------------------------


def test_receiving_again_changes_nothing_whatever_the_folder_holds_by_then(zone, duty):
    delivery = one(as_csv(planted_rows())).lay(zone)
    actor = zone.actor("steward")
    assert receive(duty.ingest, actor, DATASET, delivery) == delivery
    before = duty.catalog.get(DeliveryRecord, delivery)
    (zone.settings.inbox / delivery / "data.csv").write_bytes(as_csv(planted_rows(3)))
    assert receive(duty.ingest, actor, DATASET, delivery) == delivery
    assert duty.catalog.get(DeliveryRecord, delivery) == before
    assert duty.catalog.get(VersionRecord, check(duty.ingest, actor, DATASET, delivery)).rows == 20
    assert check(duty.ingest, actor, DATASET, delivery) == check(duty.ingest, actor, DATASET, delivery)


def at_once(sandbox: Sandbox, work: Callable[[Any], Any]) -> list[Any]:
    """Do the same in four zones of one duty at the same time; what each returned or raised."""
    zones = [sandbox.open(Duty.INGEST) for _ in range(4)]

    def run(zone) -> Any:
        try:
            return work(zone.ingest)
        except SafeZoneError as error:
            return error

    with ThreadPoolExecutor(len(zones)) as pool:
        return list(pool.map(run, zones))


def test_four_receives_at_once_end_with_one_delivery(zone, duty):
    delivery = one(as_csv(planted_rows(200))).lay(zone)
    actor = zone.actor("steward")
    assert at_once(zone, lambda each: receive(each, actor, DATASET, delivery)) == [delivery] * 4
    record = duty.catalog.get(DeliveryRecord, delivery)
    stored = [blob.uri for blob in duty.blobs.list(f"intake/{DATASET}/{delivery}")]
    assert stored == [item["uri"] for item in record.intake]
    assert len(zone.events(f"delivery/{delivery}", "delivery.received")) == 1
    raw = at_once(zone, lambda each: check(each, actor, DATASET, delivery))
    assert len(set(raw)) == 1
    assert len(zone.events(f"version/{raw[0]}", "version.committed")) == 1


@pytest.mark.parametrize("stage", ["receive", "check"])
def test_four_runs_at_once_over_a_bad_delivery_make_one_entry(zone, duty, stage):
    actor = zone.actor("steward")
    if stage == "receive":
        delivery = one(as_csv(planted_rows()), after=written_over(one_other_byte)).lay(zone)
        ended = at_once(zone, lambda each: receive(each, actor, DATASET, delivery))
    else:
        delivery = one(as_csv(failing(4, "9"))).lay(zone)
        receive(duty.ingest, actor, DATASET, delivery)
        ended = at_once(zone, lambda each: check(each, actor, DATASET, delivery))
    entry = the_entry(duty, delivery)
    for error in ended:
        assert isinstance(error, WrongState) or entry.id in error.kept.en
    assert any(isinstance(error, DeliveryError) for error in ended)
    assert all(opened(zone, duty, entry))
    place = f"{INTAKE}/{DATASET}/{delivery}"
    assert {blob.uri for blob in duty.blobs.list(place)} == {item["uri"] for item in entry.objects}
