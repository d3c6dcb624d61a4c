"""Destructions of keys, proven from signatures and from the log, never from a row's own word.

Two people sign: who asks, over the keys and the reason; and who agrees, over the same and the moment before which
nothing may happen. The waiting time is counted from the event of the agreement, which committed with it, and again
from the first checkpoint over that event which the witness cosigned: rows and clocks of the zone are in the hands of
whoever holds the database's password, who may be one of the two; the witness's clock is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from safezone.audit.checkpoint import open_checkpoint, parse_note, signers
from safezone.audit.engine import read
from safezone.audit.event import AuditEvent, EventType, leaf_of
from safezone.audit.tables import audit_checkpoint, audit_event, audit_leaf
from safezone.audit.tree import StoredTree
from safezone.catalog import history, reviews
from safezone.catalog.accounts import Accounts
from safezone.catalog.records import AccountRecord, DestructionRecord, ReviewRecord
from safezone.catalog.store import Catalog
from safezone.errors import Denied, IntegrityFailure, NotFound
from safezone.model import DestructionState, Verdict, digest, now, timestamp
from safezone_verify.merkle import leaf_hash, verify_inclusion
from safezone_verify.notes import Note, NoteKey

KIND = "destruction"
ROUND = 1
_LOOKED_AT = 1_000
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two people who want the same.

    Attributes:
        asker: who asked.
        approver: who agreed.
        asked: the first signature.
        approved: the second.
        since: when the second was recorded, by the log.
        seq: where the log has taken that down; None while it waits for the log duty.
    """

    asker: AccountRecord
    approver: AccountRecord
    asked: ReviewRecord
    approved: ReviewRecord
    since: datetime
    seq: int | None = None


def asking_subject(order: DestructionRecord) -> dict[str, Any]:
    """What the person who asks signs: no moment is fixed yet."""
    return reviews.destruction_subject(replace(order, due=None))


def event(actor: str, order: DestructionRecord, state: DestructionState) -> AuditEvent:
    """The event a change of state is saved with; the digest of what was signed last is in the leaf."""
    about = digest(reviews.destruction_subject(order))
    details: dict[str, str | int] = {"keys": len(order.keys)}
    return history.moved(
        EventType.KEY_DESTRUCTION, actor, f"{KIND}/{order.id}", state, about=about, details=details
    )


def agreement(catalog: Catalog, accounts: Accounts, order: DestructionRecord) -> Agreement:
    """Prove that two different people of the zone signed for exactly this destruction.

    1. the log knows of no withdrawal; 2. who asked is an active account and signed keys and reason; 3. somebody
    else with an active account signed the same and the moment; 4. the log remembers both signatures and the
    agreement. What either of them may do is for the access policies, which the caller asks.

    Raises:
        Denied: naming what could not be proven.
    """
    withdrawn = history.reached(
        catalog, EventType.KEY_DESTRUCTION, f"{KIND}/{order.id}", {DestructionState.WITHDRAWN.value}
    )
    if withdrawn or order.due is None:
        raise unproven(order, "nobody agreed to it, or it was withdrawn", "동의되지 않았거나 철회되었습니다")
    given = catalog.list(ReviewRecord, kind=KIND, subject=order.id, round=ROUND)
    asker, asked = _signer(catalog, accounts, given, asking_subject(order), only=order.asked_by)
    subject = reviews.destruction_subject(order)
    approver, approved = _signer(catalog, accounts, given, subject, never=order.asked_by)
    if asker is None or asked is None:
        raise unproven(order, "who asked has not signed it", "요청자의 유효한 서명이 없습니다")
    if approver is None or approved is None:
        raise unproven(order, "no second person has signed it", "두 번째 담당자의 유효한 서명이 없습니다")
    recorded = _recorded(catalog, order, approver.id, digest(subject))
    if recorded is None:
        raise unproven(order, "the log does not know of the agreement", "동의가 감사 로그에 없습니다")
    return Agreement(asker, approver, asked, approved, *recorded)


def witnessed(catalog: Catalog, agreed: Agreement, keys: Sequence[NoteKey], witness: NoteKey) -> datetime | None:
    """When the witness first vouched for a log that holds the agreement, by the witness's own clock.

    The leaf is proven to be in the tree that was cosigned (RFC 9162, section 2.1.3.2), so neither the time in the
    event nor a row of the catalog counts. The time is that of the cosignature
    (https://c2sp.org/tlog-cosignature), in seconds since 1970.

    Args:
        catalog: whose log.
        agreed: what `agreement` gave.
        keys: public keys of the log.
        witness: the witness's public key.

    Returns:
        The time, or None when no checkpoint that the witness cosigned holds the agreement yet.
    """
    if agreed.seq is None:
        return None
    table = audit_checkpoint
    later = select(table.c.cosigned).where(table.c.size > agreed.seq, table.c.cosigned != "")
    with read(catalog.engine) as connection:
        leaf = connection.execute(select(audit_leaf.c.leaf).where(audit_leaf.c.seq == agreed.seq)).scalar()
        for note in connection.execute(later.order_by(table.c.size).limit(_LOOKED_AT)).scalars().all():
            moment = _vouched(connection, str(note), agreed.seq, leaf_hash(str(leaf).encode()), keys, witness)
            if moment is not None:
                return moment
    return None


def _vouched(
    connection: Connection, note: str, seq: int, leaf: bytes, keys: Sequence[NoteKey], witness: NoteKey
) -> datetime | None:
    try:
        checkpoint, parsed = open_checkpoint(note, keys), parse_note(note)
        moment = _cosigned_at(parsed, witness)
        proof = StoredTree(connection).inclusion(seq, checkpoint.size)
    except (IntegrityFailure, ValueError, OverflowError, OSError):
        return None  # not what log and witness signed, or a tree somebody spoiled: it vouches for nothing
    return moment if verify_inclusion(leaf, seq, checkpoint.size, proof, checkpoint.root) else None


def _cosigned_at(note: Note, witness: NoteKey) -> datetime | None:
    if not signers(note, [witness]):
        return None
    times = [
        int.from_bytes(seal[:_TIME_BYTES], "big")
        for name, key_id, seal in note.signatures
        if (name, key_id) == (witness.name, witness.key_id)
    ]
    return datetime.fromtimestamp(max(times), UTC)


def require_over(
    order: DestructionRecord, agreed: Agreement, hours: float, seen: Callable[[], datetime | None]
) -> None:
    """Refuse to act before the waiting time is over, by the signature, by the log and by the witness.

    Args:
        order: the destruction.
        agreed: what `agreement` gave.
        hours: the waiting time; where there is none, nobody can shorten it and no witness is asked.
        seen: what `witnessed` says.

    Raises:
        Denied: it is not over, or no witness has vouched for the agreement yet.
    """
    wait = timedelta(hours=hours)
    until = max(agreed.since + wait, order.due or agreed.since)
    if hours > 0 and now() >= until:
        vouched = seen()
        if vouched is None:
            raise unwitnessed(order)
        until = max(until, vouched + wait)
    if now() < until:
        raise Denied(
            "destruction.waiting",
            (
                f"The waiting time of {order.id} ends at {timestamp(until)}.",
                f"{order.id}의 대기 기간은 {timestamp(until)}에 끝납니다.",
            ),
            (
                f"Wait, or withdraw it: safezone keys destruction withdraw {order.id}",
                f"기다리거나 철회하십시오: safezone keys destruction withdraw {order.id}",
            ),
            kept=("No key was destroyed.", "파기된 키는 없습니다."),
        )


def unwitnessed(order: DestructionRecord) -> Denied:
    """The error for an agreement that the zone alone says the time of."""
    return Denied(
        "destruction.unwitnessed",
        (
            f"The witness has not vouched for the agreement to {order.id}: only the zone itself says how old it is.",
            f"{order.id}에 대한 동의를 증인이 확인하지 않아, 대기 기간을 안심구역의 기록으로만 알 수 있습니다.",
        ),
        (
            "Have the log witnessed; the waiting time is counted from then: safezone audit checkpoint",
            "로그를 증인에게 보이십시오. 대기 기간은 그때부터 셉니다: safezone audit checkpoint",
        ),
        kept=("No key was destroyed.", "파기된 키는 없습니다."),
    )


def unproven(order: DestructionRecord, en: str, ko: str) -> Denied:
    """The error for a destruction that is not what two people agreed to."""
    return Denied(
        "destruction.unproven",
        (
            f"Destruction {order.id} cannot be proven: {en}.",
            f"파기 요청 {order.id}을(를) 증명할 수 없습니다: {ko}.",
        ),
        (
            "Ask for it anew: safezone keys destroy. If nobody withdrew it, tell the auditor.",
            "다시 요청하십시오: safezone keys destroy. 철회한 사람이 없다면 감사 담당자에게 알리십시오.",
        ),
        kept=("No key was destroyed.", "파기된 키는 없습니다."),
    )


def places(catalog: Catalog, object_: str, kind: EventType) -> list[dict[str, Any]]:
    """Where events about an object stand in the log, oldest first.

    Returns:
        ``uid``, ``time`` and ``seq`` of each; ``seq`` is None until the log duty has given it its place.
    """
    query = (
        select(audit_event.c.uid, audit_event.c.time, audit_event.c.seq)
        .where(audit_event.c.object == object_, audit_event.c.type == kind.value)
        .order_by(audit_event.c.id)
    )
    with read(catalog.engine) as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _signer(
    catalog: Catalog,
    accounts: Accounts,
    given: list[ReviewRecord],
    subject: dict[str, Any],
    *,
    only: str = "",
    never: str = "",
) -> tuple[AccountRecord | None, ReviewRecord | None]:
    """The active account whose genuine signature over the subject is there, and the log knows of."""
    for review in given:
        if (only and review.reviewer != only) or review.reviewer == never or review.verdict is not Verdict.APPROVE:
            continue
        try:
            account = accounts.get(review.reviewer)
        except (NotFound, IntegrityFailure):
            continue  # not as the zone enrolled it: nobody
        signed = account.active and reviews.holds(review, account.review_key, subject)
        if signed and history.events(
            catalog,
            EventType.REVIEW_SIGNED,
            f"{KIND}/{review.subject}",
            actor=account.id,
            purpose=review.payload_digest,
        ):
            return account, review
    return None, None


def _recorded(
    catalog: Catalog, order: DestructionRecord, actor: str, about: str
) -> tuple[datetime, int | None] | None:
    """When and where the log took the agreement down: the newest such event, whose leaf must say the same."""
    query = (
        select(audit_event, audit_leaf.c.leaf)
        .join_from(audit_event, audit_leaf, audit_event.c.seq == audit_leaf.c.seq, isouter=True)
        .where(
            audit_event.c.object == f"{KIND}/{order.id}",
            audit_event.c.type == EventType.KEY_DESTRUCTION.value,
            audit_event.c.account == actor,
            audit_event.c.purpose == f"{DestructionState.APPROVED.value} {about}",
        )
        .order_by(audit_event.c.id.desc())
    )
    with read(catalog.engine) as connection:
        found = connection.execute(query).first()
    if found is None or (found.seq is not None and found.leaf != leaf_of(found, found.seq)):
        return None  # nothing of it, or the event was edited after the log had taken it down
    try:
        return datetime.fromisoformat(found.time), found.seq
    except (ValueError, TypeError):
        return None
