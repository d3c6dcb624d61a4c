"""What a de-identified version and a published one must meet, as suites made from the policy."""

from __future__ import annotations

from pseudonymize.transform.spec import Drop, Redact, Tokenise
from safezone.policy.dataset import DatasetPolicy
from safezone.schema import arrow_schema
from validation.suite import ColumnContract, Suite, contract_suite, privacy_suite


def before(policy: DatasetPolicy) -> Suite:
    """The contract: columns, types, presence and the policy's own expectations of quality."""
    schema = arrow_schema(policy.columns)
    columns = [
        ColumnContract(column.name, str(schema.field(column.name).type), column.nullable)
        for column in policy.columns
    ]
    return contract_suite(f"{policy.dataset}/contract", columns, policy.quality)


def deidentified(policy: DatasetPolicy) -> Suite:
    """No direct identifier is left, tokens are tokens, and no personal data is found in free text but what is kept."""
    columns = policy.columns
    texts = {column.name: column.transform for column in columns if isinstance(column.transform, Redact)}
    return privacy_suite(
        f"{policy.dataset}/deidentified",
        columns=[column.name for column in policy.published_columns],
        absent=[column.name for column in columns if isinstance(column.transform, Drop)],
        tokens=[column.name for column in columns if isinstance(column.transform, Tokenise)],
        free_text=list(texts),
        left={name: redact.left for name, redact in texts.items()},
    )


def published(policy: DatasetPolicy) -> Suite:
    """The privacy model is reached, and every row is accounted for."""
    return privacy_suite(
        f"{policy.dataset}/published",
        columns=[column.name for column in policy.published_columns],
        quasi_identifiers=policy.privacy.quasi_identifiers,
        k=policy.privacy.k,
        sensitive=policy.privacy.sensitive,
        l=policy.privacy.l,
    )
