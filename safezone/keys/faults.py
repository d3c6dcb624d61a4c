"""The errors all key providers share, so that a person meets the same words whatever keeps the keys."""

from __future__ import annotations

from safezone.errors import Denied, IntegrityFailure, NotFound, Unavailable, UsageError, WrongState


def unknown(name: str) -> NotFound:
    """There is no such key, or no such version of it."""
    return NotFound(
        "keys.unknown",
        (
            f"There is no key {name}: it was never made, or it was destroyed.",
            f"키 {name}이(가) 없습니다. 만들어지지 않았거나 파기되었습니다.",
        ),
        ("See `safezone keys list`.", "`safezone keys list`로 확인하세요."),
    )


def destroyed(name: str) -> WrongState:
    """A key of that name was destroyed; it does not come back under the same name."""
    return WrongState(
        "keys.destroyed",
        (f"The key {name} was destroyed.", f"키 {name}은(는) 파기되었습니다."),
        (
            "What it protected cannot come back; use a new object.",
            "보호하던 내용은 되살릴 수 없습니다. 새 객체를 사용하세요.",
        ),
    )


def misuse(name: str, en: str, ko: str) -> UsageError:
    """A key is asked for what it is not for; `en` and `ko` continue the sentence that begins with its name."""
    return UsageError(
        "keys.kind",
        (f"The key {name} {en}.", f"키 {name}: {ko}."),
        ("Use the key its first segment names.", "이름의 첫 부분이 나타내는 용도로 사용하세요."),
    )


def require_kind(name: str, wanted: str, actual: str) -> None:
    """Refuse a key that is not of the kind wanted (UsageError)."""
    if actual != wanted:
        raise misuse(name, f"is not a {wanted} key", f"{wanted} 용도의 키가 아닙니다")


def require_data_key(name: str, key: bytes) -> None:
    """Refuse to wrap anything but a 32-byte data key (UsageError)."""
    if len(key) != 32:
        raise misuse(name, "wraps 32-byte keys only", "32바이트 키만 감쌀 수 있습니다")


def does_not_open(name: str) -> IntegrityFailure:
    """A wrapped key does not open under that key in this place."""
    return IntegrityFailure(
        "keys.unwrap",
        (
            f"A data key does not open under {name} in this place.",
            f"데이터 키가 이 위치에서 {name}(으)로 열리지 않습니다.",
        ),
        (
            "The stored key was changed or moved; restore keys.json from its backup.",
            "저장된 키가 바뀌었거나 옮겨졌습니다. keys.json을 백업에서 복원하세요.",
        ),
    )


def unavailable(server: str) -> Unavailable:
    """The key server does not answer, even after the retries allowed.

    Args:
        server: what it is and where, without credentials (e.g. ``OpenBao at keys.example:8200``).
    """
    return Unavailable(
        "keys.unavailable",
        (f"The key server does not answer: {server}.", f"키 서버가 응답하지 않습니다: {server}."),
        (
            "Check that it is up, unsealed and reachable, then run this again.",
            "켜져 있고 봉인이 풀려 있으며 연결되는지 확인한 뒤 다시 실행하세요.",
        ),
    )


def refused(server: str, operation: str, name: str) -> Denied:
    """The key server does not let this identity do that."""
    return Denied(
        "keys.refused",
        (
            f"{server} does not let this identity {operation} with the key {name}.",
            f"{server}에서 이 신원으로는 키 {name}에 대해 {operation}을(를) 할 수 없습니다.",
        ),
        (
            "Run the step as the duty it belongs to, or check that duty's credentials at the key server.",
            "해당 임무로 실행하거나, 키 서버에서 그 임무의 자격 증명을 확인하세요.",
        ),
    )
