"""Requests to an OpenBao or Vault server as one identity: TLS, a token that stays fresh, bounded patience.

What the server or the library says in words is never passed on: only what kind of answer it was.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import ssl
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safezone.errors import Denied, SafeZoneError, Unavailable, UsageError
from safezone.keys import faults
from safezone.keys.bao.policy import checked
from safezone.keys.credentials import read_credentials
from safezone.keys.retry import BusyError, Patience, persist

_SECRET = re.compile(r"[\w.~+/=:-]{1,4096}", re.ASCII)
_OPTIONS = {"ca", "timeout", "patience", "namespace"}
_RENEW_AT = 2 / 3


class MissingError(Exception):
    """404: there is no such thing at the server."""


class RejectedError(Exception):
    """400: the server has the request and cannot do it."""


class RefusedError(Exception):
    """403: this identity may not."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and how to speak to it.

    Attributes:
        host: name or address, with the port.
        prefix: what the zone's mounts begin with.
        ca: file with the certificate of the authority the server is trusted by; None for the machine's own list.
        timeout: seconds to wait for an answer.
        patience: seconds after which no request is repeated.
        namespace: the server's namespace, or empty.
    """

    host: str
    prefix: str
    ca: Path | None = None
    timeout: float = 10.0
    patience: float = 20.0
    namespace: str = ""

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read ``openbao+https://HOST:8200/PREFIX?ca=FILE&timeout=S&patience=S&namespace=N``.

        Raises:
            UsageError: it is not formed so; an address over plain http, or with a password in it, is none.
        """
        try:
            parts = urllib.parse.urlsplit(url)
            options = dict(
                urllib.parse.parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
            )
            host, port = parts.hostname, parts.port
            limits = [float(options.get(name, usual)) for name, usual in (("timeout", 10), ("patience", 20))]
        except ValueError:
            raise _malformed() from None
        prefix = parts.path.strip("/")
        if parts.scheme not in {"openbao+https", "vault+https"} or not host or parts.username or parts.password:
            raise _malformed()
        if set(options) - _OPTIONS or parts.fragment or not all(0 < limit <= 300 for limit in limits):
            raise _malformed()
        checked(prefix)
        namespace = options.get("namespace", "")
        if namespace:
            checked(namespace)
        ca = Path(options["ca"]) if "ca" in options else None
        if ca is not None and not ca.is_file():
            raise UsageError(
                "keys.ca",
                (f"There is no certificate at {ca}.", f"인증서 파일 {ca}이(가) 없습니다."),
                (
                    "Name the PEM file of the server's authority in ?ca=.",
                    "서버 인증 기관의 PEM 파일을 ?ca=에 지정하세요.",
                ),
            )
        shown = f"[{host}]" if ":" in host else host
        return cls(f"{shown}:{port or 8200}", prefix, ca, limits[0], limits[1], namespace)

    def __str__(self) -> str:
        """As people are told."""
        return f"OpenBao {self.host}"


class Client:
    """One identity at the server. Safe under many threads, and after a fork.

    Args:
        address: where it is.
        credentials: a file with ``{"role_id", "secret_id"}`` of an AppRole (and ``"mount"`` when it is not
            ``approle``), or ``{"token"}``, or the bare token as OpenBao Agent writes it.

    Raises:
        UsageError, Denied, Unavailable: the file is not formed so, may be read by others, or is not there.
            The server is asked only with the first request.
    """

    def __init__(self, address: Address, credentials: Path | None) -> None:
        if importlib.util.find_spec("hvac") is None:
            raise _not_installed()
        self.address = address
        self._file = credentials
        _parsed(read_credentials(credentials))
        self._lock = threading.RLock()
        self._process = 0
        self._adapter: Any = None
        self._token = ""
        self._renew_at = 0.0
        self._renewable = False

    def call(self, method: str, path: str, *, patient: bool = True, **body: Any) -> dict[str, Any]:
        """Ask, and return what the answer holds as ``data``.

        Args:
            method: GET, POST, LIST or DELETE.
            path: below ``/v1/PREFIX/``.
            patient: ask again while the server is busy; only for what may be done twice.
            body: parameters.

        Raises:
            MissingError, RejectedError, RefusedError: the server's answer, to be put into words by who knows the key.
            Unavailable: no answer within bounds.
            Denied: the credentials are not taken.
        """
        patience = Patience(seconds=self.address.patience if patient else 0)
        answer = persist(patience, lambda: self._asked(method, path, body), self._unavailable)
        data = answer.get("data")
        return data if isinstance(data, dict) else {}

    def _asked(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        full = f"{self.address.prefix}/{path}"
        token = self._fresh()
        try:
            return self._send(method, full, token, body)
        except RefusedError:
            # The server says the same of a token that has ended and of one that may not: ask which it is.
            if self._alive(token):
                raise
        return self._send(method, full, self._fresh(instead_of=token), body)

    def _alive(self, token: str) -> bool:
        try:
            self._send("GET", "auth/token/lookup-self", token, {})
        except RefusedError:
            return False
        return True

    # -- the token --------------------------------------------------------------------------------------

    def _fresh(self, instead_of: str = "") -> str:
        """The token; a new one when there is none yet, or none but `instead_of`. Renewed before it ends."""
        with self._lock:
            if (
                not self._token
                or self._token == instead_of
                or (time.monotonic() >= self._renew_at and not (self._renewable and self._renewed()))
            ):
                self._log_in()
            return self._token

    def _log_in(self) -> None:
        secret = _parsed(read_credentials(self._file))
        if "token" in secret:  # an agent may have put a new one there
            self._token = secret["token"]
            try:
                data = self._send("GET", "auth/token/lookup-self", self._token, {}).get("data") or {}
            except RefusedError:
                raise self._not_taken() from None
            self._keep(data.get("ttl"), data.get("renewable"))
            return
        login = {"role_id": secret["role_id"], "secret_id": secret["secret_id"]}
        try:
            auth = self._send("POST", f"auth/{secret['mount']}/login", "", login).get("auth") or {}
        except (RefusedError, RejectedError, MissingError):
            raise self._not_taken() from None
        self._token = str(auth.get("client_token", ""))
        if not _SECRET.fullmatch(self._token):
            raise self._not_taken()
        self._keep(auth.get("lease_duration"), auth.get("renewable"))

    def _renewed(self) -> bool:
        try:
            auth = self._send("POST", "auth/token/renew-self", self._token, {}).get("auth") or {}
        except (RefusedError, RejectedError):
            return False
        self._keep(auth.get("lease_duration"), auth.get("renewable"))
        return True

    def _keep(self, seconds: Any, renewable: Any) -> None:
        lasting = float(seconds) if isinstance(seconds, (int, float)) else 0.0
        self._renew_at = time.monotonic() + lasting * _RENEW_AT if lasting else float("inf")
        self._renewable = bool(renewable)

    # -- the wire ---------------------------------------------------------------------------------------

    def _send(self, method: str, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        """One request and its answer, in our own exceptions."""
        from hvac import exceptions

        headers = {"X-Vault-Token": token} if token else {}
        try:
            answer = self._open().request(method, f"/v1/{path}", headers=headers, json=body or None)
        except exceptions.Forbidden:
            raise RefusedError from None
        except exceptions.InvalidPath as error:
            # An empty list of errors is said of a key, words of a mount that is not there.
            if error.errors:
                raise self._not_set_up() from None
            raise MissingError from None
        except (exceptions.InvalidRequest, exceptions.UnsupportedOperation):
            raise RejectedError from None
        except exceptions.VaultError:
            raise BusyError from None
        except OSError as error:  # everything `requests` raises
            if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
                raise self._not_trusted() from None
            raise BusyError from None
        if isinstance(answer, dict):
            return answer
        if answer.status_code == 204:
            return {}
        raise self._unavailable()  # a redirect, or a page that some proxy made

    def _open(self) -> Any:
        with self._lock:
            if self._process != os.getpid():  # a connection is not shared with the parent
                from hvac.adapters import JSONAdapter

                self._adapter = JSONAdapter(
                    base_uri=f"https://{self.address.host}",
                    verify=str(self.address.ca) if self.address.ca else True,
                    timeout=self.address.timeout,
                    namespace=self.address.namespace or None,
                    # A redirect would carry the token to another machine.
                    allow_redirects=False,
                )
                # No proxy, .netrc or list of authorities from the environment.
                self._adapter.session.trust_env = False
                self._process = os.getpid()
            return self._adapter

    # -- what a person is told --------------------------------------------------------------------------

    def _unavailable(self) -> SafeZoneError:
        return faults.unavailable(str(self.address))

    def _not_trusted(self) -> Unavailable:
        return Unavailable(
            "keys.certificate",
            (
                f"The certificate of {self.address} is not one this machine trusts; nothing was sent.",
                f"{self.address}의 인증서를 신뢰할 수 없어 아무것도 보내지 않았습니다.",
            ),
            (
                "Name the server's authority in ?ca=, and check that the address is the server's own.",
                "서버의 인증 기관을 ?ca=에 지정하고 주소가 올바른지 확인하세요.",
            ),
        )

    def _not_set_up(self) -> Unavailable:
        return Unavailable(
            "keys.server_setup",
            (
                f"{self.address} has no place for this zone's keys below {self.address.prefix}.",
                f"{self.address}의 {self.address.prefix} 아래에 이 안심구역의 키를 둘 자리가 없습니다.",
            ),
            (
                "Its administrator runs what `safezone keys server-policy setup` prints.",
                "서버 관리자가 `safezone keys server-policy setup`의 출력대로 준비해야 합니다.",
            ),
        )

    def _not_taken(self) -> Denied:
        return Denied(
            "keys.credentials_refused",
            (
                f"{self.address} does not take the credentials in {self._file}.",
                f"{self.address}에서 {self._file}의 자격 증명을 받아들이지 않습니다.",
            ),
            (
                "Ask the server's administrator for new credentials of this duty.",
                "서버 관리자에게 이 임무의 새 자격 증명을 요청하세요.",
            ),
        )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        cause = todo.pop()
        if cause is not None and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            todo += [cause.__cause__, cause.__context__]


def _parsed(content: bytes) -> dict[str, str]:
    try:
        text = content.decode("ascii").strip()
        found = json.loads(text) if text.startswith("{") else {"token": text}
    except ValueError:
        raise _not_credentials() from None
    shapes = ({"token"}, {"role_id", "secret_id"}, {"role_id", "secret_id", "mount"})
    if set(found) not in shapes or not all(isinstance(v, str) and _SECRET.fullmatch(v) for v in found.values()):
        raise _not_credentials()
    mount = found.get("mount", "approle")
    return {**found, "mount": checked(mount)} if "role_id" in found else found


def _not_credentials() -> UsageError:
    return UsageError(
        "keys.credentials",
        (
            "The file SAFEZONE_KEYS_CREDENTIALS does not hold credentials for OpenBao.",
            "SAFEZONE_KEYS_CREDENTIALS 파일에 OpenBao 자격 증명이 없습니다.",
        ),
        (
            'Write {"role_id": "...", "secret_id": "..."} or {"token": "..."} into it.',
            '{"role_id": "...", "secret_id": "..."} 또는 {"token": "..."} 형식으로 적으세요.',
        ),
    )


def _not_installed() -> Unavailable:
    return Unavailable(
        "keys.library",
        (
            "Keys at OpenBao need hvac, which is not installed.",
            "OpenBao 키를 쓰려면 hvac가 필요하지만 설치되지 않았습니다.",
        ),
        ("Install it: pip install 'safezone[openbao]'", "설치하십시오: pip install 'safezone[openbao]'"),
    )


def _malformed() -> UsageError:
    return UsageError(
        "keys.url",
        ("That is not the address of an OpenBao server.", "OpenBao 서버 주소의 형식이 아닙니다."),
        (
            "It looks like openbao+https://keys.example:8200/safezone?ca=/path/ca.pem; secrets belong in the file.",
            "예: openbao+https://keys.example:8200/safezone?ca=/path/ca.pem (비밀 값은 파일에 두세요)",
        ),
    )
