"""What people read in a package: the data card, the risk report and the terms, each in Korean and English."""

from __future__ import annotations

import json
from dataclasses import asdict

from safezone.package.facts import CardFacts, ColumnFacts, FileFacts, RiskFacts

_CLASS = {
    "direct": ("식별자", "direct identifier"),
    "quasi": ("준식별자", "quasi-identifier"),
    "sensitive": ("민감 속성", "sensitive attribute"),
    "free_text": ("자유 서술", "free text"),
    "other": ("기타", "other"),
}
_GRADE = {"O": ("공개(O)", "open (O)"), "S": ("민감(S)", "sensitive (S)"), "C": ("기밀(C)", "classified (C)")}


def data_card(facts: CardFacts, files: tuple[FileFacts, ...]) -> bytes:
    """The data card, as Markdown: Korean first, then English.

    Args:
        facts: what is released.
        files: the data files.
    """
    return ("\n".join([*_korean(facts, files), "", "---", "", *_english(facts, files)]) + "\n").encode()


def risk_report(risk: RiskFacts, rows: int) -> bytes:
    """The risk report, as JSON."""
    report = asdict(risk) | {
        "rows": rows,
        "histogram": [{"size": size, "classes": classes, "rows": n} for size, classes, n in risk.histogram],
    }
    return json.dumps(report, ensure_ascii=False, indent=1).encode() + b"\n"


def terms(facts: CardFacts) -> bytes:
    """The terms the recipient agreed to, as Markdown."""
    day = facts.expires[:10]
    return f"""# 이용 조건 · Terms of use

{facts.request} · {facts.project}

## 한국어

{facts.terms.ko.strip()}

- 승인된 목적으로만 이용합니다: {_plain(facts.purpose)}
- 이용 기간은 {day}까지이며, 끝나면 패키지와 모든 사본을 복구할 수 없게 파기합니다.
- 누구도 특정 개인을 알아보려 해서는 안 됩니다(개인정보 보호법 제28조의5).
- 개인을 알아볼 수 있는 정보가 나타나면 이용을 멈추고 바로 알립니다: {facts.contact.ko}

## English

{facts.terms.en.strip()}

- Use it for the approved purpose only: {_plain(facts.purpose)}
- The period of use ends on {day}; then the package and every copy are destroyed beyond recovery.
- Nobody may try to identify a person (Personal Information Protection Act, art. 28-5).
- If something identifying turns up, stop and report it at once to {facts.contact.en}.
""".encode()


def _korean(facts: CardFacts, files: tuple[FileFacts, ...]) -> list[str]:
    risk = facts.risk
    return [
        f"# {_plain(facts.title.ko)}",
        "",
        _plain(facts.description.ko),
        "",
        "| 항목 | 내용 |",
        "|---|---|",
        *_rows(
            ("요청 · 과제", f"{facts.request} · {facts.project}"),
            ("이용 목적", facts.purpose),
            ("데이터셋", facts.dataset),
            ("개인정보처리자", facts.controller),
            ("법적 근거", facts.legal_basis.ko),
            ("등급(N2SF)", _GRADE.get(facts.classification, (facts.classification,) * 2)[0]),
            ("행 · 열", f"{facts.rows:,}행 · {len(facts.columns)}열"),
            ("행 조건", _code(facts.filter) if facts.filter else "없음(전체)"),
            ("표본", f"{facts.sample:.4g} (비율)" if facts.sample else "없음(전체)"),
            ("이용 기간", f"{facts.issued[:10]} ~ {facts.expires[:10]}"),
        ),
        "",
        "## 열",
        "",
        "| 이름 | 뜻 | 형식 | 구분 | 처리 |",
        "|---|---|---|---|---|",
        *(_column(column, 0) for column in facts.columns),
        "",
        *_tokens(facts, "같은 과제의 추출물끼리만 이어집니다", "열의 토큰은 다른 과제의 토큰과 다르며"),
        "## 재식별 위험",
        "",
        f"- 요구된 k는 {risk.k_required}, 이 추출물의 k는 {_or_dash(risk.k)}입니다.",
        *([f"- 요구된 l은 {risk.l_required}, 이 추출물의 l은 {_or_dash(risk.l)}입니다."] if risk.sensitive else []),
        f"- 알려져 있다고 본 열: {_names(risk.known) or '없음'} (행 조건에 쓴 열 포함)",
        f"- k에 맞추려고 뺀 행: {risk.suppressed:,}",
        *_prosecutor(risk, "검사자 위험(prosecutor risk): 최대 {}, 평균 {}"),
        *_histogram(risk, "| 동질집합 크기 | 집합 수 | 행 수 |"),
        "",
        "## 파일",
        "",
        *_files(facts, files),
        "",
        "```python",
        "import safezone.client as sz",
        f'table = sz.load("{facts.request}")',
        "```",
        "",
        "서명과 해시는 `statement.json`, `SHA256SUMS`에 있습니다. 이용 조건은 `terms.md`를 보십시오.",
    ]


def _english(facts: CardFacts, files: tuple[FileFacts, ...]) -> list[str]:
    risk = facts.risk
    return [
        f"# {_plain(facts.title.en)}",
        "",
        _plain(facts.description.en),
        "",
        "| Item | Content |",
        "|---|---|",
        *_rows(
            ("Request · project", f"{facts.request} · {facts.project}"),
            ("Purpose", facts.purpose),
            ("Dataset", facts.dataset),
            ("Controller", facts.controller),
            ("Legal basis", facts.legal_basis.en),
            ("Grade (N2SF)", _GRADE.get(facts.classification, (facts.classification,) * 2)[1]),
            ("Size", f"{facts.rows:,} rows · {len(facts.columns)} columns"),
            ("Row filter", _code(facts.filter) if facts.filter else "none (all rows)"),
            ("Sample", f"{facts.sample:.4g} (share)" if facts.sample else "none (all rows)"),
            ("Period of use", f"{facts.issued[:10]} to {facts.expires[:10]}"),
        ),
        "",
        "## Columns",
        "",
        "| Name | Meaning | Type | Class | Treatment |",
        "|---|---|---|---|---|",
        *(_column(column, 1) for column in facts.columns),
        "",
        *_tokens(
            facts, "they join extracts of this project alone", "hold tokens unlike those of any other project;"
        ),
        "## Risk of re-identification",
        "",
        f"- k required is {risk.k_required}; k of this extract is {_or_dash(risk.k)}.",
        *(
            [f"- l required is {risk.l_required}; l of this extract is {_or_dash(risk.l)}."]
            if risk.sensitive
            else []
        ),
        f"- Columns counted as known: {_names(risk.known) or 'none'} (those of the row filter included)",
        f"- Rows removed to reach k: {risk.suppressed:,}",
        *_prosecutor(risk, "Prosecutor risk: largest {}, mean {}"),
        *_histogram(risk, "| Size of equivalence class | Classes | Rows |"),
        "",
        "## Files",
        "",
        *_files(facts, files),
        "",
        "Signature and digests are in `statement.json` and `SHA256SUMS`. The terms of use are in `terms.md`.",
    ]


def _plain(text: str) -> str:
    """Text that stays text in Markdown: one line, no table bars, no markup."""
    text = " ".join(text.split())
    for char in "\\|<>`*_[]":
        text = text.replace(char, "\\" + char)
    return text


def _code(text: str) -> str:
    # A bar ends a table cell even within code, and a backtick ends the code.
    return "`" + " ".join(text.split()).replace("|", "\\|").replace("`", "'") + "`"


def _rows(*pairs: tuple[str, str]) -> list[str]:
    return [f"| {name} | {text if text.startswith('`') else _plain(text)} |" for name, text in pairs]


def _column(column: ColumnFacts, language: int) -> str:
    title, transform = (
        (column.title.ko, column.transform.ko) if language == 0 else (column.title.en, column.transform.en)
    )
    kind = _CLASS.get(column.identifier, (column.identifier,) * 2)[language]
    return f"| {_code(column.name)} | {_plain(title)} | {_code(column.type)} | {kind} | {_plain(transform)} |"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(_code(name) for name in names)


def _tokens(facts: CardFacts, then: str, first: str) -> list[str]:
    names = _names(tuple(column.name for column in facts.columns if column.token))
    return [f"{names} {first} {then}.", ""] if names else []


def _or_dash(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _prosecutor(risk: RiskFacts, form: str) -> list[str]:
    if risk.prosecutor_max is None or risk.prosecutor_mean is None:
        return []
    return ["- " + form.format(f"{risk.prosecutor_max:.2%}", f"{risk.prosecutor_mean:.2%}")]


def _histogram(risk: RiskFacts, head: str) -> list[str]:
    if not risk.histogram:
        return []
    rows = (f"| {size} | {classes:,} | {n:,} |" for size, classes, n in risk.histogram)
    return ["", head, "|---|--:|--:|", *rows]


def _files(facts: CardFacts, files: tuple[FileFacts, ...]) -> list[str]:
    size = sum(file.size for file in files) / 1e6
    return [f"`data/part-*.{facts.format}` × {len(files)} ({size:,.1f} MB)"]
