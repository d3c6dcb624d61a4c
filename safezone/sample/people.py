"""A population nobody belongs to: each person is a function of a number, the same in every dataset.

People of one household share an address. Numbers 0 modulo `COHORTS` are older people, the rest of working age,
so that each dataset can draw those it is about and still meet people of the others.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from faker import Faker

from safezone.sample import identifiers
from safezone.sample.chance import Bools, Chance, Dates, Ints, choose
from safezone.sample.regions import NEIGHBOURHOODS, PROVINCES, ROADS

COHORTS = 8
MOBILE_NUMBERS = 79_990_000
"""Numbers 010-2000-0000 to 010-9998-9999; those above are kept for canaries."""
_NAMES = 4_000
_COMPOUND = ("남궁", "황보", "제갈", "선우", "독고", "사공")
_HANGUL = ("민", "서", "지", "현", "영", "준", "수", "은", "정", "진")
_MAIL_HOSTS = ("naver.com", "gmail.com", "daum.net", "hanmail.net", "nate.com", "kakao.com")
_MAIL_WORDS = (
    "sky", "blue", "happy", "min", "jun", "star", "moon", "green", "sun", "kim", "lee", "park", "river", "haru",
    "dream",
    "soo", "young", "jin", "hope", "love", "spring", "bora", "nara", "tree", "rain",
)  # fmt: skip


@lru_cache(maxsize=4)
def name_pool(seed: int) -> tuple[pa.Array, pa.Array]:
    """Full names of men and of women, common ones often (drawn once with Faker ko_KR)."""
    fake = Faker("ko_KR")
    fake.seed_instance(seed)
    male = [fake.last_name() + fake.first_name_male() for _ in range(_NAMES)]
    female = [fake.last_name() + fake.first_name_female() for _ in range(_NAMES)]
    rare = [a + b + c for a in _COMPOUND for b in _HANGUL for c in _HANGUL[:4] if b != c]
    short = [a + b for a in ("김", "이", "박", "허", "정") for b in ("솔", "훈", "율", "결", "찬", "진")]
    return pa.array(male + rare[::2] + short), pa.array(female + rare[1::2] + short)


class People:
    """Some people, by number; every attribute is made when it is asked for.

    Args:
        seed: the seed of everything.
        numbers: which people.
    """

    def __init__(self, seed: int, numbers: Ints) -> None:
        self.seed, self.numbers = seed, numbers
        self.chance = Chance(seed, "person", numbers)
        self.home = Chance(seed, "household", numbers // 3)

    @cached_property
    def female(self) -> Bools:
        """Who is a woman; few of the older cohort, who are mostly veterans."""
        senior = self.numbers % COHORTS == 0
        return self.chance.unit("female") < np.where(senior, 0.14, 0.49)

    @cached_property
    def birth(self) -> Dates:
        """Dates of birth; with `serial` they make every registration number unique.

        People share a serial only when their numbers are 94,000 apart, and then the days of the year differ.
        """
        senior = self.numbers % COHORTS == 0
        draw = self.chance.unit("year")
        older = 1936 + (np.sqrt(draw) * 22).astype(np.int64)
        adult = 1961 + (draw**0.85 * 45).astype(np.int64)
        year = np.where(senior, older, adult)
        shared = Chance(self.seed, "serial", self.numbers % identifiers.RRN_SERIALS)
        day = (shared.integers("day", 0, 364) + self.numbers // identifiers.RRN_SERIALS) % 365
        first: Dates = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
        return first + day

    @property
    def name(self) -> pa.Array:
        """Full names; common ones are shared by many (Zipf's law)."""
        male, female = name_pool(self.seed)
        skew = self.chance.unit("name") ** 1.6
        one = choose(male, (skew * len(male)).astype(np.int64))
        return pc.if_else(pa.array(self.female), choose(female, (skew * len(female)).astype(np.int64)), one)

    @property
    def sex(self) -> pa.Array:
        """``남`` or ``여``."""
        return choose(("남", "여"), self.female.astype(np.int64))

    @property
    def rrn(self) -> pa.Array:
        """Resident registration numbers; one in a hundred was issued after October 2020."""
        serial = self.numbers * 7_919 % identifiers.RRN_SERIALS
        return identifiers.rrn(self.birth, self.female, serial, no_check=self.chance.share("reissued", 0.01))

    @property
    def mobile(self) -> pa.Array:
        """Mobile numbers, each person's own."""
        return identifiers.mobile(20_000_000 + (self.numbers * 48_271 + self.seed % 7_919) % MOBILE_NUMBERS)

    @property
    def email(self) -> pa.Array:
        """E-mail addresses."""
        return identifiers.joined(
            self.chance.pick("mail/1", _MAIL_WORDS),
            self.chance.pick("mail/2", _MAIL_WORDS),
            identifiers.digits(self.numbers % 1_000_000, 6),
            "@",
            self.chance.pick("mail/host", _MAIL_HOSTS, (44, 27, 9, 8, 6, 6)),
        )

    @property
    def licence(self) -> pa.Array:
        """Driving licence numbers."""
        region = np.array(identifiers.LICENCE_REGIONS)[
            self.chance.index("licence/region", len(identifiers.LICENCE_REGIONS))
        ]
        year = identifiers.ymd(self.birth)[0] + 19 + self.chance.integers("licence/year", 0, 9)
        return identifiers.licence(region, np.minimum(year, 2024), self.numbers * 104_729 % 1_000_000)

    @property
    def plate(self) -> pa.Array:
        """The number plate of the household's car."""
        front = self.home.integers("plate/front", 0, 1)
        front = np.where(front == 0, self.home.integers("plate/2", 11, 69), self.home.integers("plate/3", 100, 699))
        syllable = self.home.index("plate/syllable", len(identifiers.PLATE_SYLLABLES))
        return identifiers.plate(front, syllable, self.home.integers("plate/back", 1000, 9999))

    @property
    def account(self) -> pa.Array:
        """Bank account numbers."""
        return identifiers.account(self.chance.integers("account", 301 * 10**10, 356 * 10**10))

    @cached_property
    def province_index(self) -> Ints:
        """Which of `PROVINCES` they live in."""
        return self.home.index("province", [province.weight for province in PROVINCES])

    @property
    def province(self) -> pa.Array:
        """Full name of the province."""
        return choose([province.name for province in PROVINCES], self.province_index)

    @cached_property
    def district(self) -> pa.Array:
        """City, county or district; empty in Sejong, which has none."""
        return districts(self.home, self.province_index)

    @property
    def address(self) -> pa.Array:
        """Full addresses: by road with building and flat, or by lot."""
        road = self.home.pick("road", ROADS)
        number = pc.cast(pa.array(self.home.integers("number", 1, 480)), pa.string())
        flat = identifiers.joined(
            ", ",
            pc.cast(pa.array(101 + self.home.index("block", 18)), pa.string()),
            "동 ",
            pc.cast(
                pa.array(self.home.integers("floor", 1, 24) * 100 + self.home.integers("door", 1, 6)), pa.string()
            ),
            "호",
        )
        street = identifiers.joined(road, " ", number)
        street = pc.if_else(pa.array(self.home.share("flat", 0.62)), identifiers.joined(street, flat), street)
        lot = identifiers.joined(
            self.home.pick("dong", NEIGHBOURHOODS),
            " ",
            number,
            "-",
            pc.cast(pa.array(self.home.integers("lot", 1, 98)), pa.string()),
        )
        rest = pc.if_else(pa.array(self.home.share("by lot", 0.12)), lot, street)
        return pc.replace_substring(identifiers.joined(self.province, " ", self.district, " ", rest), "  ", " ")


def districts(chance: Chance, province: Ints) -> pa.Array:
    """A district of each row's province, larger ones more often."""
    names: list[str] = []
    starts, sizes = [], []
    for item in PROVINCES:
        starts.append(len(names))
        sizes.append(len(item.districts))
        names += item.districts
    within = (chance.unit("district") ** 1.5 * np.array(sizes)[province]).astype(np.int64)
    return choose(names, np.array(starts)[province] + within)


def landline(chance: Chance, province: Ints) -> pa.Array:
    """Office telephone numbers with the area code of each row's province."""
    codes = choose([item.area_code for item in PROVINCES], province)
    return identifiers.joined(
        codes,
        "-",
        identifiers.digits(chance.integers("exchange", 200, 899), 3),
        "-",
        identifiers.digits(chance.integers("line", 0, 9999), 4),
    )
