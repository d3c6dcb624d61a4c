"""A recovery secret in shares: any m of n custodians together have it, fewer know nothing of it.

SLIP-39 (https://github.com/satoshilabs/slips/blob/master/slip-0039.md), Shamir's sharing over GF(256) with a checksum in
every share and a digest of the secret, by the library `shamir_mnemonic`: 33 words of a list of 1,024 for each share. The
secret is the private key of an age X25519 identity (https://age-encryption.org/v1), so that custodians could open a
recovery copy with any SLIP-39 program and the ordinary `age`, without this software.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

import pyrage
from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics

from safezone.errors import BadInput, UsageError

MOST = 16
"""Shares there may be (SLIP-39, member count of a group)."""
_SECRET = 32
_PREFIX = "age-secret-key-"
_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_NAME = re.compile(r"\w(?:[\w .-]{0,62}\w)?")


def new_secret() -> bytes:
    """A fresh recovery secret, 256 bits."""
    return secrets.token_bytes(_SECRET)


def identity_of(secret: bytes) -> pyrage.x25519.Identity:
    """The age identity whose private key is the secret: its Bech32 form (BIP 173) is ``AGE-SECRET-KEY-1...``."""
    digits = _regrouped(secret)
    checksum = _polymod([*_expanded(_PREFIX), *digits, 0, 0, 0, 0, 0, 0]) ^ 1
    digits += [(checksum >> 5 * (5 - place)) & 31 for place in range(6)]
    text = _PREFIX + "1" + "".join(_ALPHABET[digit] for digit in digits)
    return pyrage.x25519.Identity.from_str(text.upper())


def split(secret: bytes, threshold: int, count: int) -> list[str]:
    """Split a secret into `count` mnemonics, any `threshold` of which give it back.

    Raises:
        UsageError: there must be at least two of at most `MOST`, and no more needed than there are.
    """
    if not 2 <= threshold <= count <= MOST:
        raise UsageError(
            "recovery.shares",
            (
                f"At least 2 of at most {MOST} shares must be needed, and no more than there are.",
                f"최대 {MOST}개의 조각 중 2개 이상, 전체 개수 이하가 필요하도록 정해야 합니다.",
            ),
            ("For example: --shares 5 --threshold 3", "예: --shares 5 --threshold 3"),
        )
    return [str(words) for words in generate_mnemonics(1, [(threshold, count)], secret)[0]]


def check_custodians(names: Sequence[str], count: int) -> None:
    """Refuse names that are not one for each share, or that could not be written on one.

    Raises:
        UsageError: they are too few or too many, one is named twice, or is no name.
    """
    if len(set(names)) != len(names) or len(names) != count or not all(map(_NAME.fullmatch, names)):
        raise UsageError(
            "recovery.custodians",
            (
                f"Name {count} different custodians (letters, digits, spaces, '.', '-'; at most 64).",
                f"서로 다른 보관자 {count}명의 이름이 필요합니다(문자, 숫자, 공백, '.', '-', 64자 이하).",
            ),
            ("Repeat --custodian NAME once for each share.", "조각마다 --custodian 이름을 한 번씩 지정하십시오."),
        )


def threshold_of(mnemonic: str, number: int) -> int:
    """How many shares are needed, as a share says itself.

    Args:
        mnemonic: the words.
        number: which share it is, from 1, for the message.

    Raises:
        BadInput: some word of it is wrong.
    """
    return int(_parsed(mnemonic, number).member_threshold)


def combine(mnemonics: Sequence[str]) -> bytes:
    """The secret that was split.

    Raises:
        BadInput: a share is damaged, they are too few, or not of one splitting.
    """
    parsed = [_parsed(words, number) for number, words in enumerate(mnemonics, 1)]
    for number, share in enumerate(parsed, 1):
        # The first share says what the others belong to.
        if share.group_parameters() != parsed[0].group_parameters():
            raise _mixed(number)
    by_place = {share.index: words for share, words in zip(parsed, mnemonics, strict=True)}
    needed = parsed[0].member_threshold if parsed else 2
    if len(by_place) < needed:
        raise BadInput(
            "recovery.too_few",
            (
                f"{len(by_place)} different share(s) were given; {needed} are needed.",
                f"서로 다른 조각 {len(by_place)}개를 받았으나 {needed}개가 필요합니다.",
            ),
            ("Ask further custodians for theirs.", "다른 보관자에게 조각을 요청하십시오."),
        )
    try:
        return bytes(combine_mnemonics(list(by_place.values())[:needed]))
    except (MnemonicError, ValueError):
        raise _mixed(len(mnemonics)) from None


def _parsed(mnemonic: str, number: int) -> Share:
    try:
        return Share.from_mnemonic(" ".join(mnemonic.lower().split()))
    except (MnemonicError, ValueError, IndexError):
        # The library's message repeats the first words.
        raise BadInput(
            "recovery.share_damaged",
            (
                f"Share number {number} is damaged: a word is missing, mistyped or out of order.",
                f"{number}번째 조각이 손상되었습니다. 단어가 빠졌거나 틀렸거나 순서가 바뀌었습니다.",
            ),
            (
                "Compare it word by word with what the custodian holds.",
                "보관자가 가진 원본과 단어를 하나씩 대조하십시오.",
            ),
        ) from None


def _mixed(number: int) -> BadInput:
    return BadInput(
        "recovery.share_mixed",
        (
            f"Share number {number} does not belong with the first one: it is of another splitting.",
            f"{number}번째 조각은 첫 번째 조각과 함께 만들어진 것이 아닙니다.",
        ),
        (
            "Use shares of the same recovery id; the newest splitting replaced the earlier ones.",
            "복구 번호가 같은 조각을 사용하십시오. 이전에 나눈 조각은 최근 것으로 대체되었습니다.",
        ),
    )


def _regrouped(data: bytes) -> list[int]:
    """Bytes as digits of five bits, padded with zeros (BIP 173)."""
    bits = len(data) * 8
    padded = -bits % 5
    number = int.from_bytes(data, "big") << padded
    return [(number >> place) & 31 for place in range(bits + padded - 5, -1, -5)]


def _expanded(prefix: str) -> list[int]:
    return [ord(each) >> 5 for each in prefix] + [0] + [ord(each) & 31 for each in prefix]


def _polymod(values: Sequence[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, constant in enumerate(_GENERATOR):
            checksum ^= constant if (top >> place) & 1 else 0
    return checksum
