"""One open session with a PKCS#11 token for all of a process, and the errors of the token in words.

`python-pkcs11` starts a module with ``C_Initialize(NULL)``, which promises it that no two threads are inside it at
once (PKCS#11 v3.0, section 5.1.3), while it lets go of Python's own lock during each call. So one lock is held around
every call here; it is also held across a fork, so that no child inherits a module in the middle of something.

SoftHSM (2.6) loses sight of what other processes made before, whenever this one makes or destroys an object: it takes
the raised counter on disk for its own doing (``Generation::commit``). So with it the module starts afresh after every
write, which reads all objects anew and takes some hundredths of a second.

A login counts for the whole process (section 4.6 of the usage guide): whoever opens the token a second time is held
to the same PIN here, since the module would not ask.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import random
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pkcs11
from pkcs11 import exceptions as ckr

from safezone.errors import SafeZoneError
from safezone.keys.hsm import faults
from safezone.keys.hsm.pin import (
    Pin,
    forget_refusals,
    lock_of,
    read_pin,
    refuse_again,
    remember_refusal,
    wrong_pin,
)
from safezone.keys.hsm.url import TokenAddress

_T = TypeVar("_T")

GONE = (ckr.ObjectHandleInvalid, ckr.KeyHandleInvalid)
"""The object was destroyed meanwhile, here or elsewhere."""

_STALE = (
    ckr.SessionHandleInvalid,
    ckr.SessionClosed,
    ckr.DeviceRemoved,
    ckr.TokenNotPresent,
    ckr.TokenNotRecognised,
    ckr.UserNotLoggedIn,
    ckr.OperationActive,
    ckr.SlotIDInvalid,
)
_TROUBLE = (ckr.GeneralError, ckr.FunctionFailed, ckr.DeviceError)
_PIN_WRONG = (ckr.PinIncorrect, ckr.PinInvalid, ckr.PinLenRange)
_UNSUPPORTED = (
    ckr.MechanismInvalid,
    ckr.MechanismParamInvalid,
    ckr.KeySizeRange,
    ckr.KeyTypeInconsistent,
    ckr.DomainParamsInvalid,
    ckr.FunctionNotSupported,
    ckr.TemplateInconsistent,
    ckr.AttributeTypeInvalid,
    ckr.AttributeValueInvalid,
)

_guard = threading.RLock()
os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_guard.release)
_disguise = secrets.token_bytes(32)
_FORGETFUL = "SoftHSM project"
# A token is absent for a moment while its server restarts; SoftHSM's, and its PIN, while another process logs in.
# Nothing is tried again that may have spent an attempt at the PIN.
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True, slots=True)
class _Open:
    session: pkcs11.Session
    pin: bytes
    process: int
    forgetful: bool


_modules: dict[str, tuple[pkcs11.lib, int]] = {}
_sessions: dict[tuple[str, bytes, str], _Open] = {}


class Connection:
    """A token and the PIN to it; opened when first needed, opened again once when the device has let go of it.

    Args:
        address: which token.
        credentials: the file with its PIN; read when the token is opened, and the PIN is not kept.
    """

    def __init__(self, address: TokenAddress, credentials: Path) -> None:
        self._address = address
        self._module = os.path.realpath(address.module)
        self._credentials = credentials
        self._token: tuple[str, bytes, str] | None = None

    def __str__(self) -> str:
        return str(self._address)

    def run(self, act: Callable[[pkcs11.Session], _T], *, writes: bool = False) -> _T:
        """Do something with the token, alone; once more in a new session when the first went stale or failed.

        Args:
            act: does it. It may be called twice, and must look up its objects in the session it is given.
            writes: whether it makes or destroys objects.

        Raises:
            Unavailable: module, token or function do not answer.
            Denied: the PIN is not accepted. The token is asked once, not again.
        """
        try:
            return self._attempt(act, writes)
        except pkcs11.PKCS11Error as error:
            if not _is_lost(error):
                raise self._fault(error) from None
        try:
            return self._attempt(act, writes)
        except pkcs11.PKCS11Error as error:
            raise self._fault(error) from None

    def _attempt(self, act: Callable[[pkcs11.Session], _T], writes: bool) -> _T:
        while True:
            with _guard:
                held = self._held()
                if held is not None:
                    try:
                        return act(held.session)
                    except pkcs11.PKCS11Error as error:
                        if _is_lost(error):
                            restart(self._module)
                        raise
                    finally:
                        if writes and held.forgetful:
                            restart(self._module)
            # The file's lock comes before the module's, as everywhere.
            with lock_of(self._credentials).held(), _guard:
                self._open()

    def _held(self) -> _Open | None:
        held = None if self._token is None else _sessions.get(self._token)
        return held if held is not None and held.process == os.getpid() else None

    def _open(self) -> None:
        pin = read_pin(self._credentials)
        for pause in (*_PAUSES, None):
            try:
                self._open_with(pin)
            except pkcs11.PKCS11Error as error:
                if pause is None:
                    raise self._fault(error) from None
            else:
                return
            restart(self._module)
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 -- spreads the tries, hides nothing

    def _open_with(self, pin: Pin) -> None:
        told = hmac.digest(_disguise, pin.value.encode(), hashlib.sha256)
        token = self._find()
        self._token = (self._module, token.serial, token.label)
        held = self._held()
        if held is not None and hmac.compare_digest(held.pin, told):
            return
        if held is not None:
            # The module would let any PIN pass now; the token shall say which is right.
            token = self._find_again()
        session = self._log_in(token, pin)
        _sessions[self._token] = _Open(session, told, os.getpid(), token.manufacturer_id == _FORGETFUL)

    def _log_in(self, token: pkcs11.Token, pin: Pin) -> pkcs11.Session:
        serial = token.serial.decode("utf-8", "replace")
        refuse_again(self._credentials, pin, serial)
        if token.flags & pkcs11.TokenFlag.USER_PIN_LOCKED:
            raise wrong_pin(self._credentials, "locked")
        if token.flags & pkcs11.TokenFlag.USER_PIN_FINAL_TRY:
            raise wrong_pin(self._credentials, "one attempt from being locked")
        try:
            try:
                session = token.open(rw=True, user_pin=pin.value)
            except ckr.UserAlreadyLoggedIn:
                # By a session this process has lost sight of; the module did not look at the PIN.
                session = self._find_again().open(rw=True, user_pin=pin.value)
        except (*_PIN_WRONG, ckr.PinLocked):
            remember_refusal(self._credentials, pin, serial)
            raise wrong_pin(self._credentials) from None
        except pkcs11.PKCS11Error as error:
            # Nobody knows whether this counted as an attempt. SoftHSM, which fails so while another process logs in,
            # counts none.
            if token.manufacturer_id == _FORGETFUL or isinstance(error, ckr.UserPinNotInitialized):
                raise
            raise self._fault(error) from None
        forget_refusals(self._credentials)
        return session

    def _find(self) -> pkcs11.Token:
        wanted = self._address
        found = [
            token
            for token in _start(self._module).get_tokens(token_label=wanted.token or None)
            if token.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED
            and wanted.serial in {"", token.serial.decode("utf-8", "replace")}
            and wanted.manufacturer in {"", token.manufacturer_id}
            and wanted.model in {"", token.model}
        ]
        if not found:
            raise ckr.NoSuchToken
        if len(found) > 1:
            raise faults.ambiguous(str(wanted))
        return found[0]

    def _find_again(self) -> pkcs11.Token:
        restart(self._module)
        return self._find()

    def _fault(self, error: pkcs11.PKCS11Error) -> SafeZoneError:
        code = type(error).__name__
        if isinstance(error, _NotStarted):
            return faults.module_missing(self._address.module)
        if isinstance(error, ckr.NoSuchToken) or _is_stale(error):
            return faults.absent(str(self))
        if isinstance(error, (ckr.PinExpired, ckr.UserPinNotInitialized)):
            return wrong_pin(self._credentials, "expired or not set")
        if isinstance(error, ckr.DeviceMemory):
            return faults.full(str(self))
        if isinstance(error, _UNSUPPORTED):
            return faults.unsupported(str(self), code)
        return faults.failed(str(self), code)


class _NotStarted(pkcs11.PKCS11Error):  # type: ignore[misc]  # the library is compiled
    """The module could not be loaded or started."""


def _is_lost(error: pkcs11.PKCS11Error) -> bool:
    return isinstance(error, _TROUBLE) or _is_stale(error)


def _is_stale(error: pkcs11.PKCS11Error) -> bool:
    # CKR_CRYPTOKI_NOT_INITIALIZED has no class of its own in this library.
    return isinstance(error, _STALE) or (type(error) is pkcs11.PKCS11Error and "not initialized" in str(error))


def _start(path: str) -> pkcs11.lib:
    """The module, started by this very process: PKCS#11 asks a child after a fork to start it anew (section 5.1.3)."""
    module, process = _modules.get(path, (None, 0))
    try:
        if module is None:
            module = pkcs11.lib(path)
        elif process != os.getpid() or not module.initialized:
            _stop(module)
            module.initialize()
    except (pkcs11.PKCS11Error, RuntimeError, OSError):
        raise _NotStarted from None
    finally:
        forget_openssl_errors()
    _modules[path] = (module, os.getpid())
    return module


def forget_openssl_errors() -> None:
    """Empty OpenSSL's queue of errors of this thread.

    A module that rests on OpenSSL itself (SoftHSM looks for an engine that is not there) leaves one in it, and the next
    TLS connection of the thread takes it for its own. Asking for ciphers that do not exist is the way Python offers
    to empty it.
    """
    with contextlib.suppress(ssl.SSLError):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers("NONE-SUCH")


def restart(path: str) -> None:
    """Close all that this process has open in a module; the next use starts it afresh.

    What was lost (a device taken out, a server restarted) is found only by a module that starts afresh.
    """
    path = os.path.realpath(path)
    with _guard:
        for token in [each for each in _sessions if each[0] == path]:
            del _sessions[token]
        if path in _modules:
            _stop(_modules[path][0])


def _stop(module: pkcs11.lib) -> None:
    # A module that notices the fork itself says that it was never started; either way it is stopped afterwards.
    with suppress(pkcs11.PKCS11Error):
        module.finalize()
