"""Trains the name model: ``python -m pseudonymize.names.training.train FOLDER --out weights.npz`` (needs PyTorch 2).

FOLDER holds the corpora (see DATA.md). A tenth of both is kept for validation and never trains, unless
``--everything`` is given; what is printed last is what the model card reports.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pseudonymize.names.features import FLAGS, Gazetteer, features
from pseudonymize.names.tagger import BEGIN, END, FILTERS, INSIDE, SINGLE, Tagger
from pseudonymize.names.training import corpora, generate, splits
from pseudonymize.names.training.augment import Augmenter
from pseudonymize.names.training.corpora import PERSON, Label, Sentence
from pseudonymize.names.training.distil import Soft, opinions
from pseudonymize.names.training.network import DROPOUT, OTHER_KINDS, UNLABELLED, WIDTH, Network

EPOCHS = 14
LEARNING_RATE = 3e-3
NAMES, NOUNS = 0.3, 0.2
KINDS_WEIGHT = 0.6
MADE_UP = 3000
"""Generated sentences for each epoch, never the same twice."""
CHARACTERS = 2500
TAUGHT = 0.7
"""Weight of what the teachers think beside the labels."""
AVERAGE = 0.995
"""Decay of the moving average of the weights, which is what ships (Polyak and Juditsky, 1992)."""
_LONGEST = 300


def main() -> None:
    """Train, validate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--made-up", type=int, default=MADE_UP)
    parser.add_argument("--nouns", type=float, default=NOUNS)
    parser.add_argument("--names", type=float, default=NAMES)
    parser.add_argument("--kinds", type=float, default=KINDS_WEIGHT)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--dropout", type=float, default=DROPOUT)
    parser.add_argument("--characters", type=int, default=CHARACTERS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--teachers", type=Path, nargs="*", default=[], help="weights of larger networks")
    parser.add_argument("--everything", action="store_true", help="train on the validation sentences too")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    words = corpora.dictionary()
    common = [word for kind, word in words.nouns if kind == "NNG"]
    gazetteer = Gazetteer.of(words.people, common, [word for kind, word in words.nouns if kind != "NNG"])
    learn, check = _split(arguments.folder)
    if arguments.everything:
        learn = [*learn, *check["klue"], *check["documents"]]
    network = Network(arguments.width, arguments.dropout)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
    average.module.seen = network.seen  # one record of what training has met
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=1e-2)
    augmenter = Augmenter(words, arguments.seed)
    for epoch in range(arguments.epochs):
        began = time.perf_counter()
        rate = min(1.0, (epoch + 1) / 2) * (0.5 * (1 + np.cos(np.pi * epoch / arguments.epochs)) + 0.02)
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * rate
        loss = _epoch(
            network,
            average,
            optimizer,
            _sentences(learn, augmenter, epoch, arguments),
            gazetteer,
            augmenter,
            arguments,
        )
        print(f"epoch {epoch + 1}: loss {loss:.3f}, {time.perf_counter() - began:.0f} s", flush=True)
        if epoch % 4 == 3 or epoch + 1 == arguments.epochs:
            _report(Tagger(_all(average.module, gazetteer)), check)
    np.savez_compressed(arguments.out, **_all(average.module, gazetteer))
    print(f"{arguments.out.stat().st_size / 1e6:.1f} MB")


def _all(network: Network, gazetteer: Gazetteer) -> dict[str, Any]:
    return {**network.arrays(), **dict(zip(FILTERS, gazetteer.filters, strict=True))}


def _split(folder: Path) -> tuple[list[Sentence], dict[str, list[Sentence]]]:
    """What trains and what only validates."""
    sentences, documents = corpora.klue(folder), corpora.documents(folder)
    kept = set(splits.validation_sentences(len(sentences)))
    aside = set(splits.validation_documents(len(documents)))
    check = {
        "klue": [sentence for at, sentence in enumerate(sentences) if at in kept],
        "documents": [line for at, lines in enumerate(documents) if at in aside for line in lines],
        "made up": [_sentence(sample) for sample in generate.sentences("heldout", 2000, 7)],
    }
    learn = [sentence for at, sentence in enumerate(sentences) if at not in kept]
    return [*learn, *(line for at, lines in enumerate(documents) if at not in aside for line in lines)], check


def _sentence(sample: generate.Sample) -> Sentence:
    labels = [Label(span.start, span.end, PERSON) for span in sample.spans if span.entity == "PERSON"]
    return Sentence(sample.text, labels, False)


def _sentences(learn: list[Sentence], augmenter: Augmenter, epoch: int, how: argparse.Namespace) -> list[Sentence]:
    """The sentences of one epoch, each in a new form."""
    documents = [sentence for sentence in learn if not sentence.all_kinds]
    chosen = [sentence for sentence in learn if sentence.all_kinds]
    chosen += augmenter.random.sample(documents, len(documents) // 2)
    made = generate.sentences("train", how.made_up, 1000 * how.seed + epoch) if how.made_up else ()
    lines = (line for sample in made for line in _lines(_sentence(sample)))
    return [augmenter.changed(sentence, names=how.names, nouns=how.nouns) for sentence in chosen] + [
        augmenter.changed(sentence, names=0.15, nouns=how.nouns) for sentence in lines
    ]


def _lines(sentence: Sentence) -> Iterator[Sentence]:
    at = 0
    for text in sentence.text.split("\n"):
        end = at + len(text)
        if text:
            labels = [Label(s - at, e - at, k) for s, e, k in sentence.labels if s >= at and e <= end]
            yield Sentence(text, labels, sentence.all_kinds)
        at = end + 1


def _epoch(
    network: Network,
    average: Any,
    optimizer: Any,
    sentences: list[Sentence],
    gazetteer: Gazetteer,
    augmenter: Augmenter,
    how: argparse.Namespace,
) -> float:
    network.train()
    teachers = [Tagger(dict(np.load(path))) for path in how.teachers]
    total, count = 0.0, 0
    batches = _batches(sentences, gazetteer, augmenter.random, how.characters)
    for read, columns, flags, labels, kinds, present in batches:
        emissions, hidden = network(columns, flags, present)
        loss = network.loss(emissions, labels, present).mean()
        if teachers:
            soft = Soft(*map(torch.from_numpy, opinions(teachers, read, present.sum(1).numpy())))
            loss = (1 - TAUGHT) * loss + TAUGHT * network.soft_loss(emissions, present, soft).mean()
        if bool((kinds >= 0).any()):
            loss = loss + how.kinds * network.kinds_loss(hidden, kinds) / len(labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update_parameters(network)
        total += float(loss.item()) * len(labels)
        count += len(labels)
    return total / count


def _batches(
    sentences: Sequence[Sentence], gazetteer: Gazetteer, rng: random.Random, most: int
) -> Iterator[tuple[Any, ...]]:
    """Padded batches of sentences of similar lengths, in random order."""
    short = [s for s in sentences if 0 < len(s.text) <= _LONGEST]
    order = sorted(short, key=lambda sentence: len(sentence.text) + rng.random() * 20)
    groups: list[list[Sentence]] = [[]]
    for sentence in order:
        if groups[-1] and (len(groups[-1]) + 1) * (len(sentence.text) + 20) > most:
            groups.append([])
        groups[-1].append(sentence)
    rng.shuffle(groups)
    for group in groups:
        yield _padded(group, gazetteer)


def _padded(group: list[Sentence], gazetteer: Gazetteer) -> tuple[Any, ...]:
    read = features([sentence.text for sentence in group], gazetteer)
    longest = max(len(sentence.text) for sentence in group)
    columns = [np.zeros((len(group), longest), np.int64) for _ in range(6)]
    flags = np.zeros((len(group), longest, FLAGS), np.float32)
    labels = np.zeros((len(group), longest), np.int64)
    kinds = np.full((len(group), longest), UNLABELLED, np.int64)
    present = np.zeros((len(group), longest), bool)
    for row, (sentence, start) in enumerate(zip(group, read.starts.tolist(), strict=True)):
        size = len(sentence.text)
        for column, source in zip(columns, read[1:7], strict=True):
            column[row, :size] = source[start : start + size]
        flags[row, :size] = read.flags[start : start + size]
        present[row, :size] = True
        _label(labels[row], kinds[row, :size], sentence)
    tensors = [torch.from_numpy(array) for array in (*columns, flags, labels, kinds, present)]
    return read, tensors[:6], *tensors[6:]


def _label(labels: Any, kinds: Any, sentence: Sentence) -> None:
    if sentence.all_kinds:
        kinds[:] = 0
    for start, end, kind in sentence.labels:
        if sentence.all_kinds:
            number = 2 * OTHER_KINDS.index(kind) + 1
            kinds[start:end] = number + 1
            kinds[start] = number
        if kind != PERSON:
            continue
        labels[start:end] = INSIDE
        labels[start], labels[end - 1] = (SINGLE, SINGLE) if end - start == 1 else (BEGIN, END)


def _report(tagger: Tagger, check: dict[str, list[Sentence]]) -> None:
    for name, sentences in check.items():
        found = tagger.tag([sentence.text for sentence in sentences])
        exact = [(s, {span[:2] for span in spans}) for s, spans in zip(sentences, found, strict=True)]
        print(
            f"  {name}: {_figures(exact, '.+')}; of 3 to 5 syllables {_figures(exact, '[가-힣]{3,5}')}", flush=True
        )


def _figures(pairs: list[tuple[Sentence, set[tuple[int, int]]]], shape: str) -> str:
    """Precision, recall and F1 of exact spans whose text has a shape."""
    right = found = true = 0
    for sentence, spans in pairs:
        fits = {span for span in spans if re.fullmatch(shape, sentence.text[slice(*span)])}
        gold = {
            (start, end)
            for start, end, kind in sentence.labels
            if kind == PERSON and re.fullmatch(shape, sentence.text[start:end])
        }
        right, found, true = right + len(fits & gold), found + len(fits), true + len(gold)
    precision, recall = right / max(found, 1), right / max(true, 1)
    return f"P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(precision + recall, 1e-9):.3f}"


if __name__ == "__main__":
    main()
