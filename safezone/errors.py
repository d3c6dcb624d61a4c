"""The one tree of errors a user of the zone can meet.

Every error says three things, in Korean and in English: what happened, what was kept safe, and what to do
next. An error never carries a value from the data, nor the text of a library's exception (many of those do).
Only the command line and the portal turn an error into an exit code or an HTTP status.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class Text(NamedTuple):
    """A sentence in both languages the zone speaks."""

    en: str
    ko: str

    def say(self, language: str = "ko") -> str:
        """Return the sentence in `language` ("ko" or "en")."""
        return self.ko if language == "ko" else self.en


NOTHING_CHANGED = Text("Nothing was changed.", "변경된 것은 없습니다.")


class SafeZoneError(Exception):
    """Root of the tree.

    Args:
        code: a stable dotted name, e.g. ``delivery.digest_mismatch``; scripts and tests rely on it.
        what: what happened.
        next_step: what the person can do now.
        kept: what was kept safe.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(
        self,
        code: str,
        what: tuple[str, str],
        next_step: tuple[str, str],
        kept: tuple[str, str] = NOTHING_CHANGED,
    ) -> None:
        self.code = code
        self.what = Text(*what)
        self.kept = Text(*kept)
        self.next_step = Text(*next_step)
        super().__init__(f"[{code}] {self.what.en} {self.kept.en} {self.next_step.en}")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by parts, so that an error crosses a process boundary whole."""
        return (type(self), (self.code, tuple(self.what), tuple(self.next_step), tuple(self.kept)))


class UsageError(SafeZoneError):
    """The command or call was not formed as it should be."""

    exit_code = 2
    http_status = 400


class Denied(SafeZoneError):
    """Policy does not allow it, or the decision could not be made (which is a denial too)."""

    exit_code = 3
    http_status = 403


class BadInput(SafeZoneError):
    """A file, policy, filter or value handed in cannot be accepted."""

    exit_code = 4
    http_status = 422


class PolicyError(BadInput):
    """A policy file is wrong; the message names file, line and what would be right."""


class DeliveryError(BadInput):
    """A delivery does not match what it declares or what its policy asks for; it goes to quarantine."""


class FilterError(BadInput):
    """A row filter is outside the grammar of extracts."""


class PrivacyError(BadInput):
    """The privacy model is not met, so nothing may be published or released."""


class NotFound(BadInput):
    """No such object, or none that this account may know of."""

    http_status = 404


class WrongState(SafeZoneError):
    """The object is not in a state in which this may happen."""

    exit_code = 5
    http_status = 409


class IntegrityFailure(SafeZoneError):
    """Stored bytes are not what was written: tampering or damage. The read is refused."""

    exit_code = 6
    http_status = 500


class Unavailable(SafeZoneError):
    """A part the zone depends on (keys, storage, catalog, Airflow) does not answer."""

    exit_code = 7
    http_status = 503
