"""Canaries and faults are put into finished columns, at places drawn from the seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from safezone.sample.canaries import Canaries
from safezone.sample.chance import Bools, Chance, Ints
from safezone.sample.recipe import NOT_JSON, RAGGED, Columns, PlantedFault, Recipe

FAULT_SHARE = 0.002
"""Share of rows with a planted fault."""
MENTIONS = (
    "신청인 {names} 님의 주민등록번호는 {rrns}입니다. 연락처 {phones}, 이메일 {emails}.",
    "저는 {names}입니다. 주소는 {addresses}이고 전화번호는 {phones}입니다.",
    "담당자 {names} 씨, 차량번호 {vehicles}, 계좌번호 농협 {accounts}, 운전면허번호 {licences}.",
)
"""How free text mentions a canary, each in turn; together they mention every identifier."""


@dataclass(frozen=True, slots=True)
class Places:
    """Rows of a dataset where something is planted, by number from 0.

    Attributes:
        faults: rows with a fault, and which of the recipe's faults each has.
        cells: rows whose identifiers are a canary's, and whose.
        mentions: rows whose text mentions a canary; the n-th makes the n-th mention.
    """

    faults: Mapping[int, PlantedFault]
    cells: Mapping[int, int]
    mentions: Sequence[int]


def draw_places(recipe: Recipe, *, rows: int, seed: int, canaries: Canaries | None) -> Places:
    """Choose rows for faults and canaries, no row twice."""
    faults = round(rows * FAULT_SHARE)
    people = len(canaries) if canaries is not None else 0
    mentions = people * len(MENTIONS) if recipe.texts else 0
    # Sorting as many draws as there are rows would grow with them; a few more draws than needed are enough.
    wanted = faults + people + mentions
    chance = Chance(seed, f"{recipe.dataset}/plant", np.arange(4 * wanted + 64))
    drawn = list(dict.fromkeys(chance.integers("row", 0, rows - 1).tolist()))
    places = drawn[:wanted] if len(drawn) >= wanted else _evenly(wanted, rows)
    planted = {
        row: recipe.faults[number % len(recipe.faults)] for number, row in enumerate(places[people + mentions :])
    }
    return Places(
        planted, dict(zip(places[:people], range(people), strict=True)), places[people : people + mentions]
    )


def _evenly(wanted: int, rows: int) -> list[int]:
    return [number * rows // wanted for number in range(wanted)]


def plant(
    columns: Columns, numbers: Ints, recipe: Recipe, places: Places, canaries: Canaries | None
) -> tuple[Columns, Bools]:
    """Plant what belongs into a chunk.

    Args:
        columns: the chunk.
        numbers: its rows' numbers, without a gap.
        recipe: of the dataset.
        places: what is planted where.
        canaries: the people planted.

    Returns:
        The columns, and which rows the writer has to break.
    """
    first, last = int(numbers[0]), int(numbers[-1])
    cells: dict[str, dict[int, str | None]] = {}
    broken = np.zeros(len(numbers), dtype=bool)
    for row, fault in places.faults.items():
        if first <= row <= last:
            if fault.kind in (RAGGED, NOT_JSON):
                broken[row - first] = True
            else:
                cells.setdefault(fault.column, {})[row - first] = fault.value
    if canaries is not None:
        for row, person in places.cells.items():
            if first <= row <= last:
                for column, identifier in recipe.identifiers.items():
                    value = getattr(canaries, identifier)[person]
                    cells.setdefault(column, {})[row - first] = _like(columns[column], value, identifier)
    result = {name: _replaced(column, cells.get(name)) for name, column in columns.items()}
    if canaries is not None:
        inside = {row - first: n for n, row in enumerate(places.mentions) if first <= row <= last}
        for name in recipe.texts if inside else ():
            result[name] = _mentioning(result[name], inside, canaries)
    return result, broken


def _like(column: pa.Array, value: str, identifier: str) -> str:
    """A date of birth in the form the column has."""
    plain = identifier == "births" and not any("-" in (text or "") for text in column.slice(0, 3).to_pylist())
    return value.replace("-", "") if plain else value


def _replaced(column: pa.Array, cells: Mapping[int, str | None] | None) -> pa.Array:
    if not cells:
        return column
    rows = sorted(cells)
    mask = np.zeros(len(column), dtype=bool)
    mask[rows] = True
    return pc.replace_with_mask(column, pa.array(mask), pa.array([cells[row] for row in rows], pa.string()))


def _mentioning(column: pa.Array, rows: Mapping[int, int], canaries: Canaries) -> pa.Array:
    texts = {}
    for row, number in rows.items():
        person, kind = number // len(MENTIONS), number % len(MENTIONS)
        values = {name: getattr(canaries, name)[person] for name in canaries.__dataclass_fields__}
        before = column[row].as_py() or ""
        texts[row] = f"{before} {MENTIONS[kind].format(**values)}".strip()
    return _replaced(column, texts)
