"""Places where a name needs no model: form fields, and brackets that hold a registration or mobile number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pseudonymize.names.lexicon import FIELDS, NOT_NAMES, SAMPLE_NAMES
from pseudonymize.names.splitting import split_name, strip_particle
from pseudonymize.names.surnames import COMPOUND, SINGLE, starts_with_surname

SURE = 0.95
_FOREIGN = 0.6
_SAMPLE = 0.75
_SURNAME = f"(?:{'|'.join(COMPOUND)}|[{''.join(sorted(SINGLE))}])"
_RUN = r"(?=(?P<run>[가-힣]{2,12}))"  # looked at, not consumed: 신청인 성명: 김하늘 holds two fields
FIELD = re.compile(
    rf"(?:{FIELDS})(?: ?\([^()\n]{{1,8}}\))?(?: ?[:：=|] ?| {{0,2}}\t{{1,2}})(?:[가-힣]{{0,10}}[팀과부실국청원회]\s)?{_RUN}"
)
PLAIN_FIELD = re.compile(rf"(?<![가-힣])(?:성명|성함|이름|예금주|본명)(?:은|는|이)?\s{{1,2}}{_RUN}")
SPACED = re.compile(
    rf"(?:{FIELDS}) ?[:：]? {{1,3}}(?P<name>{_SURNAME} {{1,3}}[가-힣](?: {{1,3}}[가-힣]){{1,2}})(?![가-힣])"
)
NUMBERED = re.compile(
    rf"(?<![가-힣])(?P<name>{_SURNAME}[가-힣]{{1,3}}) ?\((?:[0-9]{{6}} ?- ?[0-9*xX●○]|01[016789][-. 0-9])"
)
_SURE_FIELDS = re.compile(r"성명|성함|이름|존함|본명|예금주|계좌주|명의자|[가-힣]명 ?[:：]")
# Accounts and requests belong to offices and firms as well: 예금주: 수원시청.
_OFFICE = re.compile(
    r"[가-힣]{2,10}(?:청|시|도|구청|시청|도청|은행|센터|공단|공사|재단|조합|협회|학교|병원|의원|회사|법인|위원회|사무소|주민센터|교육청|상사|산업|건설)"
)
_RULES = (FIELD, PLAIN_FIELD, SPACED, NUMBERED)

Found = tuple[int, int, float, str]
"""Start, end, score, and the rule."""


def names(text: str) -> Iterator[Found]:
    """Names that stand in a field or beside a number only people have."""
    yield from _fields(text)
    for match in SPACED.finditer(text):
        yield match.start("name"), match.end("name"), SURE, "form field"
    for name in SAMPLE_NAMES:
        for match in re.finditer(rf"(?<![가-힣]){name}", text):
            yield *match.span(), _SAMPLE, "name of sample forms"
    if "(" in text:
        for match in NUMBERED.finditer(text):
            if match.group("name") not in NOT_NAMES:
                yield match.start("name"), match.end("name"), SURE, "number in brackets"


def _fields(text: str) -> Iterator[Found]:
    for rule in (FIELD, PLAIN_FIELD):
        for match in rule.finditer(text):
            start, run = match.start("run"), match.group("run")
            if run in NOT_NAMES or _OFFICE.fullmatch(run):
                continue
            sure = rule is FIELD and _SURE_FIELDS.match(match.group()) is not None
            alone = sure or not text[match.end("run") : match.end("run") + 1].strip(" ,()/|·")
            split = split_name(run)
            if alone and len(run) == 3 and starts_with_surname(run):
                yield start, start + 3, SURE, "form field"
            elif split and split[0] not in NOT_NAMES and (sure or (rule is PLAIN_FIELD and len(split[0]) > 2)):
                yield start, start + len(split[0]), SURE, "form field"
            elif sure and not starts_with_surname(run) and len(run) <= 6:
                name = strip_particle(run, 5)
                if name is not None:
                    yield start, start + len(name), _FOREIGN, "form field"


def identity() -> dict[str, Any]:
    """What the rules rest on, for the model digest."""
    return {
        "patterns": [rule.pattern for rule in (*_RULES, _OFFICE)],
        "words": [sorted(NOT_NAMES), sorted(SAMPLE_NAMES)],
    }
