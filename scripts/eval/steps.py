"""The steps of an evaluation. Each adds its tables and targets to the report.

Corpora outside the project give figures only; no text of theirs reaches the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pseudonymize.detect.detector import Detector
from pseudonymize.names.training.splits import validation_documents, validation_sentences
from pseudonymize.spans import Span
from scripts.eval import corpora, identifiers, measures, peers
from scripts.eval.metrics import Score, scores, tally
from scripts.eval.mistakes import worst
from scripts.eval.results import SCORE_HEADER, Report, Table, Target, brief, pair, quality_row, score_rows, shown

QUALITY_HEADER = ("", "precision", "recall", "F1")
_WEAK = 0.95
_VALIDATION = (
    "The tenth that training keeps for validation: it trains no model made without --everything (see the model card), "
    "but rules were tuned on the whole corpus and models were chosen by it."
)


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    sentences: int = 3000
    documents: int = 400
    identifiers_each: int = 5
    timestamps: int = 3000
    lookalikes_each: int = 200
    english_rounds: int = 3
    corpus: int | None = None
    draws: int = 1000


QUICK = Sizes(400, 60, 1, 500, 40, 1, 300, 200)


@dataclass
class Run:
    """Detectors, corpora and the report being filled."""

    sizes: Sizes
    data: Path | None
    report: Report

    @cached_property
    def korean(self) -> Detector:
        """Our detector for Korean."""
        return Detector.default("ko")

    @cached_property
    def presidio(self) -> peers.Detect:
        """Presidio for Korean."""
        return peers.presidio_korean()

    def corpus(self, path: str) -> Path | None:
        """A file of the data directory if it is there."""
        return self.data / path if self.data is not None and (self.data / path).exists() else None


def _by_entity(run: Run, corpus: corpora.Corpus, found: measures.Spans, entities: list[str]) -> list[Score]:
    return scores(tally(corpus.gold, found, entities), entities, run.sizes.draws)


def synthetic(run: Run) -> None:
    """Our own held-out sentences and documents."""
    weak = []
    texts, gold, all_found = list[str](), list[list[Span]](), list[list[Span]]()
    for title, corpus in (
        ("Held-out sentences (made up)", corpora.heldout_sentences(run.sizes.sentences)),
        ("Held-out documents (made up)", corpora.heldout_documents(run.sizes.documents)),
    ):
        found = run.korean.detect(corpus.texts)
        entities = sorted({span.entity for spans in (*corpus.gold, *found) for span in spans})
        figures = _by_entity(run, corpus, found, entities)
        note = f"{len(corpus.texts):,} texts, {sum(map(len, corpus.texts)):,} characters; no template, given name or open word of theirs is in the generated training text."
        run.report.tables.append(Table(title, note, SCORE_HEADER, score_rows(figures)))
        weak += [
            _weakness(title, score) for score in figures if score.known > 10 and score.covered_recall.value < _WEAK
        ]
        weak += [
            _doubtful(title, score)
            for score in figures
            if score.reported > 10 and score.covered_precision.value < _WEAK
        ]
        texts += corpus.texts
        gold += corpus.gold
        all_found += found
    run.report.weak += weak
    run.report.mistakes += worst(texts, gold, all_found)
    dictionary = peers.dictionary_names(texts)
    rows = (
        quality_row("Safe Zone", measures.exact("PERSON", gold, all_found)),
        quality_row("python-mecab-ko, class 인명", measures.exact("PERSON", gold, dictionary)),
    )
    run.report.tables.append(Table("PERSON beside a peer, held-out text", "Exact spans.", QUALITY_HEADER, rows))


def _weakness(title: str, score: Score) -> str:
    return f"{title}: {score.entity}, {shown(score.covered_recall)} of the characters are covered."


def _doubtful(title: str, score: Score) -> str:
    return f"{title}: {score.entity}, {shown(score.covered_precision)} of the reported characters are personal."


def odd_spellings(run: Run) -> None:
    """Identifiers in odd spellings, timestamps and other numbers."""
    cases = list(identifiers.cases(run.sizes.identifiers_each))
    texts, values = [case.text for case in cases], [case.span for case in cases]
    ours, theirs = run.korean.detect(texts), run.presidio(texts)
    rows = []
    for name, picked in (
        ("all", [True] * len(cases)),
        *((kind, [case.span.entity == kind for case in cases]) for kind in identifiers.KINDS),
        *(
            (f"spelling {s}", [case.spelling == s for case in cases])
            for s in dict.fromkeys(c.spelling for c in cases)
        ),
    ):
        some = [value for value, take in zip(values, picked, strict=True) if take]
        us = [spans for spans, take in zip(ours, picked, strict=True) if take]
        them = [spans for spans, take in zip(theirs, picked, strict=True) if take]
        masked = measures.share_found(some, us, any_entity=True)
        named, peer = measures.share_found(some, us), measures.share_found(some, them, any_entity=True)
        rows.append((name, f"{len(some):,}", shown(masked), shown(named), brief(peer)))
        if masked.value < _WEAK:
            run.report.weak.append(f"Identifiers, {name}: {shown(masked)} are masked whole.")
    note = "Share of identifiers masked whole, by any entity and under their own name. Presidio has no recognizer for some kinds."
    run.report.tables.append(
        Table(
            "Identifiers in odd spellings (made up)",
            note,
            ("", "cases", "masked", "named right", "Presidio, masked"),
            tuple(rows),
        )
    )
    everything, peer = (
        measures.share_found(values, ours, any_entity=True),
        measures.share_found(values, theirs, any_entity=True),
    )
    run.report.targets.append(
        Target("identifiers in odd spellings, recall", f"Presidio {brief(peer)}", 0.995, everything)
    )
    _numbers(run)


def _numbers(run: Run) -> None:
    stamps = identifiers.timestamps(run.sizes.timestamps)
    ours, theirs = run.korean.detect(stamps), run.presidio(stamps)
    licence, peer = (measures.share_reported("KR_DRIVER_LICENSE", found) for found in (ours, theirs))
    run.report.targets.append(
        Target(
            "timestamps taken for licences",
            f"Presidio {peer.value:.1%}",
            0.001,
            licence,
            at_most=True,
            percent=True,
        )
    )
    kinds = {"timestamps": stamps, **identifiers.lookalikes(run.sizes.lookalikes_each)}
    rows = tuple(
        (
            kind,
            f"{len(texts):,}",
            *(
                shown(measures.share_reported(None, detect(texts)), percent=True)
                for detect in (run.korean.detect, run.presidio)
            ),
        )
        for kind, texts in kinds.items()
    )
    note = "Share of texts with such a number in which anything at all is reported."
    run.report.tables.append(
        Table("Numbers that are no identifiers (made up)", note, ("", "texts", "Safe Zone", "Presidio"), rows)
    )


def news_and_reviews(run: Run) -> None:
    """KLUE-NER style sentences."""
    path = run.corpus("klue-ner/klue-ner-develop.tsv")
    f1 = recall = None
    peer = "python-mecab-ko"
    if path is not None:
        whole = corpora.klue(path)
        corpus = whole.only(validation_sentences(len(whole.texts))).first(run.sizes.corpus)
        found, dictionary = run.korean.detect(corpus.texts), peers.dictionary_names(corpus.texts)
        ours = measures.names_of_three_to_five(corpus.texts, corpus.gold, found)
        theirs = measures.names_of_three_to_five(corpus.texts, corpus.gold, dictionary)
        rows = (
            quality_row("Safe Zone, names of 3 to 5 syllables", ours),
            quality_row("python-mecab-ko, class 인명, 3 to 5 syllables", theirs),
            quality_row("Safe Zone, all names", measures.exact("PERSON", corpus.gold, found)),
            quality_row(
                "python-mecab-ko, class 인명, all names", measures.exact("PERSON", corpus.gold, dictionary)
            ),
        )
        note = f"{len(corpus.texts):,} sentences, exact spans. {_VALIDATION}"
        run.report.tables.append(
            Table("PERSON in news and reviews (KLUE-NER, develop)", note, QUALITY_HEADER, rows)
        )
        f1, recall, peer = ours.f1, ours.recall, f"python-mecab-ko {brief(theirs.f1)}"
        run.report.targets.append(Target("PERSON exact F1, news and reviews, 3 to 5 syllables", peer, 0.9, f1))
        run.report.targets.append(
            Target("the same, recall", f"python-mecab-ko {brief(theirs.recall)}", 0.9, recall)
        )
        return
    run.report.targets.append(Target("PERSON exact F1, news and reviews, 3 to 5 syllables", peer, 0.9, None))
    run.report.targets.append(Target("the same, recall", peer, 0.9, None))


def official_documents(run: Run) -> None:
    """Made-up official documents with values by type."""
    path = run.corpus("korean-pii/documents-develop.jsonl")
    names = (
        "PERSON in documents, every occurrence masked: recall",
        "the same, precision",
        "ADDRESS full span F1 in documents",
    )
    goals = (0.95, 0.93, 0.85)
    if path is None:
        run.report.targets += [Target(name, "", goal, None) for name, goal in zip(names, goals, strict=True)]
        return
    whole = corpora.korean_documents(path)
    corpus = whole.only(validation_documents(len(whole.texts))).first(run.sizes.corpus)
    found = run.korean.detect(corpus.texts)
    dictionary = peers.dictionary_names(corpus.texts)
    entities = sorted(set(corpora.TYPES.values()))
    figures = _by_entity(run, corpus, found, entities)
    note = f"{len(corpus.texts):,} documents, every place of every marked value. {_VALIDATION}"
    run.report.tables.append(
        Table("Documents with values by type (made by a language model)", note, SCORE_HEADER, score_rows(figures))
    )
    ours = measures.every_occurrence(corpus.texts, corpus.gold, found)
    theirs = measures.every_occurrence(corpus.texts, corpus.gold, dictionary)
    rows = (quality_row("Safe Zone", ours), quality_row("python-mecab-ko, class 인명", theirs))
    note = "Recall: people all of whose occurrences are masked. Precision: reports that touch a marked name."
    run.report.tables.append(Table("PERSON in documents, every occurrence", note, QUALITY_HEADER, rows))
    address = measures.exact("KR_ADDRESS", corpus.gold, found)
    measured = (ours.recall, ours.precision, address.f1)
    beside = (
        f"python-mecab-ko {brief(theirs.recall)}",
        f"python-mecab-ko {brief(theirs.precision)}",
        "Presidio: none",
    )
    run.report.targets += [Target(*row) for row in zip(names, beside, goals, measured, strict=True)]


def petitions(run: Run) -> None:
    """Real petitions whose names were removed."""
    path = run.corpus("real/petitions_2019-04.jsonl")
    name = "PERSON reports per 10,000 characters on petitions without names"
    if path is None:
        run.report.targets.append(Target(name, "python-mecab-ko", 2.0, None, at_most=True))
        return
    texts = corpora.petitions(path)[: None if run.sizes.corpus is None else 60]
    found, dictionary = run.korean.detect(texts), peers.dictionary_names(texts)
    entities = sorted({span.entity for spans in found for span in spans})
    rows = tuple((entity, shown(measures.per_ten_thousand(entity, texts, found), digits=2)) for entity in entities)
    peer = measures.per_ten_thousand("PERSON", texts, dictionary)
    note = f"{len(texts):,} petitions, {sum(map(len, texts)):,} characters. Public figures are named in them and count as reports: of 150 reports of an earlier model, drawn at random and read, 37 named nobody, which is 3 per 10,000 characters; what was added since removes some of these. python-mecab-ko, class 인명: PERSON {shown(peer, digits=2)}."
    run.report.tables.append(Table("Reports per 10,000 characters on petitions", note, ("entity", "reports"), rows))
    ours = measures.per_ten_thousand("PERSON", texts, found)
    run.report.targets.append(Target(name, f"python-mecab-ko {peer.value:.1f}", 2.0, ours, at_most=True))


def english(run: Run) -> None:
    """English templates filled with made-up values."""
    path = run.corpus("english-pii/templates.txt")
    names = ("English PERSON recall", "English PERSON precision")
    if path is None:
        run.report.targets += [
            Target(name, "Presidio", goal, None) for name, goal in zip(names, (0.93, 0.85), strict=True)
        ]
        return
    corpus = corpora.english(path, run.sizes.english_rounds)
    ours = measures.touched("PERSON", corpus.gold, Detector.default("en").detect(corpus.texts))
    rows, peer = [quality_row("Safe Zone", ours)], None
    presidio = peers.presidio_english()
    if presidio is not None:
        peer = measures.touched("PERSON", corpus.gold, presidio(corpus.texts))
        rows.append(quality_row(f"Presidio, {peers.ENGLISH_MODEL}", peer))
    note = f"{len(corpus.texts):,} filled templates, the ones rules were tuned on. Recall: names covered whole. Precision: reports that touch a name."
    run.report.tables.append(Table("PERSON in English templates", note, QUALITY_HEADER, tuple(rows)))
    beside = f"Presidio {pair(peer)}" if peer else "Presidio's model is not installed"
    run.report.targets += [
        Target(names[0], beside, 0.93, ours.recall),
        Target(names[1], beside, 0.85, ours.precision),
    ]


STEPS = (synthetic, odd_spellings, news_and_reviews, official_documents, petitions, english)
