"""Telephone numbers, e-mail addresses, web addresses, IP addresses."""

from __future__ import annotations

import ipaddress
import re
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import LEFT, RIGHT, DocumentRecognizer, digits

_SEP = r"[-. ~/·)]{0,3}"
_HID = r"[0-9*xX●○•]"
_COUNTRY = r"(?:\+ ?82|\(\+?82\)|0082|(?<![0-9])82(?=[- ]))[-. ]{0,2}\(?0?\)?"
_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8]?|80|60|30)"
_REPRESENTATIVE = r"1(?:522|533|544|566|577|588|599|600|644|661|666|668|670|688|800|811|833|855|877|899)"


class Phone(DocumentRecognizer):
    """Korean telephone numbers (National Numbering Plan of the Ministry of Science and ICT) and international ones.

    Mobile (01x), geographic (02 to 064), 070, 050x, 080, and nationwide numbers (15xx, 16xx, 18xx), with dots, dashes,
    spaces or nothing between, +82 before, Hangul attached, single groups masked.
    """

    ENTITY = "PHONE_NUMBER"
    CONTEXT: ClassVar[list[str]] = ["연락처", "전화", "휴대폰", "핸드폰", "팩스", "phone", "tel"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "mobile",
            LEFT
            + rf"(?P<v>(?:(?:{_COUNTRY}|0)1[016789]|\(01[016789]\)){_SEP}(?:[0-9]{{3,4}}|[*xX●○•]{{3,4}}){_SEP}{_HID}{{4}})"
            + RIGHT,
            0.95,
        ),
        Pattern(
            "area",
            LEFT
            + rf"(?P<v>(?:(?:{_COUNTRY}|0){_AREA}|\(0{_AREA}\)){_SEP}(?:[0-9]{{3,4}}|[*●○•]{{3,4}}){_SEP}{_HID}{{4}})"
            + RIGHT,
            0.85,
        ),
        Pattern(
            "nationwide", LEFT + rf"(?<![.,])(?P<v>{_REPRESENTATIVE}[-. ]?[0-9]{{4}})(?![0-9.,])" + RIGHT, 0.65
        ),
        Pattern(
            "international",
            r"(?<![0-9A-Za-z+])(?P<v>\+[1-9][0-9]{0,2}[-. ]?(?:\(?[0-9]{1,4}\)?[-. ]?){2,5}[0-9])" + RIGHT,
            0.7,
        ),
        Pattern(
            "north american",
            r"(?<![0-9.-])(?P<v>(?:\+?1[-. ]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-. ][0-9]{4})"
            + RIGHT,
            0.7,
        ),
        Pattern("labelled", LEFT + r"(?P<v>[0-9]{3,4}-[0-9]{4})(?! ?[만억천원년명개])" + RIGHT, 0.75),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start = match.start("v")
        label = document.label_before(start)
        if name == "labelled":
            return score if label == "phone" else 0.0
        if label == "phone":
            return 0.97
        value = match.group("v")
        if name == "mobile":
            return score
        if name == "international":
            return score if 9 <= len(digits(value)) <= 15 else 0.0
        if label in ("other", "account"):
            return 0.0
        bare = value.isdigit()
        if name == "area" and bare:
            return 0.55 if len(value) in (9, 10, 11) and _bare_area(value) else 0.0
        if name == "nationwide":
            # Ranges of years (1588-1599) and codes look alike: the dash must be there, the tail no such year.
            return score if "-" in value and value[-4:-2] not in ("15", "16", "17", "18", "19") else 0.0
        return score


def _bare_area(value: str) -> bool:
    """Whether an unseparated number has the length its area code asks for."""
    if value.startswith("02"):
        return len(value) in (9, 10)
    return len(value) in (10, 11) if value[:2] in ("03", "04", "05", "06") else len(value) == 11


class Email(DocumentRecognizer):
    """E-mail addresses, also with Hangul attached, full width, spaced or written (at)."""

    ENTITY = "EMAIL_ADDRESS"
    CONTEXT: ClassVar[list[str]] = ["이메일", "메일", "email", "e-mail"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "address",
            r"(?<![A-Za-z0-9._%+*-])[A-Za-z0-9_%+*][A-Za-z0-9._%+*'-]{0,63}(?:@| @ ?|@ | ?[(\[]at[)\]] ?)"
            r"(?:[A-Za-z0-9*](?:[A-Za-z0-9*-]{0,61}[A-Za-z0-9*])?\.){1,6}[A-Za-z]{2,18}(?![A-Za-z0-9])",
            1.0,
        ),
        Pattern(
            "korean domain",
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[가-힣A-Za-z0-9-]{1,40}\.(?:한국|(?:co|or|go|ac)\.kr|kr|com|net)",
            0.9,
        ),
    ]
    FLAGS = re.IGNORECASE

    def applies(self, document: Document) -> bool:
        """An address has an at sign, or one in words."""
        return "@" in document.text or "at)" in document.text.lower() or "at]" in document.text.lower()


_TOP = (
    r"(?:co|go|or|ac|ne|re|pe|hs|ms|es|kg|sc|mil)\.kr|com|net|org|edu|gov|info|biz|io|kr|app|dev|me|tv|ai|shop|site|xyz|online|"
    r"co\.uk|co\.jp|jp|cn|de|uk|fr|eu|us"
)


class WebAddress(DocumentRecognizer):
    """Web addresses with or without scheme; a sentence's full stop and Korean particles stay outside."""

    ENTITY = "URL"
    CONTEXT: ClassVar[list[str]] = ["누리집", "홈페이지", "url", "website"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "scheme",
            r"(?<![A-Za-z0-9])(?P<v>(?:https?|ftp)://[A-Za-z0-9._~:/?#\[\]@!$&'*+,;=%()-]{2,2000}?)"
            r"(?=[.,;:!?')\]]{0,3}(?:[^A-Za-z0-9._~:/?#\[\]@!$&'*+,;=%()-]|$))",
            0.9,
        ),
        Pattern(
            "host",
            rf"(?<![A-Za-z0-9@._%+-])(?P<v>(?:www\.)?(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,5}}(?:{_TOP})"
            r"(?::[0-9]{2,5})?(?:/[A-Za-z0-9._~:/?#@!$&'*+;=%-]{0,500}[A-Za-z0-9/=_-]|/)?)(?![A-Za-z0-9@-])",
            0.8,
        ),
    ]
    FLAGS = re.IGNORECASE

    def applies(self, document: Document) -> bool:
        """An address has letters and a dot."""
        return document.has_latin and "." in document.text


_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"


class IpAddress(DocumentRecognizer):
    """IP addresses of both versions; section and version numbers (1.2.3.4) need the label."""

    ENTITY = "IP_ADDRESS"
    CONTEXT: ClassVar[list[str]] = ["IP", "아이피"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "v4", rf"(?<![0-9])(?<![0-9A-Za-z][.-])(?P<v>{_OCTET}(?:\.{_OCTET}){{3}})(?![0-9])(?!\.[0-9])", 0.96
        ),
        Pattern(
            "masked v4",
            rf"(?<![0-9.])(?P<v>{_OCTET}\.{_OCTET}\.(?:{_OCTET}|[*xX]{{1,3}})\.[*xX]{{1,3}})(?![0-9A-Za-z*])",
            0.8,
        ),
        Pattern("v6", r"(?<![0-9A-Za-z:])(?P<v>[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![0-9A-Za-z:])", 0.9),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        value = match.group("v")
        start = match.start("v")
        label = document.label_before(start, 20)
        if name == "v6":
            try:
                ipaddress.IPv6Address(value)
            except ValueError:
                return 0.0
            return score if len(digits(value)) > 0 and value.count(":") + 2 * ("::" in value) >= 4 else 0.0
        if name == "masked v4":
            return score
        if label == "ip":
            return 0.98
        version = label == "other" or document.text[max(0, start - 1) : start] in ("v", "V")
        largest = max(int(part) for part in value.split("."))
        return score if largest >= 32 and not version else 0.0
