"""Recognizers that Presidio ships and that are good as they are, fitted to :class:`DocumentRecognizer`.

They see the normalised text and answer, as all others do, in offsets of the original. Where Presidio
leaves a weak pattern to its context enhancer, the words it names are looked for here: a driver's licence number
needs them beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, ClassVar

from presidio_analyzer import EntityRecognizer, Pattern
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    CryptoRecognizer,
    IbanRecognizer,
    PhoneRecognizer,
    UsLicenseRecognizer,
    UsPassportRecognizer,
    UsSsnRecognizer,
)

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import LEFT, RIGHT, THRESHOLD, DocumentRecognizer, digits
from pseudonymize.recognizers.finance import luhn_check
from pseudonymize.spans import Candidate

_WINDOW = 45
_SUPPORT = 0.35
_SHORTEST_WORLDWIDE, _LONGEST_WORLDWIDE = 9, 17
"""Digits of a telephone number with country code; two more for the 00 before it."""
_LEAST_SUPPORTED = 0.6
"""Presidio's context enhancer adds 0.35 and lifts to at least 0.4; what has its word beside it is reported here."""


class PresidioRecognizer(DocumentRecognizer):
    """One of Presidio's recognizers inside our interface.

    Class attributes:
        SOURCE: Presidio's class.
        ALONE: Whether a match without a context word counts when Presidio scores it below ``THRESHOLD``.
        WORDS: Context words; Presidio's own when empty.
        SETTINGS: Further arguments of Presidio's class.
    """

    SOURCE: ClassVar[type[Any]]
    ALONE: ClassVar[float] = 0.0
    WORDS: ClassVar[tuple[str, ...]] = ()
    SETTINGS: ClassVar[dict[str, Any]] = {}
    # Patterns of our own beside the source; Presidio wants at least one of every pattern recognizer.
    PATTERNS: ClassVar[list[Pattern]] = [Pattern("source", r"(?!)", 0.0)]

    def __init__(self, supported_language: str = "en", **settings: Any) -> None:
        super().__init__(supported_language=supported_language, **settings)
        self._source: EntityRecognizer = self.SOURCE(supported_language=supported_language, **self.SETTINGS)
        words = self.WORDS or tuple(self._source.context or ())
        self._words = re.compile("|".join(rf"(?<![a-z]){re.escape(word.lower())}" for word in words) or r"(?!)")

    def find(self, document: Document) -> Iterator[Candidate]:
        """Presidio's results whose score, with the support of a word before them, suffices."""
        for result in self._source.analyze(self.spelt(document), [self.ENTITY], None) or ():
            score = float(result.score)
            if score < THRESHOLD:
                supported = self.supported(document, result.start)
                score = max(score + _SUPPORT, _LEAST_SUPPORTED) if supported else self.ALONE
            if score >= THRESHOLD:
                yield Candidate(result.start, result.end, self.ENTITY, min(score, 0.99), self.name, "presidio")
        yield from super().find(document)

    def spelt(self, document: Document) -> str:
        """The text as Presidio is to see it, of the same length."""
        return document.text

    def supported(self, document: Document, start: int) -> bool:
        """Whether one of the context words stands shortly before ``start``."""
        return self._words.search(document.text[max(0, start - _WINDOW) : start].lower()) is not None

    def identity(self) -> dict[str, Any]:
        """Adds Presidio's version."""
        return {**super().identity(), "presidio": version("presidio-analyzer"), "words": self._words.pattern}


class Iban(PresidioRecognizer):
    """International bank account numbers (ISO 13616), by check digits and the length of the country."""

    ENTITY = "IBAN_CODE"
    SOURCE = IbanRecognizer

    def spelt(self, document: Document) -> str:
        """In capitals: people type the letters of an account number small, too."""
        capitals = document.text.upper()
        return capitals if len(capitals) == len(document.text) else document.text


class CryptoAddress(PresidioRecognizer):
    """Bitcoin addresses, by their checksum."""

    ENTITY = "CRYPTO"
    SOURCE = CryptoRecognizer


class UsSocialSecurity(PresidioRecognizer):
    """US social security numbers (SSA: three, two and four digits; never 000, 666 or 9xx)."""

    ENTITY = "US_SSN"
    SOURCE = UsSsnRecognizer
    WORDS: ClassVar[tuple[str, ...]] = ("social security", "ssn", "ssns", "ss #", "ss no")


class UsDriverLicence(PresidioRecognizer):
    """US driver's licence numbers, beside their label only: their forms are those of any code."""

    ENTITY = "US_DRIVER_LICENSE"
    SOURCE = UsLicenseRecognizer
    WORDS: ClassVar[tuple[str, ...]] = (
        "driver",
        "drivers",
        "driving licen",
        "licence number",
        "license number",
        "dl #",
        "permit",
    )


class UsPassport(PresidioRecognizer):
    """US passport numbers, beside their label only."""

    ENTITY = "US_PASSPORT"
    SOURCE = UsPassportRecognizer
    WORDS: ClassVar[tuple[str, ...]] = ("passport",)


class CardNumber(PresidioRecognizer):
    """Payment card numbers by Luhn's check digit, beside their label of every length (ISO/IEC 7812: up to 19 digits)."""

    ENTITY = "CREDIT_CARD"
    SOURCE = CreditCardRecognizer
    WORDS: ClassVar[tuple[str, ...]] = ("card", "credit", "debit", "cc ", "visa", "mastercard", "maestro", "amex")
    PATTERNS: ClassVar[list[Pattern]] = [Pattern("labelled", LEFT + r"(?P<v>[0-9]{12,19})" + RIGHT, 0.8)]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """A number beside its label counts when its check digit is right."""
        return score if self.supported(document, match.start("v")) and luhn_check(match.group("v")) else 0.0


class WorldPhone(PresidioRecognizer):
    """Telephone numbers of English-speaking and other countries, as Google's ``phonenumbers`` reads them."""

    ENTITY = "PHONE_NUMBER"
    SOURCE = PhoneRecognizer
    ALONE = 0.5
    WORDS: ClassVar[tuple[str, ...]] = (
        "phone",
        "tel",
        "call",
        "mobile",
        "fax",
        "cell",
        "number",
        "reach",
        "sms",
        "text",
        "desk",
        "office",
    )
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "north american",
            r"(?<![0-9A-Za-z+.-])(?P<v>(?:(?:\+1|001|1)[-. ]?)?(?:\([2-9][0-9]{2}\)[-. ]?|[2-9][0-9]{2}[-. ])[0-9]{3}[-. ][0-9]{4}"
            r"(?: ?(?:x|ext\.?|extension) ?[0-9]{1,6})?)(?![0-9])",
            0.85,
        ),
        Pattern(
            "north american, bare",
            r"(?<![0-9A-Za-z+.-])(?P<v>(?:\+1|001|1)?[2-9][0-9]{2}[2-9][0-9]{6}(?: ?(?:x|ext\.?) ?[0-9]{1,6})?)(?![0-9])",
            0.65,
        ),
        Pattern(
            "international",
            r"(?<![0-9A-Za-z])(?P<v>(?:\+|00)[1-9][0-9]{0,2}[-. ]?(?:\(0?[0-9]{0,4}\)[-. ]?)?(?:[0-9]{1,5}[-. /]?){2,5}[0-9]{2,})(?![0-9])",
            0.75,
        ),
    ]
    SETTINGS: ClassVar[dict[str, Any]] = {"supported_regions": ("US", "GB", "CA", "IN", "AU", "DE", "FR")}

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Ten digits in a row need a word for telephones; international numbers have at most fifteen (ITU-T E.164)."""
        length = len(digits(match.group("v")))
        if name == "international":
            return score if _SHORTEST_WORLDWIDE <= length <= _LONGEST_WORLDWIDE else 0.0
        if name == "north american, bare":
            before = document.text[: match.start("v")]
            return (
                score
                if self.supported(document, match.start("v")) or not before.rpartition("\n")[2].strip()
                else 0.0
            )
        return score


ENGLISH: tuple[type[PresidioRecognizer], ...] = (
    Iban,
    CryptoAddress,
    UsSocialSecurity,
    UsDriverLicence,
    UsPassport,
    CardNumber,
    WorldPhone,
)
