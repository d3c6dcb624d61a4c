"""Croissant 1.0 metadata, which machine-learning tools read.

Source: MLCommons Croissant Format Specification 1.0 (http://mlcommons.org/croissant/1.0).
"""

from __future__ import annotations

import json
from typing import Any

from safezone.package.facts import CardFacts, ColumnFacts, FileFacts

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_ENCODING = {"parquet": "application/x-parquet", "jsonl": "application/jsonlines"}
_TYPES = (
    (("int", "uint"), "sc:Integer"),
    (("float", "double", "halffloat", "decimal"), "sc:Float"),
    (("bool",), "sc:Boolean"),
    (("date", "timestamp"), "sc:Date"),
)


def croissant(facts: CardFacts, files: tuple[FileFacts, ...]) -> bytes:
    """The metadata, as JSON-LD text.

    Args:
        facts: what is released.
        files: the data files; each becomes a FileObject with its digest, all together one file set.
    """
    data = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": facts.request,
        "alternateName": [facts.title.en, facts.title.ko],
        "description": f"{facts.description.en}\n\n{facts.description.ko}",
        "url": f"urn:safezone:{facts.request}",
        "license": "terms.md",
        "version": "1.0.0",
        "datePublished": facts.issued,
        "expires": facts.expires,
        "creator": {"@type": "sc:Organization", "name": facts.controller},
        "citeAs": f"{facts.title.en} ({facts.dataset}), release {facts.request}",
        "isLiveDataset": False,
        "rai:personalSensitiveInformation": "Pseudonymised; identifying anyone is forbidden (see terms.md).",
        "distribution": [
            *(_file(facts, file) for file in files),
            {
                "@type": "cr:FileSet",
                "@id": "data",
                "name": "data",
                "description": "All data files of the package.",
                "encodingFormat": _ENCODING[facts.format],
                "includes": f"data/*.{facts.format}",
            },
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "records",
                "name": "records",
                "description": f"{facts.rows} rows, one for each record of the extract.",
                "field": [_field(column, facts.format) for column in facts.columns],
            }
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


def _file(facts: CardFacts, file: FileFacts) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": file.name,
        "contentSize": f"{file.size} B",
        "encodingFormat": _ENCODING[facts.format],
        "sha256": file.sha256,
    }


def _field(column: ColumnFacts, file_format: str) -> dict[str, Any]:
    how = {"column": column.name} if file_format == "parquet" else {"jsonPath": f"$['{column.name}']"}
    return {
        "@type": "cr:Field",
        "@id": f"records/{column.name}",
        "name": column.name,
        "description": f"{column.title.en} / {column.title.ko}",
        "dataType": _data_type(column.type),
        "source": {"fileSet": {"@id": "data"}, "extract": how},
    }


def _data_type(arrow: str) -> str:
    return next((name for prefixes, name in _TYPES if arrow.startswith(prefixes)), "sc:Text")
