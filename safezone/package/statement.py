"""The statement of a package: an in-toto Statement v1 over every file, with the lineage as its predicate.

Source: in-toto Attestation Framework, Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from safezone.package.facts import CardFacts, FileFacts, Lineage

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:safezone:release:v1"


def statement(facts: CardFacts, lineage: Lineage, files: Iterable[FileFacts]) -> dict[str, Any]:
    """The statement as plain JSON values.

    Args:
        facts: what is released.
        lineage: where it comes from.
        files: every other file of the package.

    Returns:
        Subjects (name and SHA-256 of each file) and the predicate: request, project, dataset, version, columns
        with types, filter, sample, rows, period, approvals, risk, code version.
    """
    risk = facts.risk
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": file.name, "digest": {"sha256": file.sha256}} for file in files],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "request": facts.request,
            "project": facts.project,
            "purpose": facts.purpose,
            "dataset": facts.dataset,
            "controller": facts.controller,
            "classification": facts.classification,
            "version": lineage.version,
            "manifest": lineage.manifest,
            "policy": lineage.policy,
            "inputs": list(lineage.inputs),
            "columns": [{"name": column.name, "type": column.type} for column in facts.columns],
            "filter": facts.filter,
            "sample": facts.sample,
            "format": facts.format,
            "rows": facts.rows,
            "recipient": lineage.recipient,
            "decided": lineage.decided,
            "approvals": [asdict(approval) for approval in lineage.approvals],
            "risk": {
                "k_required": risk.k_required,
                "k": risk.k,
                "l_required": risk.l_required,
                "l": risk.l,
                "known": list(risk.known),
                "suppressed": risk.suppressed,
            },
            "issued": facts.issued,
            "expires": facts.expires,
            "code": facts.code,
            "extra": dict(lineage.extra),
        },
    }
