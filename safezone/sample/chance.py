"""Chance that can be asked again: every draw is a function of seed, purpose and row number.

A generator with state would tie a row's values to the size of the chunks and the order of the calls. Hashing a
counter (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") makes rows independent of
both, and lets the same person appear in several datasets without a population held in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ids = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]


class Chance:
    """Draws for some rows or people.

    Args:
        seed: the seed of everything.
        domain: what the ids number, e.g. ``person`` or a dataset.
        ids: which rows or people; the same id always draws the same.
    """

    def __init__(self, seed: int, domain: str, ids: npt.NDArray[np.integer]) -> None:
        self.seed, self.domain = seed, domain
        self.ids: Ids = np.ascontiguousarray(ids).astype(np.uint64)

    def __len__(self) -> int:
        return len(self.ids)

    def bits(self, purpose: str) -> Ids:
        """64 pseudo-random bits a row (the finaliser of SplitMix64, Steele et al. 2014)."""
        text = f"{self.seed}/{self.domain}/{purpose}".encode()
        key = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
        z = self.ids * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))

    def unit(self, purpose: str) -> Floats:
        """Uniform over [0, 1)."""
        return (self.bits(purpose) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def integers(self, purpose: str, low: int, high: int) -> Ints:
        """Uniform whole numbers from `low` to `high`, both included."""
        return low + (self.unit(purpose) * (high - low + 1)).astype(np.int64)

    def normal(self, purpose: str) -> Floats:
        """Standard normal (Box and Muller 1958)."""
        radius = np.sqrt(-2 * np.log1p(-self.unit(purpose + "/r")))
        result: Floats = radius * np.cos(2 * np.pi * self.unit(purpose + "/a"))
        return result

    def share(self, purpose: str, share: float) -> Bools:
        """True for about `share` of the rows."""
        return self.unit(purpose) < share

    def index(self, purpose: str, weights: Sequence[float] | int) -> Ints:
        """Which of several: by weight, or evenly out of a number."""
        if isinstance(weights, int):
            return self.integers(purpose, 0, weights - 1)
        steps = np.cumsum(np.asarray(weights, dtype=np.float64))
        found = np.searchsorted(steps / steps[-1], self.unit(purpose), side="right")
        return np.minimum(found, len(steps) - 1).astype(np.int64)

    def pick(self, purpose: str, values: Sequence[str | None], weights: Sequence[float] | None = None) -> pa.Array:
        """One of `values` a row, as Arrow strings."""
        return choose(values, self.index(purpose, weights if weights is not None else len(values)))


def choose(values: Sequence[str | None] | pa.Array, index: Ints) -> pa.Array:
    """The value at each index."""
    pool = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return pool.take(pa.array(index))
