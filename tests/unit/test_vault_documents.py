"""Signed documents: what was signed comes back, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from safezone.errors import IntegrityFailure
from safezone.keys.keystore import Keystore
from safezone.vault.documents import MANIFEST_KEY, open_document, sign_document

BODY = {"rows": 3, "columns": [["이름", "string"]], "counts": {}}


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Keystore:
    folder = tmp_path_factory.mktemp("documents")
    return Keystore.create(folder / "keystore.json", b"a passphrase for tests", n=2**10)


def test_what_was_signed_comes_back(keys):
    assert open_document(keys, "manifest", sign_document(keys, "manifest", BODY), "m") == BODY


def test_after_rotation_old_documents_still_open(keys):
    old = sign_document(keys, "manifest", BODY)
    keys.rotate(MANIFEST_KEY)
    new = sign_document(keys, "manifest", BODY)
    assert json.loads(old)["key_version"] < json.loads(new)["key_version"]
    assert open_document(keys, "manifest", old, "m") == open_document(keys, "manifest", new, "m") == BODY


def test_one_kind_is_not_another(keys):
    note = sign_document(keys, "part", BODY)
    with pytest.raises(IntegrityFailure):
        open_document(keys, "manifest", note, "m")
    renamed = json.dumps(json.loads(note) | {"kind": "manifest"}).encode()
    with pytest.raises(IntegrityFailure):
        open_document(keys, "manifest", renamed, "m")
    with pytest.raises(IntegrityFailure):
        open_document(keys, "part", renamed, "m")


Document = dict[str, Any]
EDITS: dict[str, Callable[[Document], Any]] = {
    "body": lambda d: d | {"body": d["body"] | {"rows": 4}},
    "more in the body": lambda d: d | {"body": d["body"] | {"more": 1}},
    "body is a list": lambda d: d | {"body": [1]},
    "body is none": lambda d: d | {"body": None},
    "a number that is none": lambda d: d | {"body": {"rows": float("nan")}},
    "a number too large": lambda d: d | {"body": {"rows": 1 << 60}},
    "a lone surrogate": lambda d: d | {"body": {"rows": "\ud800"}},
    "signature": lambda d: d | {"signature": "00" * 64},
    "signature cut": lambda d: d | {"signature": d["signature"][:-2]},
    "signature no hex": lambda d: d | {"signature": "zz" * 64},
    "signature a number": lambda d: d | {"signature": 1},
    "no signature": lambda d: {name: value for name, value in d.items() if name != "signature"},
    "key version": lambda d: d | {"key_version": 99},
    "key version a text": lambda d: d | {"key_version": "1"},
    "key version a list": lambda d: d | {"key_version": [1]},
    "no key version": lambda d: {name: value for name, value in d.items() if name != "key_version"},
    "a list": lambda d: [d],
    "null": lambda d: None,
}


@pytest.mark.parametrize("how", EDITS)
def test_an_edited_document_is_refused_by_name(keys, how):
    edited = json.dumps(EDITS[how](json.loads(sign_document(keys, "manifest", BODY)))).encode()
    with pytest.raises(IntegrityFailure, match=r"lake/the-manifest") as caught:
        open_document(keys, "manifest", edited, "lake/the-manifest")
    assert "lake/the-manifest" in caught.value.what.ko
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b'{"kind": "manifest"}'])
def test_what_is_no_document_is_refused(keys, data):
    with pytest.raises(IntegrityFailure):
        open_document(keys, "manifest", data, "m")


def test_another_zones_signature_is_refused(keys, tmp_path):
    other = Keystore.create(tmp_path / "other.json", b"a passphrase for tests", n=2**10)
    with pytest.raises(IntegrityFailure):
        open_document(keys, "manifest", sign_document(other, "manifest", BODY), "m")
