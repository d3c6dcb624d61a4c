"""Events as OCSF records, for a security monitoring system (SIEM) outside the zone.

Open Cybersecurity Schema Framework 1.5.0 (https://schema.ocsf.io/1.5.0): what is done to accounts is Account Change
(3001), failed sign-ins are Authentication (3002), everything else is API Activity (6003). Records go out as JSON
lines in the order of the log.

People and machine addresses leave as keyed hashes: HMAC-SHA256 under ``commit/ocsf``, so that the monitoring system
can follow one account through the records and cannot name it; the zone can, by hashing an account it knows. Of the
deletable details only counts and references leave (`KEPT`): no name, comment or token.

Each record carries its sequence number and the hash of its leaf. The hashes of all records, in order, are the leaves
of the RFC 6962 tree whose root the checkpoints sign: who keeps the records and a witnessed checkpoint can tell whether
any record was left out, added or moved, without holding the log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, select

from safezone import __version__
from safezone.audit.engine import read
from safezone.audit.event import EventType
from safezone.audit.questions.clock import Period
from safezone.audit.questions.reading import SYSTEM, action, details, within
from safezone.audit.tables import audit_detail, audit_event, audit_leaf
from safezone.errors import IntegrityFailure
from safezone_verify.merkle import leaf_hash

OCSF_VERSION = "1.5.0"
KEY = "commit/ocsf"
"""The MAC key people are hashed under.

The `log` duty exports: it reads the log anyway, opens no data, and has the right to this one MAC key. No duty may
rotate it, so that an account keeps its hash as long as the monitoring system keeps its records.
"""
KEPT = frozenset(
    {
        "attempt", "bytes", "code", "columns", "dag_id", "files", "grant", "kind", "map_index", "part", "pull",
        "round", "rows", "rules", "run_id", "stage", "state", "task_id", "verdict",
    }
)  # fmt: skip
"""Details that may leave the zone; every other one stays, also those that will be thought of later."""
_CHUNK = 2_000

Hash = Callable[[str], str]
UNKNOWN, CREATE, READ, UPDATE, DELETE, OTHER = 0, 1, 2, 3, 4, 99
_CAPTIONS = {UNKNOWN: "Unknown", CREATE: "Create", READ: "Read", UPDATE: "Update", DELETE: "Delete", OTHER: "Other"}

ACTIVITIES: Mapping[EventType, int] = {
    EventType.DECISION_ALLOWED: OTHER,
    EventType.DECISION_DENIED: OTHER,
    EventType.POLICY_APPROVED: UPDATE,
    EventType.DATASET_STATE: UPDATE,
    EventType.DELIVERY_RECEIVED: CREATE,
    EventType.DELIVERY_QUARANTINED: CREATE,
    EventType.VERSION_COMMITTED: CREATE,
    EventType.VERSION_STATE: UPDATE,
    EventType.REVIEW_SIGNED: CREATE,
    EventType.PROJECT_STATE: UPDATE,
    EventType.PROJECT_MEMBER: UPDATE,
    EventType.REQUEST_STATE: UPDATE,
    EventType.ESTIMATE_ANSWERED: READ,
    EventType.JOB_STATE: UPDATE,
    EventType.RELEASE_BUILT: CREATE,
    EventType.RELEASE_PULLED: READ,
    EventType.RELEASE_REVOKED: DELETE,
    EventType.KEY_CREATED: CREATE,
    EventType.KEY_ROTATED: UPDATE,
    EventType.KEY_DESTROYED: DELETE,
    EventType.KEY_DESTRUCTION: UPDATE,
    EventType.KEYS_SPLIT: READ,
    EventType.BACKUP_MADE: CREATE,
    EventType.BACKUP_RESTORED: UPDATE,
    EventType.VAULT_READ: READ,
    EventType.VAULT_WRITE: CREATE,
    EventType.CHECKPOINT_SIGNED: CREATE,
    EventType.LOG_DETAILS_DELETED: DELETE,
}
"""Which of the activities of API Activity each type of event is; decisions are told apart by their action."""
_READING = frozenset({"read", "list", "verify", "explain", "pull", "export", "check"})
_CREATING = frozenset({"add", "create", "build", "ingest", "make", "checkpoint", "submit"})
_DELETING = frozenset({"destroy", "revoke", "withdraw", "close"})
# OCSF: severity and status. A refusal is worth a look, an attempt to sign in with nothing valid a closer one.
_INFORMATIONAL, _LOW, _MEDIUM = 1, 2, 3
_SUCCESS, _FAILURE = 1, 2


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log: what its leaf says, the hash of that leaf, and what is left of its details."""

    uid: str
    text: str
    kept: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """What the tree protects; nothing here is taken from the event row, which somebody could have edited.

        Raises:
            IntegrityFailure: it is no leaf.
        """
        try:
            found = json.loads(self.text)
            datetime.fromisoformat(found["time"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _damaged() from None
        return dict(found)


def export(
    engine: Engine, mac: Callable[[str, bytes], bytes], origin: str, period: Period, after: int = 0
) -> Iterator[dict[str, Any]]:
    """Records of all sequenced events, in the order of the log.

    Args:
        engine: the store.
        mac: HMAC-SHA256 of data under a named key (`safezone.ports.KeyProvider.mac`); the key must be there.
        origin: the log's name.
        period: when.
        after: from this sequence number on, so that a follower can go on where it stopped.

    Raises:
        IntegrityFailure: a leaf is damaged.
    """

    @lru_cache(maxsize=100_000)
    def hashed(text: str) -> str:
        return mac(KEY, text.encode()).hex()[:32]

    with read(engine) as connection:
        for leaf in _leaves(connection, period, after):
            yield record(leaf, hashed, origin)


def _leaves(connection: Connection, period: Period, after: int) -> Iterator[Leaf]:
    # A leaf whose event row somebody removed goes out all the same.
    joined = audit_leaf.outerjoin(audit_event, audit_event.c.seq == audit_leaf.c.seq).outerjoin(
        audit_detail, audit_detail.c.uid == audit_event.c.uid
    )
    query = (
        select(audit_event.c.uid, audit_leaf.c.leaf, audit_detail.c.details)
        .select_from(joined)
        .where(audit_leaf.c.seq >= after, audit_event.c.seq.is_(None) | within(period))
        .order_by(audit_leaf.c.seq)
        .execution_options(yield_per=_CHUNK)
    )
    for uid, text, kept in connection.execute(query):
        yield Leaf(uid or "", text, details(kept))


def record(leaf: Leaf, hashed: Hash, origin: str) -> dict[str, Any]:
    """One event as an OCSF record.

    Args:
        leaf: the event.
        hashed: the keyed hash of a text, 128 bits in hexadecimal.
        origin: the log's name.
    """
    fields = leaf.fields()
    type_, account = str(fields["type"]), str(fields["account"])
    moment = datetime.fromisoformat(fields["time"])
    base = {
        "time": int(moment.timestamp() * 1000),
        "metadata": _metadata(leaf, fields, origin),
        "unmapped": _unmapped(leaf, fields, hashed),
        "src_endpoint": _source(leaf, hashed),
    }
    if type_ == EventType.AUTHENTICATION_FAILED.value:
        return base | _authentication(account, hashed)
    if type_ in {EventType.ACCOUNT_ADDED.value, EventType.ACCOUNT_CHANGED.value}:
        return base | _account_change(type_, account, fields, hashed)
    return base | _api_activity(type_, account, fields, leaf, hashed)


def _classified(
    class_uid: int, class_name: str, activity: int, name: str, *, failed: bool = False
) -> dict[str, Any]:
    """The fields every record is sorted by: ``type_uid = class_uid * 100 + activity_id``."""
    category = {3: (3, "Identity & Access Management"), 6: (6, "Application Activity")}[class_uid // 1000]
    return {
        "category_uid": category[0],
        "category_name": category[1],
        "class_uid": class_uid,
        "class_name": class_name,
        "activity_id": activity,
        "activity_name": name,
        "type_uid": class_uid * 100 + activity,
        "type_name": f"{class_name}: {name}",
        "severity_id": _LOW if failed else _INFORMATIONAL,
        "severity": "Low" if failed else "Informational",
        "status_id": _FAILURE if failed else _SUCCESS,
        "status": "Failure" if failed else "Success",
    }


def _authentication(account: str, hashed: Hash) -> dict[str, Any]:
    found = _classified(3002, "Authentication", 1, "Logon", failed=True)
    return found | {
        "severity_id": _MEDIUM,
        "severity": "Medium",
        "user": _user(account, hashed),
        "service": {"name": "safezone", "uid": "safezone", "version": __version__},
    }


def _account_change(type_: str, account: str, fields: Mapping[str, Any], hashed: Hash) -> dict[str, Any]:
    added = type_ == EventType.ACCOUNT_ADDED.value
    activity, name = (1, "Create") if added else (5, "Disable")
    target = str(fields["object"]).partition("/")[2]
    return _classified(3001, "Account Change", activity, name) | {
        "actor": {"user": _user(account, hashed)},
        "user": _user(target, hashed),
    }


def _api_activity(type_: str, account: str, fields: Mapping[str, Any], leaf: Leaf, hashed: Hash) -> dict[str, Any]:
    operation = action(type_, str(fields["purpose"]))
    activity = _activity(type_, operation)
    kind, _, key = str(fields["object"]).partition("/")
    denied = type_ == EventType.DECISION_DENIED.value
    made: dict[str, Any] = {
        "actor": {"user": _user(account, hashed)},
        "api": {"operation": operation, "service": {"name": "safezone", "uid": "safezone", "version": __version__}},
        "resources": [{"type": kind, "uid": hashed(key) if kind == "account" else key}],
    }
    if grant := leaf.kept.get("grant"):
        made["api"]["request"] = {"uid": str(grant)}
    if denied and (rules := leaf.kept.get("rules")):
        made["status_detail"] = str(rules)
    return _classified(6003, "API Activity", activity, _CAPTIONS[activity], failed=denied) | made


def _activity(type_: str, operation: str) -> int:
    if type_.startswith("decision."):
        word = operation.rpartition(".")[2]
        for words, activity in ((_READING, READ), (_CREATING, CREATE), (_DELETING, DELETE)):
            if word in words:
                return activity
        return UPDATE if word else OTHER
    try:
        return ACTIVITIES[EventType(type_)]
    except (ValueError, KeyError):
        return UNKNOWN


def _user(account: str, hashed: Hash) -> dict[str, Any]:
    """An account as a keyed hash; a duty of the zone by its own name, since it is no person."""
    if account in SYSTEM:
        return {
            "uid": account,
            "name": account,
            "type_id": 3 if account != "unknown" else 0,
            "type": "System" if account != "unknown" else "Unknown",
            "account": {"uid": account, "name": account, "type_id": 99, "type": "Other"},
        }
    known = hashed(account)
    return {
        "uid": known,
        "name": known,
        "type_id": 1,
        "type": "User",
        "account": {"uid": known, "name": known, "type_id": 99, "type": "Other"},
    }


def _source(leaf: Leaf, hashed: Hash) -> dict[str, Any]:
    """Where it came from, as a keyed hash; the service itself when the event does not say."""
    if came := leaf.kept.get("from"):
        return {"uid": hashed(str(came)), "svc_name": "safezone"}
    return {"svc_name": "safezone"}


def _metadata(leaf: Leaf, fields: Mapping[str, Any], origin: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "version": OCSF_VERSION,
        "product": {"name": "Safe Zone", "vendor_name": "Safe Zone", "version": __version__},
        "uid": leaf.uid,
        "sequence": int(fields["seq"]),
        "event_code": str(fields["type"]),
        "log_name": origin,
        "original_time": str(fields["time"]),
    }
    if run := leaf.kept.get("run_id"):
        # All that one run of a Dag did hangs together.
        found["correlation_uid"] = f"{leaf.kept.get('dag_id', '')}/{run}"
    return found


def _unmapped(leaf: Leaf, fields: Mapping[str, Any], hashed: Hash) -> dict[str, Any]:
    """What OCSF has no place for: the tie to the tree, purpose, policy, and the details that may leave."""
    kept = {name: leaf.kept[name] for name in sorted(KEPT & set(leaf.kept))}
    return {
        "seq": int(fields["seq"]),
        "leaf_hash": leaf_hash(leaf.text.encode()).hex(),
        "purpose": _hidden(str(fields["purpose"]), hashed),
        "policy_digest": str(fields["policy"]),
        "details": kept,
    }


def _hidden(purpose: str, hashed: Hash) -> str:
    """A purpose with the accounts in it hashed."""
    words = []
    for word in purpose.split(" "):
        kind, slash, key = word.partition("/")
        words.append(f"account/{hashed(key)}" if slash and kind == "account" else word)
    return " ".join(words)


def _damaged() -> IntegrityFailure:
    return IntegrityFailure(
        "audit.leaf",
        ("An entry of the log is damaged.", "감사 로그의 항목이 손상되었습니다."),
        ("Run `safezone audit verify` to see where.", "`safezone audit verify`로 위치를 확인하세요."),
    )
