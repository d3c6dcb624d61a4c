"""Kinds whose values prove themselves: by check digits, possible dates and forms nothing else has."""

from __future__ import annotations

from pseudonymize.columns.headers import HeaderHint
from pseudonymize.columns.model import ColumnProfile, Kind, Reason
from pseudonymize.columns.shapes import tags_of
from pseudonymize.columns.types import Reading, percent

SURE, LIKELY, HEADER = 0.8, 0.5, 0.2
"""Share of values that decides alone, decides where nothing speaks against it, and is enough beside its header."""
Found = tuple[Kind, list[Reason]] | None


def why(share: float, ko: str, en: str) -> list[Reason]:
    """A reason with the share of values it holds for."""
    return [Reason(f"{ko}: 값의 {percent(share)}", f"{en}: {percent(share)} of values")]


def by_form(profile: ColumnProfile, hint: HeaderHint, reading: Reading) -> Found:
    """Kinds whose values prove themselves."""
    share, header = profile.share, hint.kind
    for judge in (_numbers_of_people, _contact):
        if found := judge(profile, hint):
            return found
    if share("url_valid") >= LIKELY:
        return Kind.URL, why(share("url_valid"), "웹 주소", "web addresses")
    if share("ip_valid") >= LIKELY:
        return Kind.IP, why(share("ip_valid"), "IP 주소", "IP addresses")
    if share("uuid") >= LIKELY or share("mac") >= LIKELY:
        return (header if header in (Kind.DEVICE, Kind.RECORD) else Kind.DEVICE), why(
            max(share("uuid"), share("mac")), "기기·고유 식별자", "device or unique ids"
        )
    if share("vehicle_valid") >= LIKELY:
        return Kind.VEHICLE, why(share("vehicle_valid"), "차량번호 형식", "form of a vehicle number")
    if share("passport_valid") >= SURE and header in (Kind.PASSPORT, None):
        return Kind.PASSPORT, why(share("passport_valid"), "여권번호 형식", "form of a passport number")
    dashed = (
        profile.shapes["00-00-000000-00"] + profile.shapes["HH-00-000000-00"] + profile.shapes["HH 00-000000-00"]
    )
    if share("licence_valid") >= LIKELY and (dashed > 0 or header is Kind.LICENCE):
        return Kind.LICENCE, why(share("licence_valid"), "운전면허번호 형식", "form of a driving licence")
    return None


def _numbers_of_people(profile: ColumnProfile, hint: HeaderHint) -> Found:
    share, header = profile.share, hint.kind
    birth = share("rrn_birth") + share("frn_birth")
    checked, corporate = share("rrn_checked") + share("frn_checked"), share("corp_checked")
    masked = share("rrn_masked")
    if header is Kind.CORP and share("corp") >= LIKELY and (corporate > checked or corporate >= SURE):
        return Kind.CORP, why(corporate, "법인등록번호 검증번호가 맞음", "valid check digit of a corporate number")
    if corporate >= SURE and corporate > checked + 0.2:
        return Kind.CORP, why(corporate, "법인등록번호 검증번호가 맞음", "valid check digit of a corporate number")
    if (
        birth >= LIKELY and (checked >= 0.3 or header in (Kind.RRN, Kind.FRN) or _dashed(profile) >= LIKELY)
    ) or masked >= LIKELY:
        kind = (
            Kind.FRN
            if share("frn_birth") > share("rrn_birth") or (header is Kind.FRN and masked >= LIKELY)
            else Kind.RRN
        )
        noted = [
            Reason(
                f"생년월일이 맞는 13자리: 값의 {percent(birth)}, 검증번호까지 맞음: {percent(checked)}",
                f"13 digits with a possible birth date: {percent(birth)} of values, valid check digit: {percent(checked)}",
            )
        ]
        if masked:
            noted.append(Reason(f"뒷자리를 가린 값 {percent(masked)}", f"{percent(masked)} are half masked"))
        return kind, noted
    brn = share("brn_checked")
    if brn >= SURE and (share("brn_dashed") >= LIKELY or header in (Kind.BRN, Kind.RECORD, None)):
        return Kind.BRN, why(brn, "사업자등록번호 검증번호가 맞음", "valid check digit of a business number")
    card = share("card_checked")
    if card >= SURE and not any(f for f in profile.forms if profile.forms[f] > LIKELY * profile.filled):
        return Kind.CARD, why(card, "카드번호 검증번호가 맞음", "valid check digit of a card")
    return None


def _dashed(profile: ColumnProfile) -> float:
    rows = sum(
        n
        for shape, n in profile.shapes.items()
        if shape in ("000000-0000000", "000000 - 0000000", "000000 0000000")
    )
    return rows / profile.filled if profile.filled else 0.0


def _contact(profile: ColumnProfile, hint: HeaderHint) -> Found:
    share, header = profile.share, hint.kind
    mobile = share("mobile")
    land = share("landline") + share("service")
    phone = min(1.0, mobile + land + share("local"))
    if share("email") >= LIKELY:
        return Kind.EMAIL, why(share("email"), "이메일 형식", "form of an e-mail address")
    masked = share("phone_masked")
    if header is Kind.PHONE:
        phone = min(1.0, phone + share("lost_zero"))
    if header is Kind.PHONE and phone + masked >= HEADER:
        return Kind.PHONE, [
            *why(min(1.0, phone + masked), "전화번호 형식", "form of a telephone number"),
            *_mobile(mobile),
        ]
    dashed = sum(n for shape, n in profile.shapes.items() if shape.count("-") == 2 and "phone" in tags_of(shape))
    separate = (dashed / profile.filled if profile.filled else 0) >= 0.3
    if mobile >= LIKELY or (mobile + share("landline") >= SURE and separate):
        if header is Kind.ACCOUNT and mobile < SURE:
            return None
        return Kind.PHONE, [*why(mobile + land, "전화번호 형식", "form of a telephone number"), *_mobile(mobile)]
    if masked >= SURE:
        return Kind.PHONE, why(masked, "가려진 전화번호 형식", "form of a masked telephone number")
    return None


def _mobile(mobile: float) -> list[Reason]:
    return [Reason(f"휴대전화 {percent(mobile)}", f"mobile numbers {percent(mobile)}")]
