"""What a steward may add to detection without code: recognizers, deny lists and allow lists, as plain values.

The shape is that of Presidio's recognizer files (name, supported_languages, supported_entity, patterns, context,
deny_list, deny_list_score), with the label that replaces what is found, the datasets it is for, and examples
that are tried when a file is loaded. Light: neither Presidio nor the morphological dictionary is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, ClassVar, Literal, NamedTuple, get_type_hints

from pseudonymize.detect.matching import RegexError, Sieve, Words, compile_regex, squashed, stretches
from pseudonymize.document.normalise import normalise

_STRICT: dict[str, Any] = {"extra": "forbid"}
THRESHOLD = 0.5
"""The score from which on something is replaced; the same as of the other recognizers, and a test compares."""
CONTEXT_BOOST = 0.35
"""What a context word adds to a score; Presidio's ``context_similarity_factor``."""
CONTEXT_LEAST = 0.4
"""What a score is at least beside a context word; Presidio's ``min_score_with_context_similarity``."""
FREELY_ALLOWED = frozenset({"PERSON", "LOCATION", "KR_ADDRESS", "DATE_TIME", "AGE"})
"""What an allow list without ``entities`` is about. Anything else, such as a resident registration number, is
only let through by a list that names it."""
_ENTITY = re.compile(r"[A-Z][A-Z0-9_]{2,39}")
_NAME = re.compile(r"[\w가-힣][\w가-힣 .()-]{0,59}")
_LABEL = re.compile(r"[A-Za-z가-힣][A-Za-z가-힣 ]{0,19}")
_LONGEST_REGEX = 1000
_LONGEST_WORD = 100
_EVERYTHING = ("가나다라마바사", "900101-1000000 ", "a b c, d. e!")

Match = Literal["exact", "word", "regex"]


@dataclass(frozen=True, slots=True)
class PatternRule:
    """One expression of a recognizer.

    Attributes:
        name: what the expression is for; shown as the reason of what it finds.
        regex: for RE2; a group named ``v`` is the value, else the whole match.
        score: confidence without context, between 0 and 1. Below 0.5 only context makes it count.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    name: str
    regex: str
    score: float


@dataclass(frozen=True, slots=True)
class Label:
    """The word that replaces what is found, as in ``<보훈번호1>``."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Examples:
    """Invented texts in which the rule must find something, and texts in which it must not."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecognizerRule:
    """A recognizer: expressions, words, or both.

    Attributes:
        name: its name, in findings and explanations; unlike that of any other.
        supported_entity: what it finds, e.g. ``KR_VETERANS_NUMBER`` or ``PERSON``.
        patterns: expressions.
        context: words that raise the score of a pattern nearby.
        context_window: characters before and behind a match in which they are looked for.
        deny_list: words that are always found.
        deny_list_score: their score.
        supported_languages: languages of the detector it works in; the zone's own reads Korean and mixed text as ko.
        label: needed for an entity the product does not know.
        datasets: the datasets it is for; empty means all.
        examples: tried when the file is loaded.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    name: str
    supported_entity: str
    patterns: tuple[PatternRule, ...] = ()
    context: tuple[str, ...] = ()
    context_window: int = 30
    deny_list: tuple[str, ...] = ()
    deny_list_score: float = 1.0
    supported_languages: tuple[Literal["ko", "en"], ...] = ("ko", "en")
    label: Label | None = None
    datasets: tuple[str, ...] = ()
    examples: Examples = field(default_factory=Examples)


@dataclass(frozen=True, slots=True)
class AllowRule:
    """An allow list: what lies wholly within what it names is no finding.

    Attributes:
        name: its name, in explanations.
        values: words, phrases, or expressions for RE2.
        match: ``exact``: the finding is the word, no more and no less. ``word``: the finding lies within the phrase,
            which stands in the text as a whole. ``regex``: the finding lies within what an expression matches.
        entities: what it lets through; empty means those of `FREELY_ALLOWED`.
        datasets: the datasets it is for; empty means all.
        examples: tried when the file is loaded.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    name: str
    values: tuple[str, ...]
    match: Match = "exact"
    entities: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    examples: Examples = field(default_factory=Examples)

    @property
    def about(self) -> frozenset[str]:
        """The entities it may let through."""
        return frozenset(self.entities) or FREELY_ALLOWED


@dataclass(frozen=True, slots=True)
class DetectionRules:
    """Recognizers and allow lists: a file of them, or all that apply to a dataset."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    recognizers: tuple[RecognizerRule, ...] = ()
    allow_lists: tuple[AllowRule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.recognizers or self.allow_lists)

    @property
    def labels(self) -> dict[str, tuple[str, str]]:
        """The label of each entity that brings its own, Korean and English."""
        return {rule.supported_entity: (rule.label.ko, rule.label.en) for rule in self.recognizers if rule.label}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DetectionRules:
        """Rules from plain values, as a YAML or JSON file gives them.

        Raises:
            ValueError: a key is unknown or missing, or the rules are not sound.
        """
        rules: DetectionRules = _made(cls, values)
        for problem in problems(rules):
            raise ValueError(problem.en)
        return rules


def _made(kind: Any, values: Any) -> Any:
    """A rule of some kind from plain values, recursively."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{kind.__name__} is a mapping of keys")  # noqa: TRY004 - one kind of error for the caller
    hints = get_type_hints(kind)
    unknown = set(values) - {item.name for item in fields(kind)}
    if unknown:
        raise ValueError(f"{kind.__name__} has no key {sorted(map(str, unknown))[0]}")
    made = {}
    for name, value in values.items():
        inner = next(
            (part for part in (hints[name], *getattr(hints[name], "__args__", ())) if is_dataclass(part)), None
        )
        if isinstance(value, list | tuple):
            made[name] = tuple(_made(inner, item) if inner else item for item in value)
        else:
            made[name] = _made(inner, value) if inner and value is not None else value
    try:
        return kind(**made)
    except TypeError:
        raise ValueError(f"{kind.__name__} lacks a key") from None


class Problem(NamedTuple):
    """What is wrong with rules: where, and what would be right."""

    place: tuple[str | int, ...]
    en: str
    ko: str


def problems(rules: DetectionRules) -> Iterator[Problem]:
    """All that is wrong with rules, in their order; examples are tried once the rest of a rule is sound."""
    for number, rule in enumerate(rules.recognizers):
        found = list(_recognizer(rule)) or list(
            _examples(rule.examples, lambda text, rule=rule: _finds(rule, text))
        )
        yield from (problem._replace(place=("recognizers", number, *problem.place)) for problem in found)
    for number, allow in enumerate(rules.allow_lists):
        found = list(_allow(allow)) or list(
            _examples(allow.examples, lambda text, allow=allow: _allows(allow, text))
        )
        yield from (problem._replace(place=("allow_lists", number, *problem.place)) for problem in found)


def _recognizer(rule: RecognizerRule) -> Iterator[Problem]:
    yield from _named(rule.name)
    yield from _entity(rule.supported_entity, ("supported_entity",))
    if not rule.patterns and not rule.deny_list:
        yield Problem((), "a recognizer has patterns, a deny_list, or both", "patterns나 deny_list가 있어야 합니다")
    for number, pattern in enumerate(rule.patterns):
        place = ("patterns", number)
        yield from (item._replace(place=(*place, "name")) for item in _named(pattern.name))
        yield from _regex(pattern.regex, (*place, "regex"))
        yield from _score(pattern.score, (*place, "score"))
    lift = CONTEXT_BOOST if rule.context else 0.0
    for number, pattern in enumerate(rule.patterns):
        if round(pattern.score + lift, 4) < THRESHOLD:
            yield Problem(
                ("patterns", number, "score"),
                f"below {THRESHOLD} only context counts, which adds {CONTEXT_BOOST}: this would never find anything",
                f"{THRESHOLD} 미만은 context가 있어야 하고 context는 {CONTEXT_BOOST}를 더하므로 아무것도 찾지 못합니다",
            )
    yield from _score(rule.deny_list_score, ("deny_list_score",))
    if rule.deny_list and rule.deny_list_score < THRESHOLD:
        yield Problem(
            ("deny_list_score",),
            f"below {THRESHOLD} the deny_list would never be found",
            f"{THRESHOLD} 미만이면 deny_list를 찾지 않습니다",
        )
    if not 1 <= rule.context_window <= 200:
        yield Problem(("context_window",), "must lie between 1 and 200", "1 이상 200 이하여야 합니다")
    yield from _words(rule.deny_list, "deny_list")
    yield from _words(rule.context, "context")
    if rule.label is not None:
        for key in ("ko", "en"):
            if not _LABEL.fullmatch(getattr(rule.label, key)):
                yield Problem(
                    ("label", key),
                    "a label is 1 to 20 letters or blanks, without digits and brackets",
                    "label은 숫자와 괄호 없이 글자와 빈칸 1~20자여야 합니다",
                )


def _allow(rule: AllowRule) -> Iterator[Problem]:
    yield from _named(rule.name)
    for number, entity in enumerate(rule.entities):
        yield from _entity(entity, ("entities", number))
    if not rule.values:
        yield Problem(("values",), "must not be empty", "비워 둘 수 없습니다")
    if rule.match != "regex":
        yield from _words(rule.values, "values")
        return
    for number, regex in enumerate(rule.values):
        wrong = list(_regex(regex, ("values", number)))
        yield from wrong
        if not wrong and all(compile_regex(regex).fullmatch(text) for text in _EVERYTHING):
            yield Problem(
                ("values", number),
                "this expression allows every text, so nothing would be found any more",
                "이 정규식은 모든 글을 허용하므로 아무것도 찾지 못하게 됩니다",
            )


def _named(name: str) -> Iterator[Problem]:
    if not _NAME.fullmatch(name):
        yield Problem(
            ("name",),
            "a name is 1 to 60 letters, digits, blanks and _ . ( ) -",
            "이름은 글자, 숫자, 빈칸과 _ . ( ) - 로 된 1~60자여야 합니다",
        )


def _entity(entity: str, place: tuple[str | int, ...]) -> Iterator[Problem]:
    if not _ENTITY.fullmatch(entity):
        yield Problem(
            place,
            "an entity is written in capitals, such as KR_VETERANS_NUMBER",
            "엔터티는 KR_VETERANS_NUMBER처럼 영문 대문자와 _ 로 적습니다",
        )


def _score(score: float, place: tuple[str | int, ...]) -> Iterator[Problem]:
    if not 0 < score <= 1:
        yield Problem(place, "a score lies above 0 and at most at 1", "점수는 0보다 크고 1 이하여야 합니다")


def _words(words: tuple[str, ...], key: str) -> Iterator[Problem]:
    for number, word in enumerate(words):
        if len(squashed(word)) < 2 or len(word) > _LONGEST_WORD:
            yield Problem(
                (key, number),
                f"a word has 2 to {_LONGEST_WORD} characters",
                f"단어는 2자 이상 {_LONGEST_WORD}자 이하여야 합니다",
            )


def _regex(regex: str, place: tuple[str | int, ...]) -> Iterator[Problem]:
    if len(regex) > _LONGEST_REGEX:
        yield Problem(
            place,
            f"an expression has at most {_LONGEST_REGEX} characters",
            f"정규식은 {_LONGEST_REGEX}자 이하여야 합니다",
        )
        return
    try:
        compile_regex(regex)
    except RegexError as error:
        yield Problem(place, error.en, error.ko)


def _examples(examples: Examples, found: Any) -> Iterator[Problem]:
    for number, text in enumerate(examples.match):
        if not found(text):
            yield Problem(
                ("examples", "match", number),
                "nothing is found in this example, and something should be",
                "이 예문에서 찾은 것이 없습니다. 찾아야 할 예문입니다",
            )
    for number, text in enumerate(examples.no_match):
        if found(text):
            yield Problem(
                ("examples", "no_match", number),
                "something is found in this example, and nothing should be",
                "이 예문에서 찾은 것이 있습니다. 찾지 않아야 할 예문입니다",
            )


def _finds(rule: RecognizerRule, text: str) -> bool:
    spelt = normalise(text).text
    return any(hit.score >= THRESHOLD for hit in Searcher(rule).hits(spelt))


def _allows(rule: AllowRule, text: str) -> bool:
    if rule.match == "exact":
        return squashed(text) in {squashed(value) for value in rule.values}
    spelt = normalise(text).text
    if rule.match == "word":
        return any(True for _ in Words(rule.values).spans(spelt))
    return any(True for regex in rule.values for _ in stretches(compile_regex(regex), spelt))


class Hit(NamedTuple):
    """What a rule found in a normalised text; `reason` names the expression and the context word."""

    start: int
    end: int
    score: float
    reason: str


DENIED = "deny list"
"""The reason of what a deny list found; no allow list lets it through."""


class Searcher:
    """A recognizer rule, ready to search."""

    def __init__(self, rule: RecognizerRule) -> None:
        self.rule = rule
        self._patterns = [(pattern, compile_regex(pattern.regex)) for pattern in rule.patterns]
        self._denied = Words(rule.deny_list)
        self._sieve = Sieve([*(pattern.regex for pattern in rule.patterns), *self._denied.patterns])
        self._context = [(word, squashed(word)) for word in rule.context]

    def hits(self, text: str) -> Iterator[Hit]:
        """What stands in a normalised text, whatever its score."""
        holding = self._sieve.holding(text)
        for number, (pattern, compiled) in enumerate(self._patterns, 1):
            for start, end in stretches(compiled, text) if number in holding else ():
                score, reason = float(pattern.score), pattern.name
                if (word := self._beside(text, start, end)) is not None:
                    score = round(min(1.0, max(score + CONTEXT_BOOST, CONTEXT_LEAST)), 4)
                    reason = f"{pattern.name} + {word}"
                yield Hit(start, end, score, reason)
        for start, end in self._denied.spans(text) if max(holding) > len(self._patterns) else ():
            yield Hit(start, end, float(self.rule.deny_list_score), DENIED)

    def _beside(self, text: str, start: int, end: int) -> str | None:
        """The context word near a match, None without one."""
        if not self._context:
            return None
        window = self.rule.context_window
        before = "".join(text[max(0, start - window) : start].split()).casefold()
        behind = "".join(text[end : end + window].split()).casefold()
        return next((word for word, spelt in self._context if spelt in before or spelt in behind), None)
