"""Evidence that a word of Korean text is somebody's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pseudonymize.names.lexicon import (
    ADMINISTRATIVE_ENDINGS,
    CLOSING_PARTICLES,
    FIELDS,
    FOREIGN_PLACES,
    GIVEN,
    NATIVE,
    NOT_NAMES,
    NOUN_ENDINGS,
    PARTICLES,
    ROLES,
    SAMPLE_NAMES,
    TITLES,
    WEAK_TITLES,
)
from pseudonymize.names.morphology import Morpheme, morphemes
from pseudonymize.names.splitting import split_name, strip_particle
from pseudonymize.names.surnames import COMPOUND, SINGLE, starts_with_surname

Candidate = tuple[int, int, float]
"""Start, end, score."""

_SURNAME = f"(?:{'|'.join(COMPOUND)}|[{''.join(sorted(SINGLE))}])"
_RUN = r"(?=(?P<run>[가-힣]{2,12}))"  # looked at, not consumed: 담당 주무관 김하늘 holds two roles
FIELD = re.compile(
    rf"(?:{FIELDS})(?: ?\([^()\n]{{1,8}}\))?(?: ?[:：=|] ?| {{0,2}}\t{{1,2}})(?:[가-힣]{{0,10}}[팀과부실국청원회]\s)?{_RUN}"
)
PLAIN_FIELD = re.compile(rf"(?<![가-힣])(?:성명|성함|이름|예금주|본명)(?:은|는|이)?\s{{1,2}}{_RUN}")
SPACED = re.compile(
    rf"(?:{FIELDS}) ?[:：]? {{1,3}}(?P<name>{_SURNAME} {{1,3}}[가-힣](?: {{1,3}}[가-힣]){{1,2}})(?![가-힣])"
)
ROLE = re.compile(rf"(?:{FIELDS}|{ROLES})(?:인|였던)?(?: |, |\()(?:\(?[가-힣]{{1,4}}\)? )??{_RUN}")
TITLED = re.compile(
    rf"(?<![가-힣0-9])(?P<name>{_SURNAME}[가-힣]{{1,3}}?)(?P<gap> ?)(?P<title>{TITLES})(?:님)?(?=(?:{PARTICLES})?(?![가-힣]))"
)
SURNAME_ONLY = re.compile(
    rf"(?<![가-힣])(?P<name>{_SURNAME})(?: ?모 ?(?:씨|군|양|여인|할머니|할아버지)| ?모(?=\s?\()|모(?= )| ?씨|○○|OO|××)(?=(?:{PARTICLES})?(?![가-힣]))"
)
# 박 대통령, 최 회장; surnames that are also determiners or prefixes (이 시장, 전 회장) stay out.
SURNAME_TITLE = re.compile(
    rf"(?<![가-힣0-9])(?P<name>[김박최정강조윤장임오서권황안송홍유문손배백허심노곽성차민류엄채천방]) (?:전 |부)?(?:{TITLES})(?=(?:{PARTICLES})?(?![가-힣]))"
)
BRACKET = re.compile(
    rf"(?<![가-힣])(?P<name>{_SURNAME}[가-힣]{{1,3}}) ?\((?=[^()\n]{{0,20}}?(?:[0-9]{{6}} ?-|0[1-9][0-9]{{0,2}}[-). ]|01[016789]|@)|"
    r"[남여],|[남여]\)|(?:만 ?)?[0-9]{2}(?:세|[,)·])|여성|남성|생년|주민|[가-힣]{2}[.,] ?[0-9]{2}|[一-鿿]{2,4}\)|가명)"
)
# 저는 ... 김하늘입니다
SELF = re.compile(
    r"(?<![가-힣])(?:저는|나는|제가|저|본인은|이름은|거주하는|근무하는|지원한|지원하는|사는)(?P<between> [^\n.!?]{0,25}?)? (?P<run>[가-힣]{2,5}(?:입니다|(?:이)?라고 ?합|이라 ?합|이에요|예요))"
)
BARE = re.compile(rf"(?<![가-힣0-9])(?P<name>[가-힣]{{3}})(?=(?:{PARTICLES})?(?![가-힣]))")
# Surnames that hardly ever begin an ordinary word of three syllables.
BARE_SURNAMES = frozenset("김박강윤임서권황송홍배허곽류엄")
RULES = (FIELD, PLAIN_FIELD, SPACED, ROLE, TITLED, SURNAME_ONLY, SURNAME_TITLE, BRACKET, SELF, BARE)
_NUMBERED = re.compile(r"[0-9]{6} ?- ?[0-9*xX●○]|01[016789]")
_NUMBER_NEXT = re.compile(r" ?\([0-9☎]")
_CALLED = re.compile(rf" (?:{TITLES})(?=(?:{PARTICLES})?(?![가-힣]))|씨(?=(?:{PARTICLES})?(?![가-힣]))")
_SENTENCE = re.compile(r"[^\s.!?][^\n.!?]{0,400}[.!?]*")
_SURE_FIELDS = re.compile(r"성명|성함|이름|존함|본명|예금주|계좌주|명의자|[가-힣]명 ?[:：]")
_FIELD_ROLE = re.compile(FIELDS)
_NOT_GIVEN_ENDS = ("모", "씨", "군", "양", "님")

_STRONG, _TITLE, _DICTIONARY, _FOREIGN, _SHAPE = 0.95, 0.9, 0.75, 0.55, 0.6
_KNOWN, _SHAPED, _RARE, _ODD, _WORDLIKE, _COMMON = 5, 4, 3, 2, 1, 0


class _Words:
    """Morphemes of a text by where they begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.by_start: dict[int, Morpheme] = {}
        self.ordered: list[Morpheme] = []
        for sentence in _SENTENCE.finditer(text):
            offset = sentence.start()
            for start, end, pos, meaning in morphemes(sentence.group()):
                morpheme = Morpheme(start + offset, end + offset, pos, meaning)
                self.by_start[morpheme.start] = morpheme
                self.ordered.append(morpheme)

    def within(self, start: int, end: int) -> list[Morpheme]:
        """The morphemes from ``start`` that begin before ``end``."""
        found = []
        while start < end and (morpheme := self.by_start.get(start)) is not None:
            found.append(morpheme)
            start = morpheme.end
        return found

    def likeness(self, start: int, end: int) -> int:
        """How much a would-be full name looks like one.

        From the top: ``_KNOWN`` the dictionary has it; ``_SHAPED`` a surname and usual given syllables;
        ``_RARE`` the same, though the dictionary could read words into it (이슬기, 박서준); ``_ODD`` a surname and
        unusual syllables; ``_WORDLIKE`` a word and a usual ending of nouns (주소지) or of sentences;
        ``_COMMON`` words of the language.
        """
        name = self.text[start:end]
        given = name[2:] if name[:2] in COMPOUND else name[1:]
        if name in NOT_NAMES or (len(name) == 2 and name.endswith(_NOT_GIVEN_ENDS)):
            return _COMMON
        if name in SAMPLE_NAMES:
            return _KNOWN
        read = self.within(start, end)
        native = given[:2] in NATIVE and len(given) <= 3
        usual = native or (all(syllable in GIVEN for syllable in given) and (len(given) == 2 or len(name) == 2))
        if not read:
            return _ODD
        first, last = read[0], read[-1]
        if any(m.meaning == "인명" and m.end <= end and m.end - m.start > 1 for m in read):
            return _KNOWN if last.end == end else _SHAPED
        if len(name) == 2:
            return self._short(read, end, usual)
        if _phrase(first, last, end):
            return _WORDLIKE if usual and name[-1] not in CLOSING_PARTICLES else _COMMON
        if first.end - first.start == 1:
            # A lone surname before something else: 한/지민, 이/서준. Verbs and adverbs are another matter.
            if first.pos.startswith(("VV", "VA", "VX")):
                return _RARE if usual else _WORDLIKE
            return _SHAPED if usual else _ODD
        if native:
            return _RARE
        if first.end >= end and first.pos.startswith("NN"):
            return _WORDLIKE if usual and first.pos == "NNP" else _COMMON
        if name[:2] in COMPOUND or (usual and name[-1] not in NOUN_ENDINGS and len(name) == 3):
            return _RARE if first.pos.startswith("N") else _ODD
        return _WORDLIKE if usual else _COMMON

    @staticmethod
    def _short(read: list[Morpheme], end: int, usual: bool) -> int:
        """Likeness of a surname with one syllable, which is also the length of most nouns."""
        first, last = read[0], read[-1]
        if _phrase(first, last, end) or first.end >= end or not first.pos.startswith(("N", "M", "XPN")):
            return _COMMON
        return _SHAPED if usual else _ODD


def candidates(text: str) -> Iterator[Candidate]:
    """Every name the rules see, with overlaps and repetitions."""
    words = _Words(text)
    yield from _fields(text, words)
    yield from _introduced(text, words)
    yield from _titled(text, words)
    yield from _bracketed(text, words)
    yield from _from_dictionary(text, words)
    yield from _shaped(text, words)


def _phrase(first: Morpheme, last: Morpheme, end: int) -> bool:
    """Whether the morphemes are a noun with a particle (손/을, 소식/을) or a verb's form (진행/한)."""
    if last is first or last.end > end:
        return False
    if last.pos.startswith(("XSV", "XSA", "VV", "VX")):
        return first.pos.startswith("NNG")
    return (
        last.pos.startswith("J")
        and first.pos.startswith("NNG")
        and (first.end - first.start > 1 or last.pos == "JKO")
    )


def _fields(text: str, words: _Words) -> Iterator[Candidate]:
    for rule in (FIELD, PLAIN_FIELD):
        for match in rule.finditer(text):
            start, run = match.start("run"), match.group("run")
            sure = rule is FIELD and _SURE_FIELDS.match(match.group()) is not None
            split = split_name(run)
            alone = sure or not text[match.end("run") : match.end("run") + 1].strip(" ,()/|")
            if alone and len(run) == 3 and run not in NOT_NAMES and starts_with_surname(run):
                yield start, start + 3, _STRONG
            elif split and split[0] not in NOT_NAMES and run not in NOT_NAMES:
                end = start + len(split[0])
                if sure or words.likeness(start, end) >= _WORDLIKE:
                    yield start, end, _STRONG
            elif sure and run not in NOT_NAMES and not starts_with_surname(run) and len(run) <= 6:
                name = strip_particle(run, 5)
                if name is not None:
                    yield start, start + len(name), _SHAPE
    for match in SPACED.finditer(text):
        yield match.start("name"), match.end("name"), _STRONG
    for match in SELF.finditer(text):
        split = split_name(match.group("run"), titled=False)
        if split is None:
            continue
        start = match.start("run")
        needed = _WORDLIKE if match.group("between") is None and len(split[0]) > 2 else _RARE
        if words.likeness(start, start + len(split[0])) >= needed:
            yield start, start + len(split[0]), _STRONG


def _introduced(text: str, words: _Words) -> Iterator[Candidate]:
    for match in ROLE.finditer(text):
        start, run = match.start("run"), match.group("run")
        split = split_name(run)
        if split is None or run in NOT_NAMES:
            continue
        name, title = split
        end = start + len(name)
        presented = bool(title) or run.endswith("입니다") or text[match.end("run") : match.end("run") + 1] == "("
        needed = _WORDLIKE if presented or _FIELD_ROLE.match(match.group()) else _RARE
        if len(name) > 3 and not presented:
            needed = _RARE
        if len(name) == 2:
            needed = _SHAPED if title or text[end : end + 1] in ("", ",", "(", " ") else _KNOWN
        if words.likeness(start, end) >= needed:
            yield start, end, _TITLE


def _titled(text: str, words: _Words) -> Iterator[Candidate]:
    for match in TITLED.finditer(text):
        start, end = match.span("name")
        title, gap = match.group("title"), match.group("gap")
        polite = title in ("씨", "님", "귀하")
        # Glued together, name and title must part where the morphemes do (정신질환자 is no 환자).
        if not gap and not polite and end not in words.by_start:
            continue
        needed = _needed(end - start, title, gap=bool(gap), polite=polite)
        if end - start > 2 and gap and _NUMBER_NEXT.match(text, match.end()):
            needed = _WORDLIKE
        if words.likeness(start, end) >= needed:
            yield start, end, _TITLE
    for rule in (SURNAME_ONLY, SURNAME_TITLE):
        for match in rule.finditer(text):
            if match.group() not in NOT_NAMES:
                yield match.start("name"), match.end("name"), _SHAPE


def _needed(length: int, title: str, *, gap: bool, polite: bool) -> int:
    """Likeness a name needs beside this title."""
    if length == 2:
        return _SHAPED
    if polite:
        return _WORDLIKE if gap or title == "씨" else _ODD
    if title in WEAK_TITLES:
        return _RARE if gap else _KNOWN
    return _WORDLIKE if gap else _SHAPED


def _bracketed(text: str, words: _Words) -> Iterator[Candidate]:
    for match in BRACKET.finditer(text):
        start, end = match.span("name")
        numbered = any(char.isdigit() for char in text[end : end + 12])
        # Only people have a resident registration number.
        certain = _NUMBERED.match(text, match.end()) is not None and match.group("name") not in NOT_NAMES
        if certain or words.likeness(start, end) >= (_WORDLIKE if numbered else _SHAPED):
            yield start, end, _STRONG if numbered else _TITLE


def _from_dictionary(text: str, words: _Words) -> Iterator[Candidate]:
    """Names the dictionary knows; names of foreigners are runs of such words."""
    at = 0
    ordered = words.ordered
    while at < len(ordered):
        first = ordered[at]
        at += 1
        if (
            first.meaning != "인명"
            or not first.pos.startswith("NNP")
            or "가" <= text[first.start - 1 : first.start] <= "힣"
        ):
            continue
        end = first.end
        while at < len(ordered) and _continues(text, end, ordered[at]):
            end = ordered[at].end
            at += 1
        name = text[first.start : end]
        if first.end == end and len(name) >= 3 and starts_with_surname(name):
            if name not in NOT_NAMES and name[-1] not in ADMINISTRATIVE_ENDINGS:
                yield first.start, end, _DICTIONARY
        elif (
            name not in NOT_NAMES
            and name not in FOREIGN_PLACES
            and not any(w in FOREIGN_PLACES for w in name.split())
        ):
            following = ordered[at] if at < len(ordered) else None
            if (_called(text, end) and len(name) > 1 and not name.endswith(_NOT_GIVEN_ENDS)) or (
                len(name) >= 3 and _inflected(text, end, following, " " in name)
            ):
                yield first.start, end, _FOREIGN


def _continues(text: str, end: int, following: Morpheme) -> bool:
    """Whether a name goes on in the next morpheme, as in 리사 왕 or 타카노 사토미."""
    if following.meaning != "인명" or following.end - following.start < 2:
        return False
    if following.start == end:
        return True
    name = text[following.start : following.end]
    korean = len(name) == 3 and starts_with_surname(name)
    return following.start == end + 1 and text[end] == " " and not korean


def _inflected(text: str, end: int, following: Morpheme | None, several: bool) -> bool:
    """Whether only a particle follows before the next space; one foreign word alone proves nothing."""
    if not "가" <= text[end : end + 1] <= "힣" or following is None:
        return several
    return following.start == end and following.pos.startswith(("JK", "JX", "JC"))


def _called(text: str, end: int) -> bool:
    """Whether a title follows, as in 아베 총리 or 광희 씨."""
    return _CALLED.match(text, end) is not None


def _shaped(text: str, words: _Words) -> Iterator[Candidate]:
    """Whole words of three syllables the dictionary cannot read, with a surname and usual given syllables."""
    for match in BARE.finditer(text):
        start, end = match.span("name")
        if match.group("name") in SAMPLE_NAMES:
            yield start, end, _DICTIONARY
        elif match.group("name")[0] in BARE_SURNAMES and words.likeness(start, end) == _SHAPED:
            yield start, end, 0.5
