"""Searching for what stewards wrote: regular expressions by RE2, and words with Korean particles behind them.

A steward's expression runs on every text of a dataset, so none may ever hang the pipeline. RE2 (Cox, "Regular
Expression Matching: the Virtual Machine Approach", 2009) takes time linear in the text for one match; texts longer
than a window are searched in windows, so that many long failing matches stay linear too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from pseudonymize.document.normalise import normalise

_FLAGS = "(?ims)"
WINDOW = 4096
"""Code points searched at a time."""
LONGEST = 256
"""A value that a steward's expression finds across two windows is complete up to this many code points."""
TITLES = ("님", "씨", "군", "양")
_PARTICLES = (
    "은 는 이 가 을 를 의 에 에게 에게서 에서 께 께서 와 과 도 로 으로 로서 으로서 로부터 으로부터 만 까지 부터 한테 한테서 랑 이랑 나 이나"
    " 라고 이라고 라는 이라는 란 이란 며 이며 고 이고 입니다 이다 인 라 이라 에는 에도 에게는 에서는 에서도 의원 측 등 및 처럼 보다 마다 마저 조차 뿐 밖에"
)
PARTICLES = tuple(_PARTICLES.split())
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGER_FIRST = sorted(PARTICLES, key=lambda word: (-len(word), word))
_TAIL = f"(?:{'|'.join(TITLES)})?(?:(?:{'|'.join(_LONGER_FIRST)}){{1,2}})?"
_HANGUL_END = _TAIL + r"(?:[^가-힣]|\z)"
_OTHER_END = r"(?:[^0-9A-Za-z_]|\z)"


class RegexError(ValueError):
    """RE2 does not take an expression.

    Attributes:
        en: what is wrong and what to write instead.
        ko: the same in Korean.
    """

    def __init__(self, en: str, ko: str) -> None:
        self.en, self.ko = en, ko
        super().__init__(en)


_LOOKAROUND = (
    (
        r"RE2 has no lookahead or lookbehind; write what stands around the value too, and name the value v: "
        r"번호 (?P<v>\d{8}) instead of (?<=번호 )\d{8}, and \b for the edge of a number"
    ),
    (
        r"RE2에는 전방·후방 탐색(lookaround)이 없습니다. 값 주변까지 적고 값에 v라는 이름을 붙이십시오: "
        r"(?<=번호 )\d{8} 대신 번호 (?P<v>\d{8}), 숫자의 경계는 \b"
    ),
)
_BACKREFERENCE = (
    "RE2 has no backreferences; write the repeated part out, e.g. (?:--|..) instead of ([-.])\\1",
    "RE2에는 역참조가 없습니다. 되풀이되는 부분을 그대로 적으십시오. 예: ([-.])\\1 대신 (?:--|..)",
)
_POSSESSIVE = (
    "RE2 has no possessive or atomic groups; it never backtracks, so write the plain form (a+ instead of a++)",
    "RE2에는 소유형 수량자와 원자 그룹이 없습니다. 되돌아가지 않으므로 보통 형태로 적으십시오(a++ 대신 a+)",
)
_REPETITION = (
    "a repetition counts at most 1000",
    "반복 횟수는 1000 이하여야 합니다",
)


def compile_regex(regex: str) -> Any:
    """Compile with RE2, with Presidio's flags: no difference of case, ``.`` takes line breaks, ``^ $`` lines.

    Raises:
        RegexError: RE2 does not take it, or it matches nothing at all (the empty text).
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(_FLAGS + regex, options)
    except re2.error as error:
        raise _explained(regex, error.args[0] if error.args else "") from None
    if compiled.search("") is not None:
        raise RegexError("it matches the empty text", "빈 문자열에도 맞습니다")
    return compiled


def _explained(regex: str, said: Any) -> RegexError:
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    if re.search(r"\(\?(?:<?[=!])", text):
        return RegexError(*_LOOKAROUND)
    if re.search(r"escape sequence: \\[1-9]", text) or "(?P=" in text or "(?P=" in regex:
        return RegexError(*_BACKREFERENCE)
    if re.search(r"repetition operator: [*+?}]{2}", text) or "(?>" in text:
        return RegexError(*_POSSESSIVE)
    if "repetition size" in text:
        return RegexError(*_REPETITION)
    return RegexError(f"RE2 does not take it ({text})", f"RE2가 받아들이지 않습니다({text})")


def stretches(compiled: Any, text: str) -> Iterator[tuple[int, int]]:
    """Where an expression matches: the group named ``v`` where there is one, else the whole match."""
    group = compiled.groupindex.get("v", 0)
    for at, piece, last in _windows(text):
        for match in compiled.finditer(piece):
            if match.start() >= last:
                break
            start, end = match.span(group)
            if start < end:
                yield at + start, at + end


def _windows(text: str) -> Iterator[tuple[int, str, int]]:
    """Offset, piece, and the offset in the piece from which on matches belong to the next one."""
    if len(text) <= WINDOW:
        yield 0, encodable(text), len(text) + 1
        return
    at = 0
    while at < len(text):
        piece = text[at : at + WINDOW]
        if at + WINDOW >= len(text):
            yield at, encodable(piece), len(piece) + 1
            return
        # The next piece begins behind white space where there is some, so that ^ and \b mean what they say.
        soonest = WINDOW - 2 * LONGEST
        cut = max(piece.rfind("\n", soonest, WINDOW - LONGEST), piece.rfind(" ", soonest, WINDOW - LONGEST)) + 1
        cut = cut or WINDOW - LONGEST
        yield at, encodable(piece), cut
        at += cut


def encodable(text: str) -> str:
    """The text without lone surrogates, at the same offsets (RE2 reads UTF-8, and an exception would quote it)."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


@lru_cache(maxsize=65_536)
def squashed(text: str) -> str:
    """The form in which words are compared: normalised, without white space and difference of case."""
    return "".join(normalise(text).text.split()).casefold()


class Words:
    """Words and phrases, found as wholes in a normalised text.

    A blank in a word stands for any white space or none, as Korean spacing is loose. Behind a word that ends in
    Hangul a title (님, 씨, 군, 양) and particles may follow; they are not part of what is found.
    """

    def __init__(self, words: Iterable[str]) -> None:
        import re2

        spelt = {" ".join(normalise(word).text.split()) for word in words} - {""}
        groups: dict[str, list[str]] = {_HANGUL_END: [], _OTHER_END: []}
        for word in sorted(spelt, key=lambda word: (-len(word), word)):
            groups[_HANGUL_END if _hangul(word[-1]) else _OTHER_END].append(word)
        self._compiled: list[Any] = []
        for end, members in groups.items():
            if members:
                alternatives = "|".join(r"\s{0,3}".join(map(re2.escape, word.split())) for word in members)
                self._compiled.append(re2.compile(f"(?i)({alternatives}){end}"))

    def __bool__(self) -> bool:
        return bool(self._compiled)

    @property
    def patterns(self) -> list[str]:
        """What RE2 searches for."""
        return [str(compiled.pattern) for compiled in self._compiled]

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand in a normalised text."""
        for compiled in self._compiled:
            yield from _whole(compiled, encodable(text), 0, "")


class Sieve:
    """Tells in one pass over a text which of several expressions occur in it at all; most texts hold none.

    Args:
        patterns: as `compile_regex` takes them.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        import re2

        options = re2.Options()
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        # The empty pattern, number 0, is found in every text: an answer without it means that RE2 gave up.
        self._every = frozenset(self._set.Add(pattern) for pattern in ("", *(_FLAGS + each for each in patterns)))
        self._set.Compile()

    def holding(self, text: str) -> frozenset[int]:
        """Numbers, from 1, of the expressions that occur."""
        try:
            return frozenset(self._set.Match(text)) or self._every
        except UnicodeEncodeError:
            return frozenset(self._set.Match(encodable(text))) or self._every


def _whole(compiled: Any, text: str, offset: int, before: str) -> Iterator[tuple[int, int]]:
    for match in compiled.finditer(text):
        start, end = match.span(1)
        left = text[start - 1] if start else before
        if not left or not _joined(left, text[start]):
            yield offset + start, offset + end
        else:  # the match began inside a longer word; another may begin within it
            yield from _whole(compiled, text[start + 1 : match.end()], offset + start + 1, text[start])


def _joined(left: str, right: str) -> bool:
    if _hangul(right):
        return _hangul(left)
    return left == "_" or (left.isascii() and left.isalnum())


def _hangul(char: str) -> bool:
    return "가" <= char <= "힣"
