"""Presidio operators: surrogates, keyed tokens and typed labels in an ``AnonymizerEngine``.

    engine = AnonymizerEngine()
    register(engine)
    engine.anonymize(text, results, operators=configure(text, results, {"PERSON": "surrogate"}, key=key))

An operator of Presidio sees one value at a time and no text around it, so particles are not made to fit, and names that
are parts of one another are only joined through `configure`, which reads the document first. The engine joins results
of one kind that only white space parts before it asks an operator: two names in a row become one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol

from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig
from presidio_anonymizer.operators import Operator, OperatorType

from pseudonymize.surrogates.keyed import KEY_BYTES, canonical, token
from pseudonymize.surrogates.labels import LABELS, Labeller, label_word
from pseudonymize.surrogates.make import Surrogates
from pseudonymize.surrogates.persons import People

Method = Literal["surrogate", "token", "label"]
NAMES: Mapping[str, str] = {"surrogate": "surrogate", "token": "keyed_token", "label": "typed_label"}
"""What each operator is called in Presidio."""


class Found(Protocol):
    """A result of Presidio's analyzer, as far as it is read here."""

    start: int
    end: int
    entity_type: str


class OneDocument:
    """What operators must know of a document: its people, its own values, its labels.

    Args:
        text: the document.
        found: what was found in it, in any order.
        language: of labels.
        labels: entity to its label in Korean and English.
    """

    def __init__(
        self,
        text: str = "",
        found: Iterable[Found] = (),
        language: Literal["ko", "en"] = "ko",
        labels: Mapping[str, tuple[str, str]] = LABELS,
    ) -> None:
        self.people = People()
        self.originals: dict[str, set[str]] = {}
        self.labeller = Labeller(text, language, labels)
        self.language = language
        self.labels = labels
        ordered = sorted((one.start, one.end, one.entity_type) for one in found)
        values = [(entity, text[start:end]) for start, end, entity in ordered]
        for entity, surface in values:
            self.originals.setdefault(entity, set()).add(canonical(entity, surface))
        people = {canonical(entity, surface): surface for entity, surface in reversed(values) if entity == "PERSON"}
        self.people.meet(people)
        # Presidio works from the end of a text to its beginning; numbers count from the beginning.
        for entity, surface in values:
            self.labeller.label(entity, self.meant(entity, surface))

    def meant(self, entity: str, surface: str) -> str:
        """The canonical value, of a name that of the person meant."""
        value = canonical(entity, surface)
        return self.people.who(value) if entity == "PERSON" else value


class _DocumentOperator(Operator):  # type: ignore[misc]
    METHOD: Method

    def operator_name(self) -> str:
        """The name under which Presidio finds it."""
        return NAMES[self.METHOD]

    def operator_type(self) -> OperatorType:
        """It anonymizes."""
        return OperatorType.Anonymize

    def validate(self, params: dict[str, Any] | None = None) -> None:
        """Check the parameters.

        Raises:
            ValueError: the key is not 32 bytes; the message does not quote it.
            TypeError: the document is none.
        """
        given = params or {}
        key = given.get("key")
        if self.METHOD != "label" and not (isinstance(key, bytes) and len(key) == KEY_BYTES):
            raise ValueError(f"{self.operator_name()} needs a key of {KEY_BYTES} bytes")
        if not isinstance(given.get("document", OneDocument()), OneDocument):
            raise TypeError(f"{self.operator_name()} takes a document made by OneDocument")


class SurrogateOperator(_DocumentOperator):
    """Writes an invented value of the same kind; parameters ``key`` and, optionally, ``document``."""

    METHOD = "surrogate"

    def operate(self, text: str | None = None, params: dict[str, Any] | None = None) -> str:
        """The surrogate of a value, or stars where it holds nothing that can be changed."""
        entity, surface, document, key = _given(text, params)
        made = Surrogates(key).within(entity, surface, document.people, document.originals.get(entity, set()))
        return made or "*" * len(surface)


class TokenOperator(_DocumentOperator):
    """Writes a keyed token, ``<이름:ab1cd2ef3gh4>``; parameters ``key`` and, optionally, ``document``."""

    METHOD = "token"

    def operate(self, text: str | None = None, params: dict[str, Any] | None = None) -> str:
        """The token of a value."""
        entity, surface, document, key = _given(text, params)
        word = label_word(entity, document.language, document.labels)
        return f"<{word}:{token(key, entity, document.meant(entity, surface))}>"


class LabelOperator(_DocumentOperator):
    """Writes a typed label with a number, ``<이름1>``; without ``document`` every value is the first of its kind."""

    METHOD = "label"

    def operate(self, text: str | None = None, params: dict[str, Any] | None = None) -> str:
        """The label of a value."""
        entity, surface, document, _ = _given(text, params)
        return document.labeller.label(entity, document.meant(entity, surface))


OPERATORS = (SurrogateOperator, TokenOperator, LabelOperator)


def _given(text: str | None, params: dict[str, Any] | None) -> tuple[str, str, OneDocument, bytes]:
    given = params or {}
    document = given.get("document") or OneDocument()
    return str(given.get("entity_type", "")), text or "", document, given.get("key", b"")


def register(engine: AnonymizerEngine) -> AnonymizerEngine:
    """Make the operators known to an engine."""
    for operator in OPERATORS:
        engine.add_anonymizer(operator)
    return engine


def configure(
    text: str,
    found: Iterable[Found],
    methods: Mapping[str, Method],
    *,
    key: bytes | None = None,
    language: Literal["ko", "en"] = "ko",
    labels: Mapping[str, tuple[str, str]] = LABELS,
) -> dict[str, OperatorConfig]:
    """Operators for one document, as ``AnonymizerEngine.anonymize`` takes them.

    Args:
        text: the document.
        found: the results of the analyzer.
        methods: entity to what becomes of it; ``DEFAULT`` names the rest, which is labelled when it does not.
        key: 32 bytes; needed for surrogates and tokens.
        language: of labels.
        labels: entity to its label in Korean and English.
    """
    document = OneDocument(text, found, language, labels)
    params = {"document": document} | ({} if key is None else {"key": key})
    chosen: dict[str, Method] = {"DEFAULT": "label", **methods}
    return {entity: OperatorConfig(NAMES[method], dict(params)) for entity, method in chosen.items()}
