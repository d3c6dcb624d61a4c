"""What an event says in a sentence, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from safezone.audit.event import EventType
from safezone.audit.questions.reading import Seen, action, number
from safezone.errors import Text

TITLES: Mapping[EventType, Text] = {
    EventType.DECISION_ALLOWED: Text("Allowed", "허용"),
    EventType.DECISION_DENIED: Text("Denied", "거부"),
    EventType.AUTHENTICATION_FAILED: Text("Sign-in failed", "인증 실패"),
    EventType.ACCOUNT_ADDED: Text("Account added", "계정 등록"),
    EventType.ACCOUNT_CHANGED: Text("Account changed", "계정 변경"),
    EventType.POLICY_APPROVED: Text("Policy approved", "정책 승인"),
    EventType.DATASET_STATE: Text("Dataset changed", "데이터셋 상태 변경"),
    EventType.DELIVERY_RECEIVED: Text("Delivery received", "반입물 접수"),
    EventType.DELIVERY_QUARANTINED: Text("Set aside", "격리"),
    EventType.VERSION_COMMITTED: Text("Version made", "버전 생성"),
    EventType.VERSION_STATE: Text("Version", "버전 상태"),
    EventType.REVIEW_SIGNED: Text("Review signed", "심사 서명"),
    EventType.PROJECT_STATE: Text("Project", "과제 상태"),
    EventType.PROJECT_MEMBER: Text("Member added", "과제 구성원 추가"),
    EventType.REQUEST_STATE: Text("Request", "신청 상태"),
    EventType.ESTIMATE_ANSWERED: Text("Estimate answered", "건수 추정 응답"),
    EventType.JOB_STATE: Text("Job", "작업 상태"),
    EventType.RELEASE_BUILT: Text("Package built", "반출물 생성"),
    EventType.RELEASE_PULLED: Text("Downloaded", "내려받기"),
    EventType.RELEASE_REVOKED: Text("Revoked", "반출 회수"),
    EventType.KEY_CREATED: Text("Key made", "키 생성"),
    EventType.KEY_ROTATED: Text("Key rotated", "키 교체"),
    EventType.KEY_DESTROYED: Text("Key destroyed", "키 파기"),
    EventType.KEY_DESTRUCTION: Text("Destruction of a key", "키 파기 절차"),
    EventType.KEYS_SPLIT: Text("Keystore split among custodians", "키 저장소 분할"),
    EventType.BACKUP_MADE: Text("Backup made", "백업 생성"),
    EventType.BACKUP_RESTORED: Text("Backup restored", "백업 복원"),
    EventType.VAULT_READ: Text("Read in the vault", "금고 열람"),
    EventType.VAULT_WRITE: Text("Written in the vault", "금고 기록"),
    EventType.CHECKPOINT_SIGNED: Text("Checkpoint signed", "체크포인트 서명"),
    EventType.LOG_DETAILS_DELETED: Text("Details of the log deleted", "로그 상세 내용 삭제"),
}
"""What people call each type of event."""

_STATES = frozenset({EventType.VERSION_STATE, EventType.PROJECT_STATE, EventType.REQUEST_STATE})


def title(type_: str) -> Text:
    """What people call a type of event; one that is unknown by its own name."""
    try:
        return TITLES[EventType(type_)]
    except (ValueError, KeyError):
        return Text(type_, type_)


def sentence(seen: Seen) -> Text:
    """What happened, with the numbers the event carries."""
    head, more = title(seen.type), _more(seen)
    gone = Text(" (details deleted)", " (상세 내용 삭제됨)") if seen.deleted else Text("", "")
    return Text(
        head.en + (f": {more.en}" if more.en else "") + gone.en,
        head.ko + (f": {more.ko}" if more.ko else "") + gone.ko,
    )


def _more(seen: Seen) -> Text:
    details = seen.details
    if seen.type.startswith("decision."):
        said = f"{action(seen.type, seen.purpose)} ({details.get('rules', '-')})"
        return Text(said, said)
    if seen.type in {each.value for each in _STATES}:
        state = seen.purpose.partition(" ")[0]
        reason = f" ({details['reason']})" if details.get("reason") else ""
        return Text(state + reason, state + reason)
    if seen.type == EventType.VAULT_READ.value:
        columns = [name for name in str(details.get("columns", "")).split(",") if name]
        part, rows = details.get("part", ""), number(details, "rows")
        return Text(
            f"{part}, {rows:,} rows, {len(columns)} columns for {seen.purpose}",
            f"{part}, {rows:,}행, {len(columns)}개 컬럼, 목적 {seen.purpose}",
        )
    if seen.type in {EventType.RELEASE_BUILT.value, EventType.RELEASE_PULLED.value}:
        rows = number(details, "rows")
        return Text(f"{rows:,} rows", f"{rows:,}행") if rows else Text("", "")
    if seen.type == EventType.REVIEW_SIGNED.value:
        said = " · ".join(str(details[name]) for name in ("verdict", "comment") if details.get(name))
        return Text(said, said)
    if seen.type == EventType.JOB_STATE.value:
        said = " ".join(str(details[name]) for name in ("kind", "state", "reason") if details.get(name))
        return Text(said, said)
    said = seen.purpose if len(seen.purpose) <= 60 and "/" in seen.purpose else ""
    return Text(said, said)
