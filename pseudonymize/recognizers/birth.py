"""Dates of birth and ages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import DocumentRecognizer, Need
from pseudonymize.recognizers.shapes import HIDDEN, label_beside

_FIRST = r"[0-9](?<![0-9-].)"
_CENTURY = r"(?:(?<=1)9|(?<=2)0)"  # the second digit of a year behind its first
_YEAR = r"(?:19|20)[0-9]{2}"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY_OF_MONTH = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH_AND_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
# Years of two or four digits; the first digit is matched before.
_REST_OF_DAY = (
    rf"(?:(?:{_CENTURY}[0-9]{{2}}|[0-9]) ?(?:년|[-./]) ?{_MONTH} ?(?:월|[-./]) ?{_DAY_OF_MONTH}(?:일|\.)?"
    rf"|{_CENTURY}[0-9]{{2}}{_MONTH_AND_DAY}|[0-9]{_MONTH_AND_DAY})"
)
_MONTH_NAME = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_MONTH_FIRST = rf"{_MONTH_NAME}[a-z]{{0,6}}\.? [0-9]{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}"
_DAY_FIRST = rf"[0-9]{{0,1}}(?:st|nd|rd|th)? {_MONTH_NAME}[a-z]{{0,6}}\.?,? {_YEAR}"
_BORN = r" ?생(?:입니다|이에요|인|이[고며다]|으로|은|의|[,.)\]·/]|(?![가-힣]))"


class BirthDate(DocumentRecognizer):
    """Dates of birth, told by a label (생년월일) or by what follows (1990년 1월 1일생); other dates stay."""

    ENTITY = "DATE_TIME"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["생년월일", "생일", "date of birth"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"labelled": Need(("birth",)), "beside": Need(("birth",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("labelled", rf"(?P<v>{_FIRST}{_REST_OF_DAY})(?![0-9])(?!-[0-9])", 0.9),
        Pattern("labelled", rf"(?P<v>{_FIRST}{_CENTURY}[0-9]{{2}}년(?: ?[0-9]{{1,2}}월)?)(?! ?[0-9])", 0.7),
        Pattern("labelled", rf"(?P<v>{_MONTH_FIRST})(?![A-Za-z0-9])", 0.9),
        Pattern("labelled", rf"(?P<v>[0-9](?<![A-Za-z0-9].){_DAY_FIRST})(?![A-Za-z0-9])", 0.9),
        Pattern("labelled", r"(?P<v>[0-9](?<![0-9/].)[0-9]?/[0-9]{1,2}/(?:19|20)[0-9]{2})(?![0-9/])", 0.9),
        Pattern(
            "labelled",
            rf"(?P<v>{_FIRST}(?:{_CENTURY}[0-9]{{2}}|[0-9]) ?[-./년] ?(?:{_MONTH}|{HIDDEN}{{2}}) ?[-./월] ?{HIDDEN}{{2}}일?)",
            0.8,
        ),
        Pattern("beside", rf"(?P<v>{_FIRST}(?:(?<=[1-9])|(?<=0)[1-9]|(?<=1)[0-2])월 ?{_DAY_OF_MONTH}일)", 0.7),
        Pattern("beside", rf"(?P<v>[0-9](?<![0-9.-].){_CENTURY}[0-9]{{2}})(?![0-9년.-])", 0.6),
        Pattern("born", rf"(?P<v>{_FIRST}{_REST_OF_DAY}){_BORN}", 0.85),
        Pattern("born", rf"(?P<v>{_FIRST}{_CENTURY}[0-9]{{2}}년 ?{_MONTH}월){_BORN}", 0.8),
        Pattern(
            "born",
            rf"(?P<v>{_FIRST}(?:{_CENTURY}[0-9]{{2}}|(?<=[03-9])[0-9])년) ?생(?:입니다|이에요|인|이[고며다]|으로|(?![가-힣]))",
            0.65,
        ),
        Pattern(
            "born in English",
            rf"born (?:on|in) (?P<v>{_MONTH_FIRST}|[0-9]{_DAY_FIRST}|{_YEAR})(?![A-Za-z0-9])",
            0.85,
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        if name.startswith("born"):
            return score
        start, end = match.span("v")
        if name == "labelled" and document.labelled("birth", start, end, window=12):
            return score
        label = label_beside(document, start)
        return score if label is not None and label.kind == "birth" else 0.0


_UNIT = r"(?:세|살)"
_NUMBER = r"[1-9](?<![0-9.~∼-].)(?<![0-9],.)(?<![0-9][ ~∼].)(?<!평균 .)(?:(?<=1)[01][0-9]|[0-9]?)"
_NATIVE = (
    r"(?:(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔)(?:하나|다섯|여섯|일곱|여덟|아홉|[한두세네])?|스무|다섯|여섯|일곱|여덟|아홉"
    r"|[한두세네](?<![가-힣].)) ?살"
)
# 만 19세 이상, 65세 미만, 6세부터, 0~2세, 60세 정년, 100세 시대: limits and groups, nobody's age.
_LIMIT = (
    r"(?! ?(?:이상|이하|미만|초과|이전|이후|이내|전후|안팎|부터|까지|에서|정도|가량|쯤|단위|기준|구간|대(?![가-힣]{2})|정년|시대|인구|전까지|도달|"
    r"[가이]? ?(?:되는|된|도달|넘|지난|경과)|를 ?(?:넘|초과|기준)|인 ?(?:사람|자)(?![가-힣])|"
    r"노인|아동|영유아|영아|유아|청소년|국민|주민|어르신|고령자|근로자|대상|[~∼-]))(?!기)"
)
_WHO = (
    r"남성|여성|남자|여자|남아|여아|남학생|여학생|환자|주부|직장인|대학생|고등학생|중학생|초등학생|학생|딸|아들|손자|손녀|아내|남편|어머니|어머님|"
    r"아버지|아버님|엄마|아빠|할머니|할아버지|동생|언니|누나|오빠|형|아이|아기|자녀|미혼|기혼|가장|청년|회사원|자영업자|군인|군|양|씨|남|여|수험생|취준생"
)
_AFTER_WHO = re.compile(
    rf"(?:의|인|이던|이었던|짜리|된|먹은|난)? ?(?:(?:{_WHO})(?!들|에게|은 누구|용|전용|복지|청소년|근로)|[가-힣]{{2,3}} ?씨)"
)
_AFTER_SENTENCE = re.compile(
    r"입니다|이고|이며|이에요|예요|이다|였|이었|이던|인데|인 |로 |로서|밖에|이라|라서|의 |[.,!)\n]|임|됨|\Z| 때"
)
_SEX = r"(?:남성?|여성?|남자|여자|男|女|[MFmf])"
_AFTER_SEX = re.compile(rf" ?[,·/|] ?{_SEX}(?![가-힣A-Za-z0-9])|[MF]\)")
_AFTER_BRACKET = re.compile(r"[),·/\]]|[^()\n]{1,14}\)")
# Looked for at the end of what stands before a number.
_LABEL = re.compile(
    rf"(?<![가-힣])(?:나이|연령|연세|향년|춘추) ?(?:\([가-힣]{{1,3}}\) ?)?[:：=|은는가이\s]{{0,4}}(?:만 ?|향년 ?)?(?:{_SEX} ?[,/·] ?)?\Z"
    r"|(?<![A-Za-z])[Aa]ged?(?: is| of)?[ :=]{1,3}\Z"
)
# As papers write of people: A씨(34), 김모(34)씨, B양(15).
_SOMEBODY = re.compile(
    r"(?:[A-Z○*]|[가-힣]{1,3}) ?(?:씨|님) ?\(\Z|[A-Z○*] ?(?:양|군|모) ?\(\Z"
    r"|(?<![가-힣])[김이박최정강조윤장임한오서신권황안송류전홍고문손배백허유남심노하] ?(?:모|○○|\*\*) ?(?:씨|양|군)? ?\(\Z"
)
_SEX_BEFORE = re.compile(rf"(?:[(\[/,:|] ?|\n|\A){_SEX} ?[,·/:|] ?(?:만 ?)?\Z")
_SEX_IN_BRACKETS = re.compile(rf"[(\[][^()\[\]\n]{{0,12}}{_SEX} ?[,·/:|] ?(?:만 ?)?\Z")
_OPEN_BEFORE = re.compile(r"[가-힣A-Za-z)*○](?<![0-9][세살]) ?[(\[](?:[^()\n]{0,24}[,·/] ?)?(?:만 ?)?\Z")
_SUBJECT = re.compile(
    r"(?:저는|제가|나는|내가|현재|올해|당시|이제|본인|저희?|우리|(?<![가-힣])제|[가-힣]{1,6}[은는이가])(?:은)? ?(?:나이[가는]? ?)?"
    r"(?:올해|현재|이제|겨우|벌써|곧|당시|아직)? ?(?:만 ?)?\Z"
)
_INTERNATIONAL = re.compile(r"(?<![가-힣])만 ?\Z")
_STATED = re.compile(r"입니다|이고|이며|이에요|였|이었|인데|임|로 |\)|\Z|\n| ?/")
_NO_AGE = re.compile(
    r"[이을]? ?(?:넘|이상|이하|미만|초과|지난|까지|부터)| ?(?:[대개명건위점호월년일회분급번기%]|[~∼])|[,.][0-9]| (?:or|and) (?:over|older|above|under|up)|[A-Za-z0-9.-]"
)
_WINDOW = 34


# A cell of its own in a row (김하늘,34세,서울), and no list of ages (5세, 6세).
_CELL_BEFORE = re.compile(r"(?<![세살])[,|\t] ?(?:만 ?)?\Z")
_CELL_AFTER = re.compile(r" ?(?:[,|\t](?! ?(?:만 ?)?[0-9]{1,3} ?[세살])|\n|\Z)")


class PersonAge(DocumentRecognizer):
    """Exact ages that belong to a person: (34세), (여/34), 34세 여성, 저는 34살, 향년 67세, 나이: 34.

    Ages in laws and of groups (만 19세 이상, 65세 이상 노인, 30대 초반, 0~2세) are no personal data and stay.
    The span is the number with its unit (34세), without 만 and 향년.
    """

    ENTITY = "AGE"
    CONTEXT: ClassVar[list[str]] = ["나이", "연령", "향년", "age"]
    NEEDS: ClassVar[Mapping[str, Need]] = {
        "number alone": Need(
            (), "|".join(rule.pattern for rule in (_LABEL, _SEX_IN_BRACKETS, _AFTER_SEX, _SOMEBODY))
        ),
    }
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("with unit", rf"(?P<v>{_NUMBER} ?{_UNIT}){_LIMIT}", 0.75),
        Pattern("in words", rf"(?P<v>{_NATIVE}){_LIMIT}", 0.7),
        Pattern(
            "number alone",
            rf"(?P<v>[1-9](?<![0-9A-Za-z.,~∼-].)[0-9]?)(?=[) ,·/|\n\]인은는이가MF]|\Z)(?! ?{_UNIT})",
            0.75,
        ),
        Pattern("english", r"(?P<v>[1-9](?<![0-9A-Za-z.-].)[0-9]{0,2}[- ][Yy]ears?[- ][Oo]lds?)(?![A-Za-z])", 0.75),
    ]

    def applies(self, document: Document) -> bool:
        """An age has a digit, or is counted in 살."""
        return document.has_digit or "살" in document.text

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh what stands before and behind; see the class."""
        start, end = match.span("v")
        text = document.text
        if name == "english":
            return 0.0 if _NO_AGE.match(text, end) else score
        before = text[max(0, start - _WINDOW) : start]
        if name == "number alone":
            return score if self._alone(before, text, end) else 0.0
        return score if self._of_a_person(before, text, end) else 0.0

    @staticmethod
    def _alone(before: str, text: str, end: int) -> bool:
        """Whether a number without unit is an age: behind its label, or with the sex in brackets."""
        if _LABEL.search(before):
            return _NO_AGE.match(text, end) is None
        if text[end : end + 1] in (")", ",", "·") and _SOMEBODY.search(before):
            return True
        if _SEX_IN_BRACKETS.search(before):
            return text[end : end + 1] in (")", ",", " ", "/", "]", "·")
        return ("(" in before or "[" in before) and _AFTER_SEX.match(text, end) is not None

    @staticmethod
    def _of_a_person(before: str, text: str, end: int) -> bool:
        """Whether an age with its unit is said of one person."""
        if _AFTER_WHO.match(text, end) or _LABEL.search(before) or _AFTER_SEX.match(text, end):
            return True
        if _OPEN_BEFORE.search(before) and _AFTER_BRACKET.match(text, end):
            return True
        if _SEX_BEFORE.search(before) or (_CELL_BEFORE.search(before) and _CELL_AFTER.match(text, end)):
            return True
        if _AFTER_SENTENCE.match(text, end) and _SUBJECT.search(before):
            return True
        return _INTERNATIONAL.search(before) is not None and _STATED.match(text, end) is not None
