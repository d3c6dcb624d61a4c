"""Data Docs without values: static pages of validation results, in Korean and English.

Great Expectations renders Data Docs of its own, but its templates load Bootstrap, jQuery, Vega, Font Awesome and
images from eight servers on the internet and have no offline form; a zone without a way out would show them bare,
and a page of ours must not tell others when it is read. They are also written around observed values. So the pages
are rendered here: self-contained (their content security policy forbids loading anything), without scripts, and
made from counts alone.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from validation.result import Outcome, ValidationResult
from validation.wording import CODES, KINDS, OBSERVED, PAGE, Language, words

TEMPLATES = Path(__file__).parent / "templates"
PAGES: dict[Language, str] = {"ko": "index.html", "en": "en.html"}


def publish_docs(results: Iterable[ValidationResult], folder: Path | str, *, title: str) -> Path:
    """Write the Data Docs of some results: ``index.html`` in Korean, ``en.html`` in English.

    Args:
        results: what was judged, in the order to be shown.
        folder: where to; made when it is not there.
        title: heading of the pages.

    Returns:
        Path of ``index.html``.
    """
    target, shown = Path(folder), tuple(results)
    target.mkdir(parents=True, exist_ok=True)
    for language, name in PAGES.items():
        (target / name).write_text(render(shown, language=language, title=title), encoding="utf-8")
    return target / PAGES["ko"]


def render(results: Iterable[ValidationResult], *, language: Language, title: str) -> str:
    """One page as HTML.

    Args:
        results: what was judged.
        language: ``ko`` or ``en``.
        title: heading of the page.
    """
    shown = tuple(results)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "datadocs.css").read_text(encoding="utf-8")
    page = environment.get_template("datadocs.html.j2").render(
        title=title,
        language=language,
        other=PAGES["en" if language == "ko" else "ko"],
        say=words(PAGE, language),
        style=Markup(style),  # noqa: S704  (our own file)
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        success=bool(shown) and all(result.success for result in shown),
        total=sum(result.total for result in shown),
        passed=sum(result.passed for result in shown),
        critical=sum(len(result.critical_failures) for result in shown),
        warnings=sum(len(result.warnings) for result in shown),
        suites=[_suite(result, language) for result in shown],
    )
    return str(page)


def _suite(result: ValidationResult, language: Language) -> dict[str, Any]:
    held = tuple(outcome for outcome in result.outcomes if outcome.success)
    return {
        "name": result.suite,
        "digest": result.digest,
        "engine": result.engine,
        "rows": f"{result.rows:,}",
        "success": result.success,
        "passed": result.passed,
        "total": result.total,
        "outcomes": [_outcome(outcome, language) for outcome in (*result.failures, *held)],
    }


def _outcome(outcome: Outcome, language: Language) -> dict[str, Any]:
    names = words(OBSERVED, language)
    return {
        "id": outcome.id,
        "what": words(KINDS, language).get(outcome.kind, outcome.kind),
        "column": outcome.column,
        "severity": outcome.severity,
        "success": outcome.success,
        "evaluated": f"{outcome.evaluated:,}",
        "unexpected": f"{outcome.unexpected:,}",
        "share": percent(outcome.share),
        "width": f"{outcome.share * 100:.3f}%",
        "wanted": percent(outcome.mostly) if outcome.mostly < 1 else "",
        "mark": f"{outcome.mostly * 100:.3f}%",
        "observed": [(names.get(name, name), f"{count:,}") for name, count in outcome.observed.items()],
        "fault": words(CODES, language).get(outcome.code, outcome.code) if outcome.code else "",
    }


def percent(share: float) -> str:
    """A share for people; never rounded up to 100 %, nor down to 0 %."""
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1:
        return ">99.9%"
    return f"{share * 100:.1f}%".replace(".0%", "%")
