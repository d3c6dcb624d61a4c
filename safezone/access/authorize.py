"""`Authorizer.authorize`: the one function that decides, and writes the decision down before it answers.

Deny by default. An error while deciding, a policy that could not be evaluated, a decision that could not be
recorded: each is a denial. Cedar skips a ``forbid`` that errors and may then answer Allow, so any error in its
diagnostics denies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

import cedarpy

from safezone.access.actions import Action, Actor, Resource
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog.store import Catalog, new_id
from safezone.errors import Denied, FilterError, PolicyError, SafeZoneError, Unavailable, UsageError
from safezone.model import digest

# Refusals that were written down where they were made.
_RECORDED = frozenset({"access.denied", "vault.grant", "review.signature", "review.twice"})
_LONGEST = 120


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Grant:
    """Proof, within this process, that a decision was made, allowed and recorded.

    Only an `Authorizer` makes grants that it will recognise again; one built by hand opens nothing.
    """

    id: str
    actor: Actor
    action: Action
    resource: Resource
    purpose: str


class AccessPolicy:
    """The Cedar policies and schema of a zone, parsed and validated once.

    Attributes:
        sha256: digest of both texts, which every decision is recorded with.
        names: what people call each rule.
    """

    def __init__(self, policies: str, schema: str, name: str = "policies/access") -> None:
        try:
            self.schema = cedarpy.Schema.from_str(schema)
            self.policies = cedarpy.PolicySet.from_str(policies)
            result = cedarpy.validate_policies(policies, self.schema)
        except ValueError as error:
            raise self._wrong(name, str(error)) from None
        if not result.validation_passed:
            raise self._wrong(name, "; ".join(str(item.error) for item in result.errors))
        self.sha256 = digest([policies, schema])
        # Cedar numbers policies in file order; the @id annotation is the name people know.
        ids = [line.split('"')[1] for line in policies.splitlines() if line.startswith("@id(")]
        self.names: Mapping[str, str] = {f"policy{number}": name for number, name in enumerate(ids)}

    @classmethod
    def load(cls, folder: Path) -> AccessPolicy:
        """Read every ``*.cedar`` of a folder with its ``zone.cedarschema``."""
        texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.cedar"))]
        if not texts:
            raise cls._wrong(str(folder), "no .cedar file")
        return cls("\n".join(texts), (folder / "zone.cedarschema").read_text("utf-8"), str(folder))

    @staticmethod
    def _wrong(name: str, reason: str) -> PolicyError:
        return PolicyError(
            "policy.access",
            (
                f"The access policies in {name} are not valid: {reason}",
                f"{name}의 접근 정책이 올바르지 않습니다: {reason}",
            ),
            (
                "Correct the file; until then nothing is allowed.",
                "파일을 고치십시오. 그때까지는 아무것도 허용되지 않습니다.",
            ),
        )

    def decide(self, actor: Actor, action: Action, resource: Resource) -> tuple[bool, str]:
        """Ask Cedar. Returns whether it is allowed, and the names of the rules that decided."""
        try:
            answer = self._ask(actor, action, resource)
        except Exception:  # noqa: BLE001 - whatever goes wrong while deciding, the answer is no
            return False, "error"
        reasons = ",".join(self.names.get(reason, reason) for reason in answer.diagnostics.reasons)
        if answer.diagnostics.errors:
            return False, "error"
        return answer.decision == cedarpy.Decision.Allow, reasons or "no-rule"

    def _ask(self, actor: Actor, action: Action, resource: Resource) -> cedarpy.AuthzResult:
        principal = {"type": actor.kind, "id": actor.id}
        target = {"type": resource.kind, "id": resource.id}
        attributes: dict[str, object] = {}
        if actor.kind == "Account":
            attributes = {
                "account": actor.id,
                "roles": sorted(role.value for role in actor.roles),
                "controller": actor.controller,
                "active": actor.active,
            }
        entities = json.dumps(
            [
                {"uid": principal, "attrs": attributes, "parents": []},
                {"uid": target, "attrs": resource.attributes, "parents": []},
            ]
        )
        question = {
            "principal": principal,
            "action": {"type": "Action", "id": action.value},
            "resource": target,
            "context": {},
        }
        return cedarpy.is_authorized(question, self.policies, entities, self.schema)


class Authorizer:
    """Decides for one zone, and remembers within the process which grants it gave."""

    def __init__(self, catalog: Catalog, policy: AccessPolicy) -> None:
        self._catalog = catalog
        self._policy = policy
        # A grant lives as long as the work it was given for.
        self._issued: WeakValueDictionary[str, Grant] = WeakValueDictionary()

    def authorize(self, actor: Actor, action: Action, resource: Resource, purpose: str = "") -> Grant:
        """Decide, record the decision, then answer.

        Args:
            actor: who wants to act.
            action: what they want to do.
            resource: what they want to do it to.
            purpose: why, as a reference (a request, a delivery, a Dag run), never free text.

        Returns:
            A grant that the vault and the airlock accept.

        Raises:
            Denied: it is not allowed, or could not be decided or recorded.
        """
        allowed, reasons = self._policy.decide(actor, action, resource)
        grant = Grant(new_id("grant"), actor, action, resource, purpose)
        event = AuditEvent(
            EventType.DECISION_ALLOWED if allowed else EventType.DECISION_DENIED,
            actor.id,
            resource.name,
            purpose=f"{action.value} {purpose}".strip(),
            policy=self._policy.sha256,
            details={"rules": reasons} | ({"grant": grant.id} if allowed else {}),
        )
        try:
            with self._catalog.write(event):
                pass
        except SafeZoneError as error:
            raise self._denied(action, resource, "not recorded") from error
        if not allowed:
            raise self._denied(action, resource, reasons)
        self._issued[grant.id] = grant
        return grant

    def covers(self, grant: Grant, *actions: Action) -> bool:
        """Whether this authorizer gave exactly this grant, for one of these actions."""
        return self._issued.get(grant.id) is grant and grant.action in actions

    @contextmanager
    def refusals(self, actor: Actor, action: Action, object_: str) -> Iterator[None]:
        """Write down what is refused within the block after the access policies had allowed it, or before.

        A missing signature, a changed row, a wrong state: every refusal leaves a ``decision.denied`` that names
        actor, action, object and the error's code, whichever rule it was.

        Args:
            actor: who tried.
            action: what they tried.
            object_: what they tried it on, as events call it.
        """
        try:
            yield
        except (Unavailable, UsageError, FilterError):
            raise  # an outage or a slip of the pen: nobody refused anything
        except SafeZoneError as error:
            if error.code not in _RECORDED:
                # When the log itself does not answer, the first error is the one to show.
                with suppress(SafeZoneError):
                    self.refused(actor, action, object_, error.code)
            raise

    def refused(self, actor: Actor, action: Action, object_: str, code: str) -> None:
        """Write one refusal down."""
        event = AuditEvent(
            EventType.DECISION_DENIED,
            actor.id,
            object_[:_LONGEST],
            purpose=action.value,
            policy=self._policy.sha256,
            details={"rules": code},
        )
        with self._catalog.write(event):
            pass

    @staticmethod
    def _denied(action: Action, resource: Resource, reasons: str) -> Denied:
        return Denied(
            "access.denied",
            (
                f"{action.value} on {resource.name} is not allowed ({reasons}).",
                f"{resource.name}에 대한 {action.value} 권한이 없습니다({reasons}).",
            ),
            (
                "Ask someone whose role allows it; this attempt is in the log.",
                "권한이 있는 담당자에게 요청하십시오. 이 시도는 기록되었습니다.",
            ),
        )
