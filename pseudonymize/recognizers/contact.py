"""Telephone numbers, e-mail addresses, web addresses, IP addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import DocumentRecognizer, Need, digits
from pseudonymize.recognizers.shapes import FIRST, HIDDEN_SIGNS, NUMBER_LEFT, beside, within_code

_SEP = r"[-. ~/·)]{0,3}"
_HID = r"[0-9*xX●○•]"
_MIDDLE = r"(?:[0-9]{3,4}|[0-9*xX●○•]{3,4})"
# One digit may follow behind a dash: 02-123-4567~8 names two numbers, the second by its last digit.
RIGHT = rf"(?![0-9{HIDDEN_SIGNS}])(?!-[0-9]{{2}})"
_ZERO = r"[-. ]{0,3}\(?0?\)?"  # +82 (0)10


def _behind_country(code: str) -> str:
    """A code with its 0, with +82, 82, 0082 before it, or in brackets."""
    return (
        rf"[+(08]{NUMBER_LEFT}(?:(?<=0)(?:082{_ZERO})?{code}|(?<=\+) ?82{_ZERO}{code}"
        rf"|(?<=\()(?:\+?82\){_ZERO}{code}|0{code}\))|(?<=8)2(?=[- ]){_ZERO}{code})"
    )


_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8]?|80|60|30)"
_SPOKEN = r"(?:[0-9]{4}|[공영일이삼사오육륙칠팔구](?: ?[공영일이삼사오육륙칠팔구]){3})"
_REPRESENTATIVE = (
    rf"1{NUMBER_LEFT}(?<![.,].)(?:522|533|544|566|577|588|599|600|644|661|666|668|670|688|800|811|833|855|877|899)"
)


class Phone(DocumentRecognizer):
    """Korean telephone numbers (National Numbering Plan of the Ministry of Science and ICT) and international ones.

    Mobile (01x), geographic (02 to 064), 070, 050x, 080, and nationwide numbers (15xx, 16xx, 18xx), with dots, dashes,
    spaces or nothing between, +82 before, Hangul attached, single groups masked.
    """

    ENTITY = "PHONE_NUMBER"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["연락처", "전화", "휴대폰", "핸드폰", "팩스", "phone", "tel"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"labelled": Need(("phone",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("mobile", f"(?P<v>{_behind_country('1[016789]')}{_SEP}{_MIDDLE}{_SEP}{_HID}{{4}})" + RIGHT, 0.95),
        Pattern(
            "area",
            f"(?P<v>{_behind_country(_AREA)}{_SEP}{_MIDDLE}{_SEP}{_HID}{{4}})" + RIGHT,
            0.85,
        ),
        Pattern(
            "nationwide",
            f"(?P<v>{_REPRESENTATIVE}(?: ?- ?|[-. ]?)[0-9]{{4}})(?![0-9.,])" + RIGHT,
            0.65,
        ),
        Pattern(
            "international",
            r"(?P<v>\+(?<![0-9A-Za-z+].)[1-9][0-9]{0,2}[-. ]?(?:\(?[0-9]{1,4}\)?[-. ]?){2,5}[0-9])" + RIGHT,
            0.7,
        ),
        Pattern(
            "north american",
            r"(?P<v>[+1(2-9](?<![0-9.-].)(?:(?<=\+)1[-. ]?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])"
            r"|(?<=1)[-. ]?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])|(?<=\()[2-9][0-9]{2}\) ?|(?<=[2-9])[0-9]{2}[-.])"
            r"[2-9][0-9]{2}[-. ][0-9]{4})" + RIGHT,
            0.7,
        ),
        Pattern("labelled", rf"(?P<v>{FIRST}[0-9]{{2,3}} {{0,2}}- {{0,2}}[0-9]{{4}})" + RIGHT, 0.75),
        Pattern("in words", rf"(?P<v>(?:공일공|영일영)[- ]?{_SPOKEN}[- ]?{_SPOKEN})", 0.9),
    ]

    def applies(self, document: Document) -> bool:
        """A number has digits, or the words for them."""
        return document.has_digit or "공일공" in document.text or "영일영" in document.text

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start = match.start("v")
        label = document.label_before(start)
        value = match.group("v")
        bare = value.isdigit()
        if name == "in words":
            return score
        if name == "labelled":
            counted = _COUNTED.match(document.text, match.end("v")) is not None
            return score if label == "phone" and not counted else 0.0
        if label == "phone":
            return 0.97
        if bare and (
            within_code(document.text, start, match.end("v")) or _FRACTION.match(document.text, start - 2)
        ):
            return 0.0
        if name == "mobile":
            return score
        if name == "international":
            return score if 9 <= len(digits(value)) <= 15 else 0.0
        if name == "area" and _CODE.search(document.text, max(0, start - 4), start):
            return 0.0
        if label == "account" and not bare:
            return score  # the number of a bank's branch; accounts do not begin like this
        if label in ("other", "account", "health", "licence") and (bare or beside(document, start) == label):
            return 0.0
        if name == "area" and bare:
            return 0.55 if len(value) in (9, 10, 11) and _bare_area(value) else 0.0
        if name == "nationwide":
            # Ranges of years (1588-1599) and codes look alike: the dash must be there, the tail no such year.
            return score if "-" in value and value[-4:-2] not in ("15", "16", "17", "18", "19") else 0.0
        return score


_CODE = re.compile(r"[0-9][A-Z]{2}-\Z")  # 1AA-0501-0000000, a receipt
_FRACTION = re.compile("[0-9][.,]")
_COUNTED = re.compile(" ?[억천원년명개건회]|만 ?[원명개건0-9]")


def _bare_area(value: str) -> bool:
    """Whether an unseparated number has the length its area code asks for."""
    if value.startswith("02"):
        return len(value) in (9, 10)
    return len(value) in (10, 11) if value[:2] in ("03", "04", "05", "06") else len(value) == 11


_AT = ("@", "골뱅이", "at)", "at]", "at}", "AT)", "AT]", "AT}", " dot ", " DOT ")


class Email(DocumentRecognizer):
    """E-mail addresses, also with Hangul attached, full width, spaced or written (at)."""

    ENTITY = "EMAIL_ADDRESS"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["이메일", "메일", "email", "e-mail"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "address",
            r"[A-Za-z0-9_%+*](?<![A-Za-z0-9._%+*-].)[A-Za-z0-9._%+*'-]{0,63}"
            r"(?:@| @ ?|@ | ?[(\[{<] ?(?:[aA][tT]|@|골뱅이) ?[)\]}>] ?| ?골뱅이 ?)"
            r"(?:[A-Za-z0-9*](?:[A-Za-z0-9*-]{0,61}[A-Za-z0-9*])?(?:\.| ?[(\[](?:[dD][oO][tT]|점|\.)[)\]] ?| ?\. ?(?=(?:com|net|org|kr|co ?\. ?kr)(?![A-Za-z])))){1,6}[A-Za-z]{2,18}(?![A-Za-z0-9])",
            1.0,
        ),
        Pattern(
            "words",
            r"[A-Za-z0-9_](?<![A-Za-z0-9._%+*-].)[A-Za-z0-9._+-]{0,40} (?:at|AT) [A-Za-z0-9-]{2,40}"
            r"(?: (?:dot|DOT) (?:[A-Za-z0-9-]{2,40}))+",
            0.9,
        ),
        Pattern(
            "korean domain",
            r"[A-Za-z0-9._%+-](?<![A-Za-z0-9._%+-].)[A-Za-z0-9._%+-]{0,63}@[가-힣A-Za-z0-9-]{1,40}\.(?i:한국|(?:co|or|go|ac)\.kr|kr|com|net)",
            0.9,
        ),
    ]

    def applies(self, document: Document) -> bool:
        """An address has an at sign, or one in words."""
        return any(sign in document.text for sign in _AT)


_TOP = (
    r"(?:co|go|or|ac|ne|re|pe|hs|ms|es|kg|sc|mil)\.kr|com|net|org|edu|gov|info|biz|io|kr|app|dev|me|tv|ai|shop|site|xyz|online|"
    r"co\.uk|co\.jp|jp|cn|de|uk|fr|eu|us"
)


_URL = r"A-Za-z0-9._~:/?#\[\]@!$&'*+,;=%()\-"
_PARTICLE = (
    r"(?:에서|에게|에|으로|로|은|는|이|가|을|를|와|과|도|의|입니다|이며|이고|라고|참고|참조|등|및)(?![가-힣/])"
)


class WebAddress(DocumentRecognizer):
    """Web addresses with or without scheme; a sentence's full stop and Korean particles stay outside."""

    ENTITY = "URL"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["누리집", "홈페이지", "url", "website"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "scheme",
            rf"(?P<v>[HhFf](?<![A-Za-z0-9].)(?i:(?<=h)ttps?|(?<=f)tp)://(?:[{_URL}]|(?<=[/=_-])(?!{_PARTICLE})[가-힣]{{1,40}}+){{2,2000}}?)"
            rf"(?=[.,;:!?')\]]{{0,3}}(?:[^{_URL}가-힣]|$|(?<![/=_-])[가-힣]|{_PARTICLE}))",
            0.9,
        ),
        Pattern(
            "host",
            rf"(?P<v>[A-Za-z0-9](?<![A-Za-z0-9@._%+-].)[A-Za-z0-9-]{{0,62}}\.(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{0,5}}(?i:{_TOP})"
            r"(?::[0-9]{2,5})?(?:/[A-Za-z0-9._~:/?#@!$&'*+;=%-]{0,500}[A-Za-z0-9/=_-]|/)?)(?![A-Za-z0-9@-])",
            0.8,
        ),
    ]

    def applies(self, document: Document) -> bool:
        """An address has letters and a dot."""
        return document.has_latin and "." in document.text


_MACHINE = re.compile(
    "접속|서버|로그인|로그|게이트웨이|방화벽|단말|공인|사설|host|server|gateway|login|DNS", re.IGNORECASE
)
_LARGEST_OCTET = 255
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"


class IpAddress(DocumentRecognizer):
    """IP addresses of both versions; section and version numbers (1.2.3.4) need the label."""

    ENTITY = "IP_ADDRESS"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["IP", "아이피"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"v6": Need((), "::|(?::[0-9A-Fa-f]{1,4}){3}:")}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "v4",
            rf"(?P<v>[0-9](?<![0-9].)(?<![0-9A-Za-z][.-].)[0-9]{{0,2}}(?:\.{_OCTET}){{3}})(?![0-9])(?!\.[0-9])",
            0.96,
        ),
        Pattern(
            "masked v4",
            rf"(?P<v>[0-9](?<![0-9.].)[0-9]{{0,2}}\.{_OCTET}\.(?:{_OCTET}|[*xX]{{1,3}})\.[*xX]{{1,3}})(?![0-9A-Za-z*])",
            0.8,
        ),
        Pattern(
            "v6",
            r"(?P<v>[0-9A-Fa-f:](?:(?<=[vV]6:.)|(?<![0-9A-Za-z].)(?<![0-9A-Fa-f]:.)(?<!::.))"
            r"(?:(?<=:)(?=:)|(?<=[0-9A-Fa-f])[0-9A-Fa-f]{0,3})(?::[0-9A-Fa-f]{0,4}){1,7})(?![0-9A-Za-z:])",
            0.9,
        ),
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
        if name == "masked v4" or int(value[: value.index(".")]) > _LARGEST_OCTET:
            return score if name == "masked v4" else 0.0
        if label == "ip":
            return 0.98
        version = label == "other" or document.text[max(0, start - 1) : start] in ("v", "V")
        if version:
            return 0.0
        if max(int(part) for part in value.split(".")) >= 32:
            return score
        # 10.1.2.3 is an address where it speaks of machines, and a section of a document elsewhere.
        around = document.text[max(0, start - 16) : match.end("v") + 12]
        return 0.8 if value.startswith("10.") and _MACHINE.search(around) else 0.0
