"""Which recognizers serve which language, as a list and as a Presidio registry."""

from __future__ import annotations

import unicodedata
from typing import Any

from presidio_analyzer import RecognizerRegistry

from pseudonymize.document import labels
from pseudonymize.names.english import EnglishName
from pseudonymize.names.recognizer import KoreanName
from pseudonymize.recognizers.base import THRESHOLD, DocumentRecognizer
from pseudonymize.recognizers.birth import BirthDate, PersonAge
from pseudonymize.recognizers.contact import Email, IpAddress, Phone, WebAddress
from pseudonymize.recognizers.documents import DriverLicence, HealthInsurance, Passport, Vehicle
from pseudonymize.recognizers.finance import BankAccount, PaymentCard
from pseudonymize.recognizers.place import Address, PostalCode
from pseudonymize.recognizers.place_region import RegionName
from pseudonymize.recognizers.presidio import ENGLISH, Iban
from pseudonymize.recognizers.registration import BusinessNumber, CorporateNumber, ForeignerNumber, ResidentNumber

_RECOGNIZERS: tuple[type[DocumentRecognizer], ...] = (
    ResidentNumber,
    ForeignerNumber,
    BusinessNumber,
    CorporateNumber,
    DriverLicence,
    Passport,
    HealthInsurance,
    Vehicle,
    BirthDate,
    PersonAge,
    Phone,
    Email,
    WebAddress,
    IpAddress,
    PaymentCard,
    BankAccount,
    Address,
    PostalCode,
    RegionName,
    KoreanName,
    EnglishName,
)


def recognizers_for(language: str) -> list[DocumentRecognizer]:
    """Every recognizer, registered under ``language``: Korean text holds English and the other way round.

    American identifiers are sought in English only; an account number with check digits (IBAN) everywhere.
    """
    kinds = (*_RECOGNIZERS, *(ENGLISH if language == "en" else (Iban,)))
    return [kind(supported_language=language) for kind in kinds]


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
