"""Who acts, through which duty: what every command that touches the zone begins with.

Everything of the zone is imported inside functions, so that `safezone --help` and the developer's own commands
start at once and run on the light base install.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from safezone.cli import say
from safezone.errors import SafeZoneError, UsageError

if TYPE_CHECKING:
    from safezone.access.actions import Action, Resource
    from safezone.model import Duty, Verdict
    from safezone.settings import Settings
    from safezone.zone import Zone

T = TypeVar("T")
# Settings of the zones this command opened: what it changed there is to be covered by a checkpoint.
_used: list[Settings] = []


def settings() -> Settings:
    """The settings, or our own words about a variable that is wrong (pydantic would repeat its value).

    Raises:
        UsageError: a variable is wrong.
    """
    from pydantic import ValidationError

    from safezone.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        names = ", ".join(sorted({f"SAFEZONE_{item['loc'][0]}".upper() for item in error.errors() if item["loc"]}))
        raise UsageError(
            "settings.value",
            (f"These variables are not right: {names}.", f"올바르지 않은 환경 변수: {names}."),
            ("Correct or unset them.", "값을 고치거나 지우십시오."),
        ) from None


def open_zone(duty: Duty | None) -> Zone:
    """Open the zone with the keys of one duty; None is the console (enrolment and key custody)."""
    chosen = settings()
    from safezone.zone import Zone

    zone = Zone.open(chosen, duty)
    _used.append(chosen)
    return zone


def settle(code: int, *, as_json: bool) -> int:
    """Leave a witnessed checkpoint behind a command that changed something, where no log duty does.

    Args:
        code: exit code of the command, whose outcome stands.
        as_json: say nothing of outages: whoever reads is a program, and the next command makes it good.

    Returns:
        The same code; that of the log's own failure for a command that went well.
    """
    if not _used:
        return code
    chosen = _used[-1]
    _used.clear()
    from safezone.boundary import boundary
    from safezone.errors import IntegrityFailure
    from safezone.zone import settle_log

    try:
        with boundary("log"):
            missing = settle_log(chosen)
    except IntegrityFailure as error:
        if not code:
            say.fail(error, as_json=as_json)
        return code or error.exit_code
    except SafeZoneError as error:
        missing = [error]
    if not as_json:
        for each in missing:
            say.err().print(each.what.say(say.language()), style="yellow", markup=False, soft_wrap=True)
    return code


class Acting:
    """An account at work, through one duty of the zone.

    Attributes:
        zone: the zone as that duty sees it.
        account: who SAFEZONE_TOKEN proves.
        actor: the same, as the access policies know them.
    """

    def __init__(self, duty: Duty | None) -> None:
        from safezone.access.actions import Actor

        self.zone = open_zone(duty)
        self.account = self.zone.account()
        self.actor = Actor.account(self.account)
        self._names: dict[str, str] | None = None

    def authorize(self, action: Action, resource: Resource, purpose: str = "") -> None:
        """Have one decision made and recorded, or be refused."""
        self.zone.authorizer.authorize(self.actor, action, resource, purpose)

    def may(self, action: Action, resource: Resource) -> bool:
        """Whether the policies would allow it; not recorded. For leaving out of a list what may not be seen."""
        return self.zone.access.decide(self.actor, action, resource)[0]

    def require(self, action: Action, resource: Resource) -> None:
        """Refuse, and record the refusal, before anything is shown to be signed; the step itself decides again."""
        if not self.may(action, resource):
            self.authorize(action, resource)

    def visible(self, what: str, items: Iterable[T], action: Action, resource: Callable[[T], Resource]) -> list[T]:
        """Those of many objects this account may see.

        One decision is recorded for the listing itself, with what was listed as its purpose. Each object is then
        put to the same Cedar policies without an event of its own: hundreds of events for one look at a list
        would bury those an auditor reads, and what is left out was not shown to anybody. Looking at a single
        object (`show`) always records its own decision.
        """
        from safezone.access.actions import ZONE, Action

        self.authorize(Action.CATALOG_READ, ZONE, f"list/{what}")
        return [item for item in items if self.may(action, resource(item))]

    def name(self, account: str) -> str:
        """An account's name for those who may see the list of accounts, and for itself; else its opaque id."""
        if self._names is None:
            from safezone.access.actions import ZONE, Action

            self._names = {self.account.id: self.account.name}
            if self.may(Action.ACCOUNT_LIST, ZONE):
                self._names |= {item.id: item.name for item in self.zone.accounts.all()}
        return self._names.get(account, account)

    def sign(
        self,
        subject: dict[str, Any],
        verdict: Verdict,
        comment: str,
        shown: Mapping[str, Any],
        *,
        quiet: bool,
    ) -> bytes:
        """Show what is decided on, and sign it with the account's own review key.

        Args:
            subject: what is signed, as `safezone.catalog.reviews` builds it.
            verdict: the decision.
            comment: for the people concerned.
            shown: the same for people to read.
            quiet: neither show nor ask (``--json``, ``--yes``).
        """
        from safezone.catalog.reviews import sign
        from safezone.enrolment import account_key
        from safezone.model import digest

        key = account_key(review_key_file(self.zone.settings, self.account.name))
        if not quiet:
            title = say.t("서명할 내용", "What you sign")
            words = {
                "approve": ("승인", "approve"),
                "return": ("보완 요청", "return"),
                "reject": ("반려", "reject"),
            }
            more = {
                say.t("결정", "Decision"): say.t(*words[verdict.value]),
                say.t("의견", "Comment"): comment,
                say.t("서명 대상 해시", "Digest signed"): digest(subject),
            }
            say.facts(title, {**shown, **more}, stderr=True)
            confirm(("이 내용에 서명하시겠습니까?", "Sign this?"))
        return sign(key, subject, verdict, comment)


def review_key_file(chosen: Settings, name: str) -> Path:
    """Where the review key of an account lies.

    Read here and not in `Settings`: the key belongs to the person at the terminal. No part of the zone may
    know it, so no setting of the zone names it.
    """
    given = os.environ.get("SAFEZONE_REVIEW_KEY")
    return Path(given) if given else chosen.home / "accounts" / f"{name}.key"


def confirm(question: tuple[str, str]) -> None:
    """Ask before something final, where somebody is there to answer.

    Raises:
        UsageError: the answer was no.
    """
    import sys

    if not sys.stdin.isatty():
        return
    import typer

    if not typer.confirm(say.t(*question), err=True):
        raise UsageError(
            "cli.declined",
            ("You answered no.", "아니요를 선택했습니다."),
            ("Run it again when you are sure.", "확인한 뒤 다시 실행하십시오."),
        )
