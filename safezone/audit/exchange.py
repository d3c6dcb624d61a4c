"""One HTTP request and its bounded answer: for witnesses and time-stamp authorities, who are not trusted.

No redirect is followed, no proxy of the environment used, and nothing read beyond a limit of bytes and of time.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from safezone.errors import UsageError

_TRIES = 2
_PAUSE_SECONDS = 0.2


class Unreachable(Exception):
    """No whole answer came within the limits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address, checked.

    Attributes:
        secure: HTTPS.
        host: name or IP address.
        port: TCP port.
        path: prefix of every request, without a slash at its end.
        ca: certificates (PEM) to hold the server's against; None are the system's.
    """

    secure: bool
    host: str
    port: int
    path: str
    ca: Path | None = None

    @classmethod
    def parse(cls, url: str, *, plain: bool = False, ca: Path | None = None) -> Address:
        """Read an ``http(s)://`` address.

        Args:
            url: without user name, query or fragment.
            plain: whether HTTP will do beyond this machine.
            ca: as above.

        Raises:
            UsageError: it is none, or not encrypted though it leads beyond this machine.
        """
        try:
            parts: SplitResult = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise _bad_address() from None
        strange = parts.query or parts.fragment or parts.username is not None or not url.isascii() or " " in url
        if parts.scheme not in {"http", "https"} or not host or strange:
            raise _bad_address()
        secure = parts.scheme == "https"
        if not secure and not plain and not is_loopback(host):
            raise UsageError(
                "exchange.plain",
                ("An address beyond this machine must be https.", "이 컴퓨터 밖의 주소는 https여야 합니다."),
                ("Give an https:// address.", "https:// 주소를 지정하세요."),
            )
        return cls(secure, host, port or (443 if secure else 80), parts.path.rstrip("/"), ca)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.path}"


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def exchange(
    address: Address,
    path: str,
    body: bytes | None = None,
    *,
    kind: str = "text/plain; charset=utf-8",
    limit: int = 128 * 1024,
    seconds: float = 5.0,
) -> Answer:
    """GET, or POST where there is a body; where no answer came, once more.

    Args:
        address: of the server.
        path: after the address's own path.
        body: what to send. Sending it twice must do no harm.
        kind: its content type.
        limit: bytes of the answer at most.
        seconds: for the whole of one try.

    Raises:
        Unreachable: no whole answer came in time, or it is too long.
        UsageError: the file of certificates cannot be used.
    """
    context = _context(address.ca) if address.secure else None
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        try:
            return _once(address, context, path, body, kind, limit, seconds)
        except (OSError, UnicodeError, http.client.HTTPException):
            continue
    raise Unreachable


def _once(
    address: Address,
    context: ssl.SSLContext | None,
    path: str,
    body: bytes | None,
    kind: str,
    limit: int,
    seconds: float,
) -> Answer:
    connection: http.client.HTTPConnection
    if context is not None:
        connection = http.client.HTTPSConnection(address.host, address.port, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=seconds)
    try:
        connection.connect()
        # The socket's own time begins anew with every byte; this ends a server that trickles.
        late = threading.Event()
        watchdog = threading.Timer(seconds, _cut, [connection.sock, late])
        watchdog.daemon = True
        watchdog.start()
        try:
            headers = {"Connection": "close"} | ({} if body is None else {"Content-Type": kind})
            connection.request("GET" if body is None else "POST", address.path + path, body, headers)
            response = connection.getresponse()
            content = response.read(limit + 1)
        finally:
            watchdog.cancel()
        # Cut off among its headers, half an answer would pass for a whole one.
        if late.is_set() or len(content) > limit or (response.length or 0) > 0:
            raise Unreachable
        return Answer(response.status, response.headers.get_content_type(), content)
    finally:
        connection.close()


def _cut(connected: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError):
        raise UsageError(
            "exchange.ca",
            (f"The certificates in {ca} cannot be used.", f"{ca}의 인증서를 사용할 수 없습니다."),
            ("Name a PEM file of CA certificates.", "CA 인증서의 PEM 파일을 지정하세요."),
        ) from None


def _bad_address() -> UsageError:
    return UsageError(
        "exchange.address",
        ("That is not an http(s) address.", "http(s) 주소가 아닙니다."),
        (
            "Give it as https://host:port/path, without user name or query.",
            "사용자 이름이나 질의 없이 https://호스트:포트/경로로 지정하세요.",
        ),
    )
