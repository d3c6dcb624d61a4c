"""How far a witness has come with the log, for those who look after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine

from safezone.audit.checkpoint import open_checkpoint
from safezone.audit.engine import read
from safezone.audit.tree import StoredTree
from safezone.audit.verify import KeyedWitness
from safezone.errors import SafeZoneError, Text, Unavailable
from safezone_verify.notes import NoteKey


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a witness stands.

    Attributes:
        id: its name; "" where that is not known.
        state: CURRENT; BEHIND; UNREACHABLE (it does not answer, or no key was pinned); or REFUSED (it is not the one
            that was pinned, or holds what this log never signed).
        size: entries its newest checkpoint covers.
        behind: entries of the log after that.
        why: what is wrong, or None.
    """

    id: str
    state: str
    size: int = 0
    behind: int = 0
    why: Text | None = None

    def to_json(self) -> dict[str, Any]:
        """As ``--json`` shows it."""
        return asdict(self) | {"why": None if self.why is None else self.why.en}


def standing(engine: Engine, keys: Sequence[NoteKey], witness: KeyedWitness) -> Standing:
    """Ask a witness how far it has come.

    Raises:
        Unavailable: the store does not answer.
    """
    with read(engine) as connection:
        size = StoredTree(connection).size()
    name = witness.key.name
    try:
        seen = witness.latest()
        held = 0 if seen is None else open_checkpoint(seen, keys).size
    except Unavailable as error:
        return Standing(name, "UNREACHABLE", behind=size, why=error.what)
    except SafeZoneError as error:
        return Standing(name, "REFUSED", behind=size, why=error.what)
    # It may have been shown a checkpoint while we asked.
    behind = max(0, size - held)
    return Standing(name, "BEHIND" if behind else "CURRENT", held, behind)
