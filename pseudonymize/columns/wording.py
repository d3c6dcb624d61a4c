"""Columns of words and sentences: codes, categories, names of offices, free text."""

from __future__ import annotations

from pseudonymize.columns.headers import HeaderHint
from pseudonymize.columns.model import ColumnProfile, Kind, Reason
from pseudonymize.columns.proofs import LIKELY, SURE, Found
from pseudonymize.columns.proofs import why as share_of
from pseudonymize.columns.types import Reading, percent

LOW_CARDINALITY = 60
_FREE_CHARACTERS = 25


def uniqueness(profile: ColumnProfile) -> list[Reason]:
    """How many values differ, as a reason."""
    share = percent(profile.uniqueness)
    return [Reason(f"서로 다른 값의 비율 {share}", f"{share} of values differ")]


def by_text(profile: ColumnProfile, hint: HeaderHint, reading: Reading) -> Found:
    """Words and sentences."""
    header, look = hint.kind, profile.hint
    why = [
        *uniqueness(profile),
        Reason(f"평균 {profile.mean_length:.0f}자", f"{profile.mean_length:.0f} characters on average"),
    ]
    if look("age_band") >= SURE and header in (None, Kind.AGE, Kind.AGE_BAND):
        return Kind.AGE_BAND, why
    if found := _measured(profile, hint):
        return found
    if profile.share("percent") >= LIKELY:
        return Kind.RATIO, share_of(profile.share("percent"), "백분율 표기", "written as per cent")
    if profile.share("time") >= SURE:
        return Kind.TIME, share_of(profile.share("time"), "시각 표기", "times of day")
    few = profile.distinct <= LOW_CARDINALITY and profile.uniqueness <= 0.2 and profile.looked >= 20
    if header is Kind.AGE_BAND:
        return Kind.AGE_BAND, why
    if header is Kind.FREE_TEXT and not (few and profile.mean_length < 15):
        return Kind.FREE_TEXT, why
    prose = look("three_blanks") >= 0.5 or profile.share("long", words=True) >= 0.3
    if prose and profile.mean_length >= _FREE_CHARACTERS and not few and look("organisation") < LIKELY:
        return Kind.FREE_TEXT, why
    if header is Kind.RECORD and not few and profile.uniqueness < 0.02:
        return Kind.CODE, why
    if header in (Kind.CODE, Kind.RECORD) and not few:
        return header, why
    if header is Kind.ORGANISATION or (look("organisation") >= LIKELY and header in (None, Kind.LABEL, Kind.NAME)):
        share = percent(look("organisation"))
        return Kind.ORGANISATION, [
            Reason(f"기관·업체 이름의 말끝 {share}", f"{share} end like the name of an organisation"),
            *why,
        ]
    if header is Kind.DEMOGRAPHIC:
        return Kind.DEMOGRAPHIC, why
    digits = profile.share("integer") + profile.share("numbered")
    if profile.share("code") + digits >= SURE and profile.share("letters_and_digits") + digits >= LIKELY:
        if profile.uniqueness >= 0.95 and header not in (Kind.CATEGORY, Kind.CODE) and profile.looked >= 10:
            return Kind.RECORD, why
        return Kind.CODE, why
    if header in (Kind.NAME, Kind.ADDRESS):
        return _named_but_not(profile, header, few), why
    if header is Kind.REGION:
        return Kind.REGION, why
    if header is Kind.LABEL:
        return Kind.LABEL if not few else Kind.CATEGORY, why
    if few or header is Kind.CATEGORY:
        return Kind.CATEGORY, why
    if profile.mean_length >= _FREE_CHARACTERS or (look("three_blanks") >= 0.2 and not few):
        return Kind.FREE_TEXT, why
    return (Kind.LABEL if profile.uniqueness > 0.2 else Kind.CATEGORY), why


_NUMERIC_KINDS = frozenset({Kind.AMOUNT, Kind.COUNT, Kind.RATIO, Kind.MEASURE, Kind.AGE, Kind.YEAR})


def _measured(profile: ColumnProfile, hint: HeaderHint) -> Found:
    """Numbers with a unit, or in brackets: quantities that stay text."""
    written = profile.share("unit") + profile.share("bracketed")
    number = profile.share("integer") + profile.share("grouped") + profile.share("decimal")
    if (
        written < 0.3
        or written + number < SURE
        or hint.kind in (Kind.AGE_BAND, Kind.ADDRESS, Kind.CODE, Kind.RECORD)
    ):
        return None
    kind = hint.kind if hint.kind in _NUMERIC_KINDS else Kind.MEASURE
    return kind, share_of(
        written, "단위가 붙었거나 괄호로 적은 수(글자로 둠)", "numbers with a unit or in brackets (kept as text)"
    )


def _named_but_not(profile: ColumnProfile, header: Kind, few: bool) -> Kind:
    """A header of names or addresses over other words: what may still point at people stays so unless it is few words."""
    if few and profile.share("korean_name") + profile.share("name_masked") < 0.3:
        return Kind.CATEGORY
    return header
