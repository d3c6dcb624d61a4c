"""Events as OCSF records: every type of event, held against the schema and against the tree."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from py_ocsf_models import OCSF_VERSION as MODELLED
from py_ocsf_models.events.base_event import BaseEvent
from py_ocsf_models.objects.api import API
from py_ocsf_models.objects.metadata import Metadata
from py_ocsf_models.objects.resource_details import ResourceDetails
from py_ocsf_models.objects.service import Service
from py_ocsf_models.objects.user import User
from pydantic import BaseModel, ConfigDict

from safezone.audit.engine import open_engine, write
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.log import Sequencer, stage_all
from safezone.audit.ocsf import ACTIVITIES, KEPT, KEY, OCSF_VERSION, export
from safezone.audit.questions.clock import Period
from safezone.audit.tables import audit_event, audit_leaf, metadata
from safezone.audit.tree import StoredTree
from safezone.errors import IntegrityFailure
from safezone_verify.merkle import leaf_hash, node_hash

SECRET = b"only the zone knows"
# By class, from https://schema.ocsf.io/1.5.0: what is required beyond the base event, and the activities there are.
CLASSES = {
    6003: ({"actor", "api", "src_endpoint"}, {0, 1, 2, 3, 4, 99}, 6),
    3001: ({"user"}, {*range(12), 99}, 3),
    3002: ({"user"}, {*range(6), 99}, 3),
}
BASE = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"}
# What is known to be personal or to open something, and must never leave.
PRIVATE = {
    "name": "홍길동", "comment": "전화로 확인함", "airflow_user": "hong", "from": "10.0.0.7", "token": "0123456789ab",
    "review_key": "ab" * 32, "controller": "mpva", "reason": "free words",
}  # fmt: skip
SHOWN = {
    "grant": "grant-1", "part": "part-00001", "rows": 250_000, "columns": "가,나", "rules": "no-rule", "code": "x.y",
    "dag_id": "ingest__x", "run_id": "manual__1", "task_id": "check", "map_index": 3, "state": "DONE",
    "verdict": "approve",
}  # fmt: skip


def mac(name: str, data: bytes) -> bytes:
    assert name == KEY
    return hmac.digest(SECRET, data, hashlib.sha256)


def strict(model: type[BaseModel]) -> type[BaseModel]:
    """The library's model, refusing fields that OCSF does not know there."""
    return type(model.__name__, (model,), {"model_config": ConfigDict(extra="forbid")})


@pytest.fixture
def engine(tmp_path: Path):
    """A log with one event of every type, by a person and about an account where that can be."""
    made = open_engine(f"sqlite:///{tmp_path / 'log.db'}")
    metadata.create_all(made)
    events = []
    for type_ in EventType:
        object_ = (
            "account/acc-target" if type_.value.startswith("account.") else f"{type_.value.split('.')[0]}/id-1"
        )
        purpose = "version.read account/acc-target" if type_.value.startswith("decision.") else "account/acc-target"
        events.append(AuditEvent(type_, "acc-person", object_, purpose, "p" * 64, {**PRIVATE, **SHOWN}))
    events.append(AuditEvent(EventType.KEY_ROTATED, "release", "key/sign/package"))
    with write(made) as connection:
        stage_all(connection, events)
    Sequencer(made).sequence()
    yield made
    made.dispose()


def records(engine, **more) -> list[dict]:
    found = export(engine, mac, "safezone/test", more.pop("period", Period()), **more)
    return [json.loads(json.dumps(each)) for each in found]


def test_the_version_of_the_schema_is_the_one_the_models_describe() -> None:
    assert OCSF_VERSION == MODELLED == "1.5.0"


def test_every_type_of_event_is_a_valid_record(engine) -> None:
    found = records(engine)
    assert [each["metadata"]["event_code"] for each in found[:-1]] == [each.value for each in EventType]
    for each in found:
        required, activities, category = CLASSES[each["class_uid"]]
        assert set(each) >= BASE | required
        assert each["activity_id"] in activities
        assert each["category_uid"] == category
        assert each["type_uid"] == each["class_uid"] * 100 + each["activity_id"]
        assert each["status_id"] in {1, 2}
        assert each["src_endpoint"]["svc_name"] == "safezone"  # an endpoint needs one of its identifying fields
        assert isinstance(each["time"], int)
        assert each["time"] > 10**12  # milliseconds
        BaseEvent.model_validate(each)
        strict(Metadata).model_validate(each["metadata"])
        users = [each["user"]] if "user" in each else []
        users += [each["actor"]["user"]] if "actor" in each else []
        assert users
        for user in users:
            strict(User).model_validate(user)
        if "api" in each:
            strict(API).model_validate(each["api"])
            for resource in each["resources"]:
                strict(ResourceDetails).model_validate(resource)
        if each["class_uid"] == 3002:
            strict(Service).model_validate(each["service"])


def test_accounts_and_sign_ins_have_classes_of_their_own(engine) -> None:
    by_type = {each["metadata"]["event_code"]: each for each in records(engine)}
    assert (by_type["account.added"]["type_uid"], by_type["account.changed"]["type_uid"]) == (300101, 300105)
    assert by_type["authentication.failed"]["type_uid"] == 300201
    assert (by_type["authentication.failed"]["status"], by_type["authentication.failed"]["severity"]) == (
        "Failure",
        "Medium",
    )
    denied = by_type["decision.denied"]
    assert (denied["status"], denied["status_detail"], denied["activity_name"]) == ("Failure", "no-rule", "Read")
    assert set(ACTIVITIES) == {
        each for each in EventType if each.value.split(".")[0] not in {"account", "authentication"}
    }


def test_people_and_addresses_leave_as_keyed_hashes_and_nothing_else_that_is_personal(engine) -> None:
    text = json.dumps(records(engine), ensure_ascii=False)
    for value in [*PRIVATE.values(), "acc-person", "acc-target"]:
        assert value not in text
    expected = hmac.new(SECRET, b"acc-person", hashlib.sha256).hexdigest()[:32]
    read = next(each for each in records(engine) if each["metadata"]["event_code"] == "vault.read")
    assert read["actor"]["user"]["uid"] == expected
    assert read["src_endpoint"]["uid"] == mac(KEY, b"10.0.0.7").hex()[:32]
    assert set(read["unmapped"]["details"]) == set(SHOWN)
    assert not set(PRIVATE) & KEPT


def test_a_record_says_what_for_under_which_grant_policy_and_run(engine) -> None:
    read = next(each for each in records(engine) if each["metadata"]["event_code"] == "vault.read")
    assert read["api"]["request"]["uid"] == "grant-1"
    assert read["unmapped"]["policy_digest"] == "p" * 64
    assert read["unmapped"]["purpose"] == f"account/{mac(KEY, b'acc-target').hex()[:32]}"
    assert read["metadata"]["correlation_uid"] == "ingest__x/manual__1"
    assert {name: read["unmapped"]["details"][name] for name in ("task_id", "map_index", "rows")} == {
        "task_id": "check",
        "map_index": 3,
        "rows": 250_000,
    }


def test_a_duty_keeps_its_name(engine) -> None:
    last = records(engine)[-1]
    assert (last["actor"]["user"]["uid"], last["actor"]["user"]["type"]) == ("release", "System")


def test_the_records_can_be_checked_against_the_tree(engine) -> None:
    """From the leaf hashes alone, in order, the root the checkpoints sign."""
    found = records(engine)
    assert [each["unmapped"]["seq"] for each in found] == list(range(len(EventType) + 1))
    with write(engine) as connection:
        root = StoredTree(connection).root(len(found))
        leaves = connection.execute(audit_leaf.select().order_by(audit_leaf.c.seq)).all()
    assert [each["unmapped"]["leaf_hash"] for each in found] == [
        leaf_hash(row.leaf.encode()).hex() for row in leaves
    ]

    def tree(hashes: list[bytes]) -> bytes:
        if len(hashes) == 1:
            return hashes[0]
        split = 1 << (len(hashes) - 1).bit_length() - 1
        return node_hash(tree(hashes[:split]), tree(hashes[split:]))

    assert tree([bytes.fromhex(each["unmapped"]["leaf_hash"]) for each in found]) == root


def test_a_follower_goes_on_where_it_stopped(engine) -> None:
    whole = records(engine)
    assert records(engine, after=5) == whole[5:]
    assert records(engine, after=len(whole)) == []
    assert records(engine, period=Period.days("2001-01-01", "2001-01-02")) == []


def test_what_leaves_is_what_the_tree_protects_and_not_an_edited_row(engine) -> None:
    whole = records(engine)
    with write(engine) as connection:
        connection.execute(audit_event.update().where(audit_event.c.seq == 3).values(account="acc-somebody-else"))
        connection.execute(audit_event.delete().where(audit_event.c.seq == 4))
    again = records(engine)
    assert again[3] == whole[3]
    assert again[4]["unmapped"]["leaf_hash"] == whole[4]["unmapped"]["leaf_hash"]
    with write(engine) as connection:
        connection.execute(audit_leaf.update().where(audit_leaf.c.seq == 5).values(leaf="{"))
    with pytest.raises(IntegrityFailure):
        records(engine)
