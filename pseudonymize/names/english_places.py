"""Street addresses in English text: United States (USPS Publication 28) and United Kingdom forms, abroad alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pseudonymize.names.english_words import STREET_ENDS, STREET_FORMS, STREET_TAILS

_CAP = r"[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ɏ'’]*(?:-[A-Za-zÀ-ÖØ-öø-ɏ]+)*"
_CAPS = rf"(?:(?:St|Mt|Ft)\. )?{_CAP}(?: (?:(?:de|la|le|du|des|da|do|dos|del|di|der|den|van|von|of|the|and|upon|on|St\.?|Mt\.?) )?{_CAP}){{0,4}}"
_NUMBER = r"(?<![0-9A-Za-z.,#/-])(?:[1-9][0-9]{0,5}(?:-[0-9]{1,4})?[A-Za-z]?|0{0,4}[0-9]{1,5})"
_END = "|".join(sorted(STREET_ENDS, key=lambda word: (-len(word), word)))
_TYPE = rf"(?i:{_END})\b\.?"
_ORDINAL = r"[0-9]{1,3}(?:st|nd|rd|th)"
_STREET = (
    rf"(?:(?:[NSEW]{{1,2}}\.? |(?:North|South|East|West) )?(?:{_CAPS}|{_ORDINAL})(?: {_TYPE})(?: (?:[NSEW]{{1,2}}|North|South|East|West)\b\.?)?"
    rf"|(?i:{STREET_FORMS}) (?:(?:de|la|le|du|des|da|do|dos|del|della|di|der) ){{0,2}}{_CAPS}"
    rf"|[A-ZÄÖÜ][a-zäöüßåø-]{{2,20}}(?:{'|'.join(STREET_TAILS)})\b)"
)
_UNIT = r"(?:(?i:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|studio|bldg|building|lot|#)\.? ?#? ?[0-9A-Za-z-]{1,6}\b|#[0-9]{1,5})"
_BOX = r"(?:(?i:p\.? ?o\.? ?box|box) [0-9]{1,6}|(?i:psc|unit|cmr) [0-9]{1,5},? (?i:box) [0-9]{1,5}|US(?:NS|NV|S|CGC) [A-Z][a-z]+)"
_GAP = r"(?:,[ ]?|[ ]{1,2}|,?[ ]?\n[ \t>?]{0,8})"
STATES = "A[AEKLPRSZ]|C[AOT]|D[CE]|F[LM]|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[ARW]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]"
_ZIP = r"[0-9]{5}(?:-[0-9]{4})?\b"
_POSTCODE = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}\b"
_COUNTRY = r"(?:USA|U\.S\.A\.|US|UK|United States(?: of America)?|United Kingdom|England|Scotland|Wales|Canada|Australia|Ireland)\b"
_TAIL = (
    rf"(?:{_GAP}{_UNIT}){{0,2}}"
    rf"(?:(?:{_GAP}(?:{_CAPS}|APO|FPO|DPO)){{0,3}}(?:{_GAP}(?:{STATES})\b)?{_GAP}(?:{_ZIP}|{_POSTCODE})"
    rf"|, ?{_CAPS}(?:, ?(?:{STATES})\b)?)?(?:{_GAP}{_COUNTRY})?"
)
PATTERNS: dict[str, str] = {
    "street": rf"(?:{_UNIT}{_GAP})?{_NUMBER},? {_STREET}{_TAIL}",
    "flat": rf"(?<![A-Za-z]){_UNIT}{_GAP}(?:{_NUMBER},? )?{_CAPS}{_GAP}{_CAPS}{_GAP}(?:{_ZIP}|{_POSTCODE})",
    "box": rf"(?<![A-Za-z]){_BOX}(?:{_GAP}(?:(?:APO|FPO|DPO),? A[AEP]|{_CAPS},? (?:{STATES})) {_ZIP})?",
    "town": rf"(?<![A-Za-z0-9]){_CAPS},? (?:{STATES}),? {{1,2}}{_ZIP}",
    "number and name": (
        rf"(?:(?:\b(?:at|to|is)|ess:?|,)\s{{1,2}}|\bin (?!(?:19|20)[0-9]{{2}} )|(?:^|\n)[ \t>?*]{{0,8}})(?P<v>{_NUMBER} {_CAPS}(?:{_GAP}{_UNIT})?(?:, ?{_CAPS}){{0,2}})(?=[.,;!?)]?(?:\s|$))"
    ),
    "zip": rf"(?:(?i:\bzip(?: ?code)?|\bpost(?:al)? ?code)(?: is|:|#)? {{0,2}})(?P<v>{_ZIP}|{_POSTCODE})",
    "unit": rf"(?<![A-Za-z]){_UNIT}(?={_GAP}(?:{_NUMBER} )?[A-Z])",
    "postcode": rf"(?<![A-Za-z0-9]){_POSTCODE}",
    "named street": rf"(?<![A-Za-z])(?:{_CAPS} (?:(?i:street|avenue|boulevard|road|lane|drive|parkway|highway|crescent)\b|St\.|Ave\.?|Blvd\.?|Rd\.?))",
}
_SCORES = {
    "street": 0.85,
    "flat": 0.8,
    "box": 0.75,
    "town": 0.85,
    "number and name": 0.6,
    "zip": 0.7,
    "unit": 0.55,
    "postcode": 0.75,
    "named street": 0.65,
}
_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
_DIGIT = re.compile("[0-9]")


def addresses(text: str) -> Iterator[tuple[int, int, float, str]]:
    """Start, end, score and pattern of each address or part of one; they may overlap."""
    numbered = _DIGIT.search(text) is not None
    for name, pattern in _COMPILED.items():
        if numbered or name == "named street":
            for match in pattern.finditer(text):
                start, end = match.span("v" if "v" in pattern.groupindex else 0)
                yield start, end, _SCORES[name], name
