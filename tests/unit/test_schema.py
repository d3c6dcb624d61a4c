"""The types a manifest may name are those the zone stores, and no others."""

from __future__ import annotations

import pyarrow as pa
import pytest

from safezone.errors import IntegrityFailure
from safezone.policy.load import load_policies
from safezone.schema import arrow_schema, schema_of
from tests.fixtures.sandbox import DATASET, ROOT


def test_a_policy_and_a_manifest_give_the_same_schema():
    policy = load_policies(ROOT / "tests" / "data" / "policies" / "datasets")[DATASET]
    schema = arrow_schema(policy.columns)
    assert schema.names == [column.name for column in policy.columns]
    assert schema.field("생년월일").type == pa.date32()
    assert schema.field("등급").nullable is False
    assert schema_of((field.name, str(field.type)) for field in schema).types == schema.types


@pytest.mark.parametrize("kind", ["binary", "list<item: string>", "", "int8", "dictionary<values=string>"])
def test_a_type_the_zone_does_not_store_is_refused(kind):
    with pytest.raises(IntegrityFailure, match=r"manifest\.type"):
        schema_of([("a", "string"), ("b", kind)])


def test_no_columns_make_an_empty_schema():
    assert schema_of([]) == pa.schema([])
