"""How keys are called at AWS KMS: aliases, tags and the classes that tell duties apart.

============================================  ===================================================================
``alias/<prefix>/<path>/<version>``           one version of a key; making it is the step that only one can win
``alias/<prefix>/_gone/<path>``               the mark that a key of that name was destroyed; it outlives the key
``alias/<prefix>/_marker/<number>``           a key that does nothing but carry such marks
============================================  ===================================================================

``<path>`` is the encoded name (`safezone.keys.naming.encode`). AWS takes 256 characters of ``[a-zA-Z0-9/_-]``; a name
that would be longer is ``<class>/_long/<its SHA-256>``, and the key's description says it. An encoded name holds ``_``
before two hexadecimal digits only, so ``_gone``, ``_marker``, ``_long`` and ``_other`` are nobody's name.
"""

from __future__ import annotations

import hashlib

from safezone.keys.naming import encode, kind_of

ZONE_TAG = "safezone-zone"
CLASS_TAG = "safezone-class"
NAME_TAG = "safezone-name"
VERSION_TAG = "safezone-version"

MARKER = "_marker"
GONE = "_gone"
_LONG = "_long"
_OTHER = "_other"
# 256 - "alias/" - the longest prefix - "/_gone/" - "/" and seven digits of a version, rounded down.
_MAX_PATH = 200
_MAX_CLASS = 60
_KEK_REST = 3


def class_of(name: str) -> str:
    """The class of a key: what the table of duties tells apart, as one word that a condition can compare.

    ``kek/<place>`` for key-encryption keys; for all others the encoded name itself, or ``<first segment>/_other`` when
    that is long. What no row of the table can match is in a class that nobody has a right to. A row's pattern has
    the class of the names it matches, in which ``*`` stands for anything.
    """
    head, *rest = name.split("/")
    if head == "kek":
        # Backups are the zone's own: kek/<any other dataset>/backup/... belongs to no duty.
        known = len(rest) == _KEK_REST and (rest[1] != "backup" or rest[0] == "zone")
        return _class("kek", rest[1]) if known else _OTHER
    if head == "sign" and len(rest) != 1:
        return _OTHER
    return f"{_class(head)}/*" if rest == ["*"] else _class(head, *rest)


def path_of(name: str) -> str:
    """The part of an alias that stands for a name."""
    kind_of(name)
    encoded = encode(name, "/")
    if len(encoded) <= _MAX_PATH:
        return encoded
    return f"{class_of(name)}/{_LONG}/{hashlib.sha256(name.encode()).hexdigest()}"


def is_long(path: str) -> bool:
    """Whether a path does not say its name."""
    return path.rpartition("/")[0].endswith(f"/{_LONG}")


def version_alias(prefix: str, name: str, version: int) -> str:
    """The alias of one version of a key."""
    return f"alias/{prefix}/{path_of(name)}/{version}"


def gone_alias(prefix: str, name: str) -> str:
    """The alias that says the key of that name was destroyed."""
    return f"alias/{prefix}/{GONE}/{path_of(name)}"


def marker_alias(prefix: str, number: int) -> str:
    """The alias of a key that carries such marks."""
    return f"alias/{prefix}/{MARKER}/{number}"


def tags(prefix: str, class_: str, name: str, version: int) -> list[dict[str, str]]:
    """The tags of a key, given when it is made and never changed."""
    values = {ZONE_TAG: prefix, CLASS_TAG: class_, NAME_TAG: name, VERSION_TAG: str(version)}
    return [{"TagKey": key, "TagValue": value} for key, value in values.items()]


def _class(head: str, *rest: str) -> str:
    encoded = encode("/".join((head, *rest)), "/")
    if len(encoded) <= _MAX_CLASS:
        return encoded
    return f"{_class(head)}/{_OTHER}" if rest else _OTHER
