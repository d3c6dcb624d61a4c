"""The address of a PKCS#11 token: the part of RFC 7512 that names a token and its module, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

from safezone.errors import UsageError

_PATH = ("token", "serial", "manufacturer", "model")
_PINS = ("pin-value", "pin-source")
_SPOILED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """Which token, and the shared library through which it is reached.

    Attributes:
        module: absolute path of the vendor's PKCS#11 library (``module-path``).
        token: the token's label.
        serial: its serial number; needed where two tokens have one label.
        manufacturer: who made it.
        model: its model.
    """

    module: str
    token: str = ""
    serial: str = ""
    manufacturer: str = ""
    model: str = ""

    def __str__(self) -> str:
        return f"PKCS#11 token {self.token or self.serial} ({self.module})"


def parse(url: str) -> TokenAddress:
    """Read ``pkcs11:token=NAME;serial=...?module-path=/lib/x.so`` (RFC 7512, section 2.3).

    Path attributes are ``token``, ``serial``, ``manufacturer`` and ``model``; at least one of the first two is needed.
    The only query attribute is ``module-path``. An attribute that is not known is refused and not skipped: an
    address that is read in part may name another token. A PIN in the address is refused: addresses end up in logs
    and in the lists of processes.

    Raises:
        UsageError: it is not such an address; the message never repeats a value.
    """
    scheme, _, rest = url.partition(":")
    path, _, query = rest.partition("?")
    if scheme.lower() != "pkcs11":
        raise _malformed("it does not begin with pkcs11:", "pkcs11:로 시작하지 않습니다")
    found = _attributes(path, ";", _PATH) | _attributes(query, "&", ("module-path",))
    module = found.pop("module-path", "")
    if not found.get("token") and not found.get("serial"):
        raise _malformed("it names no token", "토큰 이름이 없습니다")
    if not PurePosixPath(module).is_absolute():
        raise _malformed("module-path is missing or not absolute", "module-path가 없거나 절대 경로가 아닙니다")
    return TokenAddress(module=module, **found)


def _attributes(text: str, separator: str, known: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(separator) if text else ():
        name, equals, value = part.partition("=")
        if name in _PINS:
            raise _pin_in_address()
        if name not in known or not equals:
            raise _malformed(
                f"only {', '.join(known)} may stand there", f"이 위치에는 {', '.join(known)}만 쓸 수 있습니다"
            )
        if name in found:
            raise _malformed(f"{name} is given twice", f"{name}이(가) 두 번 있습니다")
        found[name] = _plain(value)
    return found


def _plain(value: str) -> str:
    try:
        text = unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if _SPOILED_ESCAPE.search(value) or not text.isprintable():
        raise _malformed("a value is not percent-encoded UTF-8", "값이 퍼센트 인코딩된 UTF-8이 아닙니다")
    return text


def _malformed(en: str, ko: str) -> UsageError:
    return UsageError(
        "keys.url",
        (
            f"The address of the PKCS#11 token is not well formed: {en}.",
            f"PKCS#11 토큰 주소가 잘못되었습니다: {ko}.",
        ),
        (
            "Set SAFEZONE_KEYS_URL to pkcs11:token=NAME?module-path=/usr/lib/softhsm/libsofthsm2.so (RFC 7512).",
            "SAFEZONE_KEYS_URL을 pkcs11:token=이름?module-path=/usr/lib/softhsm/libsofthsm2.so 형식(RFC 7512)으로 지정하세요.",
        ),
    )


def _pin_in_address() -> UsageError:
    return UsageError(
        "keys.url_secret",
        (
            "The address of the PKCS#11 token carries a PIN, or says where one lies.",
            "PKCS#11 토큰 주소에 PIN 또는 PIN의 위치가 들어 있습니다.",
        ),
        (
            "Take it out, change the PIN if it was in there, and put it in the file of SAFEZONE_KEYS_CREDENTIALS.",
            "주소에서 지우고, PIN이 적혀 있었다면 바꾼 뒤 SAFEZONE_KEYS_CREDENTIALS 파일에 넣으세요.",
        ),
    )
