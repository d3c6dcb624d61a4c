"""traffic-accidents: drivers in road accidents (교통사고 운전자), with something in them to learn.

How badly people are hurt depends on speed, night, rain, the driver's age, drink and the kind of accident, as in the
literature on injury severity; the coefficients are made up.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from safezone.sample.chance import Bools, Dates, Floats, Ints, choose
from safezone.sample.formats import (
    blank,
    date_text,
    days_of_year,
    decimal_text,
    loose_date_text,
    minutes_of_day,
    money_text,
    time_text,
)
from safezone.sample.identifiers import digits, joined, ymd
from safezone.sample.people import districts
from safezone.sample.recipe import RAGGED, Columns, PlantedFault, Recipe, Rows
from safezone.sample.regions import PROVINCES

_WEEKDAYS = ("월", "화", "수", "목", "금", "토", "일")
_WEATHER = ("맑음", "흐림", "비", "안개", "눈")
_WEATHER_HARM = np.array((0.0, 0.05, 0.45, 0.7, 0.55))
_VIOLATIONS = (
    "안전운전 의무 불이행",
    "신호위반",
    "안전거리 미확보",
    "중앙선 침범",
    "과속",
    "보행자 보호의무 위반",
    "차로위반",
)
_VIOLATION_HARM = np.array((0.0, 0.25, -0.35, 0.8, 0.6, 0.5, -0.2))
_KINDS = ("차대차 추돌", "차대차 측면충돌", "차대차 정면충돌", "차대사람 횡단중", "차량단독 공작물충돌")
_KIND_HARM = np.array((-0.4, 0.0, 0.9, 0.8, 0.3))
_SEVERITY = ("부상신고", "경상", "중상", "사망")


def _make(rows: Rows) -> Columns:
    chance = rows.chance
    people = rows.anyone("driver")
    province = chance.index("province", [item.weight for item in PROVINCES])
    day, minute = days_of_year(chance, "day"), minutes_of_day(chance, "time")
    night = (minute < 6 * 60) | (minute >= 19 * 60)
    weather = chance.index("weather", (68, 16, 11, 2, 3))
    violation = chance.index("violation", (52, 13, 11, 6, 5, 8, 5))
    kind = chance.index("kind", (36, 30, 6, 18, 10))
    speed = np.clip(44 + 17 * chance.normal("speed") + 9 * night + 22 * (violation == 4), 3, 190)
    drunk = chance.unit("drunk") < np.where(night, 0.11, 0.012)
    alcohol = np.where(drunk, chance.integers("alcohol", 30, 240), 0)
    harm = _WEATHER_HARM[weather] + _VIOLATION_HARM[violation] + _KIND_HARM[kind]
    severity = _severity(rows, harm, speed, night, drunk, 2025 - ymd(people.birth)[0])
    damage = np.exp(12.6 + 0.55 * severity + 0.9 * chance.normal("damage")).astype(np.int64) // 10_000 * 10_000
    return {
        "사고관리번호": joined("2025", digits(province + 1, 2), "-", digits(rows.numbers * 3 + 11, 8)),
        "발생일시": _moments(rows, day, minute),
        "주야": choose(("주", "야"), night.astype(np.int64)),
        "요일": choose(_WEEKDAYS, (day.astype("datetime64[D]").astype(np.int64) + 3) % 7),
        "발생지시도": choose([item.name for item in PROVINCES], province),
        "발생지시군구": districts(chance, province),
        "기상상태": choose(_WEATHER, weather),
        "법규위반": choose(_VIOLATIONS, violation),
        "사고유형": choose(_KINDS, kind),
        "운전자성명": people.name,
        "주민등록번호": people.rrn,
        "운전자생년월일": date_text(people.birth),
        "운전자성별": people.sex,
        "연락처": blank(people.mobile, chance.share("no phone", 0.03)),
        "면허번호": blank(people.licence, chance.share("no licence", 0.015)),
        "차량번호": people.plate,
        "추정속도": decimal_text((speed * 10).astype(np.int64), 1),
        "혈중알코올농도": blank(decimal_text(alcohol, 3), chance.share("untested", 0.35)),
        "피해금액": money_text(damage),
        "상해정도": choose(_SEVERITY, severity),
    }


def _severity(rows: Rows, harm: Floats, speed: Floats, night: Bools, drunk: Bools, age: Ints) -> Ints:
    """0 to 3: a latent score with logistic noise, cut at three thresholds (ordered logit)."""
    score = harm + 0.045 * (speed - 45) + 0.5 * night + 0.9 * drunk + 0.7 * (age >= 65) + 0.25 * (age < 25)
    draw = np.clip(rows.chance.unit("severity"), 1e-9, 1 - 1e-9)
    score = score + np.log(draw / (1 - draw)) * 0.6
    cuts: Ints = np.searchsorted(np.array((-1.1, 1.7, 3.9)), score).astype(np.int64)
    return cuts


def _moments(rows: Rows, day: Dates, minute: Ints) -> pa.Array:
    """Moments in the three forms that the police stations of one agency use."""
    form = rows.chance.index("form", (80, 14, 6))
    plain = joined(date_text(day), " ", time_text(minute))
    loose = joined(loose_date_text(day), " ", time_text(minute))
    packed = joined(date_text(day, ""), time_text(minute, ""))
    return pc.choose(pa.array(form), plain, loose, packed)


RECIPE = Recipe(
    dataset="traffic-accidents",
    make=_make,
    identifiers={
        "운전자성명": "names", "주민등록번호": "rrns", "운전자생년월일": "births", "연락처": "phones",
        "면허번호": "licences", "차량번호": "vehicles",
    },
    faults=(
        PlantedFault("unparsable_date", "발생일시", "2025-02-30 25:61"),
        PlantedFault("word_in_number", "추정속도", "불명확"),
        PlantedFault("excel_damaged", "사고관리번호", "2.02501E+13"),
        PlantedFault("missing_required", "주민등록번호", ""),
        PlantedFault(RAGGED),
    ),
)  # fmt: skip
