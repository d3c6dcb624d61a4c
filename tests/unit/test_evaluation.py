"""Figures of the evaluation, on examples counted by hand."""

import json
import math
import re

import numpy as np
import pytest

from pseudonymize.spans import Span
from scripts.eval import corpora, identifiers, measures, metrics, output, results, steps
from scripts.eval.mistakes import Mistake, worst


def person(start: int, end: int) -> Span:
    return Span(start, end, "PERSON", 1.0)


def phone(start: int, end: int) -> Span:
    return Span(start, end, "PHONE_NUMBER", 1.0)


GOLD = [[person(0, 3), phone(5, 15)], [person(2, 5)], []]
FOUND = [[person(0, 3), phone(5, 10)], [], [person(0, 2)]]


def test_tally_counts_spans_and_characters() -> None:
    counts = metrics.tally(GOLD, FOUND, ["PERSON", "PHONE_NUMBER"])
    # hit, known, reported, covered, known characters, right characters, reported characters
    assert counts[0, 0].tolist() == [1, 1, 1, 3, 3, 3, 3]
    assert counts[0, 1].tolist() == [0, 1, 1, 5, 10, 5, 5]
    assert counts[1, 0].tolist() == [0, 1, 0, 0, 3, 0, 0]
    assert counts[2, 0].tolist() == [0, 0, 1, 0, 0, 0, 2]


def test_scores_are_those_counted_by_hand() -> None:
    entities = ["PERSON", "PHONE_NUMBER", "URL"]
    of = {score.entity: score for score in metrics.scores(metrics.tally(GOLD, FOUND, entities), entities, draws=50)}
    assert of.keys() == {"PERSON", "PHONE_NUMBER"}  # nothing said of URL, nothing reported
    assert of["PERSON"].precision.value == of["PERSON"].recall.value == of["PERSON"].f1.value == 0.5
    assert of["PERSON"].covered_precision.value == pytest.approx(3 / 5)
    assert of["PERSON"].covered_recall.value == pytest.approx(3 / 6)
    assert of["PHONE_NUMBER"].f1.value == 0.0
    assert of["PHONE_NUMBER"].covered_recall.value == 0.5


def test_intervals_hold_the_value_and_narrow_with_more_documents() -> None:
    few = metrics.ratio(np.array([1, 0] * 10), np.ones(20, dtype=np.int64))
    many = metrics.ratio(np.array([1, 0] * 1000), np.ones(2000, dtype=np.int64))
    for figure in (few, many):
        assert figure.low <= figure.value == 0.5 <= figure.high
    assert many.high - many.low < 0.06 < few.high - few.low


def test_a_resample_has_as_many_documents_as_the_corpus() -> None:
    drawn = metrics.resample(np.ones((7, 2), dtype=np.int64), draws=120)
    assert drawn.shape == (120, 2)
    assert (drawn == 7).all()


def test_nothing_to_measure_is_no_number() -> None:
    assert math.isnan(metrics.ratio(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)).value)
    assert results.shown(metrics.Figure(math.nan, math.nan, math.nan)) == "–"


def test_names_of_other_lengths_and_hits_on_other_values_count_neither_way() -> None:
    text = "김하늘은 존 스미스와 한빛전자에서 박준을 만났다"
    gold = [[person(0, 3), person(5, 10), Span(12, 16, "OG", 1.0), person(19, 21)]]
    # The name is right; 한빛전자 hits an organisation; 박준 is too short; 만났다 is plainly false.
    found = [[person(0, 3), person(12, 16), person(19, 21), person(23, 26)]]
    quality = measures.names_of_three_to_five([text], gold, found)
    assert quality.recall.value == 1.0
    assert quality.precision.value == 0.5


def test_a_person_counts_as_masked_only_where_every_occurrence_is() -> None:
    text = "김하늘과 박서준. 김하늘이"
    gold = [[person(0, 3), person(5, 8), person(10, 13)]]
    once = measures.every_occurrence([text], gold, [[person(0, 3), person(5, 8)]])
    always = measures.every_occurrence([text], gold, [[person(0, 3), person(5, 8), person(10, 14)]])
    assert once.recall.value == 0.5
    assert once.precision.value == 1.0
    assert always.recall.value == 1.0


def test_touched_asks_for_whole_values_and_forgives_longer_reports() -> None:
    quality = measures.touched("PERSON", [[person(3, 6), person(10, 13)]], [[person(2, 7), person(10, 12)]])
    assert quality.recall.value == 0.5
    assert quality.precision.value == 1.0


def test_reports_per_ten_thousand_characters() -> None:
    figure = measures.per_ten_thousand("PERSON", ["가" * 500, "나" * 1500], [[person(0, 2)], [phone(0, 2)]])
    assert figure.value == pytest.approx(5.0)


def test_found_asks_for_the_entity_unless_told_otherwise() -> None:
    value, found = [phone(3, 10)], [[person(0, 6), person(6, 12)]]
    assert measures.share_found(value, found).value == 0.0
    assert measures.share_found(value, found, any_entity=True).value == 1.0
    assert measures.share_reported("PERSON", found).value == 1.0


def test_kinds_of_mistakes() -> None:
    texts = ["김하늘 과장에게", "이상하게 됨", "전화 010-1234-5678"]
    gold = [[person(0, 3)], [], [phone(3, 16)]]
    found = [[], [person(0, 3)], [phone(3, 10)]]
    assert worst(texts, gold, found) == [
        Mistake("missed PERSON: before a title", 1, "[[김하늘]] 과장에게"),
        Mistake("false PERSON: common word that begins like a surname", 1, "[[이상하]]게 됨"),
        Mistake("cut short: PHONE_NUMBER", 1, "전화 [[010-1234-5678]]"),
    ]


def test_klue_format(tmp_path) -> None:
    rows = [
        *zip("김하늘", ("B-PS", "I-PS", "I-PS"), strict=True),
        ("은", "O"),
        *zip("박준", ("B-PS", "I-PS"), strict=True),
    ]
    path = tmp_path / "k.tsv"
    path.write_text("## note\n" + "\n".join(f"{c}\t{t}" for c, t in rows) + "\n\n", encoding="utf-8")
    corpus = corpora.klue(path)
    assert corpus.texts == ["김하늘은박준"]
    assert corpus.gold == [[person(0, 3), person(4, 6)]]


def test_nested_values_count_once_the_longer_one(tmp_path) -> None:
    path = tmp_path / "d.jsonl"
    pii = '[{"type": "PERSON", "text": "하늘"}, {"type": "ADDRESS", "text": "하늘로 3"}]'
    path.write_text(f'{{"text": "하늘이 하늘로 3에", "pii": {pii}}}\n', encoding="utf-8")
    corpus = corpora.korean_documents(path)
    assert corpus.gold == [[person(0, 2), Span(4, 9, "KR_ADDRESS", 1.0)]]


def test_first_and_last_names_of_a_template_are_one_person(tmp_path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("Dear {{first_name}} {{last_name}}, meet {{person}} in {{city}}.\n", encoding="utf-8")
    corpus = corpora.english(path, 1)
    assert len(corpus.gold[0]) == 2
    assert all(" " in corpus.texts[0][span.start : span.end] for span in corpus.gold[0])


def test_identifiers_stand_where_the_case_says() -> None:
    seen = set()
    for case in identifiers.cases(1):
        before = case.text[: case.span.start]
        assert not re.search(r"[0-9@]", before)
        assert any(char.isdigit() or char in "@＠." for char in case.text[case.span.start : case.span.end])
        seen.add((case.span.entity, case.spelling, case.frame))
    assert len(seen) == len(identifiers.KINDS) * len(identifiers.SPELLINGS) * len(identifiers.FRAMES)


def test_timestamps_have_twelve_or_fourteen_digits() -> None:
    assert {len(re.sub(r"[^0-9]", "", text)) for text in identifiers.timestamps(200)} == {12, 14}


def test_targets_pass_or_fail_or_are_not_measured() -> None:
    figure = metrics.Figure(0.9, 0.88, 0.92)
    assert results.Target("a", "", 0.9, figure).passed is True
    assert results.Target("a", "", 0.95, figure).passed is False
    assert results.Target("a", "", 0.5, figure, at_most=True).passed is False
    assert results.Target("a", "", 0.5, None).row()[-2:] == (results.NOT_MEASURED, "–")


def test_the_document_keeps_what_was_written_by_hand(tmp_path) -> None:
    path = tmp_path / "QUALITY.md"
    report = results.Report(weak=["a weak point"], mistakes=[Mistake("kind", 2, "[[김하늘]]")])
    path.write_text(output.markdown(report, "d" * 64, output.written_by_hand(path)), encoding="utf-8")
    path.write_text(
        path.read_text(encoding="utf-8").replace(output.END, "A note.\n" + output.END), encoding="utf-8"
    )
    assert output.written_by_hand(path).endswith("A note.")
    assert "a weak point" in path.read_text(encoding="utf-8")


class Everything:
    """A detector that takes every text for a name."""

    def detect(self, texts):
        return [[person(0, len(text))] for text in texts]


def _run(data):
    run = steps.Run(steps.Sizes(30, 5, 1, 20, 5, 1, None, 50), data, results.Report())
    run.korean = Everything()
    run.presidio = Everything().detect
    return run


def test_without_corpora_their_targets_are_not_measured() -> None:
    run = _run(None)
    for step in steps.STEPS:
        step(run)
    assert len(run.report.targets) == 10
    assert sum(target.measured is None for target in run.report.targets) == 8
    assert 0 < len(run.report.mistakes) <= 20


def test_no_text_of_a_corpus_reaches_the_document(tmp_path, monkeypatch) -> None:
    secret = "비밀스러운문장"
    for folder in ("klue-ner", "korean-pii", "real"):
        (tmp_path / folder).mkdir()
    rows = ["\n".join(f"{char}\tB-PS" for char in f"{secret}{at}") for at in range(40)]
    (tmp_path / "klue-ner/klue-ner-develop.tsv").write_text("\n\n".join(rows), encoding="utf-8")
    lines = [
        json.dumps({"text": f"{secret} {at}", "content": secret, "pii": [{"type": "PERSON", "text": secret}]})
        for at in range(40)
    ]
    for name in ("korean-pii/documents-develop.jsonl", "real/petitions_2019-04.jsonl"):
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(steps.peers, "dictionary_names", Everything().detect)
    run = _run(tmp_path)
    for step in (steps.news_and_reviews, steps.official_documents, steps.petitions):
        step(run)
    assert all(target.measured is not None for target in run.report.targets)
    assert secret not in output.markdown(run.report, "d" * 64, "")
