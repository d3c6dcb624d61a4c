"""Cutting a run of Hangul into name, title and particle: 박지훈과장님께서 -> 박지훈."""

from __future__ import annotations

from pseudonymize.names.lexicon import BARE_TAIL, TAIL
from pseudonymize.names.surnames import COMPOUND, SINGLE


def split_name(run: str, *, titled: bool = True) -> tuple[str, str] | None:
    """Find the Korean full name a run of Hangul begins with.

    Three syllables are tried first (nine of ten Korean names), then two, then four (김하늘봄); a
    two-syllable surname asks for four, then three. What remains must be a title and a particle or nothing, so
    when a particle could also be a syllable of the name (김민이) the longer name is taken.

    Args:
        run: Hangul syllables up to the next other character.
        titled: Whether a title may stand between name and particle.

    Returns:
        Name and title (possibly empty), or None when the run does not begin with a name.
    """
    if run[:2] in COMPOUND and len(run) > 2:
        lengths: tuple[int, ...] = (4, 3, 5)
    elif run[:1] in SINGLE:
        lengths = (3, 2, 4)
    else:
        return None
    tail_pattern = TAIL if titled else BARE_TAIL
    for length in lengths:
        if len(run) < length or (length < 4 and _closed_by_particle(run[:length])):
            continue
        tail = tail_pattern.fullmatch(run, length)
        if tail is not None:
            return run[:length], (tail.groupdict().get("title") or "")
    return None


def _closed_by_particle(name: str) -> bool:
    """Whether the last syllable is an object or genitive particle, which ends no given name but 가을 and 노을."""
    return name[-1] in "를의" or (name[-1] == "을" and name[-2:] not in ("가을", "노을"))


def strip_particle(run: str, longest: int) -> str | None:
    """The run without a closing particle, as a name of any origin of at most ``longest`` syllables.

    Prefers the cut that leaves three syllables, then the longest; a run short enough stays whole.
    """
    if len(run) <= 3:
        return run
    for length in (3, *range(min(longest, len(run)), 3, -1)):
        if BARE_TAIL.fullmatch(run, length):
            return run[:length]
    return None
