"""`request new|submit|list|show|withdraw` and `review approve|return|reject`: asking, and deciding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting
from safezone.cli.say import Json, Yes, t
from safezone.errors import UsageError

if TYPE_CHECKING:
    from safezone.access.actions import Resource
    from safezone.catalog.records import RequestRecord
    from safezone.model import Verdict

group = typer.Typer(help=t("추출 요청", "Requests for extracts"), no_args_is_help=True)
review = typer.Typer(help=t("요청 심사(서명)", "Decide about requests, by signature"), no_args_is_help=True)
Request = Annotated[str, typer.Argument(metavar="REQUEST", help=t("요청 번호", "Request id"))]


def _acting() -> Acting:
    from safezone.model import Duty

    return Acting(Duty.PORTAL)


def readable(acting: Acting, request: RequestRecord) -> Resource:
    """A request as the policies see it for reading: who may not decide about it does not matter then."""
    from safezone.access.actions import request_resource
    from safezone.catalog.records import ProjectRecord

    project = acting.zone.catalog.get(ProjectRecord, request.project)
    return request_resource(request, project.members, frozenset())


@group.command("new", help=t("요청 작성", "Draft a request"))
def new(
    dataset: Annotated[
        str, typer.Option("--dataset", help=t("데이터셋이나 공개 버전", "Dataset, or a published version"))
    ],
    columns: Annotated[
        list[str], typer.Option("--columns", help=t("열(쉼표로 구분)", "Columns, separated by commas"))
    ],
    purpose: Annotated[str, typer.Option("--purpose", help=t("무엇에 쓰는지", "What it is for"))],
    project: Annotated[str, typer.Option("--project", help=t("승인된 과제", "An approved project"))],
    recipient: Annotated[
        str, typer.Option("--recipient", help=t("받을 사람의 age 공개키", "The developer's age public key"))
    ],
    where: Annotated[str, typer.Option("--where", help=t("행 조건", "Row filter"))] = "",
    days: Annotated[int, typer.Option("--days", help=t("이용 기간(일)", "Days of use"))] = 30,
    form: Annotated[str, typer.Option("--format", help="parquet, jsonl")] = "parquet",
    sample: Annotated[
        float | None, typer.Option("--sample", help=t("뽑을 행의 비율(0–1)", "Share of the rows (0-1)"))
    ] = None,
    as_json: Json = False,
) -> None:
    """Draft a request for an extract."""
    from safezone.airlock.requests import Wish, create

    names = tuple(name.strip() for each in columns for name in each.split(",") if name.strip())
    wish = Wish(dataset, names, where, purpose, project, recipient, days, form, sample)
    acting = _acting()
    made = create(acting.zone.airlock, acting.account, wish)
    _told(made, as_json, ("작성했습니다", "drafted"), f"safezone request submit {made.id}")


@group.command("submit", help=t("요청 제출과 자동 점검", "Submit a request; its automatic checks run"))
def submit(
    request: Request,
    queue: Annotated[
        bool,
        typer.Option("--queue", help=t("자동 점검을 Airflow에 맡김", "Leave the checks to Airflow's dispatch")),
    ] = False,
    as_json: Json = False,
) -> None:
    """Hand a request in. The checks run here as the release duty, unless they are left to Airflow."""
    from safezone.airlock.requests import submit as hand_in
    from safezone.catalog.records import RequestRecord
    from safezone.cli.work import do_queued
    from safezone.model import JobKind, RequestState

    acting = _acting()
    hand_in(acting.zone.airlock, acting.account, request)
    if not queue:
        do_queued(JobKind.CHECK, request)
    after = acting.zone.catalog.get(RequestRecord, request)
    if as_json:
        from safezone.catalog.records import to_json

        say.emit(to_json(after))
        return
    say.facts(request, {t("상태", "State"): say.state(after.state.value, full=True)} | _checks(after))
    if after.state is RequestState.RETURNED:
        say.done(
            "자동 점검을 통과하지 못해 돌려보냈습니다.",
            "Returned: it did not pass the automatic checks.",
            "열을 줄이거나 조건을 넓혀 새로 요청하십시오.",
            "Ask for fewer columns or a wider filter in a new request.",
        )
    else:
        say.done(
            "제출했습니다.",
            "Submitted.",
            f"심사자가: safezone review approve {request} --comment ...",
            f"a reviewer: safezone review approve {request} --comment ...",
        )


@group.command("list", help=t("요청 목록", "List requests"))
def list_(
    state: Annotated[str | None, typer.Option("--state", help=t("이 상태만", "Only in this state"))] = None,
    as_json: Json = False,
) -> None:
    """List the requests this account may see."""
    from safezone.access.actions import Action
    from safezone.catalog.records import RequestRecord, to_json

    acting = _acting()
    equal: dict[str, Any] = {"state": state.upper()} if state else {}
    found = acting.zone.catalog.list(RequestRecord, **equal)
    shown = acting.visible("request", found, Action.REQUEST_READ, lambda item: readable(acting, item))
    if as_json:
        say.emit([to_json(item) for item in shown])
        return
    rows = [
        (
            say.two(item.id, item.dataset),
            say.state(item.state.value),
            item.purpose,
            say.when(item.created, day=True),
        )
        for item in shown
    ]
    columns = [t("요청", "Request"), t("상태", "State"), t("목적", "Purpose"), t("날짜", "Date")]
    say.listed(
        rows,
        columns,
        ("요청이 없습니다. safezone request new", "No requests. safezone request new"),
        keep=(0, 1, 3),
    )


@group.command("show", help=t("요청 내용, 점검, 심사", "A request, its checks and reviews"))
def show(request: Request, as_json: Json = False) -> None:
    """Show a request. Reviews of others are shown once all are in."""
    from safezone.access.actions import Action
    from safezone.airlock.reviewing import quorum, visible_reviews
    from safezone.catalog.records import ReleaseRecord, RequestRecord, to_json

    acting = _acting()
    record = acting.zone.catalog.get(RequestRecord, request)
    acting.authorize(Action.REQUEST_READ, readable(acting, record), f"request/{record.id}")
    reviews = visible_reviews(acting.zone.airlock, record, acting.account.id)
    needed = quorum(acting.zone.airlock, record)
    releases = acting.zone.catalog.list(ReleaseRecord, request=record.id)
    if as_json:
        say.emit(
            to_json(record)
            | {
                "quorum": needed,
                "reviews": [to_json(item, without=frozenset({"signature"})) for item in reviews],
                "release": releases[0].id if releases else None,
            }
        )
        return
    say.facts(record.id, {t("상태", "State"): say.state(record.state.value, full=True)} | summary(acting, record))
    if reviews:
        say.table(
            [t("심사자", "Reviewer"), t("결정", "Decision"), t("의견", "Comment"), t("날짜", "Date")],
            [
                (acting.name(item.reviewer), item.verdict.value, item.comment, say.when(item.created, day=True))
                for item in reviews
            ],
        )
    if releases:
        say.done(
            f"반출물: {releases[0].id}",
            f"Release: {releases[0].id}",
            f"safezone pull {record.id} --identity ... --out ...",
            f"safezone pull {record.id} --identity ... --out ...",
        )


def summary(acting: Acting, request: RequestRecord) -> dict[str, Any]:
    """What there is to know of a request before deciding about it."""
    from safezone.catalog.records import ProjectRecord

    project = acting.zone.catalog.get(ProjectRecord, request.project)
    share = "" if request.sample is None else f" · {request.sample:.1%}"
    return {
        t("데이터셋", "Dataset"): f"{request.dataset} ({request.version})",
        t("열", "Columns"): ", ".join(request.columns),
        t("행 조건", "Row filter"): (request.filter or t("전체", "all rows")) + share,
        t("목적", "Purpose"): request.purpose,
        t("과제", "Project"): f"{project.title} ({project.id})",
        t("요청자", "Requester"): acting.name(request.requester),
        t("받는 키", "Recipient key"): request.recipient,
        t("기간과 형식", "Period and format"): f"{request.days}{t('일', ' days')} · {request.format}",
        t("회차", "Round"): request.round,
    } | _checks(request)


def _checks(request: RequestRecord) -> dict[str, Any]:
    found = request.checks
    if not found:
        return {}
    verdict = t("통과", "passed") if found.get("passed") else ", ".join(found.get("missing", []))
    return {
        t("자동 점검", "Automatic checks"): verdict,
        t("행 (해당/삭제/남음)", "Rows (matched/suppressed/left)"): " / ".join(
            f"{found.get(name, 0):,}" for name in ("rows_matched", "suppressed", "rows")
        ),
        "k": found.get("k"),
        t("알려진 것으로 본 열", "Columns counted as known"): ", ".join(found.get("known", [])),
    }


@group.command("withdraw", help=t("요청 철회", "Take a request back"))
def withdraw(request: Request, as_json: Json = False) -> None:
    """Take a request back before anything has left."""
    from safezone.airlock.requests import withdraw as take_back

    acting = _acting()
    _told(take_back(acting.zone.airlock, acting.account, request), as_json, ("철회했습니다", "withdrawn"))


@review.command("approve", help=t("승인", "Approve"))
def approve(
    request: Request,
    comment: Annotated[str, typer.Option("--comment", help=t("의견", "Comment"))] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Approve a request; it is released once as many approve as its class needs."""
    _decide(request, "approve", comment, yes=yes, as_json=as_json)


Why = Annotated[str, typer.Option("--comment", help=t("이유", "Why"))]


@review.command("return", help=t("보완 요청", "Return it for changes"))
def return_(request: Request, comment: Why, yes: Yes = False, as_json: Json = False) -> None:
    """Return a request to who asked."""
    _decide(request, "return", comment, yes=yes, as_json=as_json)


@review.command("reject", help=t("반려", "Reject"))
def reject(request: Request, comment: Why, yes: Yes = False, as_json: Json = False) -> None:
    """Reject a request for good."""
    _decide(request, "reject", comment, yes=yes, as_json=as_json)


def verdict_of(word: str) -> Verdict:
    """The verdict a word names.

    Raises:
        UsageError: it names none.
    """
    from safezone.model import Verdict

    try:
        return Verdict(word)
    except ValueError:
        raise UsageError(
            "cli.verdict",
            ("A decision is approve, return or reject.", "결정은 approve, return, reject 중 하나입니다."),
            ("Give one of them.", "그중 하나를 지정하십시오."),
        ) from None


def _decide(request: str, verdict: str, comment: str, *, yes: bool, as_json: bool) -> None:
    from safezone.access.actions import Action
    from safezone.airlock.reviewing import request_subject, review_request
    from safezone.catalog.records import RequestRecord, to_json
    from safezone.model import RequestState

    acting = _acting()
    decision = verdict_of(verdict)
    record = acting.zone.catalog.get(RequestRecord, request)
    acting.authorize(Action.REQUEST_READ, readable(acting, record), f"request/{record.id}")
    acting.require(Action.REQUEST_REVIEW, acting.zone.airlock.resource(record))
    subject = request_subject(acting.zone.airlock, record)
    signature = acting.sign(subject, decision, comment, summary(acting, record), quiet=yes or as_json)
    after = review_request(acting.zone.airlock, acting.account, request, decision, comment, signature)
    if as_json:
        say.emit(to_json(after))
        return
    say.out().print(say.state(after.state.value, full=True))
    following = {
        RequestState.APPROVED: (f"safezone release build {request}", f"safezone release build {request}"),
        RequestState.IN_REVIEW: ("다른 심사자의 심사를 기다립니다.", "It waits for another reviewer."),
    }.get(after.state, ("", ""))
    say.done(f"{request} 심사에 서명했습니다.", f"Signed the review of {request}.", *following)


def _told(request: RequestRecord, as_json: bool, words: tuple[str, str], following: str = "") -> None:
    from safezone.catalog.records import to_json

    if as_json:
        say.emit(to_json(request))
        return
    say.done(f"요청 {request.id}: {words[0]}.", f"Request {request.id} {words[1]}.", following, following)
