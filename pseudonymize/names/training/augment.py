"""New sentences from labelled ones: other people, other nouns, in the same context.

A model that sees four thousand sentences learns their names by heart. With names exchanged it has to learn from
contexts and from the shape of names; with nouns exchanged it learns that not every unknown word is a name.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache

from pseudonymize.names.morphology import morphemes
from pseudonymize.names.surnames import COMPOUND
from pseudonymize.names.training import people
from pseudonymize.names.training.corpora import PERSON, Label, Sentence, Words

_HANGUL = re.compile("[가-힣]+")
_SPACED = re.compile("[가-힣]+(?: [가-힣]+)+")
_LONGEST = 8
_TRIES = 20
_COMPOUNDS = 0.35
_NOUN_ENDS = [
    "처",
    "원",
    "서",
    "지",
    "비",
    "율",
    "실",
    "과",
    "팀",
    "장",
    "자",
    "인",
    "법",
    "률",
    "세",
    "권",
    "력",
    "성",
    "적",
    "화",
    "식",
    "품",
    "물",
    "기",
    "표",
    "점",
    "소",
    "관",
    "국",
    "금",
    "료",
    "증",
    "안",
    "건",
    "부",
    "청",
    "단",
    "대",
    "회",
    "사",
    "업",
    "제",
    "론",
    "감",
    "병",
    "형",
    "급",
    "용",
    "선",
    "차",
    "님들",
    "처리",
    "관리",
    "업체",
    "사업",
    "신청",
    "시설",
    "기관",
    "문제",
    "담당",
    "지원",
    "계획",
    "제도",
    "결과",
    "내용",
    "요청",
    "사항",
    "직원",
    "학교",
    "병원",
    "회사",
    "조사",
    "대상",
    "정보",
    "비용",
    "기간",
]


class Augmenter:
    """Exchanges names and nouns.

    Args:
        words: Names and nouns of the dictionary.
        seed: Of the random choices.
    """

    def __init__(self, words: Words, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  no secret rests on it
        self._family = surnames = people.surnames()
        self._korean = [name for name in words.people if len(name) == 3 and name[0] in surnames]
        self._second, self._third = [name[1] for name in self._korean], [name[2] for name in self._korean]
        self._foreign: dict[int, list[str]] = {}
        for name in words.people:
            if (
                _HANGUL.fullmatch(name)
                and 2 <= len(name) <= _LONGEST
                and not (len(name) == 3 and name[0] in surnames)
            ):
                self._foreign.setdefault(len(name), []).append(name)
        self._nouns: dict[tuple[str, int, bool], list[str]] = {}
        for kind, word in words.nouns:
            if re.fullmatch("[가-힣]{2,5}", word):
                self._nouns.setdefault((kind, len(word), _closed(word)), []).append(word)

    def changed(self, sentence: Sentence, *, names: float, nouns: float) -> Sentence:
        """A sentence with other people (with probability `names`) and other nouns (each with probability `nouns`)."""
        text, labels, known = self._other_nouns(sentence, nouns)
        if not labels or self.random.random() > names:
            return Sentence(text, labels, known)
        given: dict[str, str] = {}
        pieces: list[str] = []
        placed: list[Label] = []
        at = size = 0
        for start, end, kind in labels:
            name = text[start:end]
            new = given.setdefault(name, self._other(name)) if kind == PERSON else name
            pieces += [text[at:start], new]
            size += start - at
            placed.append(Label(size, size + len(new), kind))
            size += len(new)
            at = end
        return Sentence("".join([*pieces, text[at:]]), placed, known)

    def _other_nouns(self, sentence: Sentence, share: float) -> Sentence:
        pieces: list[str] = []
        moved: list[tuple[int, int]] = []
        at = 0
        for start, end, kind in _nouns_of(sentence.text):
            taken = any(
                start < label.end and label.start < end for label in sentence.labels if label.kind == PERSON
            )
            if taken or self.random.random() > share:
                continue
            word = sentence.text[start:end]
            new = self._noun(word, kind)
            if new:
                pieces += [sentence.text[at:start], new]
                moved.append((end, len(new) - len(word)))
                at = end
        text = "".join([*pieces, sentence.text[at:]])

        def after(place: int) -> int:
            return place + sum(by for end, by in moved if end <= place)

        labels = [Label(after(start), after(end), kind) for start, end, kind in sentence.labels]
        return Sentence(text, [label for label in labels if label.start < label.end], sentence.all_kinds)

    def _noun(self, word: str, kind: str) -> str:
        """Another noun that takes the same particles, or nothing."""
        if self.random.random() < _COMPOUNDS and kind != "place":
            # No dictionary has them all: 하자처, 생태원, 정산서. Many begin with a surname.
            ends = [end for end in _NOUN_ENDS if _closed(end) == _closed(word)]
            firsts = self._nouns["NNG", 2, self.random.random() < 0.5]
            return self.random.choice(firsts) + self.random.choice(ends)
        length = len(word) if self.random.random() < 0.8 else self.random.choice([2, 3, 4])
        pool = self._nouns.get((kind, length, _closed(word)))
        return self.random.choice(pool) if pool else ""

    def _other(self, name: str) -> str:
        """Another name of the same sort that takes the same particles."""
        for _ in range(_TRIES):
            if _SPACED.fullmatch(name):
                new = self._parts()
            elif _HANGUL.fullmatch(name) and 2 <= len(name) <= _LONGEST:
                new = self._alike(name)
            else:
                return name
            if _closed(new) == _closed(name):
                return new
        return name

    def _alike(self, name: str) -> str:
        chance = self.random.random()
        if len(name) == 3 and name[0] in self._family and chance < 0.93:
            return self._korean_name()
        if len(name) == 2 and chance < 0.5:
            first = people.surname(self.random) if name[0] in self._family else self.random.choice(self._second)
            return first + self.random.choice(self._third)
        if chance < 0.58:
            return self._parts()
        length = max(2, min(_LONGEST, len(name) + self.random.choice([-1, 0, 0, 0, 1])))
        return self.random.choice(self._foreign[length])

    def _korean_name(self) -> str:
        chance = self.random.random()
        if chance < 0.4:
            return self.random.choice(self._korean)
        surname = self.random.choice(COMPOUND) if chance < 0.43 else people.surname(self.random)
        return surname + self.random.choice(self._second) + self.random.choice(self._third)

    def _parts(self) -> str:
        count = self.random.choice([2, 2, 2, 2, 3])
        return " ".join(
            self.random.choice(self._foreign[self.random.choice([2, 3, 3, 3, 4, 4])]) for _ in range(count)
        )


def _closed(word: str) -> bool:
    """Whether a word ends in a consonant, which decides the particles behind it."""
    return "가" <= word[-1] <= "힣" and (ord(word[-1]) - 0xAC00) % 28 != 0


@lru_cache(maxsize=100_000)
def _nouns_of(text: str) -> tuple[tuple[int, int, str], ...]:
    found = []
    for start, end, feature in morphemes(text):
        pos, meaning, _ = feature.split(",", 2)
        if pos in ("NNG", "NNP") and meaning != "인명" and end - start > 1:
            found.append((start, end, "place" if meaning == "지명" else pos))
    return tuple(found)
