"""Talking to AWS KMS: the address, the credentials, bounded retries, and errors in our own words."""

from __future__ import annotations

import configparser
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from safezone.errors import Denied, SafeZoneError, Unavailable, UsageError
from safezone.keys import faults
from safezone.keys.credentials import read_credentials
from safezone.keys.retry import BusyError, Patience, persist

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")
_PREFIX = re.compile(r"(?!aws$)[a-zA-Z0-9][a-zA-Z0-9-]{0,31}")
_CONNECT = 3.0
_TIMEOUT = 10.0
_PATIENCE = Patience()
_T = TypeVar("_T")

# What an answer must hold to be one.
_MEMBERS = {
    "create_key": ("KeyMetadata",),
    "decrypt": ("Plaintext",),
    "describe_key": ("KeyMetadata",),
    "encrypt": ("CiphertextBlob",),
    "generate_data_key": ("CiphertextBlob", "Plaintext"),
    "generate_mac": ("Mac",),
    "list_aliases": ("Aliases",),
    "re_encrypt": ("CiphertextBlob",),
}

# https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html and the errors of each operation.
_DOWN = frozenset(
    {
        "DependencyTimeoutException",
        "InternalFailure",
        "KMSInternalException",
        "KeyUnavailableException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "NotAuthorizedException",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


class Refusal(Exception):
    """KMS says no for a reason the caller knows what to do about. It never leaves this package.

    Attributes:
        code: the error's code, e.g. ``AlreadyExistsException``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """Where the keys lie.

    Attributes:
        region: the AWS region.
        prefix: what the aliases of this zone's keys begin with; several zones may share an account.
        endpoint: another address of the service than the region's own (a VPC endpoint), or empty.
        timeout: seconds to wait for one answer.
    """

    region: str
    prefix: str
    endpoint: str = ""
    timeout: float = _TIMEOUT

    @property
    def server(self) -> str:
        """What to call the server in a message."""
        where = urlsplit(self.endpoint).netloc if self.endpoint else self.region
        return f"AWS KMS ({where})"


def parse(url: str) -> Address:
    """Read ``awskms://REGION/PREFIX?endpoint=https://...&timeout=SECONDS``.

    Raises:
        UsageError: it is not formed so, or the endpoint is neither https nor on this machine.
    """
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        prefix, endpoint = parts.path.strip("/"), query.pop("endpoint", [""])[-1]
        timeout = float(query.pop("timeout", [str(_TIMEOUT)])[-1])
        well_formed = bool(
            not query
            and not parts.fragment
            and _REGION.fullmatch(parts.netloc)
            and _PREFIX.fullmatch(prefix)
            and 0.1 <= timeout <= 60
            and (not endpoint or _safe(endpoint))
        )
    except ValueError:
        well_formed = False
    if not well_formed:
        raise UsageError(
            "keys.url",
            ("That is not an address of keys at AWS KMS.", "AWS KMS 키 주소의 형식이 아닙니다."),
            (
                "Write awskms://REGION/PREFIX, with ?endpoint=https://HOST when it is not the region's own.",
                "awskms://리전/접두사 형식으로 쓰고, 별도 엔드포인트는 ?endpoint=https://호스트로 지정하세요.",
            ),
        )
    return Address(parts.netloc, prefix, endpoint, timeout)


def _safe(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    if not parts.hostname or parts.username or parts.password or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Kms:
    """A KMS client whose errors are ours. Safe under many threads (botocore's clients are).

    Args:
        address: where the keys lie.
        credentials: a shared-credentials file with static keys; without it boto3's own chain decides (environment,
            profile, role of the machine).
        patience: how long to go on asking a server that does not answer or is too busy.

    Raises:
        Unavailable: boto3 is not installed, or the credentials file cannot be read.
        Denied: others than its owner may read the credentials file.
        UsageError: the credentials file is not formed as AWS's is.
    """

    def __init__(self, address: Address, credentials: Path | None = None, patience: Patience = _PATIENCE) -> None:
        self.server, self.patience = address.server, patience
        try:
            import botocore.session  # what boto3 stands on; its own layer of resources is not needed
            from botocore.config import Config
        except ImportError:
            raise _not_installed() from None
        # At level DEBUG botocore logs what is sent and received: data keys would be in the log.
        logging.getLogger("botocore").setLevel(logging.INFO)
        secrets = _read(credentials) if credentials else {}
        local = bool(address.endpoint) and _loopback(urlsplit(address.endpoint).hostname or "")
        config = Config(
            connect_timeout=min(_CONNECT, address.timeout),
            read_timeout=address.timeout,
            retries={"total_max_attempts": 1},  # `persist` decides, as with every key server
            # Neither the environment nor ~/.aws/config may send the keys' traffic elsewhere.
            ignore_configured_endpoint_urls=True,
            proxies={} if local else None,
        )

        def make() -> Any:
            session = botocore.session.get_session()
            session.register_component("data_loader", _loader())
            return session.create_client(
                "kms", region_name=address.region, endpoint_url=address.endpoint or None, config=config, **secrets
            )

        self._client = self._ask(make, "open", "open", "*")

    def call(self, operation: str, purpose: str, name: str, **parameters: Any) -> dict[str, Any]:
        """Call one operation of the API.

        Args:
            operation: boto3's name for it, e.g. ``generate_mac``.
            purpose: what it is for, as the person will read it when it is refused (``wrap``, ``destroy``, ...).
            name: the key's name, for the same message.
            **parameters: as the API takes them.

        Raises:
            Unavailable: no answer that makes sense within the patience allowed.
            Denied: this identity may not, or has no credentials, or a quota of the account is used up.
            Refusal: any other answer that is not a success.
        """

        def ask() -> dict[str, Any]:
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
            if any(member not in answer for member in _MEMBERS.get(operation, ())):
                raise BusyError
            return answer

        return self._ask(ask, operation, purpose, name)

    def aliases(self, key_id: str = "") -> Iterator[dict[str, Any]]:
        """All aliases of the account and region, or of one key, page by page."""
        marker: dict[str, Any] = {"KeyId": key_id} if key_id else {}
        while True:
            # A page holds at most 100 aliases (API reference, ListAliases, Limit).
            page = self.call("list_aliases", "list", "*", Limit=100, **marker)
            yield from page["Aliases"]
            if not page.get("Truncated") or not page.get("NextMarker"):
                return
            marker["Marker"] = page["NextMarker"]

    def _ask(self, ask: Callable[[], _T], operation: str, purpose: str, name: str) -> _T:
        def attempt() -> _T:
            try:
                return ask()
            except (BusyError, SafeZoneError):
                raise
            except Exception as error:  # noqa: BLE001 - botocore's errors have no common root
                failure = self._ours(error, operation, purpose, name)
            raise failure

        return persist(self.patience, attempt, lambda: faults.unavailable(self.server))

    def _ours(self, error: Exception, operation: str, purpose: str, name: str) -> Exception:
        from botocore import exceptions

        no_credentials = (
            exceptions.NoCredentialsError,
            exceptions.PartialCredentialsError,
            exceptions.CredentialRetrievalError,
            exceptions.ProfileNotFound,
            exceptions.ConfigParseError,
        )
        if isinstance(error, no_credentials):
            return _no_credentials(self.server)
        if not isinstance(error, exceptions.ClientError):
            return BusyError()
        answer: Any = error.response
        code = str(answer.get("Error", {}).get("Code", ""))
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _DENIED or status in {401, 403}:
            message = str(answer.get("Error", {}).get("Message", ""))
            if operation in {"decrypt", "re_encrypt"} and _of_the_ciphertext(message):
                return Refusal("InvalidCiphertextException")
            return faults.refused(self.server, purpose, name)
        if code in _DOWN or status >= 500:
            return BusyError()
        if code == "LimitExceededException":
            return _no_room(self.server)
        return Refusal(code)


@cache
def _loader() -> Any:
    """Reads the descriptions of AWS's interfaces once for the process; they are megabytes of JSON."""
    from botocore.loaders import create_loader

    return create_loader()


def _of_the_ciphertext(message: str) -> bool:
    """Whether "access denied" is about a ciphertext that names no key to be found, and not about the identity."""
    return not message or message.startswith("The ciphertext refers to a customer master key")


def _read(path: Path) -> dict[str, str]:
    """The static keys of ``[default]``, or of the only profile there is."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(read_credentials(path).decode())
        names = parser.sections()
        profile = parser["default" if "default" in names or len(names) != 1 else names[0]]
        found = {key: profile[key] for key in ("aws_access_key_id", "aws_secret_access_key")}
        if "aws_session_token" in profile:
            found["aws_session_token"] = profile["aws_session_token"]
    except (UnicodeDecodeError, configparser.Error, KeyError):
        failure = UsageError(
            "keys.credentials",
            (f"{path} holds no credentials of AWS.", f"{path}에 AWS 자격 증명이 없습니다."),
            (
                "Write aws_access_key_id and aws_secret_access_key below [default].",
                "[default] 아래에 aws_access_key_id와 aws_secret_access_key를 적으세요.",
            ),
        )
    else:
        return found
    # Outside the block: a parser's error quotes the line it did not like.
    raise failure


def _no_credentials(server: str) -> Denied:
    return Denied(
        "keys.credentials",
        (f"There are no usable credentials for {server}.", f"{server}에 사용할 자격 증명이 없습니다."),
        (
            "Set SAFEZONE_KEYS_CREDENTIALS to this duty's file, or give the machine a role.",
            "SAFEZONE_KEYS_CREDENTIALS에 이 임무의 파일을 지정하거나, 기기에 역할을 부여하세요.",
        ),
    )


def _no_room(server: str) -> Denied:
    return Denied(
        "keys.quota",
        (
            f"A quota of {server} is used up: no key was made.",
            f"{server}의 할당량이 다 찼습니다. 키를 만들지 않았습니다.",
        ),
        (
            "Raise the quota in AWS (keys per region, aliases per key), then run this again.",
            "AWS에서 할당량(리전당 키 수, 키당 별칭 수)을 늘린 뒤 다시 실행하세요.",
        ),
    )


def _not_installed() -> Unavailable:
    return Unavailable(
        "keys.library",
        (
            "Keys at AWS KMS need boto3, which is not installed.",
            "AWS KMS 키를 쓰려면 boto3가 필요하지만 설치되지 않았습니다.",
        ),
        ("Install it: pip install 'safezone[aws]'", "설치하십시오: pip install 'safezone[aws]'"),
    )
