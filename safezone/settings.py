"""Settings of a zone: the only reader of the environment.

Every variable starts with ``SAFEZONE_``. The defaults are the embedded zone: SQLite, local
files, keystore file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _state_home() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "safezone"


def _config_home() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "safezone"


class Settings(BaseSettings):
    """Where a zone lives and how its parts are reached.

    Attributes:
        home: the folder of the zone.
        token: says who acts; never passed as a flag, since arguments are visible to other processes.
        language: language of messages.
        catalog_url: SQLAlchemy URL of the catalog; empty means SQLite below `home`.
        storage_url: where parts lie; empty means `home`/lake.
        keys_url: which key provider keeps the keys (`safezone.keys.open`); empty means the keystore file.
        keys_credentials: file with this duty's secret at the key server, or a folder with a file for each duty; it must lie
            outside `home`.
        passphrase_file: file with the keystore's passphrase; it must lie outside `home`.
        witness_dir: folder of the file witness; it must lie outside `home`.
        witness_url: address of a witness program (`safezone witness`); empty means the folder `witness_dir`.
        witness_ca: certificates (PEM) the witness program's own is held against; empty means the system's.
        tsa_url: address of an RFC 3161 time-stamp authority for checkpoints; empty means none.
        tsa_roots: root certificates (PEM) of that authority; with them `safezone audit verify` checks time stamps.
        ledger_dir: folder of the ledger of destroyed keys; it must lie outside `home` and outside every backup.
        destroy_wait_hours: hours between the second person's approval and the destruction of a key.
        policies: folder with the policies; empty means the ones beside the code.
        part_rows: rows in a part of a version, part of the transform digest.
        min_k: no dataset policy may ask for less.
        parse_memory_mb: memory of the child process that parses untrusted files.
        parse_seconds: time of that process.
        duckdb_memory_mb: memory DuckDB may use in one task.
        detect_processes: processes that search texts for personal data in one task; each needs about as much memory
            as the task itself, so more than one is for machines with memory to spare.
        max_delivery_bytes: a file larger than this, unpacked, is refused.
    """

    model_config = SettingsConfigDict(env_prefix="SAFEZONE_", extra="ignore", frozen=True)

    home: Path = Path(".safezone")
    token: SecretStr | None = None
    language: Literal["ko", "en"] = "ko"
    catalog_url: str = ""
    storage_url: str = ""
    keys_url: str = ""
    keys_credentials: Path | None = None
    passphrase_file: Path = Field(default_factory=lambda: _config_home() / "passphrase")
    witness_dir: Path = Field(default_factory=lambda: _state_home() / "witness")
    witness_url: str = ""
    witness_ca: Path | None = None
    tsa_url: str = ""
    tsa_roots: Path | None = None
    ledger_dir: Path = Field(default_factory=lambda: _state_home() / "destroyed")
    destroy_wait_hours: float = Field(default=72, ge=0)
    policies: Path | None = None
    part_rows: int = Field(default=250_000, ge=1_000)
    min_k: int = Field(default=3, ge=2)
    parse_memory_mb: int = Field(default=2_048, ge=256)
    parse_seconds: int = Field(default=900, ge=1)
    duckdb_memory_mb: int = Field(default=768, ge=64)
    detect_processes: int = Field(default=1, ge=1, le=64)
    max_delivery_bytes: int = Field(default=20 * 1024**3, ge=1)

    @property
    def inbox(self) -> Path:
        """Where agencies' deliveries arrive."""
        return self.home / "deliveries"

    @property
    def catalog(self) -> str:
        """The catalog's URL, with the embedded default filled in."""
        return self.catalog_url or f"sqlite:///{(self.home / 'catalog.db').absolute()}"

    @property
    def lake(self) -> Path:
        """Where the encrypted objects lie on the embedded default."""
        return self.home / "lake"

    @property
    def keystore(self) -> Path:
        """The keystore file of the embedded default."""
        return self.home / "keys" / "keystore.json"

    @property
    def delivery_identity(self) -> Path:
        """The zone's own age identity, encrypted; its public half is for agencies."""
        return self.home / "keys" / "delivery-identity.json"

    @property
    def policy_dir(self) -> Path:
        """The folder with the policies in force."""
        if self.policies is not None:
            return self.policies
        here = Path(__file__).resolve().parent
        installed = here / "_data" / "policies"
        return installed if installed.is_dir() else here.parent / "policies"
