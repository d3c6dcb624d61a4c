"""The ledger of destroyed keys: one signed line each, in a folder outside the zone and outside every backup.

A restored backup brings back the catalog, and with an old keystore the keys, of the day it was made. The ledger
does not go back with them, so that `safezone.custody.destroy.replay` can destroy again what was destroyed since.
Each line carries the digest of the one before it and an Ed25519 signature by ``sign/certificate``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safezone.errors import IntegrityFailure, SafeZoneError, Unavailable, UsageError
from safezone.keys.keyfile import exclusive
from safezone.model import canonical
from safezone.ports import KeyProvider
from safezone.settings import Settings
from safezone.signing import verify

SIGNING_KEY = "sign/certificate"
_FORMAT = "safezone ledger v1"
_START = "0" * 64


@dataclass(frozen=True, slots=True)
class Line:
    """One destroyed key.

    Attributes:
        seq: its place, from 0.
        key: name of the key.
        time: when it was written, RFC 3339 in UTC.
        authority: on whose word: ``retention``, ``destruction/<id>``, ``project/<id>``.
        certificate: id of the certificate.
        proven: whether the zone signed it.
        chained: whether it follows on the line before it; if not, a line was removed, added or changed there.
    """

    seq: int
    key: str
    time: str
    authority: str
    certificate: str
    proven: bool
    chained: bool


def ledger_file(settings: Settings, zone: str) -> Path:
    """Where the ledger of a zone lies.

    Args:
        settings: names the folder.
        zone: the zone's id.

    Raises:
        UsageError: the folder lies inside the zone's own, where a restore would take it back too.
    """
    folder = settings.ledger_dir
    if folder.resolve().is_relative_to(settings.home.resolve()):
        raise UsageError(
            "ledger.inside",
            (
                f"The ledger {folder} lies inside the zone {settings.home}: a restore would take it back as well.",
                f"파기 원장 {folder}이(가) 안심구역 폴더 {settings.home} 안에 있어, 복원하면 함께 되돌아갑니다.",
            ),
            (
                "Set SAFEZONE_LEDGER_DIR to a folder outside.",
                "SAFEZONE_LEDGER_DIR을 폴더 밖으로 지정하십시오.",
            ),
        )
    return folder / f"{zone}.jsonl"


class Ledger:
    """The ledger of one zone. Safe when several processes write.

    Args:
        path: the file; it need not exist yet.
        keys: signs lines and tells the public keys.
    """

    def __init__(self, path: Path, keys: KeyProvider) -> None:
        self.path = path
        self._keys = keys

    def append(self, names: Iterable[str], time: str, authority: str, certificate: str) -> None:
        """Add a line for every key that has none by this authority and certificate; on the disk when it returns.

        Raises:
            Unavailable: the file cannot be written.
            IntegrityFailure: a line was not signed by the key whose version it names.
        """
        with _reachable(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _reachable(self.path), exclusive(self.path):
            raw = _whole(self.path)
            lines = raw.splitlines()
            known = {(body.get("key"), body.get("certificate")) for body in map(_body, lines)}
            added = []
            for name in names:
                if (name, certificate) in known:
                    continue
                line = self._signed(len(lines), name, time, authority, certificate, _digest(lines))
                lines.append(line)
                added.append(line)
            if not added:
                return
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                # What a writer cut off in the middle of a line left behind is none.
                file.truncate(len(raw))
                file.seek(len(raw))
                file.write(b"".join(line + b"\n" for line in added))
                file.flush()
                os.fsync(file.fileno())

    def lines(self) -> list[Line]:
        """Every line, with whether it is proven; nothing when there is no ledger yet.

        Raises:
            Unavailable: the file cannot be read.
        """
        with _reachable(self.path):
            return self._parsed(_whole(self.path).splitlines())

    def head(self) -> dict[str, Any]:
        """Number of lines and digest of the last one: what a certificate says of the ledger."""
        with _reachable(self.path):
            lines = _whole(self.path).splitlines()
        return {"lines": len(lines), "head": _digest(lines)}

    def reaches(self, head: dict[str, Any]) -> bool:
        """Whether the ledger still holds what it held when `head` was taken: lines cut off its end leave no other trace.

        Args:
            head: what `head` said, as a certificate tells it.

        Raises:
            Unavailable: the file cannot be read.
        """
        with _reachable(self.path):
            lines = _whole(self.path).splitlines()
        count = head.get("lines")
        return isinstance(count, int) and len(lines) >= count and _digest(lines[:count]) == head.get("head")

    def _signed(self, seq: int, name: str, time: str, authority: str, certificate: str, previous: str) -> bytes:
        signer = self._keys.ensure(SIGNING_KEY)
        body = {
            "format": _FORMAT,
            "seq": seq,
            "key": name,
            "time": time,
            "authority": authority,
            "certificate": certificate,
            "previous": previous,
            "signer": signer,
        }
        signature = self._keys.sign(SIGNING_KEY, _message(body))
        if not verify(self._keys.public_key(SIGNING_KEY, signer), signature, _message(body)):
            raise IntegrityFailure(
                "ledger.signature",
                ("The ledger's signing key changed meanwhile.", "그사이 원장 서명 키가 바뀌었습니다."),
                ("Run it again.", "다시 실행하십시오."),
            )
        return canonical(body | {"signature": signature.hex()})

    def _parsed(self, raw: list[bytes]) -> list[Line]:
        found: list[Line] = []
        publics: dict[int, bytes] = {}
        previous = _START
        for number, text in enumerate(raw):
            body = _body(text)
            signer = body.get("signer")
            if isinstance(signer, int) and signer not in publics:
                publics[signer] = self._public(signer)
            found.append(
                Line(
                    seq=number,
                    key=str(body.get("key", "")),
                    time=str(body.get("time", "")),
                    authority=str(body.get("authority", "")),
                    certificate=str(body.get("certificate", "")),
                    proven=_proven(body, publics.get(signer, b"") if isinstance(signer, int) else b""),
                    chained=body.get("previous") == previous and body.get("seq") == number and _exact(body, text),
                )
            )
            previous = hashlib.sha256(text).hexdigest()
        return found

    def _public(self, version: int) -> bytes:
        try:
            return self._keys.public_key(SIGNING_KEY, version)
        except Unavailable:
            raise
        except SafeZoneError:
            return b""  # a version this zone does not have: nothing it signed can be proven here


def _body(text: bytes) -> dict[str, Any]:
    """A line as it stands; empty when it is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _exact(body: dict[str, Any], text: bytes) -> bool:
    """Whether a line is written as lines are: another spelling of the same was put there by somebody else."""
    try:
        return canonical(body) == text
    except (ValueError, TypeError, RecursionError):
        return False


def _proven(body: dict[str, Any], public_key: bytes) -> bool:
    try:
        unsigned = {name: value for name, value in body.items() if name != "signature"}
        signature = bytes.fromhex(body["signature"])
        return body["format"] == _FORMAT and verify(public_key, signature, _message(unsigned))
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _message(body: dict[str, Any]) -> bytes:
    return _FORMAT.encode() + b"\x00" + canonical(body)


def _digest(lines: list[bytes]) -> str:
    return hashlib.sha256(lines[-1]).hexdigest() if lines else _START


def _whole(path: Path) -> bytes:
    """The file up to its last whole line."""
    if not path.exists():
        return b""
    data = path.read_bytes()
    return data[: data.rfind(b"\n") + 1]


@contextmanager
def _reachable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError:
        failure = Unavailable(
            "ledger.unavailable",
            (f"The ledger {path} cannot be read or written.", f"파기 원장 {path}을(를) 읽거나 쓸 수 없습니다."),
            (
                "Check its folder (SAFEZONE_LEDGER_DIR), its owner and the free space.",
                "폴더(SAFEZONE_LEDGER_DIR), 소유자, 남은 공간을 확인하십시오.",
            ),
        )
    else:
        return
    raise failure from None
