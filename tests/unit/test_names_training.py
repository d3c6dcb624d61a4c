"""What the name model learns from: corpora read as they lie, names and nouns exchanged in place."""

import json
from pathlib import Path

import pytest

from pseudonymize.names.training import corpora
from pseudonymize.names.training.augment import Augmenter
from pseudonymize.names.training.corpora import Label, Sentence, Words

TEXT = "배우 김하늘이 서울에서 감독 존 스미스와 영화를 만들고 김하늘은 기뻐했다."


@pytest.fixture(scope="module")
def words() -> Words:
    return corpora.dictionary()


def sentence() -> Sentence:
    places = [(3, 6, "PS"), (8, 10, "LC"), (16, 21, "PS"), (31, 34, "PS")]
    return Sentence(TEXT, [Label(*place) for place in places], True)


def test_the_dictionary_knows_names_places_and_nouns(words: Words) -> None:
    assert len(words.people) > 200_000
    assert ("place", "서울") in words.nouns
    assert ("NNG", "영화") in words.nouns
    assert "영화" not in words.people


def test_names_are_exchanged_and_labels_follow(words: Words) -> None:
    augmenter = Augmenter(words, seed=3)
    for _ in range(200):
        new = augmenter.changed(sentence(), names=1, nouns=0)
        first, city, second, again = (new.text[label.start : label.end] for label in new.labels)
        assert city == "서울"
        assert first == again
        assert " " in second
        assert [label.kind for label in new.labels] == ["PS", "LC", "PS", "PS"]
        # What stands around them stays, particles included: the last syllable keeps its kind.
        assert new.text.startswith(f"배우 {first}이 서울에서 감독 {second}와 영화를")


def test_nouns_are_exchanged_and_names_stay(words: Words) -> None:
    augmenter = Augmenter(words, seed=4)
    texts = set()
    for _ in range(50):
        new = augmenter.changed(sentence(), names=0, nouns=0.5)
        texts.add(new.text)
        assert [new.text[label.start : label.end] for label in new.labels if label.kind == "PS"] == [
            "김하늘",
            "존 스미스",
            "김하늘",
        ]
    assert len(texts) > 10


def test_reads_klue_as_it_lies(tmp_path: Path) -> None:
    file = tmp_path / corpora.KLUE
    file.parent.mkdir()
    rows = ["김\tB-PS", "하\tI-PS", "늘\tI-PS", " \tO", "서\tB-LC", "울\tI-LC"]
    file.write_text("## comment\n\n## id\t<김하늘:PS>\n" + "\n".join(rows) + "\n\n", encoding="utf-8")
    assert corpora.klue(tmp_path) == [Sentence("김하늘 서울", [Label(0, 3, "PS"), Label(4, 6, "LC")], True)]


def test_every_occurrence_of_a_documents_names_is_a_label(tmp_path: Path) -> None:
    file = tmp_path / corpora.DOCUMENTS
    file.parent.mkdir()
    document = {
        "text": "신청인 김하늘\n김하늘 드림",
        "pii": [{"type": "PERSON", "text": "김하늘"}, {"type": "AGE", "text": "3"}],
    }
    file.write_text(json.dumps(document) + "\n", encoding="utf-8")
    assert corpora.documents(tmp_path) == [
        [Sentence("신청인 김하늘", [Label(4, 7, "PS")], False), Sentence("김하늘 드림", [Label(0, 3, "PS")], False)]
    ]
