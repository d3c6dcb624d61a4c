"""What each sample dataset consists of: its columns, where canaries go and which faults are planted in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from safezone.sample.chance import Chance, Ints
from safezone.sample.people import People

Columns = dict[str, pa.Array]
RAGGED, NOT_JSON = "ragged", "not_json"


@dataclass(frozen=True)
class Rows:
    """Some rows of a dataset.

    Attributes:
        dataset: which dataset.
        seed: the seed of everything.
        total: rows the dataset has altogether.
        numbers: the rows' numbers, from 0.
    """

    dataset: str
    seed: int
    total: int
    numbers: Ints

    @cached_property
    def chance(self) -> Chance:
        """Draws for these rows."""
        return Chance(self.seed, self.dataset, self.numbers)

    def people(self, numbers: Ints) -> People:
        """The people of the given numbers."""
        return People(self.seed, numbers)

    def anyone(self, purpose: str) -> People:
        """A person a row, out of a population four times the rows; some come twice, most not at all."""
        return self.people(self.chance.integers(purpose, 0, 4 * self.total))


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """A fault an agency's file might have.

    Attributes:
        kind: ``unparsable_date``, ``word_in_number``, ``excel_damaged``, ``missing_required``, or `RAGGED` or
            `NOT_JSON` for a fault of the line, which has no column.
        column: where it is.
        value: what stands there instead; None is a missing value.
    """

    kind: str
    column: str = ""
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a sample dataset is made.

    Attributes:
        dataset: its id, as its policy has it.
        make: makes the columns of some rows, as the agency writes them; canaries and faults come after.
        identifiers: which column takes which identifier of a canary.
        texts: free-text columns in which canaries are mentioned.
        faults: the faults planted in turn.
    """

    dataset: str
    make: Callable[[Rows], Columns]
    identifiers: Mapping[str, str]
    texts: tuple[str, ...] = ()
    faults: tuple[PlantedFault, ...] = ()
