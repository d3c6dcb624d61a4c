"""What can go wrong with a PKCS#11 token, as the errors a person meets."""

from __future__ import annotations

from safezone.errors import IntegrityFailure, Unavailable


def library_missing() -> Unavailable:
    """The Python library that speaks PKCS#11 is not installed."""
    return Unavailable(
        "keys.library",
        (
            "The library for PKCS#11 tokens (python-pkcs11) is not installed.",
            "PKCS#11 토큰용 라이브러리(python-pkcs11)가 설치되어 있지 않습니다.",
        ),
        ("Run `pip install safezone[hsm]`.", "`pip install safezone[hsm]`을 실행하세요."),
    )


def module_missing(path: str) -> Unavailable:
    """The vendor's shared library cannot be loaded or does not start."""
    return Unavailable(
        "keys.module",
        (
            f"The PKCS#11 module {path} cannot be loaded or does not start.",
            f"PKCS#11 모듈 {path}을(를) 불러오거나 시작할 수 없습니다.",
        ),
        (
            "Check module-path in SAFEZONE_KEYS_URL, that the vendor's package is installed, and its configuration.",
            "SAFEZONE_KEYS_URL의 module-path와 제조사 패키지 설치 여부, 설정을 확인하세요.",
        ),
    )


def absent(token: str) -> Unavailable:
    """No such token is in any slot, or it was taken out."""
    return Unavailable(
        "keys.token_absent",
        (f"The token is not there: {token}.", f"토큰을 찾을 수 없습니다: {token}."),
        (
            "Check that the device is connected and switched on, and the names in SAFEZONE_KEYS_URL.",
            "장치 연결과 전원, SAFEZONE_KEYS_URL의 이름을 확인하세요.",
        ),
    )


def ambiguous(token: str) -> Unavailable:
    """Several tokens answer to that address."""
    return Unavailable(
        "keys.token_ambiguous",
        (f"Several tokens answer to this address: {token}.", f"이 주소에 해당하는 토큰이 여럿입니다: {token}."),
        ("Add serial=... to SAFEZONE_KEYS_URL.", "SAFEZONE_KEYS_URL에 serial=...을 추가하세요."),
    )


def failed(token: str, code: str) -> Unavailable:
    """The token reports a failure; `code` is the name of PKCS#11's return value."""
    return Unavailable(
        "keys.token_failed",
        (f"The token reports a failure ({code}): {token}.", f"토큰이 오류({code})를 보고했습니다: {token}."),
        (
            "Look at the device and its log, then run this again.",
            "장치와 장치의 로그를 확인한 뒤 다시 실행하세요.",
        ),
    )


def full(token: str) -> Unavailable:
    """The token has no room for another key."""
    return Unavailable(
        "keys.token_full",
        (f"The token has no room left: {token}.", f"토큰의 저장 공간이 부족합니다: {token}."),
        (
            "Destroy keys that are not needed, or move to a token that holds more.",
            "필요 없는 키를 파기하거나 용량이 더 큰 토큰으로 옮기세요.",
        ),
    )


def unsupported(token: str, code: str) -> Unavailable:
    """The token cannot do one of the operations the zone needs."""
    return Unavailable(
        "keys.token_unsupported",
        (
            f"The token cannot do what is needed ({code}): {token}.",
            f"토큰이 필요한 기능을 지원하지 않습니다({code}): {token}.",
        ),
        (
            "It needs AES-256-GCM with the caller's 96-bit IV, HMAC-SHA256 and Ed25519; ask its vendor for firmware with them.",
            "호출자가 정한 96비트 IV의 AES-256-GCM, HMAC-SHA256, Ed25519가 필요합니다. 제조사에 지원 펌웨어를 문의하세요.",
        ),
    )


def busy(name: str) -> Unavailable:
    """Another machine is making, rotating or destroying the same key, for longer than is plausible."""
    return Unavailable(
        "keys.busy",
        (f"Another machine is at work on the key {name}.", f"다른 서버가 키 {name}을(를) 처리하고 있습니다."),
        ("Run this again in a minute.", "1분 뒤에 다시 실행하세요."),
    )


def not_lockable(path: str) -> Unavailable:
    """The file with the PIN cannot be locked, which keeps processes of one machine from making a key twice."""
    return Unavailable(
        "keys.credentials_lock",
        (f"The credentials {path} cannot be locked.", f"자격 증명 파일 {path}을(를) 잠글 수 없습니다."),
        ("Keep them on a local file system.", "로컬 파일 시스템에 두세요."),
    )


def foreign(name: str) -> IntegrityFailure:
    """An object with a key's name was not made by the zone, or its material has been, or may be, outside the token."""
    return IntegrityFailure(
        "keys.foreign",
        (
            f"An object named {name} on the token was not made there by this zone as a key that cannot leave.",
            f"토큰의 {name} 객체는 이 안심구역이 토큰 안에서 추출 불가로 만든 키가 아닙니다.",
        ),
        (
            "Treat it as tampering: find out who put it there, then remove it with the vendor's tool.",
            "변조로 간주하고 누가 넣었는지 확인한 뒤 제조사 도구로 제거하세요.",
        ),
    )
