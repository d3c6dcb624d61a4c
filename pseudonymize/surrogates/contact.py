"""Surrogate addresses on the internet, from names and ranges kept for documentation or never assigned."""

from __future__ import annotations

import ipaddress
import re

from pseudonymize.surrogates.keyed import Draws
from pseudonymize.surrogates.lists import ROMAN_SYLLABLES

_DOMAINS = ("example.com", "example.net", "example.org")
"""RFC 2606: nobody can register these."""
_SCHEME = re.compile(r"[A-Za-z]+://")
_SYMBOLS = "abcdefghjkmnpqrstuvwxyz23456789"


def email(draws: Draws, surface: str) -> str:
    """A mailbox at a domain of RFC 2606."""
    local = (
        draws.pick(ROMAN_SYLLABLES) + draws.pick(ROMAN_SYLLABLES) + draws.pick(ROMAN_SYLLABLES) + draws.digits(4)
    )
    return f"{local}@{draws.pick(_DOMAINS)}"


def url(draws: Draws, surface: str) -> str:
    """A page at a domain of RFC 2606; the scheme stays."""
    scheme = _SCHEME.match(surface)
    page = "".join(draws.pick(_SYMBOLS) for _ in range(10))
    return f"{scheme.group() if scheme else ''}{draws.pick(_DOMAINS)}/{page}"


def ip(draws: Draws, surface: str) -> str:
    """An address of 240.0.0.0/4 (RFC 1112: reserved, never assigned) or 2001:db8::/32 (RFC 3849)."""
    if ":" in surface:
        groups = [f"{draws.below(1 << 16):x}" for _ in range(4)]
        return str(ipaddress.IPv6Address(f"2001:db8:{groups[0]}:{groups[1]}::{groups[2]}:{groups[3]}"))
    return f"{240 + draws.below(15)}.{draws.below(256)}.{draws.below(256)}.{1 + draws.below(254)}"
