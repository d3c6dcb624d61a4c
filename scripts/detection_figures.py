"""Prints how well detection does: names on KLUE-NER, all entities on made-up documents, false alarms, speed.

python scripts/detection_figures.py DATA_DIR [--examples N]
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

from pseudonymize.detect.detector import Detector
from pseudonymize.spans import Span

ENTITIES = {
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
}


def klue_sentences(path: Path) -> Iterator[tuple[str, set[tuple[int, int]]]]:
    """Each sentence with the spans of its PS entities."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.split("\t") for line in block.splitlines() if "\t" in line and not line.startswith("##")]
        if not rows:
            continue
        tags = [tag for _, tag in rows]
        spans = set()
        for index, tag in enumerate(tags):
            if tag == "B-PS":
                end = index + 1
                while end < len(tags) and tags[end] == "I-PS":
                    end += 1
                spans.add((index, end))
        yield "".join(char for char, _ in rows), spans


def names(detector: Detector, data: Path, examples: int) -> None:
    """Exact and overlapping PERSON figures on KLUE-NER."""
    sentences = list(klue_sentences(data / "klue-ner" / "klue-ner-develop.tsv"))
    began = time.perf_counter()
    found = detector.detect([text for text, _ in sentences])
    seconds = time.perf_counter() - began
    hit = reported = known = touched = 0
    wrong: list[str] = []
    missed: list[str] = []
    for (text, gold), spans in zip(sentences, found, strict=True):
        persons = {(s.start, s.end) for s in spans if s.entity == "PERSON"}
        hit += len(persons & gold)
        reported += len(persons)
        known += len(gold)
        touched += sum(any(s < end and start < e for s, e in persons) for start, end in gold)
        wrong += [_show(text, s, e) for s, e in persons - gold]
        missed += [_show(text, s, e) for s, e in gold - persons]
    precision, recall = hit / max(reported, 1), hit / known
    characters = sum(len(text) for text, _ in sentences)
    f1 = 2 * precision * recall / (precision + recall)
    print(
        f"KLUE-NER PERSON exact: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}; "
        f"touched {touched / known:.3f}; {characters / seconds:,.0f} characters/s"
    )
    _list("wrong", wrong, examples)
    _list("missed", missed, examples)


def documents(detector: Detector, data: Path, examples: int) -> None:
    """Recall by entity on made-up documents: the whole value covered, and found exactly under its name."""
    lines = (data / "korean-pii" / "documents-develop.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    began = time.perf_counter()
    found = detector.detect([row["text"] for row in rows])
    seconds = time.perf_counter() - began
    total: collections.Counter[str] = collections.Counter()
    covered: collections.Counter[str] = collections.Counter()
    exact: collections.Counter[str] = collections.Counter()
    reported: collections.Counter[str] = collections.Counter()
    right: collections.Counter[str] = collections.Counter()
    missed: dict[str, list[str]] = collections.defaultdict(list)
    extra: dict[str, list[str]] = collections.defaultdict(list)
    for row, spans in zip(rows, found, strict=True):
        text = row["text"]
        everywhere: set[tuple[int, int]] = set()
        for item in row["pii"]:
            places = [(m.start(), m.end()) for m in re.finditer(re.escape(item["text"]), text)]
            everywhere.update(places)
            if item["type"] not in ENTITIES or not places:
                continue
            kind = ENTITIES[item["type"]]
            total[kind] += 1
            here = [place for place in places if _covers(spans, *place)]
            covered[kind] += len(here) == len(places)
            exact[kind] += any((s.start, s.end) in places and s.entity == kind for s in spans)
            if len(here) < len(places):
                start, end = next(place for place in places if place not in here)
                missed[kind].append(_show(text, start, end))
        for span in spans:
            reported[span.entity] += 1
            if any(s < span.end and span.start < e for s, e in everywhere):
                right[span.entity] += 1
            else:
                extra[span.entity].append(_show(text, span.start, span.end))
    characters = sum(len(row["text"]) for row in rows)
    print(f"documents: {characters / seconds:,.0f} characters/s")
    for kind in sorted(set(total) | set(reported)):
        known = max(total[kind], 1)
        print(
            f"  {kind:18} n {total[kind]:5}  covered {covered[kind] / known:.3f}  exact {exact[kind] / known:.3f}  "
            f"reported {reported[kind]:5} touching a marked value {right[kind] / max(reported[kind], 1):.3f}"
        )
        _list("missed", missed[kind], examples)
        _list("extra", extra[kind], examples)


def petitions(detector: Detector, data: Path, examples: int) -> None:
    """Reports per 10,000 characters on petitions whose names were removed before publication."""
    lines = (data / "real" / "petitions_2019-04.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["content"] for line in lines]
    began = time.perf_counter()
    found = detector.detect(texts)
    seconds = time.perf_counter() - began
    characters = sum(map(len, texts))
    counts: dict[str, list[str]] = collections.defaultdict(list)
    for text, spans in zip(texts, found, strict=True):
        for span in spans:
            counts[span.entity].append(_show(text, span.start, span.end))
    print(f"petitions: {characters:,} characters, {characters / seconds:,.0f} characters/s")
    for kind, shown in sorted(counts.items()):
        print(f"  {kind:18} {len(shown):5}  {len(shown) / characters * 10_000:.2f} per 10,000 characters")
        _list("", shown, examples)


def _covers(spans: list[Span], start: int, end: int) -> bool:
    here = {place for s in spans for place in range(max(s.start, start), min(s.end, end))}
    return len(here) == end - start


def _show(text: str, start: int, end: int) -> str:
    return (text[max(0, start - 14) : start] + "[[" + text[start:end] + "]]" + text[end : end + 12]).replace(
        "\n", "/"
    )


def _list(title: str, lines: list[str], examples: int) -> None:
    step = max(1, len(lines) // examples) if examples else 1
    for line in lines[::step][:examples]:
        print(f"      {title} {line}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument(
        "--examples", type=int, default=0, help="show this many mistakes of each kind (data values!)"
    )
    parser.add_argument("--only", choices=["names", "documents", "petitions"])
    options = parser.parse_args()
    detector = Detector.default("ko")
    print(f"model digest {detector.digest}")
    for part in (names, documents, petitions):
        if options.only in (None, part.__name__):
            part(detector, options.data, options.examples)


if __name__ == "__main__":
    main()
