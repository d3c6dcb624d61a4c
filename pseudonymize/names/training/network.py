"""The name model as PyTorch trains it; `pseudonymize.names.tagger` runs the same network in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from pseudonymize.names.features import CHARS, FLAGS, GAP, MEANINGS, REACH, TAGS, WORDS
from pseudonymize.names.tagger import BEGIN, END, INSIDE, OUTSIDE, SINGLE, TABLES

WIDTH = 64
DILATIONS = (1, 2, 4)
OTHER_KINDS = ("OG", "LC", "DT", "TI", "QT", "PS")
"""Entities of KLUE-NER, learnt beside the names: what is a place or a firm is no name."""
UNLABELLED = -100
DROPOUT = 0.3
_CHAR_DROPOUT, _WORD_DROPOUT = 0.05, 0.15
_NEVER = -1e4
_FOLLOWS = {
    OUTSIDE: (OUTSIDE, BEGIN, SINGLE),
    BEGIN: (INSIDE, END),
    INSIDE: (INSIDE, END),
    END: (OUTSIDE, BEGIN, SINGLE),
    SINGLE: (OUTSIDE, BEGIN, SINGLE),
}


class Network(nn.Module):  # type: ignore[misc]
    """Sum of embeddings, dilated residual convolutions, a CRF for names and a second head for all kinds of entities."""

    def __init__(self, width: int = WIDTH, dropout: float = DROPOUT) -> None:
        super().__init__()
        sizes = (CHARS, TAGS, MEANINGS, WORDS, REACH + 1, REACH + 1)
        self._dropout = dropout
        self.tables = nn.ModuleList([nn.Embedding(size, width, padding_idx=0) for size in sizes])
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.1)
        self.flags = nn.Linear(FLAGS, width)
        self.layers = nn.ModuleList(
            [nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation) for dilation in DILATIONS]
        )
        self.out = nn.Linear(width, 5)
        self.kinds = nn.Linear(width, 2 * len(OTHER_KINDS) + 1)
        self.transitions, self.first, self.last = (nn.Parameter(torch.zeros(shape)) for shape in ((5, 5), 5, 5))
        never = torch.full((5, 5), _NEVER)
        for label, following in _FOLLOWS.items():
            never[label, list(following)] = 0
        self.register_buffer("never", never)
        self.register_buffer("never_first", torch.tensor([0, 0, _NEVER, _NEVER, 0.0]))
        self.register_buffer("never_last", torch.tensor([0, _NEVER, _NEVER, 0, 0.0]))
        # Rows of the tables that training has not seen say nothing: they are written as zeros.
        self.seen = [torch.zeros(size, dtype=torch.bool) for size in sizes]

    def forward(self, columns: list[Any], flags: Any, present: Any) -> tuple[Any, Any]:
        """Scores of the labels, and the hidden states, for a padded batch."""
        if self.training:
            for seen, column in zip(self.seen, columns, strict=True):
                seen[column.unique()] = True
            columns = list(columns)
            columns[0] = columns[0] * (torch.rand(columns[0].shape) > _CHAR_DROPOUT)
            columns[3] = columns[3] * (torch.rand(columns[3].shape) > _WORD_DROPOUT)
        hidden = sum(table(column) for table, column in zip(self.tables, columns, strict=True)) + self.flags(flags)
        hidden = functional.dropout(hidden, self._dropout, self.training).transpose(1, 2)
        mask = present.unsqueeze(1).float()
        hidden = hidden * mask
        for layer in self.layers:
            made = functional.dropout(functional.relu(layer(hidden)), self._dropout, self.training)
            hidden = (hidden + made) * mask
        hidden = hidden.transpose(1, 2)
        return self.out(hidden), hidden

    def _scores(self) -> tuple[Any, Any, Any]:
        return self.transitions + self.never, self.first + self.never_first, self.last + self.never_last

    def total(self, emissions: Any, present: Any) -> Any:
        """Logarithm of the sum over all labellings of each sentence."""
        transitions, first, last = self._scores()
        total = emissions[:, 0] + first
        for at in range(1, emissions.shape[1]):
            step = torch.logsumexp(total.unsqueeze(2) + transitions, 1) + emissions[:, at]
            total = torch.where(present[:, at : at + 1], step, total)
        return torch.logsumexp(total + last, 1)

    def loss(self, emissions: Any, labels: Any, present: Any) -> Any:
        """Negative log-likelihood of the labels of each sentence."""
        transitions, first, last = self._scores()
        final = labels.gather(1, (present.sum(1) - 1).unsqueeze(1)).squeeze(1)
        path = (emissions.gather(2, labels.unsqueeze(2)).squeeze(2) * present).sum(1)
        path = path + first[labels[:, 0]] + last[final]
        path = path + (transitions[labels[:, :-1], labels[:, 1:]] * present[:, 1:]).sum(1)
        return self.total(emissions, present) - path

    def soft_loss(self, emissions: Any, present: Any, soft: Any) -> Any:
        """Negative log-likelihood of each sentence, expected under what teachers think (`distil.Soft`)."""
        path = (emissions * soft.labels).sum((1, 2)) + (soft.labels[:, 0] * self.first).sum(1)
        path = path + (soft.last * self.last).sum(1) + (self.transitions * soft.pairs).sum((1, 2))
        return self.total(emissions, present) - path

    def kinds_loss(self, hidden: Any, kinds: Any) -> Any:
        """Cross entropy of the kinds of entities, summed over the characters that have one."""
        scores = self.kinds(hidden).reshape(-1, 2 * len(OTHER_KINDS) + 1)
        return functional.cross_entropy(scores, kinds.reshape(-1), ignore_index=UNLABELLED, reduction="sum")

    def arrays(self) -> dict[str, Any]:
        """The weights as the tagger reads them, in half precision."""
        if max(DILATIONS) > GAP:
            raise ValueError("the gap between sentences is smaller than the network's reach")
        state = {name: value.detach().numpy() for name, value in self.state_dict().items()}
        found: dict[str, Any] = {"dilations": np.array(DILATIONS)}
        for at, name in enumerate(TABLES):
            found[f"table_{name}"] = state[f"tables.{at}.weight"] * self.seen[at].numpy()[:, None]
        found["table_left"] = found["table_left"] + state["flags.bias"]  # every character has a distance
        found["flags"] = state["flags.weight"].T
        for at in range(len(DILATIONS)):
            found[f"conv_weight_{at}"] = state[f"layers.{at}.weight"].transpose(2, 1, 0)
            found[f"conv_bias_{at}"] = state[f"layers.{at}.bias"]
        found["out_weight"], found["out_bias"] = state["out.weight"].T, state["out.bias"]
        halves = {name: value if name == "dilations" else value.astype(np.float16) for name, value in found.items()}
        transitions, first, last = (score.detach().numpy().astype(np.float32) for score in self._scores())
        return {**halves, "transitions": transitions, "first": first, "last": last}
