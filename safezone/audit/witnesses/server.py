"""The witness program: https://c2sp.org/tlog-witness over Starlette, with a few ways to look.

- ``POST /add-checkpoint``: as the protocol says.
- ``GET /logs/<origin hash>/checkpoint``: the newest checkpoint of a log, cosigned; the hash is SHA-256 of its origin
  in hexadecimal. (The protocol leaves reading open; this is ours.)
- ``GET /vkey``: the witness's public key.
- ``GET /health``: ``ok``.

Nobody signs in: a checkpoint is taken for its signature alone. Every answer is a few lines of text, the same words
for everybody; the log names origins that are enrolled, sizes and statuses, nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from safezone.audit.checkpoint import open_checkpoint, parse_note
from safezone.audit.exchange import is_loopback
from safezone.audit.witnesses.folder import Record
from safezone.audit.witnesses.state import WitnessState, origin_hash
from safezone.boundary import position
from safezone.errors import BadInput, IntegrityFailure, SafeZoneError, Unavailable, UsageError, WrongState
from safezone.keys.passphrase import require_private
from safezone_verify.notes import Checkpoint, Note
from safezone_verify.words import Malformed

MAX_BODY = 80 * 1024  # a note is 64 KiB at most, 63 lines of proof are 3 KiB
_MAX_PROOF = 63
_BODY_SECONDS = 10.0
_CONNECTION_SECONDS = 60.0
_CONNECTIONS = 128
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


def make_app(state: WitnessState) -> Starlette:
    """The program without its server."""

    async def add(request: Request) -> Response:
        body = await _body(request)
        return await run_in_threadpool(add_checkpoint, state, body)

    async def checkpoint(request: Request) -> Response:
        return await run_in_threadpool(_newest, state, str(request.path_params["log"]))

    async def vkey(_: Request) -> Response:
        return _plain(200, state.key.to_text())

    async def health(_: Request) -> Response:
        return _plain(200, "ok")

    return Starlette(
        routes=[
            Route("/add-checkpoint", _guarded(add), methods=["POST"]),
            Route("/logs/{log}/checkpoint", _guarded(checkpoint), methods=["GET"]),
            Route("/vkey", _guarded(vkey), methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ]
    )


def add_checkpoint(state: WitnessState, body: bytes) -> Response:
    """Answer one ``add-checkpoint``; the state is on disk before it returns."""
    try:
        old, proof, text = _request(body)
        note = parse_note(text)
        new = Checkpoint.from_text(note.text)
    except (ValueError, IntegrityFailure, Malformed):
        return _plain(400, "malformed request")
    record = state.record(origin_hash(new.origin))
    if record is None:
        return _plain(404, "unknown log")
    answer = _answer(state, record, old, proof, text)
    _tell(f"{new.origin} old {old} size {new.size}: {answer.status_code}")
    return answer


def _answer(state: WitnessState, record: Record, old: int, proof: list[str], text: str) -> Response:
    try:
        open_checkpoint(text, record.keys())
    except IntegrityFailure:
        return _plain(403, "no signature by an enrolled key")
    try:
        cosigned = parse_note(record.add(text, proof, old))
    except BadInput:
        return _plain(400, "old size beyond the checkpoint")
    except WrongState:
        return Response(f"{record.size()}\n", 409, media_type=None, headers={"Content-Type": "text/x.tlog.size"})
    except IntegrityFailure as error:
        if error.code == "witness.damaged":
            raise
        return _plain(409 if error.code == "witness.split" else 422, "not consistent with what was seen before")
    mine = [each for each in cosigned.signatures if each[:2] == (state.key.name, state.key.key_id)]
    return _plain(200, str(Note("", tuple(mine))).lstrip("\n").rstrip("\n"))


def _request(body: bytes) -> tuple[int, list[str], str]:
    """Take a request apart: the old size, the proof in hexadecimal, the checkpoint (ValueError when it is none)."""
    head, middle, checkpoint = body.decode("utf-8").partition("\n\n")
    first, *lines = head.split("\n")
    found = _OLD.fullmatch(first)
    if not middle or found is None or len(lines) > _MAX_PROOF:
        raise ValueError
    try:
        proof = [base64.b64decode(line, validate=True).hex() for line in lines]
    except binascii.Error:
        raise ValueError from None
    return int(found[1]), proof, checkpoint


def _newest(state: WitnessState, log: str) -> Response:
    record = state.record(log)
    note = None if record is None else record.latest()
    return _plain(404, "nothing seen of that log") if note is None else _plain(200, note.removesuffix("\n"))


async def _body(request: Request) -> bytes:
    content = bytearray()
    async with asyncio.timeout(_BODY_SECONDS):
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_BODY:
                raise _TooLong
    return bytes(content)


class _TooLong(Exception):
    """The body is longer than any request can be."""


def _guarded(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Let no exception out: an answer, and a line without its message, is all that is seen of it."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _TooLong:
            return _plain(413, "too long")
        except TimeoutError:
            return _plain(408, "too slow")
        except ClientDisconnect:
            return _plain(400, "cut off")
        except SafeZoneError as error:
            _tell(f"error {error.code}")
            return _plain(503 if isinstance(error, Unavailable) else 500, "not now")
        except Exception as error:  # noqa: BLE001 - nothing of a library's exception leaves the program
            _tell(f"error {type(error).__name__} at {position(error)}")
            return _plain(500, "not now")

    return guarded


def _plain(status: int, line: str) -> Response:
    return Response(f"{line}\n", status, media_type="text/plain", headers={"Cache-Control": "no-store"})


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class _Hurried(H11Protocol):  # type: ignore[misc]
    """Ends every connection after a while: one that sends a byte now and then must not keep its place for ever."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.loop.call_later(_CONNECTION_SECONDS, transport.abort)


def make_server(state: WitnessState, certificate: Path | None = None, key: Path | None = None) -> uvicorn.Server:
    """The program with its server, which listens on the sockets it is run with.

    Args:
        state: what the witness keeps.
        certificate: chain of the server's certificate (PEM); None speaks HTTP.
        key: its private key, mode 0600.

    Raises:
        UsageError: the TLS files cannot be used.
        Denied: others may read the private key.
    """
    config = uvicorn.Config(
        make_app(state),
        http=_Hurried,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=16 * 1024,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    try:
        if key is not None:
            require_private(key, key.stat().st_mode)
        config.load()
    except (OSError, ssl.SSLError):
        raise _bad_tls() from None
    return uvicorn.Server(config)


def serve(
    state: WitnessState,
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    ready: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        state: what the witness keeps.
        host: an address of this machine; another than loopback asks for TLS.
        port: 0 takes a free one.
        certificate: as for `make_server`.
        key: as for `make_server`.
        ready: is told the address once it is listened on.

    Raises:
        UsageError: TLS is missing or its files cannot be used.
        Unavailable: the address is taken.
        Denied: others may read the private key.
    """
    secure = certificate is not None and key is not None
    if (certificate is None) != (key is None) or (not secure and not is_loopback(host)):
        raise _tls_needed()
    server = make_server(state, certificate, key)
    with listen(host, port) as listening:
        # uvicorn ends in order and then sends itself the signal once more: that is no failure.
        signal.signal(signal.SIGTERM, lambda *_: None)
        shown = f"[{host}]" if ":" in host else host
        ready(f"{'https' if secure else 'http'}://{shown}:{listening.getsockname()[1]}")
        server.run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address of this machine (Unavailable when it is taken); port 0 takes a free one."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_CONNECTIONS)
    except OSError:
        listening.close()
        failure = Unavailable(
            "witness.port",
            (f"{host}:{port} cannot be listened on.", f"{host}:{port}에서 대기할 수 없습니다."),
            ("Choose another port, or 0 for a free one.", "다른 포트를 지정하거나 0으로 빈 포트를 쓰세요."),
        )
    else:
        return listening
    raise failure from None


def _tls_needed() -> UsageError:
    return UsageError(
        "witness.tls",
        (
            "Beyond this machine the witness speaks TLS alone, for which it needs a certificate and its key.",
            "이 컴퓨터 밖에서 접속하려면 TLS가 필요하며, 인증서와 개인키를 함께 지정해야 합니다.",
        ),
        ("Give --tls-cert and --tls-key.", "--tls-cert와 --tls-key를 지정하세요."),
    )


def _bad_tls() -> UsageError:
    return UsageError(
        "witness.tls_files",
        ("The TLS certificate or its key cannot be used.", "TLS 인증서나 개인키를 사용할 수 없습니다."),
        ("Give PEM files that belong together.", "서로 맞는 PEM 파일을 지정하세요."),
    )
