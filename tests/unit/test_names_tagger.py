"""The name model's arithmetic: decoding against brute force, batches against single sentences, the short cut."""

import re
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.names import doubt
from pseudonymize.names.features import FLAGS, GAP, Gazetteer, features
from pseudonymize.names.morphology import morphemes
from pseudonymize.names.tagger import BEGIN, END, INSIDE, OUTSIDE, SINGLE, Tagged, Tagger, default_tagger

FOLLOWS = {
    OUTSIDE: (OUTSIDE, BEGIN, SINGLE),
    BEGIN: (INSIDE, END),
    INSIDE: (INSIDE, END),
    END: (OUTSIDE, BEGIN, SINGLE),
    SINGLE: (OUTSIDE, BEGIN, SINGLE),
}
SENTENCES = [
    "민원인 김하늘 씨가 담당자 박서준 주무관에게 문의하였다.",
    "도로 파손 신고 처리가 늦어지고 있습니다.",
    "가",
    "",
    "오늘 배우 남궁하늘이 출연했다",
    "1234",
    "작성자 박서준",
    "접수된 서류를 검토한 뒤 처리 결과를 알려 드린 담당자는 최아라",
]


def with_scores(seed: int) -> Tagger:
    """The shipped model with transitions drawn at random."""
    rng = np.random.default_rng(seed)
    shipped = default_tagger()
    made = Tagger.__new__(Tagger)
    made.__dict__.update(shipped.__dict__)
    allowed = np.full((5, 5), -1e4, np.float32)
    for label, following in FOLLOWS.items():
        allowed[label, list(following)] = rng.normal(size=len(following))
    made.transitions = allowed
    made._first = np.where([1, 1, 0, 0, 1], rng.normal(size=5), -1e4).astype(np.float32)
    made._last = np.where([1, 0, 0, 1, 1], rng.normal(size=5), -1e4).astype(np.float32)
    return made


def paths(tagger: Tagger, scores: np.ndarray) -> dict[tuple[int, ...], float]:
    """Every labelling and its score."""
    return {
        labels: float(
            tagger._first[labels[0]]
            + sum(scores[at, label] for at, label in enumerate(labels))
            + sum(tagger.transitions[one, two] for one, two in pairwise(labels))
            + tagger._last[labels[-1]]
        )
        for labels in product(range(5), repeat=len(scores))
    }


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), length=st.integers(1, 5))
def test_best_path_and_marginals_equal_brute_force(seed: int, length: int) -> None:
    tagger = with_scores(seed)
    scores = (3 * np.random.default_rng(seed + 1).normal(size=(length, 5))).astype(np.float32)
    padded = np.concatenate([scores, np.full((2, 5), 7, np.float32)])  # what stands behind the end is not read
    every = paths(tagger, scores)
    best = max(every, key=lambda labels: every[labels])
    assert tuple(tagger._viterbi(padded[None], np.array([length]))[0, :length].tolist()) == best
    _, total = tagger.marginals(padded[None], np.array([length]))
    assert total[0] == pytest.approx(np.logaddexp.reduce(list(every.values())), abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), length=st.integers(1, 5), shift=st.floats(-4, 2))
def test_a_sentence_that_is_passed_over_holds_no_name(seed: int, length: int, shift: float) -> None:
    tagger = with_scores(seed)
    scores = (2 * np.random.default_rng(seed + 1).normal(size=(length, 5))).astype(np.float32)
    scores[:, 1:] += np.float32(shift)
    if not (tagger._best_name(scores) > 0).any():
        every = paths(tagger, scores)
        assert set(max(every, key=lambda labels: every[labels])) == {OUTSIDE}


def test_a_batch_answers_as_each_sentence_alone() -> None:
    tagger = default_tagger()
    together = tagger.tag(SENTENCES * 40)
    assert together == [tagger.tag([sentence])[0] for sentence in SENTENCES] * 40
    assert together[3] == []
    assert [SENTENCES[0][name.start : name.end] for name in together[0]] == ["김하늘", "박서준"]


def test_features_of_a_character_stand_where_it_stands() -> None:
    gazetteer = Gazetteer.of(["김하늘"], ["민원"], ["서울"])
    read = features(["민원 김하늘", "서울"], gazetteer)
    assert read.starts.tolist() == [GAP, GAP + 6 + GAP]
    assert read.chars[: GAP + 1].tolist() == [0] * GAP + [128 + ord("민") - 0xAC00]
    name = read.flags[GAP + 3 : GAP + 6]
    assert name[:, 2:5].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert read.flags[GAP, 8] == 1
    assert read.flags[read.starts[1], 16] == 1
    assert read.flags.shape[1] == FLAGS
    assert read.left[GAP : GAP + 6].tolist() == [1, 2, 0, 1, 2, 3]
    assert read.right[GAP : GAP + 6].tolist() == [2, 1, 0, 3, 2, 1]


def test_morphemes_stand_at_their_places_despite_white_space() -> None:
    sentence = "  민원이　 접수되었다"
    words = [sentence[start:end] for start, end, _ in morphemes(sentence)]
    assert words[0] == "민원"
    assert "접수" in words


def test_what_follows_a_null_character_is_read_too() -> None:
    sentence = "번호\0 민원인 김하늘 씨가 왔다."
    assert [sentence[name.start : name.end] for name in default_tagger().tag([sentence])[0]] == ["김하늘"]


@pytest.mark.parametrize("text", ["\ud800 깨진 문자", "\x00널", "가" * 3000, "👨‍👩‍👧 가족 김하늘 씨"])
def test_odd_text_is_read_without_complaint(text: str) -> None:
    assert isinstance(default_tagger().tag([text])[0], list)


def test_words_are_no_names_unless_the_model_is_sure_or_a_title_follows() -> None:
    gazetteer = default_tagger().words
    text = "늦어진 입주와 고기집 소음, 오른손 통증. 고기집 이용. 김하늘 씨와 고기집 사장. 고기집 매출"

    def named(word: str, score: float, nth: int = 0) -> Tagged:
        start = [match.start() for match in re.finditer(word, text)][nth]
        return Tagged(start, start + len(word), score)

    unsure = [named("늦어진", 0.7), named("고기집", 0.8), named("오른손", 0.6)]
    assert doubt.undoubted(text, unsure, gazetteer) == []
    sure = [named("김하늘", 0.6), named("고기집", 0.99, nth=1)]
    assert doubt.undoubted(text, sure, gazetteer) == sure
    # Passed over three times of four, and never certain.
    assert doubt.undoubted(text, [named("고기집", 0.96)], gazetteer) == []
