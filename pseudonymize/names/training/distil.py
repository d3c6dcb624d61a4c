"""Teaching a small network by larger ones: their probabilities in place of the labels alone.

After Hinton, Vinyals and Dean (2015), for a CRF: the student's loss is its expected negative log-likelihood under the
teachers' distribution over labellings, which needs the marginals of single labels and of neighbouring pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pseudonymize.names.features import Features
from pseudonymize.names.tagger import Tagger

Array = NDArray[np.float32]
_NEVER = np.float32(-1e4)


class Soft(NamedTuple):
    """What teachers think of a padded batch.

    Attributes:
        labels: Probability of each label of each character.
        pairs: Expected number of each pair of neighbouring labels, for each sentence.
        last: Probability of each label of the last character.
    """

    labels: Array
    pairs: Array
    last: Array


def opinions(teachers: Sequence[Tagger], read: Features, lengths: NDArray[np.intp]) -> Soft:
    """The mean of the teachers' marginals over the sentences of a batch."""
    each = [_one(teacher, read, lengths) for teacher in teachers]
    return Soft(*(np.mean([getattr(soft, name) for soft in each], axis=0) for name in Soft._fields))


def _one(teacher: Tagger, read: Features, lengths: NDArray[np.intp]) -> Soft:
    longest = int(lengths.max())
    scores = teacher.emissions(read)
    rows: Any = scores[np.minimum(read.starts[:, None] + np.arange(longest), len(scores) - 1)]
    outside = np.arange(longest) >= lengths[:, None]
    rows[outside] = (0, _NEVER, _NEVER, _NEVER, _NEVER)
    (forward, backward), total = teacher.marginals(rows, lengths)
    labels = np.exp(forward + backward - total[None, :, None]).transpose(1, 0, 2)
    joint = np.exp(
        forward[:-1, :, :, None]
        + teacher.transitions
        + (rows.transpose(1, 0, 2)[1:] + backward[1:])[:, :, None, :]
        - total[None, :, None, None]
    )
    joint *= ~outside.T[1:, :, None, None]
    labels[outside] = 0
    return Soft(labels, joint.sum(axis=0), labels[np.arange(len(lengths)), lengths - 1])
