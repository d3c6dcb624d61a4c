"""Which recognizers serve which language, as a list and as a Presidio registry."""

from __future__ import annotations

import unicodedata
from typing import Any

from presidio_analyzer import RecognizerRegistry

from pseudonymize.document import labels
from pseudonymize.names.recognizer import EnglishName, KoreanName
from pseudonymize.recognizers.base import THRESHOLD, DocumentRecognizer
from pseudonymize.recognizers.contact import Email, IpAddress, Phone, WebAddress
from pseudonymize.recognizers.documents import BirthDate, DriverLicence, Passport, Vehicle
from pseudonymize.recognizers.finance import BankAccount, PaymentCard
from pseudonymize.recognizers.place import Address, PostalCode
from pseudonymize.recognizers.registration import BusinessNumber, CorporateNumber, ForeignerNumber, ResidentNumber

_RECOGNIZERS: tuple[type[DocumentRecognizer], ...] = (
    ResidentNumber,
    ForeignerNumber,
    BusinessNumber,
    CorporateNumber,
    DriverLicence,
    Passport,
    Vehicle,
    BirthDate,
    Phone,
    Email,
    WebAddress,
    IpAddress,
    PaymentCard,
    BankAccount,
    Address,
    PostalCode,
    KoreanName,
    EnglishName,
)


def recognizers_for(language: str) -> list[DocumentRecognizer]:
    """Every recognizer, registered under ``language``: Korean text holds English and the other way round."""
    return [kind(supported_language=language) for kind in _RECOGNIZERS]


def registry(language: str = "ko") -> RecognizerRegistry:
    """The same recognizers for a Presidio ``AnalyzerEngine`` (a ``NoOpNlpEngine`` suffices)."""
    return RecognizerRegistry(recognizers=recognizers_for(language), supported_languages=[language])


def shared_identity() -> dict[str, Any]:
    """What all recognizers rest on, for the model digest."""
    return {
        "labels": labels.PATTERN_SOURCE,
        "unicode": unicodedata.unidata_version,
        "threshold": THRESHOLD,
        "normalisation": 1,
        "resolution": 1,
    }
