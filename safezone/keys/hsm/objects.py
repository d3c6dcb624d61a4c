"""What lies on a token for a key: its objects, how they are made, found and used.

=====================  ===========================================================================================
a version of a key     ``CKO_SECRET_KEY`` (AES-256; generic secret of 32 bytes) or an Ed25519 pair. ``CKA_LABEL`` is
                       the key's name, ``CKA_ID`` its version (4 bytes), when it was made (milliseconds since 1970, 6
                       bytes) and 10 random bytes, so that identifiers of one version sort by age.
a destroyed name       ``CKO_DATA``, ``CKA_APPLICATION`` ``safezone destroyed``, neither modifiable nor destroyable
a claim                ``CKO_DATA``, ``CKA_APPLICATION`` ``safezone claim`` (see `safezone.keys.hsm.claim`)
=====================  ===========================================================================================

All are private: nobody sees a name without the PIN (public halves of signing keys are the exception, as is usual).
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pkcs11
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11 import exceptions as ckr

from safezone.errors import IntegrityFailure, UsageError
from safezone.keys.hsm import faults
from safezone.keys.naming import kind_of
from safezone.model import canonical, now, timestamp

DESTROYED, CLAIM = "safezone destroyed", "safezone claim"
_ID = 20
_NONCE, _TAG_BITS, _ROOM = 12, 128, 256
_TRIES, _PIECES = 4, 0.02

# OID of RFC 8410, and the name older modules know (PKCS#11 v3.0 current mechanisms, section 2.3.10).
_ED25519 = (bytes.fromhex("06032b6570"), b"\x13\x0cedwards25519")
# DER OCTET STRING; DER BIT STRING; the bare 32 bytes of PKCS#11 v3.0.
_POINT_HEADERS = (b"\x04\x20", b"\x03\x21\x00", b"")
_OWN_KEY = b"safezone: does this public key belong to its private key?"

_SECRET = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
}
# Newer attributes (v2.40): without them a copy under another name would outlive a destruction.
_NO_COPY = {Attribute.COPYABLE: False}
_FOR_EVER = {Attribute.DESTROYABLE: False}
_CANNOT_LEAVE = {
    Attribute.SENSITIVE: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.LOCAL: True,
}
_UNKNOWN_ATTRIBUTE = (ckr.AttributeTypeInvalid, ckr.AttributeValueInvalid, ckr.TemplateInconsistent)


@dataclass(slots=True)
class Entry:
    """What lies under one name.

    Attributes:
        keys: by version and identifier: the object that does the work (the private half of a pair).
        publics: public halves, by identifier.
        destroyed: when the name was destroyed (ISO 8601), or empty.
        claims: data of the claims on it, with their objects.
    """

    keys: dict[int, dict[bytes, Any]] = field(default_factory=dict)
    publics: dict[bytes, Any] = field(default_factory=dict)
    destroyed: str = ""
    claims: list[tuple[dict[str, Any], Any]] = field(default_factory=list)

    @property
    def current(self) -> int:
        """The highest version, 0 when there is none."""
        return max(self.keys, default=0)

    @property
    def created(self) -> str:
        """When the first version that is left was made (ISO 8601, UTC, by the clock of the machine that made it)."""
        return made_at(min(self.keys[min(self.keys)]))

    def chosen(self, version: int) -> tuple[bytes, Any]:
        """Of a version the oldest object: where two were made at once, everybody picks the same."""
        identifier = min(self.keys[version])
        return identifier, self.keys[version][identifier]


def new_id(version: int) -> bytes:
    """An identifier for a version made now."""
    return version.to_bytes(4, "big") + (time.time_ns() // 1_000_000).to_bytes(6, "big") + secrets.token_bytes(10)


def made_at(identifier: bytes) -> str:
    """The time in an identifier, to the second."""
    return timestamp(datetime.fromtimestamp(int.from_bytes(identifier[4:10], "big") // 1000, UTC))


def find(session: pkcs11.Session, name: str) -> Entry:
    """All that lies under a name, in one search.

    Raises:
        IntegrityFailure: an object was put there that the zone did not make on the token.
    """
    for _ in range(_TRIES):
        try:
            return _sorted_in(_search(session, {Attribute.LABEL: name})).get(name, Entry())
        except IntegrityFailure:
            # Software tokens write an object piece by piece; what another process is making now is whole in a moment.
            time.sleep(_PIECES)
    return _sorted_in(_search(session, {Attribute.LABEL: name})).get(name, Entry())


def notes(session: pkcs11.Session, name: str) -> Entry:
    """What is noted under a name, without its keys: whether it was destroyed, and the claims on it."""
    return _sorted_in(_search(session, {Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: name})).get(
        name, Entry()
    )


def any_key(session: pkcs11.Session, name: str) -> bool:
    """Whether a key lies under that name, whoever made it."""
    return bool(_keys(session, name))


def shred(session: pkcs11.Session, name: str) -> int:
    """Destroy every key under a name, whoever made it, and return how many objects that were."""
    found = _keys(session, name)
    remove(found)
    return len(found)


def take_back(session: pkcs11.Session, name: str, version: int, made: list[bytes]) -> None:
    """Destroy what was just made for a version, as far as it is not what everyone picks."""
    entry = find(session, name)
    chosen = entry.chosen(version)[0]
    for identifier in made:
        if identifier != chosen:
            both = (entry.keys[version].get(identifier), entry.publics.get(identifier))
            remove(each for each in both if each is not None)


def _keys(session: pkcs11.Session, name: str) -> list[Any]:
    kinds = (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY, ObjectClass.PUBLIC_KEY)
    return [each for kind in kinds for each in _search(session, {Attribute.CLASS: kind, Attribute.LABEL: name})]


def find_all(session: pkcs11.Session) -> dict[str, Entry]:
    """All keys and destroyed names on the token; what is not the zone's is passed over."""
    found: list[Any] = []
    for kind in (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY, ObjectClass.DATA):
        found += _search(session, {Attribute.CLASS: kind})
    return _sorted_in(found)


def _search(session: pkcs11.Session, template: dict[Any, Any]) -> list[Any]:
    # A search in a session gone stale would leave an exception nobody can catch in the library's destructor.
    session.generate_random(64)
    for _ in range(_TRIES):
        try:
            return list(session.get_objects(template))
        except ckr.ObjectHandleInvalid:
            continue  # one was destroyed between being found and being read
    return list(session.get_objects(template))


def _sorted_in(objects: Iterable[Any]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for thing in objects:
        try:
            name = str(thing[Attribute.LABEL])
            kind_of(name)
            _place(entries.setdefault(name, Entry()), name, thing)
        except (ckr.ObjectHandleInvalid, ckr.AttributeTypeInvalid, UnicodeDecodeError, UsageError):
            continue  # gone meanwhile, or not the zone's
    return {name: entry for name, entry in entries.items() if entry != Entry()}


def _place(entry: Entry, name: str, thing: Any) -> None:
    if isinstance(thing, (pkcs11.SecretKey, pkcs11.PrivateKey)):
        identifier = bytes(thing[Attribute.ID])
        if len(identifier) != _ID or thing.get_attributes(list(_CANNOT_LEAVE)) != _CANNOT_LEAVE:
            raise faults.foreign(name)
        entry.keys.setdefault(int.from_bytes(identifier[:4], "big"), {})[identifier] = thing
    elif isinstance(thing, pkcs11.PublicKey):
        entry.publics[bytes(thing[Attribute.ID])] = thing
    elif thing[Attribute.CLASS] == ObjectClass.DATA:
        application = thing[Attribute.APPLICATION]
        if application in {DESTROYED, CLAIM}:
            data = json.loads(thing[Attribute.VALUE])
            if application == DESTROYED:
                entry.destroyed = str(data["time"])
            else:
                entry.claims.append((data, thing))


def make(session: pkcs11.Session, name: str, kind: str, identifier: bytes) -> None:
    """Make one version of a key on the token; its material is never outside.

    Args:
        session: the token's session.
        name: the key's name.
        kind: ``kek``, ``mac`` or ``sign``.
        identifier: of the new version, see `new_id`.
    """
    try:
        _make(session, name, kind, identifier, _SECRET | _NO_COPY)
    except _UNKNOWN_ATTRIBUTE:
        _make(session, name, kind, identifier, _SECRET)


def _make(session: pkcs11.Session, name: str, kind: str, identifier: bytes, template: dict[Any, Any]) -> None:
    common = {"id": identifier, "label": name, "store": True}
    if kind == "sign":
        _make_pair(session, common, template)
        return
    use = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT if kind == "kek" else MechanismFlag.SIGN
    what = KeyType.AES if kind == "kek" else KeyType.GENERIC_SECRET
    session.generate_key(what, 256, capabilities=use, template=template, **common)


def _make_pair(session: pkcs11.Session, common: dict[str, Any], template: dict[Any, Any]) -> None:
    for curve in _ED25519:
        domain = session.create_domain_parameters(KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: curve}, local=True)
        try:
            domain.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
                private_template=template,
                **common,
            )
        except (ckr.DomainParamsInvalid, ckr.AttributeValueInvalid):
            if curve is _ED25519[-1]:
                raise
        else:
            return


def put_data(session: pkcs11.Session, name: str, application: str, data: dict[str, Any]) -> None:
    """Leave a note under a name: that it was destroyed, or a claim on it."""
    template = {
        Attribute.CLASS: ObjectClass.DATA,
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.MODIFIABLE: False,
        Attribute.APPLICATION: application,
        Attribute.LABEL: name,
        Attribute.VALUE: canonical(data),
    }
    if application == DESTROYED:
        try:
            session.create_object(template | _FOR_EVER)
        except _UNKNOWN_ATTRIBUTE:
            session.create_object(template)
    else:
        session.create_object(template)


def put_tombstone(session: pkcs11.Session, name: str) -> None:
    """Note for ever that the name was destroyed, now."""
    put_data(session, name, DESTROYED, {"name": name, "time": timestamp(now())})


def remove(things: Iterable[Any]) -> None:
    """Destroy objects; those that are gone already are no error."""
    for thing in things:
        try:
            thing.destroy()
        except ckr.ObjectHandleInvalid:
            continue


def seal(key: Any, plain: bytes, aad: bytes) -> bytes:
    """AES-256-GCM with a random 96-bit IV (NIST SP 800-38D, 8.2.2): IV, ciphertext, 128-bit tag."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + bytes(_crypt(key.encrypt, plain, nonce, aad))


def unseal(key: Any, blob: bytes, aad: bytes) -> bytes | None:
    """What `seal` was given, or None when the token is well but this does not open.

    PKCS#11 has no return value of its own for a tag that does not fit: modules answer with one of several, among them
    that for a broken device. So the key is tried on something that opens before the blob is blamed.
    """
    if len(blob) < _NONCE + _TAG_BITS // 8:
        return None
    try:
        return bytes(_crypt(key.decrypt, blob[_NONCE:], blob[:_NONCE], aad))
    except pkcs11.PKCS11Error:
        # Also when the session or the key is gone: then this fails in the same way, and that is passed on.
        probe = seal(key, bytes(32), aad)
        _crypt(key.decrypt, probe[_NONCE:], probe[:_NONCE], aad)
        return None


def _crypt(operation: Any, data: bytes, nonce: bytes, aad: bytes) -> Any:
    return operation(
        data,
        buffer_size=_ROOM,
        mechanism=Mechanism.AES_GCM,
        mechanism_param=GCMParams(nonce, aad, _TAG_BITS),
    )


def mac(key: Any, data: bytes) -> bytes:
    """HMAC-SHA256 (CKM_SHA256_HMAC)."""
    return bytes(key.sign(data, mechanism=Mechanism.SHA256_HMAC, buffer_size=_ROOM))


def sign(key: Any, data: bytes) -> bytes:
    """Ed25519 (CKM_EDDSA without parameters: pure, RFC 8032)."""
    return bytes(key.sign(data, mechanism=Mechanism.EDDSA, buffer_size=_ROOM))


def public_bytes(name: str, private: Any, public: Any) -> bytes:
    """The raw public key, once a signature has shown that it belongs to the private half.

    Raises:
        IntegrityFailure: it does not belong to it: somebody put another one there.
    """
    point = bytes(public[Attribute.EC_POINT])
    for header in _POINT_HEADERS:
        raw = point.removeprefix(header)
        if len(raw) == 32 and len(point) == 32 + len(header):
            try:
                Ed25519PublicKey.from_public_bytes(raw).verify(sign(private, _OWN_KEY), _OWN_KEY)
            except InvalidSignature:
                break
            return raw
    raise faults.foreign(name)
