"""What a column holds: by form and check digits of its values first, then by header and values together."""

from __future__ import annotations

from collections.abc import Iterator

from pseudonymize.columns.headers import HeaderHint
from pseudonymize.columns.model import ColumnProfile, Decision, Kind, Reason
from pseudonymize.columns.proofs import HEADER, LIKELY, SURE, Found, by_form
from pseudonymize.columns.proofs import why as share_of
from pseudonymize.columns.types import Reading, percent
from pseudonymize.columns.wording import LOW_CARDINALITY, by_text, uniqueness

_NUMERIC = frozenset({"integer", "decimal"})
_ALWAYS_PEOPLE = frozenset({Kind.NAME, Kind.PHONE, Kind.EMAIL})
_TEMPORAL = frozenset({"date", "datetime"})


def decide(profile: ColumnProfile, hint: HeaderHint, reading: Reading) -> Decision:
    """The kind of a column.

    Args:
        profile: what was counted.
        hint: what its header says.
        reading: its type.
    """
    if profile.filled == 0 or sum(profile.missing_words.values()) >= profile.filled:
        return Decision(
            hint.kind if hint.kind is Kind.FREE_TEXT else Kind.EMPTY,
            hint.kind,
            (Reason("값이 하나도 없음", "no value at all"),),
        )
    for judge in (by_form, _by_both, _by_type, by_text):
        found = judge(profile, hint, reading)
        if found is not None:
            kind, why = found
            reasons = (*_header_reason(hint, kind), *why)
            return Decision(kind, hint.kind, reasons, tuple(_warnings(profile, hint, kind)))
    return Decision(Kind.CATEGORY, hint.kind, ())


def _header_reason(hint: HeaderHint, kind: Kind) -> Iterator[Reason]:
    if hint.word and hint.kind is kind:
        yield Reason(f"머리글 '{hint.word}'", f"header '{hint.word}'")


_RELATED: dict[Kind, frozenset[Kind]] = {
    Kind.RRN: frozenset({Kind.FRN, Kind.RECORD}),
    Kind.FRN: frozenset({Kind.RRN}),
    Kind.BIRTH: frozenset({Kind.DATE, Kind.DATETIME, Kind.BIRTH_YEAR}),
    Kind.BIRTH_YEAR: frozenset({Kind.YEAR}),
    Kind.REGION: frozenset({Kind.ADDRESS}),
    Kind.ADDRESS: frozenset({Kind.REGION, Kind.LABEL}),
}
_FORMAL = frozenset(
    {Kind.RRN, Kind.FRN, Kind.PHONE, Kind.EMAIL, Kind.CARD, Kind.LICENCE, Kind.BRN, Kind.CORP, Kind.VEHICLE, Kind.NAME, Kind.SEX, Kind.IP,
     Kind.ADDRESS, Kind.BIRTH, Kind.ACCOUNT, Kind.PASSPORT, Kind.AGE}
)  # fmt: skip


def _warnings(profile: ColumnProfile, hint: HeaderHint, kind: Kind) -> Iterator[Reason]:
    """A header the values speak against, and identifiers among other values."""
    if hint.kind in _FORMAL and kind is not hint.kind and kind not in _RELATED.get(hint.kind, frozenset()):
        yield Reason(
            f"머리글 '{hint.word}'와(과) 값이 어긋남: 값을 따름",
            f"the header '{hint.word}' and the values disagree: the values decide",
        )
    rare = profile.inside.copy()
    whole = {"rrn": stray_numbers(profile), "phone": profile.counts["mobile"], "email": profile.counts["email"]}
    whole |= {"card": profile.counts["card_checked"]}
    for name, rows in whole.items():
        if rows and kind.value not in _SAME.get(name, ()):
            rare[name] += rows
    for name, rows in sorted(rare.items()):
        if rows and kind.value not in _SAME.get(name, (name,)):
            ko, en = _SPOKEN[name]
            share = percent(rows / max(profile.filled, 1))
            yield Reason(f"값 속에 {ko}가 {rows:,}개({share}) 섞여 있음", f"{rows:,} values ({share}) hold {en}")


def stray_numbers(profile: ColumnProfile) -> int:
    """Values that are resident registration numbers; 0 where numbers of 13 digits seldom are, as in times in ms."""
    found = profile.counts["rrn_any"]
    return found if found >= 0.3 * profile.counts["person"] else 0


_SAME = {
    "rrn": ("rrn", "frn", "corporate_number"),
    "phone": ("phone",),
    "email": ("email", "user_id"),
    "card": ("card", "bank_account"),
    "account": ("bank_account",),
    "licence": ("driver_licence",),
    "vehicle": ("vehicle",),
}
_SPOKEN = {
    "rrn": ("주민·외국인등록번호", "a resident registration number"),
    "phone": ("전화번호", "a telephone number"),
    "email": ("이메일", "an e-mail address"),
    "card": ("카드번호", "a card number"),
    "account": ("계좌번호", "a bank account"),
    "licence": ("운전면허번호", "a driving licence number"),
    "vehicle": ("차량번호", "a vehicle number"),
}


def _by_both(profile: ColumnProfile, hint: HeaderHint, reading: Reading) -> Found:
    """Kinds that need a header, or values that leave no other reading."""
    share, header = profile.share, hint.kind
    if profile.closed == "sex" and (
        header is Kind.SEX or not set(profile.closed_words) <= {"M", "F", "m", "f"} or header is None
    ):
        return Kind.SEX, [Reason("값이 모두 성별을 뜻하는 말", "all values are words for a sex")]
    if header is Kind.SEX and profile.distinct <= 6:
        return Kind.SEX, [Reason(f"서로 다른 값 {profile.distinct}개", f"{profile.distinct} different values")]
    if found := _dated(profile, hint, reading):
        return found
    if reading.type == "boolean":
        return Kind.BOOLEAN, list(reading.reasons)
    if profile.closed == "weekday" and profile.distinct > 2:
        return Kind.CATEGORY, [Reason("요일", "days of the week")]
    if header is Kind.ACCOUNT and share("account") >= HEADER:
        return Kind.ACCOUNT, share_of(share("account"), "계좌번호 형식", "form of a bank account")
    if header is Kind.CARD and share("card") + share("card_masked") >= HEADER:
        return Kind.CARD, share_of(share("card") + share("card_masked"), "카드번호 형식", "form of a card number")
    if header is Kind.BRN and share("brn") >= HEADER:
        return Kind.BRN, share_of(share("brn"), "사업자등록번호 형식", "form of a business number")
    if header is Kind.POSTAL and share("postal") + share("integer") >= LIKELY:
        return Kind.POSTAL, share_of(share("postal"), "우편번호 형식", "form of a postal code")
    if (
        header in _HEADED_NUMBERS
        and _varied(profile)
        and (share("integer") + share("code") + share("damaged")) >= LIKELY
    ):
        return header, [*uniqueness(profile)]
    return _places_and_names(profile, hint, reading)


_HEADED_NUMBERS = frozenset(
    {
        Kind.RRN,
        Kind.FRN,
        Kind.CORP,
        Kind.LICENCE,
        Kind.PASSPORT,
        Kind.INSURANCE,
        Kind.ACCOUNT,
        Kind.CARD,
        Kind.DEVICE,
        Kind.ACCOUNT_ID,
    }
)


def _varied(profile: ColumnProfile) -> bool:
    """Whether enough values differ for a column to tell records or people apart."""
    return profile.uniqueness > 0.05 or profile.distinct > 200 or profile.looked < 20


def _dated(profile: ColumnProfile, hint: HeaderHint, reading: Reading) -> Found:
    header, numbers = hint.kind, profile.numbers
    if reading.type not in _TEMPORAL:
        return None
    if header is Kind.BIRTH or (header is Kind.DATE and "birth" in hint.word):
        return Kind.BIRTH, list(reading.reasons)
    spread = numbers.last_year - numbers.first_year
    unnamed = header in (None, Kind.CODE, Kind.CATEGORY) and reading.type == "date" and profile.distinct > 20
    wide = numbers.early >= 0.35 * max(numbers.born, 1) and spread >= 40 and numbers.first_year < 1975
    if unnamed and wide and numbers.born > 20:
        return Kind.BIRTH, [
            *reading.reasons,
            Reason(
                f"연도가 {spread + 1}년에 걸침(2000년 이전 {percent(numbers.early / numbers.born)}): 생년월일로 보임",
                f"years span {spread + 1} ({percent(numbers.early / numbers.born)} before 2000): looks like dates of birth",
            ),
        ]
    return (Kind.DATETIME if reading.type == "datetime" else Kind.DATE), list(reading.reasons)


def _places_and_names(profile: ColumnProfile, hint: HeaderHint, reading: Reading) -> Found:
    header, look = hint.kind, profile.hint
    if reading.type in _NUMERIC:
        return None
    region = look("region") + max(0.0, look("sigungu") + look("sido") - look("region"))
    region = max(look("region"), look("sigungu"), look("sido"), min(1.0, region))
    if region >= SURE or (header in (Kind.REGION, Kind.ADDRESS) and region >= LIKELY):
        return Kind.REGION, share_of(min(region, 1.0), "시도·시군구 이름", "names of provinces or districts")
    if header is Kind.REGION and look("address") < LIKELY:
        return Kind.REGION, share_of(look("dong"), "읍면동 이름", "names of neighbourhoods")
    address = max(look("address"), look("address_head"))
    enough = address >= (HEADER if header is Kind.ADDRESS else LIKELY)
    if enough and (profile.mean_length < 80 or header is Kind.ADDRESS):
        return Kind.ADDRESS, share_of(address, "주소 형식", "form of an address")
    masked, names = profile.share("name_masked"), profile.share("korean_name")
    english = profile.share("capitalised")
    organisation = look("organisation")
    if (
        header is Kind.NAME
        and (names + masked >= 0.3 or english >= LIKELY or profile.share("name") >= LIKELY)
        and organisation < LIKELY
    ) and (profile.distinct > 12 or names + masked >= SURE or profile.looked <= 40):
        return Kind.NAME, share_of(min(1.0, max(names + masked, english)), "이름 형식", "form of a name")
    if masked >= LIKELY:
        return Kind.NAME, share_of(masked, "가려진 이름 형식", "form of a masked name")
    if (
        names >= 0.75
        and profile.share("three") >= 0.7
        and profile.distinct >= 20
        and organisation < 0.2
        and look("dong") < 0.3
    ) and header in (None, Kind.LABEL, Kind.NAME, Kind.RECORD, Kind.CODE, Kind.CATEGORY):
        return Kind.NAME, share_of(
            names, "성으로 시작하고 이름에 흔한 글자로 된 낱말", "a surname and usual syllables of names"
        )
    if english >= SURE and profile.distinct >= 20 and header in (None, Kind.NAME) and organisation < 0.2:
        return Kind.NAME, share_of(english, "영문 이름 형식", "form of an English name")
    if look("dong") >= 0.9 and profile.distinct > 8 and header in (None, Kind.LABEL, Kind.REGION):
        return Kind.REGION, share_of(look("dong"), "읍면동 이름", "names of neighbourhoods")
    return None


def _by_type(profile: ColumnProfile, hint: HeaderHint, reading: Reading) -> Found:
    """Numbers: what they count."""
    header, numbers = hint.kind, profile.numbers
    damaged = profile.share("excel_damaged")
    if damaged >= HEADER:
        return (header if header in (Kind.SERIAL, Kind.CODE) else Kind.RECORD), uniqueness(profile)
    if (
        header in (Kind.RECORD, Kind.ACCOUNT_ID)
        and _varied(profile)
        and profile.share("integer") + profile.share("numbered") + profile.share("code") >= LIKELY
    ):
        return header, uniqueness(profile)
    if reading.type not in _NUMERIC:
        return None
    why = list(reading.reasons)
    rows = max(numbers.rows, 1)
    if header in _ALWAYS_PEOPLE and profile.uniqueness > 0.3:
        return Kind.RECORD, [*why, *uniqueness(profile)]
    if header in (Kind.DATE, Kind.DATETIME) and numbers.low >= 20_000 and numbers.high <= 60_000:
        days = Reason(
            "엑셀 날짜 일련번호로 보임: 날짜로 다시 받으십시오", "looks like Excel's day numbers: ask for dates"
        )
        return Kind.DATE, [*why, days]
    if header is Kind.AGE and numbers.ages >= SURE * rows:
        return Kind.AGE, why
    if header in (Kind.BIRTH, Kind.BIRTH_YEAR, Kind.YEAR) and numbers.years >= SURE * rows:
        return (Kind.YEAR if header is Kind.YEAR else Kind.BIRTH_YEAR), why
    if (
        header is Kind.SERIAL
        or (numbers.rising and profile.distinct == profile.looked > 20 and numbers.low in (0.0, 1.0))
    ) and reading.type == "integer":
        return Kind.SERIAL, [*why, *uniqueness(profile)]
    coordinates = max(numbers.latitude, numbers.longitude) / rows
    if header is Kind.COORDINATE or (
        coordinates >= 0.95 and reading.type == "decimal" and profile.share("coordinate") >= LIKELY
    ):
        return Kind.COORDINATE, [
            *why,
            Reason("좌표 범위의 수", "numbers in the range of coordinates"),
        ] if coordinates > 0.9 else why
    if header in (
        Kind.AMOUNT,
        Kind.COUNT,
        Kind.RATIO,
        Kind.MEASURE,
        Kind.MONTH,
        Kind.TIME,
        Kind.CODE,
        Kind.CATEGORY,
        Kind.DEMOGRAPHIC,
        Kind.POSTAL,
        Kind.RECORD,
    ):
        if header is Kind.CATEGORY and profile.distinct > LOW_CARDINALITY:
            return _plain_number(profile, hint, reading, why)
        return (Kind.CODE if header is Kind.RECORD and not _varied(profile) else header), why
    return _plain_number(profile, hint, reading, why)


def _plain_number(
    profile: ColumnProfile, hint: HeaderHint, reading: Reading, why: list[Reason]
) -> tuple[Kind, list[Reason]]:
    numbers = profile.numbers
    rows = max(numbers.rows, 1)
    unit = hint.unit
    if "원" in unit or (profile.counts["grouped"] and hint.kind is None and numbers.high >= 100_000):
        return Kind.AMOUNT, why
    if "%" in unit:
        return Kind.RATIO, why
    if any(word in unit for word in ("명", "건", "개", "대", "호", "회")):
        return Kind.COUNT, why
    if reading.type == "decimal":
        return (Kind.RATIO if numbers.unit == rows else Kind.MEASURE), why
    if numbers.years >= 0.98 * rows and profile.distinct <= 150:
        born = numbers.early >= 0.35 * max(numbers.born, 1) and numbers.last_year - numbers.first_year >= 40
        return (Kind.BIRTH_YEAR if born and hint.kind is None else Kind.YEAR), [
            *why,
            Reason("모두 연도 범위의 수", "all in the range of years"),
        ]
    if (
        profile.uniqueness > 0.99
        and profile.looked > 50
        and numbers.high > 10 * profile.looked
        and hint.kind is None
    ):
        return Kind.RECORD, [*why, *uniqueness(profile)]
    return Kind.COUNT, why
