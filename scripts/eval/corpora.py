"""Marked texts to measure on: our own held-out ones, and corpora that are not part of the project."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pseudonymize.names.training.generate import documents, sentences
from pseudonymize.spans import Span

TYPES = {
    "PERSON": "PERSON",
    "PHONE": "PHONE_NUMBER",
    "ADDRESS": "KR_ADDRESS",
    "EMAIL": "EMAIL_ADDRESS",
    "RRN": "KR_RRN",
    "FRN": "KR_FRN",
    "ACCOUNT": "KR_BANK_ACCOUNT",
    "POSTAL_CODE": "KR_POSTAL_CODE",
    "URL": "URL",
    "CARD": "CREDIT_CARD",
    "BUSINESS_REG": "KR_BRN",
    "VEHICLE": "KR_VEHICLE",
    "DT_BIRTH": "DATE_TIME",
    "IP": "IP_ADDRESS",
    "DRIVER_LICENSE": "KR_DRIVER_LICENSE",
    "CORP_REG": "KR_CORP_REG",
    "PASSPORT": "KR_PASSPORT",
    "MEDICAL_INSURANCE": "KR_HEALTH_INSURANCE",
    "AGE": "AGE",
}
"""Types of the made-up Korean documents that are personal in every document, and our names for them."""
# The library's companies and towns are people's names with something behind: real ones are fairer to every detector.
_ORGANISATIONS = (
    "Northwind Traders", "Blue River Bank", "Acme Corp", "the World Health Organization", "Globex", "Sunrise Airlines", "First National Bank",
    "Contoso", "Green Valley Hospital", "Metro Transit Authority", "Pacific Insurance Group", "Initech", "Harbor Logistics Ltd", "Umbrella Software",
)  # fmt: skip
_CITIES = (
    "London", "Seattle", "Manchester", "Chicago", "Mumbai", "Dublin", "Boston", "Toronto", "Melbourne", "Leeds", "Portland", "San Diego", "Edinburgh",
    "Bangalore", "Phoenix", "Cork", "Auckland", "Birmingham", "Denver", "Glasgow",
)  # fmt: skip
_STREETS = (
    "Maple Street", "Oak Avenue", "High Street", "Station Road", "Park Lane", "5th Avenue", "Riverside Drive", "Church Road", "Mill Lane", "Sunset Boulevard",
    "King's Road", "Elm Court", "Market Square", "Lakeview Terrace",
)  # fmt: skip
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_PERSON_SLOT = re.compile(r"(?:person|name|first_name|last_name)(?:_\w+)?")


class Corpus(NamedTuple):
    """Texts with what is personal in them.

    Attributes:
        texts: The texts.
        gold: Marked spans of each text.
    """

    texts: list[str]
    gold: list[list[Span]]

    def first(self, n: int | None) -> Corpus:
        """The first ``n`` texts, or all."""
        return Corpus(self.texts[:n], self.gold[:n])

    def only(self, places: Sequence[int]) -> Corpus:
        """The texts at ``places``."""
        return Corpus([self.texts[at] for at in places], [self.gold[at] for at in places])


def heldout_sentences(n: int, seed: int = 0) -> Corpus:
    """Our own sentences from templates and names that trained nothing."""
    samples = list(sentences("heldout", n, seed))
    return Corpus([sample.text for sample in samples], [sample.spans for sample in samples])


def heldout_documents(n: int, seed: int = 0) -> Corpus:
    """Our own documents from templates and names that trained nothing."""
    samples = list(documents("heldout", n, seed))
    return Corpus([sample.text for sample in samples], [sample.spans for sample in samples])


def klue(path: Path) -> Corpus:
    """Sentences in the format of KLUE-NER (a character and its tag a line); PS is PERSON, the rest keeps its tag."""
    texts, gold = [], []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.split("\t") for line in block.splitlines() if "\t" in line and not line.startswith("##")]
        if rows:
            texts.append("".join(char for char, _ in rows))
            gold.append(list(_chunks([tag for _, tag in rows])))
    return Corpus(texts, gold)


def _chunks(tags: list[str]) -> Iterator[Span]:
    start, kind = 0, ""
    for at, tag in enumerate([*tags, "O"]):
        if kind and not tag.startswith("I-"):
            yield Span(start, at, "PERSON" if kind == "PS" else kind, 1.0)
            kind = ""
        if tag.startswith("B-"):
            start, kind = at, tag[2:]


def korean_documents(path: Path) -> Corpus:
    """Made-up documents with values by type; every place of a value counts, of nested ones the longer."""
    texts, gold = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row["text"]
        places = {
            (match.start(), match.end(), item["type"])
            for item in row["pii"]
            if item["text"]
            for match in re.finditer(re.escape(item["text"]), text)
        }
        spans: list[Span] = []
        for start, end, kind in sorted(places, key=lambda place: (place[0] - place[1], place[0], place[2])):
            if not any(span.start < end and start < span.end for span in spans):
                spans.append(Span(start, end, TYPES.get(kind, kind), 1.0))
        texts.append(text)
        gold.append(sorted(spans))
    return Corpus(texts, gold)


def petitions(path: Path) -> list[str]:
    """Petitions whose authors' names were removed before publication."""
    return [json.loads(line)["content"] for line in path.read_text(encoding="utf-8").splitlines()]


def english(path: Path, rounds: int, seed: int = 0) -> Corpus:
    """English templates filled with made-up values of several countries; only people are marked."""
    from faker import Faker

    Faker.seed(seed)
    fake = Faker({"en_US": 5, "en_GB": 3, "en_AU": 1, "en_IN": 1, "en_IE": 1})
    rng = random.Random(seed)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    templates = [line.replace("\\n", "\n") for line in lines if line.strip()]
    texts, gold = [], []
    for _ in range(rounds):
        for template in templates:
            text, spans = _filled(template, fake, rng)
            texts.append(text)
            gold.append(spans)
    return Corpus(texts, gold)


def _filled(template: str, fake: object, rng: random.Random) -> tuple[str, list[Span]]:
    text, spans = "", list[Span]()
    for at, part in enumerate(_SLOT.split(template)):
        if at % 2 == 0:
            text += part
            continue
        value = _value(part, fake, rng)
        if _PERSON_SLOT.fullmatch(part):
            start = len(text)
            if spans and text[spans[-1].end :] == " ":  # first and last name are one person
                start = spans.pop().start
            spans.append(Span(start, len(text) + len(value), "PERSON", 1.0))
        text += value
    return text, spans


def _value(slot: str, fake: object, rng: random.Random) -> str:
    if slot in ("person", "name"):
        return f"{fake.first_name()} {fake.last_name()}"  # type: ignore[attr-defined]
    makers = {
        "first_name_nonbinary": "first_name", "credit_card_number": "credit_card_number", "building_number": "building_number",
        "date_of_birth": "date", "date_time": "date", "zipcode": "postcode", "ip_address": "ipv4", "url": "url", "us_driver_license": "license_plate",
        "day_of_week": "day_of_week", "nation_woman": "country", "nation_plural": "country",
        "nationality": "country", "last_name_male": "last_name", "last_name_female": "last_name", "name_male": "name_male", "name_female": "name_female",
    }  # fmt: skip
    if slot == "age":
        return str(rng.randint(3, 95))
    if slot in ("organization", "city", "state_abbr", "street_name"):
        return rng.choice({"organization": _ORGANISATIONS, "street_name": _STREETS}.get(slot, _CITIES))
    if slot == "address":
        return f"{rng.randint(1, 999)} {rng.choice(_STREETS)}, {rng.choice(_CITIES)} {rng.randint(10000, 99999)}"
    if slot == "secondary_address":
        return f"Apt. {rng.randint(1, 300)}"
    if slot in ("name_male", "name_female"):
        return f"{getattr(fake, 'first_' + slot)()} {fake.last_name()}"  # type: ignore[attr-defined]
    return str(getattr(fake, makers.get(slot, slot))()).replace("\n", ", ")
