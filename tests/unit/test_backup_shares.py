"""Shares of a recovery secret: enough of them give it back, fewer or wrong ones say what is wrong."""

from __future__ import annotations

import random

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import combine_mnemonics

from safezone.backup import shares
from safezone.errors import BadInput, UsageError

# Published vector 4 of SLIP-39 (2 of 3, 128 bits, passphrase TREZOR): vectors.json beside the specification.
VECTOR = [
    "shadow pistol academic always adequate wildlife fancy gross oasis cylinder mustang wrist rescue view short owner flip making coding armed",
    "shadow pistol academic acid actress prayer class unknown daughter sweater depict flip twice unkind craft early superior advocate guest smoking",
]


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_threshold_of_shares_gives_the_secret_back_and_fewer_do_not(data):
    count = data.draw(st.integers(2, 6))
    threshold = data.draw(st.integers(2, count))
    secret = shares.new_secret()
    words = shares.split(secret, threshold, count)
    chosen = data.draw(st.permutations(words))
    assert len(words) == count
    assert {len(each.split()) for each in words} == {33}
    assert shares.threshold_of(chosen[0], 1) == threshold
    assert shares.combine(chosen[:threshold]) == secret
    assert shares.combine(chosen) == secret
    with pytest.raises(BadInput) as refused:
        shares.combine(chosen[: threshold - 1])
    assert refused.value.code == "recovery.too_few"


def test_one_wrong_word_is_found_and_never_repeated():
    words = shares.split(shares.new_secret(), 2, 3)
    chance = random.Random(3)
    for place in range(33):
        spoiled = words[0].split()
        spoiled[place] = chance.choice([word for word in words[1].split() if word != spoiled[place]])
        with pytest.raises(BadInput) as refused:
            shares.combine([" ".join(spoiled), words[1]])
        assert refused.value.code == "recovery.share_damaged"
        assert refused.value.__cause__ is None
        assert not set(words[0].split()[:6]) & set(str(refused.value).split())


def test_shares_of_two_splittings_do_not_mix():
    secret = shares.new_secret()
    first, second = shares.split(secret, 2, 3), shares.split(secret, 2, 3)
    with pytest.raises(BadInput) as refused:
        shares.combine([first[0], second[1]])
    assert refused.value.code == "recovery.share_mixed"
    assert "number 2" in refused.value.what.en


def test_capitals_and_spaces_of_a_hurried_hand_do_not_matter():
    secret = shares.new_secret()
    words = shares.split(secret, 2, 2)
    assert shares.combine([f"  {words[0].upper()}\n", words[1].replace(" ", "  ")]) == secret


def test_the_sharing_is_slip_39():
    assert combine_mnemonics(VECTOR, b"TREZOR").hex() == "b43ceb7e57a0ea8766221624d01b0864"
    assert len(shares.combine(VECTOR)) == 16  # ours have no passphrase


@pytest.mark.parametrize(("threshold", "count"), [(1, 3), (0, 2), (4, 3), (2, 17), (1, 1)])
def test_numbers_that_protect_nobody_are_refused(threshold, count):
    with pytest.raises(UsageError):
        shares.split(shares.new_secret(), threshold, count)


@pytest.mark.parametrize(
    "names", [("김", "김"), ("하나",), ("a", "b\nc"), ("a", ""), ("a", "../b"), ("a", "b" * 65)]
)
def test_custodians_are_named_once_each(names):
    with pytest.raises(UsageError):
        shares.check_custodians(names, 2)


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_the_secret_is_the_private_key_of_an_age_identity(secret):
    identity = shares.identity_of(secret)
    assert pyrage.decrypt(pyrage.encrypt(b"copy", [identity.to_public()]), [identity]) == b"copy"
    assert str(shares.identity_of(secret)) == str(identity)


def test_the_text_of_an_identity_is_bech32():
    # BIP 173 with the prefix of age (https://age-encryption.org/v1); 32 zero bytes, made with age's own encoder.
    text = str(shares.identity_of(bytes(32)))
    assert text.startswith("AGE-SECRET-KEY-1" + "Q" * 51)
    assert len(text) == 74
