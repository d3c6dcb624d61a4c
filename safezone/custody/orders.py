"""Destruction by two people: one asks, another agrees, and after a wait it is carried out.

Nothing here takes a row's word for it: at execution both signatures are verified again with the enrolled keys, both
people must be active, different and entitled by the access policies, and the waiting time is counted from the log and
from the witness's first signature over the agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from safezone.access.actions import ZONE, Action, Actor, destruction_resource
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import destructions, history, reviews
from safezone.catalog.records import AccountRecord, DestructionRecord
from safezone.catalog.store import new_id
from safezone.custody import scope
from safezone.custody.certificate import is_id, standing
from safezone.custody.destroy import Authority, Destroyed, destroy, ledger_of
from safezone.errors import Denied, NotFound, SafeZoneError, Unavailable, UsageError, WrongState
from safezone.model import DestructionState, Verdict, digest, now, timestamp
from safezone.states import DESTRUCTION, require
from safezone.zone import Zone

BEGUN = "BEGUN"
_LONGEST_REASON = 2_000
_SLACK = timedelta(minutes=15)
"""Between showing what is signed and recording it; the log's own time is what the wait is counted from."""


def draft(
    zone: Zone,
    account: AccountRecord,
    names: Sequence[str],
    reason: str,
    *,
    datasets: Sequence[str] = (),
    deliveries: Sequence[str] = (),
) -> DestructionRecord:
    """What would be asked for: the keys that are meant, for the person to see and sign. Nothing is recorded.

    Raises:
        Denied: the account may not ask, or one of the keys is never destroyed.
        NotFound: a name, a dataset or a delivery has no living key.
        UsageError: nothing was named, or no reason was given.
    """
    zone.authorizer.authorize(Actor.account(account), Action.KEYS_DESTROY, ZONE, "draft")
    text = " ".join(reason.split())
    if not text or len(text) > _LONGEST_REASON:
        raise UsageError(
            "destruction.reason",
            ("A destruction needs a reason.", "파기에는 사유가 필요합니다."),
            ("Say why: --reason TEXT (at most 2,000 characters).", "사유를 쓰십시오: --reason 사유(2,000자 이하)."),
        )
    if not (names or datasets or deliveries):
        raise UsageError(
            "destruction.names",
            ("No key was named.", "파기할 키를 지정하지 않았습니다."),
            ("Name keys, --dataset or --delivery.", "키 이름, --dataset, --delivery 중 하나를 지정하십시오."),
        )
    keys = scope.expand(zone.keys, names, datasets, deliveries)
    parts = [f"dataset/{each}" for each in datasets] + [f"delivery/{each}" for each in deliveries]
    return DestructionRecord(
        id=new_id("des"),
        keys=keys,
        scope=" ".join(parts)[:256],
        reason=text,
        asked_by=account.id,
        state=DestructionState.REQUESTED,
        due=None,
        certificate=None,
        created=now(),
    )


def ask(zone: Zone, account: AccountRecord, order: DestructionRecord, signature: bytes) -> DestructionRecord:
    """Record a destruction that its asker signed. Nothing is destroyed by it.

    Raises:
        Denied: the account may not ask, or the signature is not theirs over exactly this.
    """
    actor = Actor.account(account)
    with zone.authorizer.refusals(actor, Action.KEYS_DESTROY, f"destruction/{order.id}"):
        zone.authorizer.authorize(actor, Action.KEYS_DESTROY, ZONE, f"destruction/{order.id}")
        fresh = order.state is DestructionState.REQUESTED and order.due is None and order.certificate is None
        if not fresh or order.asked_by != account.id:
            raise destructions.unproven(
                order, "it is not a new one of this account", "이 계정의 새 요청이 아닙니다"
            )
        scope.require_destructible(order.keys)
        review = reviews.checked(
            zone.catalog,
            account,
            destructions.asking_subject(order),
            key=order.id,
            round_=destructions.ROUND,
            verdict=Verdict.APPROVE,
            comment="",
            signature=signature,
        )
        moved = destructions.event(account.id, order, DestructionState.REQUESTED)
        with zone.catalog.write(reviews.event(review), moved) as connection:
            zone.catalog.add(connection, order)
            zone.catalog.add(connection, review)
    return zone.catalog.get(DestructionRecord, order.id)


def to_sign(zone: Zone, order_id: str) -> DestructionRecord:
    """A destruction as the second person signs it: with the moment before which nothing may happen.

    Raises:
        NotFound: there is none of that id.
        WrongState: it was agreed to, withdrawn or carried out already.
    """
    order = zone.catalog.get(DestructionRecord, order_id)
    require(DESTRUCTION, order.id, order.state, DestructionState.APPROVED)
    return replace(order, due=now() + timedelta(hours=zone.settings.destroy_wait_hours))


def approve(zone: Zone, account: AccountRecord, signed: DestructionRecord, signature: bytes) -> DestructionRecord:
    """Agree to a destruction, as the second person.

    Args:
        zone: the zone.
        account: who agrees.
        signed: what `to_sign` gave and the person signed.
        signature: theirs, over `reviews.destruction_subject`.

    Raises:
        Denied: it is who asked, somebody who may not, or the signature does not fit what stands in the catalog.
        WrongState: it was agreed to, withdrawn or carried out already.
    """
    actor = Actor.account(account)
    with zone.authorizer.refusals(actor, Action.KEYS_APPROVE, f"destruction/{signed.id}"):
        order = zone.catalog.get(DestructionRecord, signed.id)
        zone.authorizer.authorize(actor, Action.KEYS_APPROVE, destruction_resource(order.id, order.asked_by))
        earliest = now() + timedelta(hours=zone.settings.destroy_wait_hours)
        if account.id == order.asked_by or signed.due is None or signed.due < earliest - _SLACK:
            raise destructions.unproven(order, "the waiting time was not signed", "대기 기간이 서명되지 않았습니다")
        standing = replace(order, due=signed.due)
        require(DESTRUCTION, order.id, order.state, DestructionState.APPROVED)
        review = reviews.checked(
            zone.catalog,
            account,
            reviews.destruction_subject(standing),
            key=order.id,
            round_=destructions.ROUND,
            verdict=Verdict.APPROVE,
            comment="",
            signature=signature,
        )
        moved = destructions.event(account.id, standing, DestructionState.APPROVED)
        with zone.catalog.write(reviews.event(review), moved) as connection:
            zone.catalog.move(connection, order, DestructionState.APPROVED, due=signed.due)
            zone.catalog.add(connection, review)
    return zone.catalog.get(DestructionRecord, signed.id)


def withdraw(zone: Zone, account: AccountRecord, order_id: str) -> DestructionRecord:
    """Call a destruction off; either of the two may, as long as it was not begun.

    Raises:
        Denied: the account is neither of them.
        WrongState: it was begun, carried out or withdrawn already.
    """
    actor = Actor.account(account)
    with zone.authorizer.refusals(actor, Action.KEYS_DESTROY, f"destruction/{order_id}"):
        order = zone.catalog.get(DestructionRecord, order_id)
        if not account.active or account.id not in {order.asked_by, *_agreed(zone, order)}:
            raise Denied(
                "destruction.not_yours",
                (
                    f"Destruction {order.id} is withdrawn by who asked or who agreed.",
                    f"파기 요청 {order.id}은(는) 요청자나 동의자만 철회할 수 있습니다.",
                ),
                ("Ask one of them.", "두 사람 중 한 명에게 요청하십시오."),
            )
        moved = destructions.event(account.id, order, DestructionState.WITHDRAWN)
        with zone.catalog.write(moved) as connection:
            latest = zone.catalog.get(DestructionRecord, order.id, connection, lock=True)
            if latest.certificate is not None:
                raise _underway(order)
            zone.catalog.move(connection, order, DestructionState.WITHDRAWN)
    return zone.catalog.get(DestructionRecord, order_id)


def run(zone: Zone, actor: Actor, order_id: str, others: Sequence[Zone] = ()) -> Destroyed | None:
    """Carry a destruction out, after everything was proven anew. A run that was cut off is gone on with.

    Args:
        zone: the console, or the zone as a duty.
        actor: an account that may ask for destructions, or the duty that keeps house.
        order_id: which.
        others: the zone as further duties, for keys that are theirs.

    Returns:
        What was destroyed; None when it was carried out already.

    Raises:
        Denied: the two signatures, the people, the policies or the waiting time do not allow it.
        WrongState: nobody agreed yet, or it was withdrawn.
    """
    with zone.authorizer.refusals(actor, Action.KEYS_DESTROY, f"destruction/{order_id}"):
        action = Action.KEYS_DESTROY if actor.kind == "Account" else Action.HOUSEKEEPING_RUN
        zone.authorizer.authorize(actor, action, ZONE, f"destruction/{order_id}")
        order = zone.catalog.get(DestructionRecord, order_id)
        if order.state is DestructionState.DESTROYED and _carried_out(zone, order):
            return None
        require(DESTRUCTION, order.id, order.state, DestructionState.DESTROYED)
        authority = proven(zone, order)
        unfit = [name for name in order.keys if scope.holder((zone, *others), name) is None]
        if unfit:
            raise _elsewhere(order, unfit[0])
        certificate = _begun(zone, order)
        if not certificate:
            certificate = new_id("cert")
            started = AuditEvent(
                EventType.KEY_DESTRUCTION, actor.id, f"{destructions.KIND}/{order.id}", f"{BEGUN} {certificate}"
            )
            with zone.catalog.write(started) as connection:
                latest = zone.catalog.get(DestructionRecord, order.id, connection, lock=True)
                require(DESTRUCTION, order.id, latest.state, DestructionState.DESTROYED)
                if latest.certificate is not None:
                    raise _underway(order)  # another run has just begun it, under a certificate of its own
                zone.catalog.change(connection, order, certificate=certificate)
        done = destroy(zone, order.keys, authority, actor.id, others=others, begun=certificate)
        moved = destructions.event(actor.id, order, DestructionState.DESTROYED)
        with zone.catalog.write(moved) as connection:
            zone.catalog.move(connection, order, DestructionState.DESTROYED)
        return done


def proven(zone: Zone, order: DestructionRecord) -> Authority:
    """Prove that a destruction may be carried out now, and say on whose word.

    Raises:
        Denied: it may not.
    """
    agreed = destructions.agreement(zone.catalog, zone.accounts, order)
    asker, approver = Actor.account(agreed.asker), Actor.account(agreed.approver)
    allowed = (
        asker.id != approver.id
        and zone.access.decide(asker, Action.KEYS_DESTROY, ZONE)[0]
        and zone.access.decide(approver, Action.KEYS_APPROVE, destruction_resource(order.id, agreed.asker.id))[0]
    )
    if not allowed:
        raise destructions.unproven(
            order, "one of the two may not do it any more", "두 사람 중 한 명에게 더 이상 권한이 없습니다"
        )
    destructions.require_over(order, agreed, zone.settings.destroy_wait_hours, lambda: _witnessed(zone, agreed))
    people = (
        _person(zone, "asked", agreed.asker, timestamp(agreed.asked.created), agreed.asked.signature),
        _person(zone, "agreed", agreed.approver, timestamp(agreed.since), agreed.approved.signature),
    )
    reference = f"{destructions.KIND}/{order.id}"
    return Authority("two-people", reference, order.reason, people, order.scope)


def _witnessed(zone: Zone, agreed: destructions.Agreement) -> datetime | None:
    try:
        return destructions.witnessed(zone.catalog, agreed, zone.log_keys, zone.witness.key)
    except Unavailable:
        return None  # a witness nobody knows the key of has vouched for nothing


def run_due(zone: Zone, actor: Actor, others: Sequence[Zone] = ()) -> list[Destroyed]:
    """Carry out every destruction whose waiting time is over and whose keys are all at hand here.

    Those that still wait, or hold keys of the console alone, are passed over in silence.

    Raises:
        SafeZoneError: the first that could not be proven or carried out; all others were.
    """
    done: list[Destroyed] = []
    fault: SafeZoneError | None = None
    for order in zone.catalog.list(DestructionRecord, state=DestructionState.APPROVED):
        ripe = order.due is not None and order.due <= now()
        if not ripe or any(scope.holder((zone, *others), name) is None for name in order.keys):
            continue
        try:
            carried = run(zone, actor, order.id, others)
        except SafeZoneError as error:
            if error.code != "destruction.waiting":
                fault = fault or error
            continue
        if carried is not None:
            done.append(carried)
    if fault is not None:
        raise fault
    return done


def _agreed(zone: Zone, order: DestructionRecord) -> set[str]:
    """Who signed the agreement, by the log."""
    object_ = f"{destructions.KIND}/{order.id}"
    about = digest(reviews.destruction_subject(order))
    if order.due is None:
        return set()
    return {
        event["account"]
        for event in history.events(
            zone.catalog,
            EventType.KEY_DESTRUCTION,
            object_,
            purpose=f"{DestructionState.APPROVED.value} {about}",
        )
    }


def _carried_out(zone: Zone, order: DestructionRecord) -> bool:
    object_ = f"{destructions.KIND}/{order.id}"
    return history.reached(zone.catalog, EventType.KEY_DESTRUCTION, object_, {DestructionState.DESTROYED.value})


def _person(zone: Zone, part: str, account: AccountRecord, time: str, signature: bytes) -> dict[str, str]:
    # Whoever enrolls an account holds its secrets for a moment: two accounts may be one person, and this tells.
    added = history.events(zone.catalog, EventType.ACCOUNT_ADDED, f"account/{account.id}")
    return {
        "enrolled_by": added[0]["account"] if added else "",
        "part": part,
        "account": account.id,
        "name": account.name,
        "time": time,
        "review_key": account.review_key,
        "signature": signature.hex(),
    }


def _begun(zone: Zone, order: DestructionRecord) -> str:
    """Id of the certificate under which the log says a destruction was begun, or an empty text.

    An event written by hand may name another destruction's certificate, which is not to be written over.
    """
    for event in history.events(zone.catalog, EventType.KEY_DESTRUCTION, f"{destructions.KIND}/{order.id}"):
        word, _, certificate = event["purpose"].partition(" ")
        if word == BEGUN and is_id(certificate) and _is_own(zone, order, certificate):
            return str(certificate)
    return ""


def _is_own(zone: Zone, order: DestructionRecord, certificate: str) -> bool:
    reference = f"{destructions.KIND}/{order.id}"
    told = [line.authority for line in ledger_of(zone).lines() if line.certificate == certificate]
    found = standing(zone, certificate)
    said = [] if found is None else [found[1]["authority"]["reference"]]
    return all(each == reference for each in (*told, *said))


def _underway(order: DestructionRecord) -> WrongState:
    return WrongState(
        "destruction.begun",
        (
            f"Destruction {order.id} was begun already.",
            f"파기 요청 {order.id}은(는) 이미 실행이 시작되었습니다.",
        ),
        (
            f"It is finished with: safezone keys destruction run {order.id}",
            f"마저 실행하십시오: safezone keys destruction run {order.id}",
        ),
    )


def _elsewhere(order: DestructionRecord, name: str) -> NotFound:
    return NotFound(
        "destruction.elsewhere",
        (
            f"Destruction {order.id} holds keys this duty has not, such as {name}.",
            f"파기 요청 {order.id}에는 이 임무에 없는 키({name} 등)가 있습니다.",
        ),
        (
            f"Run it at the console: safezone keys destruction run {order.id}",
            f"콘솔에서 실행하십시오: safezone keys destruction run {order.id}",
        ),
    )
