"""Runs of capitalised words, among which all names are; and a spelling with capitals for text without any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pseudonymize.names import english_lexicon as lexicon
from pseudonymize.names import english_model
from pseudonymize.names.english_words import (
    CALENDAR,
    NATIONS,
    NOT_NAMES,
    PARTICLES,
    PLACE_STARTS,
    SUFFIXES,
    TITLES,
    fold,
)

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
WORD = re.compile(rf"[{_LETTER}]+(?:['’-][{_LETTER}]+)*")
_ABBREVIATED = TITLES | SUFFIXES | {"st"}
_GENERATIONS = frozenset({"jr", "sr", "ii", "iii", "iv"})
_POSSESSIVE = re.compile("['’][sS]$")
_LONGEST = 6
_SHORTEST = 2
_MACHINE = re.compile(
    r"\S*(?:://|www\.|@[A-Za-z0-9-]+\.)\S*|\S+\.(?:com|net|org|edu|gov|io|kr|co|html?|php)(?:[/?]\S*)?(?![A-Za-z])"
)
_CODE_BEFORE = frozenset("_/\\#$=&%~`.")
_CODE_AFTER = frozenset("_@\\=&`")
# iPhone, ArgumentParser; McDonald, DeShawn, LaToya, O'Brien and JOHN are spelt like names.
_CAMEL = re.compile(
    r"(?!(?:Mc|Mac|De|Di|Du|La|Le|Lo|Da|Van|Von|Fitz|St|Ja|Ke|Ra|Sha|O|D|L)['’]?[A-ZÀ-Þ])[^\W\d_-]*[^\W\d_A-Z-][A-Z]"
)
_ARTICLES = frozenset({"the", "a", "an", "my", "your", "his", "her", "our", "their", "this", "that"})


class Token(NamedTuple):
    """One word.

    Attributes:
        start: First code point.
        end: One past the last, without a possessive ``'s``.
        word: Folded spelling.
        capital: Whether the first letter is a capital.
        possessive: Whether ``'s`` follows.
        initial: Whether it is a single capital, with or without full stop.
        upper: Whether it is two or more capitals only.
    """

    start: int
    end: int
    word: str
    capital: bool
    possessive: bool
    initial: bool
    upper: bool


class Run(NamedTuple):
    """Capitalised words in a row that may be one name.

    Attributes:
        tokens: The words, particles (van, bin) among them; titles and ordinary words around it are off.
        before: Titles and capitalised ordinary words right before it, folded.
        after: Capitalised ordinary words right behind it, folded.
    """

    tokens: tuple[Token, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def start(self) -> int:
        """First code point."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """One past the last."""
        return self.tokens[-1].end


def tokens(text: str) -> list[Token]:
    """The words in Latin letters, in order."""
    found = []
    for match in WORD.finditer(text):
        start, end = match.span()
        possessive = _POSSESSIVE.search(match.group())
        if possessive:
            end -= 2
        word = text[start:end]
        initial = len(word) == 1 and word.isupper()
        folded = fold(word)
        if text[end : end + 1] == "." and (initial or folded in _ABBREVIATED):
            end += 1
        found.append(
            Token(
                start, end, folded, word[0].isupper(), bool(possessive), initial, len(word) > 1 and word.isupper()
            )
        )
    return found


def runs(text: str, words: list[Token], persons: list[tuple[int, int]]) -> Iterator[Run]:
    """Runs of the text.

    Args:
        text: The text, with capitals.
        words: Its :func:`tokens`.
        persons: Stretches the model takes for persons: within them an ordinary word may be a surname.
    """
    machine = [match.span() for match in _MACHINE.finditer(text)]
    for chain in _chains(text, [token for token in words if not _coded(text, token, machine)]):
        part: list[Token] = []
        before: list[str] = []
        for index, token in enumerate(chain):
            if _leads(token, part, chain[index + 1 :]):
                part.append(token)
            elif _parts(token, part, persons):
                if part:
                    yield from _run(part, before, [t.word for t in chain[index:]])
                    part, before = [], []
                before.append(token.word)
            else:
                part.append(token)
        yield from _run(part, before, [])


def _chains(text: str, words: list[Token]) -> Iterator[list[Token]]:
    """Capitalised words, and particles between them, with nothing but one space between."""
    chain: list[Token] = []
    for index, token in enumerate(words):
        joined = bool(chain) and text[chain[-1].end : token.start] == " " and not chain[-1].possessive
        if not joined and chain:
            yield chain
            chain = []
        if token.capital:
            chain.append(token)
        elif chain:
            follows = words[index + 1] if index + 1 < len(words) else None
            linked = token.word in PARTICLES and follows is not None
            if linked and follows is not None and (follows.capital or follows.word in PARTICLES):
                chain.append(token)
            else:
                yield chain
                chain = []
    if chain:
        yield chain


def _coded(text: str, token: Token, machine: list[tuple[int, int]]) -> bool:
    """Whether a word is part of an address on the web, of program text or of a code: no name of a person."""
    if any(start < token.end and token.start < end for start, end in machine):
        return True
    before, after = text[max(0, token.start - 1) : token.start], text[token.end : token.end + 2]
    if before in _CODE_BEFORE or before.isdigit() or after[:1] in _CODE_AFTER or after[:1].isdigit():
        return bool(before) if before in _CODE_BEFORE else True
    if after[:1] == "(" or (after[:1] == "." and after[1:].isalpha() and not token.initial):
        return True
    return _CAMEL.match(text[token.start : token.end]) is not None


def _leads(token: Token, part: list[Token], rest: list[Token]) -> bool:
    """Whether a word begins the name of a town, a lake or a quarter: New Haven, Lake Jessica."""
    return not part and bool(rest) and token.word in PLACE_STARTS and not token.possessive


def _parts(token: Token, part: list[Token], persons: list[tuple[int, int]]) -> bool:
    """Whether a word of a chain is no part of a name."""
    word = token.word
    if word in CALENDAR and not (part and word in lexicon.names().given):
        return not (word in ("april", "may", "june", "august", "summer", "autumn") and _within(token, persons))
    if token.initial:
        return word == "i" and not part
    if word in PARTICLES and part:
        return False
    if word in TITLES or word in NATIONS or word in NOT_NAMES or word in SUFFIXES - _GENERATIONS:
        return True
    if not _ordinary(token):
        return False
    # Fairweather or Whitehorse behind a first name that the model took for one name.
    return not (part and not token.upper and word not in _ARTICLES and _together(part[0], token, persons))


def _ordinary(token: Token) -> bool:
    if "-" in token.word:
        return all(lexicon.ordinary(piece) for piece in token.word.split("-") if piece)
    return lexicon.ordinary(token.word)


def _within(token: Token, persons: list[tuple[int, int]]) -> bool:
    return any(start <= token.start and token.end <= end for start, end in persons)


def _together(first: Token, last: Token, persons: list[tuple[int, int]]) -> bool:
    return any(start <= first.start and last.end <= end for start, end in persons)


def _run(part: list[Token], before: list[str], after: list[str]) -> Iterator[Run]:
    while part and part[-1].word in PARTICLES and not part[-1].capital:
        part = part[:-1]
    if not part or all(token.initial for token in part) or len(part) > _LONGEST + 2:
        return
    yield Run(tuple(part), tuple(before), tuple(after))


def with_capitals(text: str, *, sure: bool = True) -> str:
    """Text in one case, spelt with capitals where a word is no ordinary one.

    Lines all in capitals, and texts without any, hide names from a model that learnt from newspapers.
    Offsets stay.

    Args:
        text: Any text.
        sure: Whether the text is known to be English; otherwise small letters stay unless function words
            give English away.
    """
    if not sure and not english(text):
        return text
    if not any(char.isupper() for char in text):
        return _respelt(text)
    return "".join(_respelt(line) if _shouted(line) else line for line in text.splitlines(keepends=True))


def _shouted(line: str) -> bool:
    """Whether a line of several words is all in capitals."""
    return line.isupper() and sum(len(match.group()) > _SHORTEST for match in WORD.finditer(line)) > 1


def with_every_capital(text: str, spelt: str) -> str:
    """As ``text``, but each word begins with a capital in lines that :func:`with_capitals` spelt anew.

    Streets are named with ordinary words: 12 oak street, springfield, il 62701.
    """
    lines = zip(text.splitlines(keepends=True), spelt.splitlines(keepends=True), strict=True)
    return "".join(
        one if one == other else _STATE.sub(_in_capitals, WORD.sub(_capitalised, one)) for one, other in lines
    )


_STATE = re.compile(
    r"(?<![A-Za-z])[A-Z][a-z](?=,? {1,2}[0-9]{5})|(?<![A-Za-z])(?:Apo|Fpo|Dpo),? A[aep](?![a-z])|(?<![A-Za-z])Psc(?= [0-9])"
)


def _in_capitals(match: re.Match[str]) -> str:
    return match.group().upper()


def _capitalised(match: re.Match[str]) -> str:
    word = match.group()
    spelt = word[0].upper() + word[1:].lower()
    return spelt if len(spelt) == len(word) else word


def english(text: str) -> bool:
    """Whether function words (the, is, my) show that Latin letters are English sentences, not names of products."""
    stop = english_model.words()["stop"]
    return len({match.group().lower() for match in WORD.finditer(text)} & stop) >= _FEWEST_FUNCTION_WORDS


_FEWEST_FUNCTION_WORDS = 2


def _respelt(text: str) -> str:
    parts = []
    done = 0
    named = False
    for match in WORD.finditer(text):
        word = match.group()
        core = fold(word).removesuffix("'s")
        follows = named and text[done : match.start()].strip(".") == " "
        initial = follows and len(core) == 1 and text[match.end() : match.end() + 1] == "."
        named = initial or _capital(core, after_given=follows)
        spelt = word[0].upper() + word[1:].lower() if named else word.lower()
        parts += [text[done : match.start()], spelt if len(spelt) == len(word) else word]
        done = match.end()
        named = named and (initial or lexicon.given(core))
    return "".join([*parts, text[done:]])


def _capital(word: str, *, after_given: bool) -> bool:
    """Whether a word of a text in one case is likelier a proper name than an ordinary word."""
    if word in TITLES:
        return True
    if word in PARTICLES or len(word) <= _SHORTEST or lexicon.ordinary(word):
        return False
    if after_given and lexicon.surname(word):
        return True
    return not lexicon.wordlike(word) and (lexicon.given(word) or not lexicon.noun(word))
