"""What speaks for and against a run of capitalised words being somebody's name.

Each observation has a name; :mod:`pseudonymize.names.english_weights` says what it weighs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pseudonymize.names import english_lexicon as lexicon
from pseudonymize.names.english_model import Entity
from pseudonymize.names.english_runs import Run
from pseudonymize.names.english_words import (
    COMPANY_FORMS,
    NATIONS,
    ORGANISATION_ENDS,
    PARTICLES,
    PLACE_ENDS,
    PLACE_STARTS,
    PLAIN_TITLES,
    ROLES,
    STREET_ENDS,
    STREET_FORMS,
    STREET_TAILS,
    TITLES,
    TOWN_SUFFIXES,
)

_WINDOW = 48
_SHORT = 2
_WIDEST = 8
_FIRM = 3
"""Three surnames in a row (Young, Hall and Reed) are as often a firm as three people."""
_BETWEEN = re.compile(r"(?:,? (?:and|or|&) |, )")
_ACRONYM = 5

_LEFT: dict[str, str] = {
    "name is": (
        r"(?:\bnames?(?:'s| is| was|:|\?)?|\bnamed(?: (?:him|her|it|them|me))?|\b(?:is|was|am|are|be|been) called|\bcalled|"
        r"\bcall(?:s|ed|ing)? (?:me|him|her)|\bknown as|\baka|\balias|\bsurname:?|\bnée|\bon behalf of|\bname of)\s*$"
    ),
    "i am": r"(?:\b[Ii](?:'| a)m|\b[Tt]his is|\bit's|\b[Ii]t is|\bunder|\bspeaking with)\s$",
    "greeting": r"(?:^|[\n.!?>\"“,] ?)(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|thanks|thank you|attn:?|cc:?|c/o)[ ,]{1,2}$",
    "sign-off": r"(?:regards|sincerely|yours truly|yours faithfully|cheers|thanks|best|wishes|respectfully|cordially)[,.!]?\s{1,3}$",
    "person field": (
        r"(?:^|\n)[ \t>*-]*(?:[a-z]+ ){0,2}(?:names?|contact(?: person)?|patient|applicant|customer|client|employee|manager|attendees?|"
        r"author|from|to|by|cc|directed by|signed(?: by)?|recipient|sender|beneficiary|guardian|account holder|spouse|doctor|physician|witness|"
        r"user|owner|reported by|prepared by|approved by|billing address|shipping address|mailing address|ship to|bill to) ?[:=|\t]\s{0,8}$"
    ),
    "by": r"\b(?:[a-z]+ed|written|sung|sang|said|led|drawn|built|made|taught|won|given|seen|known|spoken|novel|book|song|album|film|poem|painting|work|verses|music|note|report|letter|photo) (?:by|from)\s$",
    "with person": (
        r"\b(?:tribute to|assistant to|married to|married|marry|daughter of|son of|wife of|husband of|mother of|father of|brother of|sister of|interview with|"
        r"meeting with|met with|meet with|speak (?:to|with)|spoke (?:to|with)|talk(?:ed|ing)? (?:to|with)|ask|asked|tell|told|thank|thanked|"
        r"contact|contacted|follow up with|join accounts with|according to|starring|featur(?:es|ed|ing)|remember me,|said to|shouted at|"
        r"accounts with|depend on|wife|husband|kid|son|daughter|brother|sister|friend|and then|heard|had given|given|gave|add|invite|invited|hug|kissed|love|loves|loved|hate|saw)\s$"
    ),
    "quote": r"[”\"'],? (?:says|said|asks|asked|explains|explained|writes|replied|shouted)\s$",
    "in": r"\b(?:in|near|around|across|throughout|outside|inside|visit(?:ed|ing)?|via|toward(?:s)?|downtown|leav(?:e|es|ing) for|based in|grew up in|arrived at|live in) (?:the )?$",
    "from": r"\b(?:from|to|travel(?:l?ing)? to|moved to|back to|flew to|return(?:ed)? to|going to|coming to) (?:the )?$",
    "on": r"\b(?:on|onto|along|corner of|side of|down|street|st\.) (?:the )?$",
    "at": r"\b(?:at|@) $",
    "of": r"\bof $",
    "works for": (
        r"\b(?:work(?:s|ed|ing)? (?:for|at|with)|employed (?:by|at)|join(?:ed|s)?|found(?:er|ed)(?: of)?|ceo of|support|"
        r"company|firm|bank with|invested in|acquired|bought|owned by|recorded for|year at|office of|clerk at|university of) $"
    ),
    "the": r"\b(?:the|a|an|this|these|our|its|every|each|any|some) $",
    "my": r"\b(?:my|your|his|her|their) $",
    "film": r"\b(?:film|movie|song|album|book|novel|series|show|game|magazine|called|titled|the film) [\"“]?$",
    "number": r"(?:^|[\s,(>])[0-9]{1,6}[A-Za-z]?,? $",
    "and": r"\b(?:and|or) $",
    "comma": r",\s$",
    "compass": r"\b(?:north|south|east|west|new|lake|port|fort|mount|mt\.?|san|santa|saint|st\.) $",
    "quotation": r"[\"“‘']$",
    "line start": r"(?:^|\n)[ \t>*?-]*$",
    "text start": r"^[\s>*?\"“]*$",
    "sentence start": r"(?:[.!?:]\)? ?[\"”]?\s+|[“\"])$",
}
_RIGHT: dict[str, str] = {
    "speaks": (
        r",? (?:said|says|told|tells|asks?|asked|explain(?:ed|s)|shouted|repl(?:ied|ies)|writes|wrote|adds|added|noted|notes|points out|"
        r"argued|argues|thinks|thought|believes|believed|wants|wanted|knows|knew|loves|loved|likes|liked|feels|felt|hopes|hoped|"
        r"called|calls|emailed|phoned|smiled|laughed|cried|nodded|sat|stood|walked|ran|went|came|lives|lived|died|married|speaks?|"
        r"spoke|listed|sang|sings|plays|played|began|was born|had given|had|has|spent|shouted|flew|drove|works|worked|retired|"
        r"graduated|studied|resigned|testified|pleaded|wrote|visited|arrived|left|signed|submitted|requested|will be|who)\b"
    ),
    "is": r" (?:is|was|isn't|wasn't|does|did|just|should|would|could|can|also|and i|never|always|really|so)\b",
    "is company": (
        r" (?:is|was|are|were)[^.\n]{0,40}\b(?:company|firm|agency|bank|corporation|organi[sz]ation|multinational|startup|brainchild|non-?profit|"
        r"manufacturer|retailer|provider|university|school|founded|established|headquartered|acquired|based)\b"
    ),
    "kin": (
        r"['’]s (?:kid|daughter|son|father|mother|wife|husband|brother|sister|friend|kids|children|parents?|family|house|home|birthday|"
        r"death|life|killers?|murder|lawyer|doctor|boss|address|phone|email|account|car|dog|name|hand|voice|face|desk|signature)\b"
    ),
    "possessive": r"['’]s\b",
    "line colon": r": ?(?:[\"“]|\S)",
    "vocative": r", (?:can|could|please|i|you|we|thanks|do|would|will|where|how|what|are|is|it|this|who|come)\b",
    "role": (
        r",? (?:\(?[0-9]{2}\)?|aged [0-9]{2}|(?:the|a|an|our|my|his|her) (?:[a-z]+ ){0,2}[a-z]*(?:er|or|ist|ant|ian|man|woman|friend|chief|head|wife|mother|father|son)\b|"
        r"(?:ceo|cfo|cto|md|phd|esq|mba|jr|sr)\b|who\b)"
    ),
    "originally": r", (?:originally |formerly )?(?:from|of|born|age)\b",
    "fan": r" (?:fan|concert|song|album|novel|version|show|speech|interview|case|era|family)\b",
    "of company": r" (?:of|from|at) (?=[A-Z])",
    "organisation word": (
        r" (?:website|office|headquarters|stock|shares?|products?|employees?|app|software|account|announced|acquired|reported|invested|"
        r"resignation|orchestra|songwriter|spokes(?:man|woman|person)|branch|store|stores|brand|inc|ltd|llc|corp|plc|series|team|group|card|phones?|devices?)\b"
    ),
    "ampersand": r" & ",
    "street": r",? (?:street|st\.?|avenue|ave\.?|road|rd\.?|boulevard|blvd|lane|drive|dr\.|square|bridge|park|station|airport|county|city|country club|hospital)\b",
    "state": r",? (?:[A-Z]{2},? [0-9]{5}\b|[A-Z]{2}\b(?! [a-z])|[0-9]{5}\b)",
    "region": r",\s(?=[A-Z][a-z]+)",
    "government": r" (?:leader|government|embassy|border|president|army|police|officials|authorities|team|border|bridge|airport|is falling)\b",
    "line end": r"[ \t]*(?:\n|$)",
    "number": r" #?[0-9]",
    "phone": r"[ ,:(]{1,3}(?:\+?[0-9(]{1,5}[ )-]|tel|phone|mobile|cell|email|<?[a-z0-9._]+@)",
    "quotation": r"[\"”’]",
}
_LEFT_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _LEFT.items()}
_RIGHT_PATTERNS = {
    name: re.compile(pattern, 0 if name in ("state", "region", "of company") else re.IGNORECASE)
    for name, pattern in _RIGHT.items()
}
_STREET_FORM = re.compile(STREET_FORMS + r"\b", re.IGNORECASE)
_ADDRESS_NEXT = re.compile(r"(?:\n[^\n]{0,60}){0,3}\n[ >?\t]*(?:[0-9]{1,6} [A-Z]|[^\n]{0,60}[0-9]{5})")
PATTERN_SOURCES = {"left": _LEFT, "right": _RIGHT}

_LABELS = {
    "PERSON": "person", "ORG": "organisation", "GPE": "place", "LOC": "place", "FAC": "place", "NORP": "nation",
    "PRODUCT": "thing", "WORK_OF_ART": "thing", "EVENT": "thing", "LAW": "thing", "LANGUAGE": "nation",
}  # fmt: skip


def observations(text: str, run: Run, entities: Sequence[Entity], listing: str = "") -> set[str]:
    """Names of all that is observed about a run.

    Args:
        text: The text, with capitals.
        run: A run of it.
        entities: What the model sees there.
        listing: What :func:`listings` says about the run.
    """
    seen, listed = list(_seen_by_model(run, entities)), list(_by_lists(run))
    return {
        *seen,
        *listed,
        *_by_form(text, run),
        *_around(text, run),
        f"{seen[0]}, {_likeness(listed)}",
        listing,
    } - {""}


def listings(text: str, candidates: Sequence[Run]) -> list[str]:
    """For each run what the enumeration it stands in holds (A, B and C): given names, surnames, places, names."""
    answers = [""] * len(candidates)
    start = 0
    for index in range(1, len(candidates) + 1):
        if index < len(candidates):
            gap = text[candidates[index - 1].end : candidates[index].start]
            if len(gap) < _WIDEST and _BETWEEN.fullmatch(gap) and not candidates[index].before:
                continue
        if index - start > 1:
            answers[start:index] = [_enumeration(candidates[start:index])] * (index - start)
        start = index
    return answers


def _enumeration(members: Sequence[Run]) -> str:
    kinds = [_likeness(list(_by_lists(run))) for run in members]
    if sum(all(token.word in lexicon.places() for token in run.tokens) for run in members) * 2 > len(members):
        return "list: places"
    if sum(len(run.tokens) > 1 for run in members) * 2 > len(members):
        return "list: names" if kinds.count("full name") * 3 > len(members) else "list: phrases"
    given = sum(_kind(run.tokens[0].word) in ("given", "given or surname") for run in members)
    only = sum(_kind(run.tokens[0].word) == "given" for run in members)
    if len(members) == _FIRM and only == 0:
        return "list: three surnames"
    return "list: given names" if given * 2 > len(members) else "list: others"


def _seen_by_model(run: Run, entities: Sequence[Entity]) -> Iterator[str]:
    best, label, exact = 0, "none", False
    for entity in entities:
        shared = min(run.end, entity.end) - max(run.start, entity.start)
        if shared > best:
            best, label = shared, _LABELS.get(entity.label, "other")
            exact = abs(entity.start - run.start) <= 1 and abs(entity.end - run.end) <= _SHORT
    yield f"model: {label}"
    if exact:
        yield f"model exactly: {label}"


def _by_lists(run: Run) -> Iterator[str]:
    """The kinds of the words, first and last of several, or the only one."""
    words = [token for token in run.tokens if not token.initial and (token.word not in PARTICLES or token.capital)]
    if not words:
        return
    if any(token.initial for token in run.tokens):
        yield "initial"
    if any(token.word in PARTICLES for token in run.tokens):
        yield "particle"
    kinds = [_kind(token.word) for token in words]
    if len(words) == 1:
        yield f"one: {kinds[0]}"
        if lexicon.wordlike(words[0].word):
            yield "one: wordlike"
    else:
        yield f"first: {kinds[0]}"
        yield f"last: {kinds[-1]}"
        if kinds[0] in ("given", "given or surname") and kinds[-1] in ("surname", "given or surname"):
            yield "given and surname"
        if kinds[0] == "unknown" and kinds[-1] == "unknown":
            yield "both unknown"
        if lexicon.wordlike(words[0].word):
            yield "first: wordlike"
        if all(lexicon.wordlike(token.word) for token in words):
            yield "all wordlike"
        if len(words) > 3:
            yield "many words"
    in_places = [token.word in lexicon.places() for token in words]
    if all(in_places) and (len(words) == 1 or not lexicon.given(words[0].word)):
        yield "place name"
    elif any(in_places):
        yield "place word"


def _likeness(listed: Sequence[str]) -> str:
    """How far the lists of names support a run, in one word."""
    if "given and surname" in listed:
        return "full name"
    if any(name in listed for name in ("first: given", "first: given or surname")):
        return "given name first"
    if any(name in listed for name in ("one: given", "one: given or surname")):
        return "wordlike name" if "one: wordlike" in listed else "one given name"
    if any(name in listed for name in ("one: surname", "last: surname", "last: given or surname")):
        return "surname"
    return "unknown"


def _kind(word: str) -> str:
    given, surname = lexicon.given(word), lexicon.surname(word)
    if len(word) <= _SHORT:
        return "short"
    if given and surname:
        return "given or surname"
    if given or surname:
        return "given" if given else "surname"
    return "doubtful" if word in lexicon.names().doubtful else "ordinary" if lexicon.ordinary(word) else "unknown"


def _by_form(text: str, run: Run) -> Iterator[str]:
    first, last = run.tokens[0], run.tokens[-1]
    several = len(run.tokens) > 1
    if len(run.tokens) == 1 and first.upper and len(first.word) <= _ACRONYM:
        yield "acronym"
    if len(run.tokens) == 1 and "-" in first.word:
        yield "hyphen"
    following = run.after[:2]
    if (
        last.word in COMPANY_FORMS
        or any(word in COMPANY_FORMS for word in following)
        or _AND_SONS.match(text, run.end)
    ):
        yield "company form"
    elif last.word in ORGANISATION_ENDS or any(word in ORGANISATION_ENDS for word in following):
        yield "organisation end"
    if any(word in STREET_ENDS for word in run.after[:1]):
        yield "street end"
    elif several and last.word in STREET_ENDS:
        # Park, Hill, Brooks, Ford and Wells are surnames as well.
        yield "street or surname" if lexicon.surname(last.word) else "street end"
    if last.word.endswith(STREET_TAILS) or _STREET_FORM.match(text, run.start):
        yield "street form"
    if any(word in PLACE_ENDS for word in run.after[:1]) or last.word in PLACE_ENDS:
        yield "place end"
    if several and first.word in PLACE_STARTS:
        yield "place start"
    if any(word in PLACE_STARTS for word in run.before[-1:]):
        yield "place start before"
    if last.word.endswith(TOWN_SUFFIXES) and _kind(last.word) in ("unknown", "ordinary", "doubtful"):
        yield "town suffix"
    if any(word in NATIONS for word in run.before[-1:]):
        yield "nation before"


def _around(text: str, run: Run) -> Iterator[str]:
    start = run.start
    if run.before:
        title = run.before[-1]
        if title in TITLES:
            yield "title" if title in PLAIN_TITLES else "weak title"
        elif title in ROLES:
            yield "role before"
        elif title in _GREETINGS:
            yield "before: greeting"
        else:
            yield "capitals before"
    if run.after:
        yield "capitals after"
    left = text[max(0, start - _WINDOW) : start]
    for name, pattern in _LEFT_PATTERNS.items():
        if pattern.search(left):
            yield f"before: {name}"
    word = _LAST_WORD.search(left)
    if word and word.group(1).lower() in ROLES:
        yield "role before"
    after = _after(text, run.end)
    right = text[after : after + _WINDOW]
    for name, pattern in _RIGHT_PATTERNS.items():
        if pattern.match(right):
            yield f"after: {name}"
    if _LINE_START.search(left) and _RIGHT_PATTERNS["line end"].match(right):
        yield "line alone"
        if _ADDRESS_NEXT.match(text, after):
            yield "line above address"


_AND_SONS = re.compile(r",? (?:and|&) (?:Sons|Daughters|Brothers|Co|Company|Partners|Associates)\b")
_GREETINGS = frozenset({"hi", "hello", "hey", "dear", "thanks", "regards", "sincerely", "cheers", "attn", "sorry"})
_LAST_WORD = re.compile(r"([A-Za-z]+),?\s$")
_LINE_START = re.compile(r"(?:^|\n)[ \t>*?-]*$")


def _after(text: str, end: int) -> int:
    """Where what follows begins: a full stop of an initial or of Jr. was taken already."""
    return end
