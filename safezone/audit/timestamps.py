"""RFC 3161 time stamps of checkpoints: that the log was so long, and so, at that time, by somebody else's clock.

Optional. A time stamp covers everything before its checkpoint, so it need not be had for each of them. Protocol over
HTTP: RFC 3161, section 3.4; building requests and checking tokens is `rfc3161-client`'s.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from sqlalchemy import Connection, Engine, insert, select

from safezone.audit.checkpoint import parse_note
from safezone.audit.engine import read, write
from safezone.audit.exchange import Address, Unreachable, exchange
from safezone.audit.tables import audit_checkpoint, audit_checkpoint_time
from safezone.audit.tree import lock_log
from safezone.errors import IntegrityFailure, Text, Unavailable, UsageError
from safezone.model import timestamp

_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token as it came, and the time it gives (RFC 3339, UTC)."""

    time: str
    token: bytes


class TimeAuthority:
    """A time-stamp authority at an address.

    Args:
        url: HTTP will do: a token is signed, and what is sent is a hash.
        roots: certificates its tokens must lead up to; without any, only what the token is about is checked.
        seconds: for one try of a request.

    Raises:
        UsageError: the address is none.
    """

    def __init__(self, url: str, roots: Sequence[x509.Certificate] = (), seconds: float = 5.0) -> None:
        self.address = Address.parse(url, plain=True)
        self._roots = list(roots)
        self._seconds = seconds

    def stamp(self, message: bytes) -> Stamp:
        """Have a time stamp made over the SHA-256 of a message.

        Raises:
            Unavailable: no answer, or none that can be used.
        """
        builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        try:
            answer = exchange(
                self.address, "", request.as_bytes(), kind="application/timestamp-query", seconds=self._seconds
            )
        except Unreachable:
            raise self._failed() from None
        token = answer.body
        try:
            response = _granted(token, message)
            if answer.status != 200 or response.tst_info.nonce != request.nonce:
                raise self._failed()
            if self._roots:
                _verifier(self._roots).verify_message(response, message)
            return Stamp(timestamp(response.tst_info.gen_time), token)
        except (ValueError, VerificationError):
            raise self._failed() from None

    def _failed(self) -> Unavailable:
        return Unavailable(
            "time.unavailable",
            (
                f"The time-stamp authority at {self.address} gave no time stamp that can be used.",
                f"{self.address}의 시점확인 기관에서 사용할 수 있는 타임스탬프를 받지 못했습니다.",
            ),
            (
                "Check SAFEZONE_TSA_URL and SAFEZONE_TSA_ROOTS.",
                "SAFEZONE_TSA_URL과 SAFEZONE_TSA_ROOTS를 확인하세요.",
            ),
            kept=("The log goes on without it.", "로그는 타임스탬프 없이 계속됩니다."),
        )


def load_roots(path: Path) -> list[x509.Certificate]:
    """Read the root certificates of a time-stamp authority, one after the other in PEM.

    Raises:
        UsageError: the file cannot be read, or holds none.
    """
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise UsageError(
            "time.roots",
            (f"There are no certificates to be read in {path}.", f"{path}에서 인증서를 읽을 수 없습니다."),
            ("Name a PEM file in SAFEZONE_TSA_ROOTS.", "SAFEZONE_TSA_ROOTS에 PEM 파일을 지정하세요."),
        ) from None


def stamp_checkpoint(engine: Engine, authority: TimeAuthority, size: int) -> None:
    """Have the checkpoint of that size stamped, unless it is already; nothing where there is none of that size.

    Raises:
        Unavailable: the authority, or the store, does not answer.
    """
    with read(engine) as connection:
        note = connection.execute(select(audit_checkpoint.c.note).where(audit_checkpoint.c.size == size)).scalar()
        if note is None or _stamped(connection, size):
            return
    made = authority.stamp(parse_note(str(note)).text.encode())
    with write(engine) as connection:
        lock_log(connection)
        if not _stamped(connection, size):
            values = {"size": size, "authority": str(authority.address), "time": made.time, "token": made.token}
            connection.execute(insert(audit_checkpoint_time), values)


def stored(connection: Connection) -> Iterator[dict[str, Any]]:
    """The time stamps, by size; an exported log carries them as files (`safezone_verify.bundle`).

    Yields:
        ``size`` of the checkpoint, ``authority`` (its address), ``time`` as the token gives it, and ``token``: the
        whole TimeStampResp (RFC 3161, section 2.4.2) over the checkpoint's text, DER in base64.
    """
    table, after = audit_checkpoint_time, -1
    while True:
        rows = connection.execute(
            select(table).where(table.c.size > after).order_by(table.c.size).limit(_CHUNK)
        ).all()
        for row in rows:
            token = base64.b64encode(bytes(row.token)).decode()
            yield {"size": row.size, "authority": row.authority, "time": row.time, "token": token}
        if len(rows) < _CHUNK:
            return
        after = rows[-1].size


@dataclass(frozen=True, slots=True)
class TimesVerified:
    """What checking the stored time stamps gave.

    Attributes:
        good: how many hold.
        bad: sizes of the checkpoints whose time stamp does not.
        size: of the newest checkpoint with one that holds; 0 without any.
        time: what that one says, or "".
    """

    good: int = 0
    bad: tuple[int, ...] = ()
    size: int = 0
    time: str = ""

    def text(self) -> Text:
        """The same in a sentence."""
        if self.bad:
            first = self.bad[0]
            return Text(
                f"{len(self.bad)} time stamps do not hold, the first of the checkpoint of {first:,} entries.",
                f"타임스탬프 {len(self.bad)}개가 검증되지 않습니다. 첫 번째는 기록 {first:,}건의 체크포인트입니다.",
            )
        if not self.good:
            return Text("No checkpoint has a time stamp.", "타임스탬프가 있는 체크포인트가 없습니다.")
        return Text(
            f"{self.good:,} time stamps hold; the first {self.size:,} entries existed at {self.time}.",
            f"타임스탬프 {self.good:,}개가 유효합니다. 처음 {self.size:,}건은 {self.time}에 존재했습니다.",
        )

    def to_json(self) -> dict[str, Any]:
        """As ``--json`` shows it."""
        return asdict(self)


def verify_times(engine: Engine, roots: Sequence[x509.Certificate]) -> TimesVerified:
    """Check every stored time stamp against its checkpoint and the authority's roots.

    That the checkpoints themselves are sound is `safezone.audit.verify`'s to say.

    Raises:
        Unavailable: the store does not answer.
    """
    good, bad, size, time = 0, list[int](), 0, ""
    with read(engine) as connection:
        notes = select(audit_checkpoint.c.note)
        for item in stored(connection):
            note = connection.execute(notes.where(audit_checkpoint.c.size == item["size"])).scalar()
            if note is not None and _holds(item, str(note), roots):
                good, size, time = good + 1, item["size"], item["time"]
            else:
                bad.append(item["size"])
    return TimesVerified(good, tuple(bad), size, time)


def _holds(item: dict[str, Any], note: str, roots: Sequence[x509.Certificate]) -> bool:
    try:
        message = parse_note(note).text.encode()
        response = _granted(base64.b64decode(item["token"]), message)
        _verifier(roots).verify_message(response, message)
    except (ValueError, VerificationError, IntegrityFailure):
        return False
    return bool(timestamp(response.tst_info.gen_time) == item["time"])


def _granted(token: bytes, message: bytes) -> TimeStampResponse:
    """Read a response and see that it is about the message (ValueError when it is not)."""
    response = decode_timestamp_response(token)
    if response.status != 0:
        raise ValueError
    imprint = response.tst_info.message_imprint
    if imprint.hash_algorithm != _SHA256 or imprint.message != hashlib.sha256(message).digest():
        raise ValueError
    return response


def _verifier(roots: Sequence[x509.Certificate]) -> Any:
    return VerifierBuilder(roots=list(roots)).build()


def _stamped(connection: Connection, size: int) -> bool:
    table = audit_checkpoint_time
    return connection.execute(select(table.c.size).where(table.c.size == size)).first() is not None
