"""Free text as citizens write it, put together from sentences with slots.

A template is text with ``{slot}`` marks; a slot is a column with a value for every row. Rows get their templates by
chance, and each template is filled for all its rows at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from safezone.sample.chance import Chance, Ints

_SLOT = re.compile(r"\{(\w+)\}")


def fill(templates: Sequence[str], which: Ints, slots: Mapping[str, pa.Array]) -> pa.Array:
    """One text a row.

    Args:
        templates: texts with slots; the empty text is allowed.
        which: the template of each row.
        slots: the values of every slot, for every row.
    """
    order = np.argsort(which, kind="stable")
    edges = np.searchsorted(which[order], np.arange(len(templates) + 1))
    pieces = []
    for number, template in enumerate(templates):
        rows = order[edges[number] : edges[number + 1]]
        if len(rows):
            pieces.append(_filled(template, rows, slots))
    if not pieces:
        return pa.array([], pa.string())
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(pieces).take(pa.array(back))


def _filled(template: str, rows: Ints, slots: Mapping[str, pa.Array]) -> pa.Array:
    parts: list[pa.Array | str] = []
    for number, piece in enumerate(_SLOT.split(template)):
        if number % 2:
            parts.append(slots[piece].take(pa.array(rows)))
        elif piece:
            parts.append(piece)
    if all(isinstance(part, str) for part in parts):
        return pa.repeat(template, len(rows))
    return pc.binary_join_element_wise(*parts, "")


def compose(
    chance: Chance, paragraphs: Sequence[tuple[str, float, Sequence[str]]], slots: Mapping[str, pa.Array]
) -> pa.Array:
    """Texts of several sentences.

    Args:
        chance: of the rows.
        paragraphs: name, share of the rows that have it, and the templates to choose from, in order.
        slots: the values of every slot, for every row.
    """
    sentences = []
    for name, share, templates in paragraphs:
        which = 1 + chance.index(f"text/{name}", len(templates))
        which = np.where(chance.share(f"has/{name}", share), which, 0)
        sentences.append(fill(["", *(template + " " for template in templates)], which, slots))
    return pc.utf8_trim_whitespace(pc.binary_join_element_wise(*sentences, ""))
