"""Typed labels with numbers, ``<이름1>``: the same value of a document gets the same number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

LABELS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "PERSON": ("이름", "name"),
        "PHONE_NUMBER": ("전화번호", "phone"),
        "EMAIL_ADDRESS": ("이메일", "email"),
        "LOCATION": ("장소", "place"),
        "CREDIT_CARD": ("카드번호", "card"),
        "IP_ADDRESS": ("IP주소", "ip"),
        "URL": ("링크", "url"),
        "DATE_TIME": ("날짜", "date"),
        "AGE": ("나이", "age"),
        "KR_RRN": ("주민번호", "rrn"),
        "KR_FRN": ("외국인번호", "frn"),
        "KR_BRN": ("사업자번호", "brn"),
        "KR_DRIVER_LICENSE": ("면허번호", "licence"),
        "KR_PASSPORT": ("여권번호", "passport"),
        "KR_HEALTH_INSURANCE": ("건강보험번호", "health_insurance"),
        "KR_ADDRESS": ("주소", "address"),
        "KR_BANK_ACCOUNT": ("계좌번호", "account"),
        "KR_VEHICLE": ("차량번호", "vehicle"),
        "KR_POSTAL_CODE": ("우편번호", "postcode"),
        "KR_CORP_REG": ("법인번호", "corporation"),
        "US_SSN": ("사회보장번호", "ssn"),
        "IBAN_CODE": ("국제계좌번호", "iban"),
    }
)
"""Label of each entity, Korean and English."""


def label_word(entity: str, language: Literal["ko", "en"], labels: Mapping[str, tuple[str, str]] = LABELS) -> str:
    """The word that stands for an entity; one without a label is named itself."""
    return labels.get(entity, (entity, entity))[language != "ko"]


class Labeller:
    """Numbers the values of one document.

    Args:
        text: the document; a label that it holds already, from whoever wrote it, is not given again.
        language: of the labels.
        labels: entity to its label in Korean and English.
    """

    def __init__(
        self,
        text: str,
        language: Literal["ko", "en"] = "ko",
        labels: Mapping[str, tuple[str, str]] = LABELS,
    ) -> None:
        self._text = text
        self._language = language
        self._labels = labels
        self._given: dict[tuple[str, str], str] = {}
        self._last: Counter[str] = Counter()

    def label(self, entity: str, value: str) -> str:
        """The label of a value.

        Args:
            entity: its kind.
            value: what makes it the same value: its canonical spelling, or that of the person's full name.
        """
        known = self._given.get((entity, value))
        if known is None:
            known = self._given[entity, value] = self._next(label_word(entity, self._language, self._labels))
        return known

    def _next(self, word: str) -> str:
        while True:
            self._last[word] += 1
            label = f"<{word}{self._last[word]}>"
            if label not in self._text:
                return label
