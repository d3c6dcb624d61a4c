"""The JSON Schema of the dataset policy: for editors, which complete and check, and for naming the key meant."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from safezone.policy.dataset import DatasetPolicy

SCHEMA_FILE = "dataset.schema.json"
"""Its file below ``policies/schema``."""


@lru_cache(maxsize=1)
def dataset_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a dataset policy."""
    schema = DatasetPolicy.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def dataset_schema_text() -> str:
    """The schema as it is kept in ``policies/schema``."""
    return json.dumps(dataset_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write_schema(folder: Path) -> Path:
    """Write the schema into a folder, for the YAML files beside it to refer to."""
    path = folder / SCHEMA_FILE
    path.write_text(dataset_schema_text(), encoding="utf-8")
    return path


def known_keys(place: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys allowed at a place, as pydantic names it (with the tag of a tagged union as a step); maybe none."""
    node: dict[str, Any] = dataset_schema()
    for step in place:
        node = _step(_resolved(node), step)
    return tuple(_resolved(node).get("properties", {}))


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = dataset_schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return node


def _step(node: dict[str, Any], step: str | int) -> dict[str, Any]:
    found: Any
    if isinstance(step, int):
        found = node.get("items", {})
    elif step in node.get("properties", {}):
        found = node["properties"][step]
    elif step in (tags := node.get("discriminator", {}).get("mapping", {})):
        found = {"$ref": tags[step]}
    else:
        found = node.get("additionalProperties", {})
    return found if isinstance(found, dict) else {}
