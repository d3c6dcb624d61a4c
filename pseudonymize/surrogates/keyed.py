"""Keyed choices: everything a surrogate or token is made of is drawn from an HMAC of the value it replaces.

``HMAC-SHA256(key, purpose || 0x00 || entity || 0x00 || canonical value || 0x00 || counter)`` (RFC 2104). The same value
under the same key always gives the same draws; without the key nobody can tell which value they came from, and
what two keys give cannot be joined.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from pseudonymize.document.normalise import normalise

KEY_BYTES = 32
TOKEN_GROUPS = 4
"""Groups in a token, each two letters and a digit: 51 bits, so a million values share one with probability below 1e-3.

No two digits stand together, for a detector reads digits behind a label (``<우편번호:25324...>``) as what it says.
"""
HIDDEN = "*xX●○•■□#?_◯"
"""Marks that people write in place of a character they hide."""

NUMBERS = frozenset(
    {
        "PHONE_NUMBER",
        "CREDIT_CARD",
        "KR_RRN",
        "KR_FRN",
        "KR_BRN",
        "KR_CORP_REG",
        "KR_BANK_ACCOUNT",
        "KR_HEALTH_INSURANCE",
        "KR_POSTAL_CODE",
        "US_SSN",
    }
)
"""Entities of which only digits (and hidden ones) tell one from another."""
T = TypeVar("T")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OTHER = re.compile(f"[^0-9{re.escape(HIDDEN)}]+")
_STARS = str.maketrans(dict.fromkeys(HIDDEN, "*"))


def canonical(entity: str, surface: str) -> str:
    """Make the spellings of one value alike, so that they get the same surrogate and token.

    Numbers keep their digits and hidden digits (+82 becomes 0), all else loses white space and takes NFKC; letters
    become lower case. Nothing is guessed: 서울시 and 서울특별시 stay two spellings.

    Args:
        entity: kind of the value.
        surface: the value as it stands in the text.
    """
    text = normalise(surface).text
    if entity in NUMBERS:
        kept = _OTHER.sub("", text).translate(_STARS)
        if entity == "PHONE_NUMBER":
            return _national(text, kept)
        return kept or "".join(text.split())
    spelt = unicodedata.normalize("NFKC", "".join(text.split())).casefold()
    return spelt.replace("(at)", "@").replace("[at]", "@") if entity == "EMAIL_ADDRESS" else spelt


def _national(text: str, kept: str) -> str:
    """A telephone number as dialled within Korea."""
    for country in ("0082", "82"):
        if kept.startswith(country) and (country == "0082" or "+" in text or text.lstrip("( ").startswith("82")):
            return "0" + kept[len(country) :].lstrip("0")
    return ("+" + kept) if text.lstrip().startswith("+") else kept


class Draws:
    """A stream of keyed choices for one value.

    Args:
        key: 32-byte key of the controller.
        entity: kind of the value; draws of different kinds are unrelated.
        value: its canonical spelling.
        attempt: raised to get other draws for the same value.
        purpose: what the draws are for, a word of the program.
    """

    def __init__(self, key: bytes, entity: str, value: str, attempt: int = 0, purpose: str = "surrogate") -> None:
        self._key = key
        self._message = b"\x00".join((purpose.encode(), entity.encode(), value.encode("utf-8", "surrogatepass")))
        self._attempt = attempt
        self._block = 0
        self._left, self._size = 0, 1

    def below(self, limit: int) -> int:
        """A number from 0 up to, not including, ``limit`` (at most 2**32); biased by less than 2**-64."""
        if self._size < limit << 64:
            counter = self._attempt.to_bytes(4, "big") + self._block.to_bytes(4, "big")
            digest = hmac.digest(self._key, self._message + b"\x00" + counter, "sha256")
            self._left, self._size = int.from_bytes(digest, "big"), 1 << 256
            self._block += 1
        self._left, chosen = divmod(self._left, limit)
        self._size //= limit
        return chosen

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def digits(self, count: int) -> str:
        """That many decimal digits."""
        return "".join(str(self.below(10)) for _ in range(count))


def token(key: bytes, entity: str, surface: str) -> str:
    """The keyed token of a value, such as ``ab1cd2ef3gh4``: the same for every spelling `canonical` makes alike.

    Args:
        key: 32-byte key of the controller.
        entity: kind of the value; tokens of different kinds never match.
        surface: the value as it stands in the text.
    """
    return symbols(Draws(key, entity, canonical(entity, surface), purpose="token"))


def symbols(draws: Draws) -> str:
    """The letters and digits of a token, drawn."""
    return "".join(draws.pick(_LETTERS) + draws.pick(_LETTERS) + draws.digits(1) for _ in range(TOKEN_GROUPS))
