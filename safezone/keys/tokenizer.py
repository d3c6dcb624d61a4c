"""Token keys: what identifiers become tokens under, inside the zone and at release.

The keys themselves stay with the provider. What is handed out is derived from them, one per controller and kind
of identifier, so that a token of one controller or kind says nothing about another's.
"""

from __future__ import annotations

from safezone.ports import KeyProvider

TOKEN_LABEL = b"safezone token key v1"
SHIFT_LABEL = b"safezone shift key v1"
TEXT_LABEL = b"safezone text key v1"
PROJECT_LABEL = b"safezone project key v1"


class Tokenizer:
    """Derives the keys with which identifiers of one controller are replaced.

    Args:
        provider: where the keys lie.
        controller: the agency answerable for the data.
        version: the key version to use throughout, as recorded in a manifest; None means each key's newest.
    """

    def __init__(self, provider: KeyProvider, controller: str, version: int | None = None) -> None:
        self._provider = provider
        self._controller = controller
        self._version = version

    def token_key(self, kind: str) -> tuple[bytes, int]:
        """The 32-byte key for identifiers of one kind (e.g. ``KR_RRN``) and its version."""
        return self._derive(kind, TOKEN_LABEL)

    def shift_key(self) -> bytes:
        """The 32-byte key from which shifts of dates are drawn."""
        return self._derive("date-shift", SHIFT_LABEL)[0]

    def text_key(self) -> tuple[bytes, int]:
        """The 32-byte key of surrogates and tokens in text, for all kinds of entity, and its version."""
        return self._derive("text", TEXT_LABEL)

    def project_key(self, project: str) -> bytes:
        """The 32-byte key under which a project's extracts get tokens of their own."""
        return project_key(self._provider, project)

    def _derive(self, kind: str, label: bytes) -> tuple[bytes, int]:
        name = f"token/{self._controller}/{kind}"
        current = self._provider.ensure(name)
        version = current if self._version is None else self._version
        return self._provider.mac(name, label, version), version


def project_key(provider: KeyProvider, project: str) -> bytes:
    """The 32-byte key under which a project's extracts get tokens of their own; it needs no controller."""
    name = f"project/{project}"
    provider.ensure(name)
    return provider.mac(name, PROJECT_LABEL)
