"""The dataset policy: one typed file that says everything the zone does with one dataset.

It answers: whose data it is and on what legal basis, how a delivery looks, what each column is and what becomes
of it, what quality is expected, which privacy model the result must meet, how long it is kept and on what
terms extracts leave. Nothing of this is repeated in code.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from pseudonymize.detect.rules import DetectionRules
from pseudonymize.plan import ColumnPlan, Plan
from pseudonymize.transform.spec import Drop, Keep, Redact, Tokenise, Transform
from safezone.errors import Text
from safezone.model import DataClass, digest
from safezone.policy.source import ParseRules, SourceSpec
from validation.suite import Expectation


class RuleBroken(ValueError):
    """A rule of the policy is broken (pydantic hands the exception on).

    Attributes:
        text: which rule, in both languages.
        place: where, from the model whose rule it is.
    """

    def __init__(self, en: str, ko: str, place: tuple[str, ...] = ()) -> None:
        self.text, self.place = Text(en, ko), place
        super().__init__(en)


class Strict(BaseModel):
    """Base of every policy model: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Strict):
    """A text in Korean and English."""

    ko: str = Field(min_length=1)
    en: str = Field(min_length=1)


ColumnType = Literal["text", "integer", "decimal", "date", "datetime", "boolean"]
IdentifierClass = Literal["direct", "quasi", "sensitive", "free_text", "other"]


class Column(Strict):
    """One column of the delivery.

    Attributes:
        name: the name as the agency writes it (after header rows are joined).
        title: what it means.
        type: its type in the zone.
        nullable: whether a missing value is allowed.
        identifier: how it can point at a person: directly, in combination (quasi), a sensitive attribute,
            free text that may hold anything, or none of these.
        parse: how its text becomes a value, declared, never guessed.
        transform: what becomes of it on the way out of the raw stage.
    """

    name: str = Field(min_length=1)
    title: Bilingual
    type: ColumnType = "text"
    nullable: bool = True
    identifier: IdentifierClass
    parse: ParseRules = ParseRules()
    transform: Annotated[Transform, Field(discriminator="method")] = Keep()

    @model_validator(mode="after")
    def _identifier_needs_transform(self) -> Self:
        if self.identifier == "direct" and not isinstance(self.transform, Drop | Tokenise):
            raise RuleBroken(
                "a direct identifier needs transform.method: drop or tokenise",
                "직접 식별자는 transform.method가 drop 또는 tokenise여야 합니다",
                ("transform",),
            )
        if self.identifier == "free_text" and not isinstance(self.transform, Drop | Redact):
            raise RuleBroken(
                "free text must be dropped or redacted (transform.method: drop or redact)",
                "자유 서술 열은 삭제하거나 비식별 처리해야 합니다(transform.method: drop 또는 redact)",
                ("transform",),
            )
        return self


class DeliveryRules(Strict):
    """What a delivery of this dataset is.

    Attributes:
        kind: a snapshot replaces the one before; increments add up. Either way each published version meets k by
            itself (ADR 0006).
        max_files: more files than this are refused.
        bad_rows_share: largest share of rows that may be set aside before the whole delivery is quarantined.
        signing_key: the agency's Ed25519 public key, in hexadecimal; with it, only deliveries it signed are taken.
    """

    kind: Literal["snapshot", "increment"] = "snapshot"
    max_files: int = Field(default=64, ge=1)
    bad_rows_share: float = Field(default=0.01, ge=0, le=1)
    signing_key: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class PrivacyModel(Strict):
    """What the published version and every extract of it must meet.

    Attributes:
        k: smallest equivalence class allowed (k-anonymity, Samarati and Sweeney 1998).
        quasi_identifiers: columns an outsider may know, as they are named in the published version.
        sensitive: columns whose value must not follow from the class.
        l: distinct sensitive values a class needs (l-diversity, Machanavajjhala et al. 2007); 1 means no demand.
        suppression_limit: largest share of rows that may be removed to reach k.
    """

    k: int = Field(ge=2)
    quasi_identifiers: tuple[str, ...] = Field(min_length=1)
    sensitive: tuple[str, ...] = ()
    l: int = Field(default=1, ge=1)  # noqa: E741  (the field's own name)
    suppression_limit: float = Field(default=0.05, ge=0, le=1)


class Retention(Strict):
    """Days each stage is kept before it is destroyed (PIPA art. 21)."""

    raw_days: int = Field(ge=1)
    deidentified_days: int = Field(ge=1)
    published_days: int = Field(ge=1)


class ReleaseTerms(Strict):
    """On what terms an extract leaves.

    Attributes:
        terms: what the recipient agrees to.
        max_days: longest period a request may ask for.
        formats: file formats offered.
        columns: columns that may be asked for; empty means all that are published.
        max_columns: an extract with more columns is refused (data minimisation); None means no limit.
    """

    terms: Bilingual
    max_days: int = Field(ge=1, le=1096)
    formats: tuple[Literal["parquet", "jsonl"], ...] = Field(default=("parquet",), min_length=1)
    columns: tuple[str, ...] = ()
    max_columns: int | None = Field(default=None, ge=1)


class DatasetPolicy(Strict):
    """Everything the zone does with one dataset.

    Attributes:
        dataset: its id, also the file's name.
        title: its name for people.
        description: what it holds.
        controller: the agency answerable for the data (개인정보처리자).
        sector: veterans, environment, transportation, safety, employment or complaints, or another word.
        legal_basis: the law under which it is processed.
        classification: N2SF grade.
        subject: the column that says whose row it is, when there is one (a direct identifier, tokenised).
        source: how a file of it looks.
        delivery: what a delivery is.
        columns: its columns, in order.
        quality: what is expected of the data before anything is done with it.
        privacy: what the result must meet.
        adequacy_review: ``always``, or ``same_policy``: later versions under the same policy digest and within the
            reviewed risk are published without a new review.
        retention: how long each stage is kept.
        release: the terms of extracts.
        detection: the recognizers and allow lists that apply to it. They stand in files of their own and are put in
            by `safezone.policy.load`: what they say decides what is stripped, so the digest that people approve
            covers it.
    """

    dataset: str = Field(pattern=r"^[a-z][a-z0-9-]{2,62}$")
    title: Bilingual
    description: Bilingual
    controller: str = Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")
    sector: str
    legal_basis: Bilingual
    classification: DataClass
    subject: str | None = None
    source: SourceSpec
    delivery: DeliveryRules = DeliveryRules()
    columns: tuple[Column, ...] = Field(min_length=1)
    quality: tuple[Expectation, ...] = ()
    privacy: PrivacyModel
    adequacy_review: Literal["always", "same_policy"] = "always"
    retention: Retention
    release: ReleaseTerms
    # Left out of the digest where there are none, so that adding the first file changes no other policy.
    detection: SkipJsonSchema[DetectionRules] = Field(default=DetectionRules(), exclude_if=lambda rules: not rules)

    @field_validator("classification", mode="before")
    @classmethod
    def _grade(cls, value: Any) -> Any:
        return DataClass(value) if isinstance(value, str) and value in {"O", "S", "C"} else value

    @model_validator(mode="after")
    def _has_a_digest(self) -> Self:
        try:
            digest(self.model_dump(mode="json"))
        except ValueError:
            # RFC 8785 stops at 2**53: beyond it programs read numbers differently, and a digest would not hold.
            raise RuleBroken(
                "a number is too large; whole numbers lie below 2**53",
                "수가 너무 큽니다. 정수는 2**53보다 작아야 합니다",
            ) from None
        return self

    @model_validator(mode="after")
    def _columns_agree(self) -> Self:
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise RuleBroken(
                f"columns are named twice: {', '.join(twice)}",
                f"열 이름이 두 번 나옵니다: {', '.join(twice)}",
                ("columns",),
            )
        published = {column.name for column in self.published_columns}
        by_name = {column.name: column for column in self.columns}
        quasi = {column.name for column in self.published_columns if column.identifier == "quasi"}
        lists = {
            ("privacy", "quasi_identifiers"): self.privacy.quasi_identifiers,
            ("privacy", "sensitive"): self.privacy.sensitive,
            ("release", "columns"): self.release.columns,
        }
        for place, given in lists.items():
            for name in given:
                if name not in published:
                    raise RuleBroken(
                        f"{name} is named here, but no published column has that name",
                        f"여기 적힌 {name}은(는) 공개되는 열이 아닙니다",
                        place,
                    )
        forgotten = sorted(quasi - set(self.privacy.quasi_identifiers))
        if forgotten:
            raise RuleBroken(
                f"quasi-identifiers missing from privacy.quasi_identifiers: {', '.join(forgotten)}",
                f"privacy.quasi_identifiers에 빠진 준식별자가 있습니다: {', '.join(forgotten)}",
                ("privacy", "quasi_identifiers"),
            )
        if self.subject is not None and (
            self.subject not in by_name or not isinstance(by_name[self.subject].transform, Tokenise)
        ):
            raise RuleBroken(
                "subject must name a column whose transform is tokenise",
                "subject는 transform이 tokenise인 열의 이름이어야 합니다",
                ("subject",),
            )
        return self

    @property
    def published_columns(self) -> tuple[Column, ...]:
        """The columns that are left after dropping."""
        return tuple(column for column in self.columns if not isinstance(column.transform, Drop))

    @property
    def plan(self) -> Plan:
        """The transforms, as the de-identification engine takes them."""
        return Plan(tuple(ColumnPlan(column.name, column.transform) for column in self.columns))

    @property
    def token_kinds(self) -> tuple[str, ...]:
        """Kinds of identifier that become tokens, sorted."""
        return tuple(sorted({c.transform.kind for c in self.columns if isinstance(c.transform, Tokenise)}))

    @property
    def sha256(self) -> str:
        """The digest people approve: over the canonical JSON of the whole policy, comments and layout aside."""
        return digest(self.model_dump(mode="json"))

    def column(self, name: str) -> Column:
        """The column of that name (KeyError when there is none)."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def slug(dataset: str) -> str:
    """The dataset id as a Dag id may hold it."""
    return re.sub(r"[^a-z0-9_]", "_", dataset)
