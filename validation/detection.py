"""What a detector of personal data looks like from here, and the one in use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

ENTITY = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
"""What names an entity; anything else a detector says is counted as OTHER, for it may be text."""


class Found(Protocol):
    """What a detector reports: only the kind of entity is read here."""

    @property
    def entity(self) -> str:
        """Name of the entity, e.g. ``KR_RRN``."""
        ...


Detect = Callable[[Sequence[str]], Sequence[Sequence[Found]]]
"""Takes texts and returns what it found in each, as ``Detector.detect`` of `pseudonymize` does."""


class DetectorFailed(Exception):
    """The detector raised, or did not answer for every text; what it said is withheld."""


@dataclass(slots=True)
class Detection:
    """A detector at work on one column.

    Attributes:
        detect: the detector, None when none was handed in.
        found: what it found so far, by entity, counted per row.
        failed: whether it failed.
    """

    detect: Detect | None
    found: Counter[str] = field(default_factory=Counter)
    failed: bool = False


DETECTION: ContextVar[Detection | None] = ContextVar("validation_detection", default=None)
"""The detector in use: a callable cannot be an argument of an expectation, which has to be plain JSON."""


def find(detection: Detection, texts: Sequence[str], entities: frozenset[str]) -> list[Counter[str]]:
    """What the detector finds in each text, by entity.

    Args:
        detection: the detector at work.
        texts: distinct texts.
        entities: the entities that count, none means all; with ``!`` before them, those that do not count.

    Raises:
        DetectorFailed: it raised or did not answer for every text.
    """
    if detection.detect is None:
        raise DetectorFailed
    try:
        spans = detection.detect(texts)
        found = [Counter(span.entity for span in each) for each in spans]
    except Exception:  # noqa: BLE001  (whatever a detector raises may quote its text)
        raise DetectorFailed from None
    if len(found) != len(texts):
        raise DetectorFailed
    ignored = {name[1:] for name in entities if name.startswith("!")}
    counted = entities - {f"!{name}" for name in ignored}
    wanted = (
        Counter(name for name in each.elements() if name not in ignored and (not counted or name in counted))
        for each in found
    )
    return [Counter(name if ENTITY.fullmatch(name) else "OTHER" for name in each.elements()) for each in wanted]
