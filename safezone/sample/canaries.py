"""Canaries: people planted in every dataset, whose identifiers must be found nowhere but in the vault.

Each identifier is one the rest of the generator cannot make (names no pool holds, ranges of numbers it leaves
out), so a search of every byte outside the vault for them proves or refutes the promise.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from safezone.sample import identifiers
from safezone.sample.chance import Chance

_NAMES = (
    "남궁빛솔", "제갈한별", "편도담", "옥새봄", "황보미르", "빙그린", "독고아람", "탁누리", "선우가온", "봉슬아",
    "사공다온", "승라온",
)  # fmt: skip
_ROADS = (
    "돌샘너울길", "가람꽃뫼길", "별빛나루길", "솔바람재길", "달무리골길", "은하수마루길", "물안개터길",
    "새벽이슬길", "구름나루터길",
    "꽃비내림길", "하늬바람목길", "노을빛고개길",
)  # fmt: skip
_PLACES = (
    "경기도 양평군", "서울특별시 관악구", "부산광역시 수영구", "경상남도 진주시", "인천광역시 연수구",
    "경상북도 안동시", "대구광역시 수성구",
    "충청남도 아산시", "전라남도 순천시", "전북특별자치도 익산시", "충청북도 충주시", "강원특별자치도 강릉시",
)  # fmt: skip
_MAILBOXES = (
    "bitsol.ng", "hanbyeol.jg", "dodam.pyeon", "saebom.ok", "mir.hwangbo", "geurin.bing", "aram.dokgo",
    "nuri.tak", "gaon.sunwoo",
    "seula.bong", "daon.sagong", "raon.seung",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Canaries:
    """The identifiers of the planted people; the same position is the same person.

    Attributes:
        names: full names.
        rrns: resident registration numbers with a valid check digit.
        births: dates of birth that agree with them.
        phones: mobile numbers.
        addresses: full addresses.
        emails: e-mail addresses.
        vehicles: number plates.
        licences: driving licence numbers.
        accounts: bank account numbers.
    """

    names: tuple[str, ...]
    rrns: tuple[str, ...]
    births: tuple[str, ...]
    phones: tuple[str, ...]
    addresses: tuple[str, ...]
    emails: tuple[str, ...]
    vehicles: tuple[str, ...]
    licences: tuple[str, ...]
    accounts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def needles(self) -> tuple[str, ...]:
        """What must not be found: every identifier, its digits without punctuation, and the address's road."""
        found = dict.fromkeys(
            value for field in fields(self) if field.name != "births" for value in getattr(self, field.name)
        )
        bare = (*self.rrns, *self.phones, *self.licences, *self.accounts)
        found |= dict.fromkeys(value.replace("-", "") for value in bare)
        found |= dict.fromkeys(address.split()[2] for address in self.addresses)
        return tuple(found)


def canaries(seed: int, count: int = 6) -> Canaries:
    """The canaries of a seed.

    Args:
        seed: of the samples they are planted in.
        count: how many people, at most 12.

    Raises:
        ValueError: more are asked for than there are names.
    """
    if not 1 <= count <= len(_NAMES):
        raise ValueError(f"count must lie between 1 and {len(_NAMES)}")
    chance = Chance(seed, "canary", np.arange(count))
    start = seed % len(_NAMES)
    turn = [(start + number) % len(_NAMES) for number in range(count)]
    birth = np.datetime64("1962-01-01") + chance.integers("birth", 0, 365 * 30)
    serial = identifiers.RRN_SERIALS + 100 + chance.integers("serial", 0, 30) * 24 + np.arange(count)
    female = np.arange(count) % 2 == 1
    last = chance.integers("phone", 0, 800) * 12 + np.arange(count)
    region = np.full(count, 28)
    number = chance.integers("number", 500, 990)
    return Canaries(
        names=tuple(_NAMES[n] for n in turn),
        rrns=tuple(identifiers.rrn(birth, female, serial).to_pylist()),
        births=tuple(str(day) for day in birth),
        phones=tuple(identifiers.mobile(99_990_000 + last).to_pylist()),
        addresses=tuple(f"{_PLACES[n]} {_ROADS[n]} {house}" for n, house in zip(turn, number, strict=True)),
        emails=tuple(f"{_MAILBOXES[n]}{seed % 90 + 10}@haneulnaru.co.kr" for n in turn),
        vehicles=tuple(
            identifiers.plate(
                np.full(count, 800) + np.arange(count), np.arange(count) * 2, 1000 + last % 8999
            ).to_pylist()
        ),
        licences=tuple(identifiers.licence(region, np.full(count, 2003), 300_000 + last).to_pylist()),
        accounts=tuple(identifiers.account(987 * 10**10 + 65_432_100 + last * 7919).to_pylist()),
    )
