"""JSON Schemas of the policy files: for editors, which complete and check, and for naming the key meant."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pseudonymize.detect.rules import DetectionRules
from safezone.policy.dataset import DatasetPolicy

SCHEMA_FILE = "dataset.schema.json"
"""The dataset policy's file below ``policies/schema``."""
RECOGNIZERS_FILE = "recognizers.schema.json"
"""The recognizer file's, likewise."""
_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


@lru_cache(maxsize=1)
def dataset_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a dataset policy."""
    return _DIALECT | DatasetPolicy.model_json_schema()


@lru_cache(maxsize=1)
def recognizers_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a recognizer file."""
    return _DIALECT | TypeAdapter(DetectionRules).json_schema()


def dataset_schema_text() -> str:
    """The schema as it is kept in ``policies/schema``."""
    return _text(dataset_schema())


def recognizers_schema_text() -> str:
    """The schema of recognizer files as it is kept in ``policies/schema``."""
    return _text(recognizers_schema())


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write_schema(folder: Path) -> Path:
    """Write the schemas into a folder, for the YAML files beside it to refer to; returns the dataset policy's."""
    (folder / RECOGNIZERS_FILE).write_text(recognizers_schema_text(), encoding="utf-8")
    path = folder / SCHEMA_FILE
    path.write_text(dataset_schema_text(), encoding="utf-8")
    return path


def known_keys(place: tuple[str | int, ...], *, schema: dict[str, Any] | None = None) -> tuple[str, ...]:
    """The keys allowed at a place, as pydantic names it (with the tag of a tagged union as a step); maybe none.

    Args:
        place: the place.
        schema: of the file; None means the dataset policy's.
    """
    whole = dataset_schema() if schema is None else schema
    node: dict[str, Any] = whole
    for step in place:
        node = _step(_resolved(node, whole), step)
    return tuple(_resolved(node, whole).get("properties", {}))


def _resolved(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = whole["$defs"][node["$ref"].rsplit("/", 1)[-1]]
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
