"""The composition root: the one place where adapters are built and handed in.

`Zone.open(settings, duty)` gives a process the rooms of one duty, with that duty's keys and no others. On the
embedded default one trusted machine holds several duties; the threat model says what that does not protect.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pseudonymize.detect.rules import DetectionRules
from safezone.access.actions import Actor
from safezone.access.authenticate import by_airflow_user, by_token
from safezone.access.authorize import AccessPolicy, Authorizer
from safezone.airlock.context import Airlock
from safezone.audit.checkpoint import NoteKey, log_keys
from safezone.audit.engine import open_engine
from safezone.audit.log import Sequencer
from safezone.audit.publish import publish
from safezone.audit.witness import FileWitness
from safezone.catalog import migrate
from safezone.catalog.accounts import SEAL_KEY, Accounts
from safezone.catalog.records import AccountRecord
from safezone.catalog.store import Catalog
from safezone.errors import UsageError
from safezone.keys import identity
from safezone.keys.duties import DutyBound
from safezone.keys.keystore import Keystore
from safezone.keys.open import open_provider
from safezone.keys.passphrase import create_passphrase, read_passphrase
from safezone.model import Duty
from safezone.pipeline.context import Ingest
from safezone.pipeline.receive import COMMITMENT
from safezone.policy.dataset import DatasetPolicy
from safezone.policy.load import load_policies
from safezone.ports import BlobStore, KeyProvider
from safezone.settings import Settings
from safezone.storage.arrow import from_url
from safezone.vault.door import Vault


def initialise(settings: Settings) -> Zone:
    """Make a zone at ``SAFEZONE_HOME``, or complete one that is there; running it again changes nothing.

    Returns:
        The zone with the console's keys (every key: the person at the machine who may make one).
    """
    for folder in (settings.home, settings.home / "keys", settings.lake, settings.inbox):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.keys_url:
        create_passphrase(settings.passphrase_file)
        Keystore.create(settings.keystore, read_passphrase(settings.passphrase_file, settings.home))
    identity_file = settings.home / "zone.json"
    if not identity_file.exists():
        identity_file.write_text(json.dumps({"id": secrets.token_hex(8)}) + "\n", "utf-8")
    engine = open_engine(settings.catalog)
    migrate.upgrade(engine)
    engine.dispose()
    zone = Zone.open(settings, None)
    for name in (
        SEAL_KEY,
        "sign/manifest",
        "sign/package",
        "sign/checkpoint",
        "sign/certificate",
        "sign/backup",
        COMMITMENT,
    ):
        zone.keys.ensure(name)
    identity.create(zone.keys, settings.delivery_identity)
    zone.witness.enrol(zone.log_keys)
    return zone


class Zone:
    """A zone as one duty sees it. The rooms are built when they are first asked for.

    Args:
        settings: where it lives.
        duty: whose keys it holds; None is the console: enrolment and key custody.
        keys: the key provider, bound to the duty.
    """

    def __init__(self, settings: Settings, duty: Duty | None, keys: KeyProvider) -> None:
        self.settings = settings
        self.duty = duty
        self.keys = keys

    @classmethod
    def open(cls, settings: Settings, duty: Duty | None) -> Zone:
        """Open an initialised zone.

        Raises:
            UsageError: there is no zone at ``SAFEZONE_HOME``.
            Unavailable: the keys do not answer.
        """
        if not (settings.home / "zone.json").exists():
            raise UsageError(
                "zone.missing",
                (f"There is no zone at {settings.home}.", f"{settings.home}에 안심구역이 없습니다."),
                ("Make one: safezone init", "만드십시오: safezone init"),
            )
        provider = open_provider(
            settings.keys_url,
            keystore=settings.keystore,
            passphrase=lambda: read_passphrase(settings.passphrase_file, settings.home),
            credentials=settings.keys_credentials,
        )
        return cls(settings, duty, provider if duty is None else DutyBound(provider, duty))

    def close(self) -> None:
        """Give back what is held open; the zone may be used again afterwards."""
        if "catalog" in self.__dict__:
            self.catalog.engine.dispose()

    def __enter__(self) -> Zone:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- rooms -----------------------------------------------------------------------------------------

    @cached_property
    def catalog(self) -> Catalog:
        """The transactional store."""
        return Catalog(open_engine(self.settings.catalog))

    @cached_property
    def accounts(self) -> Accounts:
        """Who is who."""
        return Accounts(self.catalog, self.keys)

    @cached_property
    def access(self) -> AccessPolicy:
        """The access policies."""
        return AccessPolicy.load(self.settings.policy_dir / "access")

    @cached_property
    def authorizer(self) -> Authorizer:
        """Decides, and writes it down."""
        return Authorizer(self.catalog, self.access)

    @cached_property
    def blobs(self) -> BlobStore:
        """Where encrypted objects lie."""
        return from_url(self.settings.storage_url or self.settings.lake)

    @cached_property
    def vault(self) -> Vault:
        """The only door to plaintext."""
        return Vault(self.blobs, self.keys, self.catalog, self.authorizer)

    @cached_property
    def policies(self) -> Mapping[str, DatasetPolicy]:
        """The dataset policies on disk."""
        return load_policies(self.settings.policy_dir / "datasets", min_k=self.settings.min_k)

    @cached_property
    def ingest(self) -> Ingest:
        """What the steps of ingest need."""
        return Ingest(
            settings=self.settings,
            catalog=self.catalog,
            accounts=self.accounts,
            authorizer=self.authorizer,
            vault=self.vault,
            keys=self.keys,
            policies=self.policies,
            detector=_detectors(),
            delivery_identity=lambda: identity.load(self.keys, self.settings.delivery_identity),
        )

    @cached_property
    def airlock(self) -> Airlock:
        """What the airlock needs."""
        return Airlock(
            settings=self.settings,
            catalog=self.catalog,
            accounts=self.accounts,
            authorizer=self.authorizer,
            access=self.access,
            vault=self.vault,
            keys=self.keys,
            packages=self.blobs,
        )

    # -- the log ---------------------------------------------------------------------------------------

    @cached_property
    def origin(self) -> str:
        """The log's name, by which checkpoints are known."""
        return f"safezone/{json.loads((self.settings.home / 'zone.json').read_text('utf-8'))['id']}"

    @property
    def log_keys(self) -> list[NoteKey]:
        """Public keys of the log."""
        return log_keys(self.keys, self.origin)

    @cached_property
    def witness(self) -> FileWitness:
        """The witness of the embedded zone: a folder outside it."""
        return FileWitness(self.settings.witness_dir / self.origin.rpartition("/")[2])

    def keep_log(self) -> str | None:
        """Do the `log` duty's work once: sequence what was staged, sign a checkpoint, have it witnessed."""
        Sequencer(self.catalog.engine).sequence()
        return publish(self.catalog.engine, self.keys, self.origin, [self.witness])

    # -- who acts --------------------------------------------------------------------------------------

    def account(self) -> AccountRecord:
        """The account that SAFEZONE_TOKEN proves (Denied without one)."""
        token = self.settings.token.get_secret_value() if self.settings.token else None
        return by_token(self.catalog, self.accounts, token)

    def airflow_actor(self, user: str | None) -> Actor:
        """The actor behind an Airflow user (Denied when no account has that name)."""
        return by_airflow_user(self.catalog, self.accounts, user)


def _detectors() -> Callable[[DetectionRules], Any]:
    """Makes the detector that a policy's recognizers and allow lists ask for, each once."""
    made: dict[DetectionRules, Any] = {}

    def make(rules: DetectionRules) -> Any:
        if rules not in made:
            # Loading morphological dictionaries takes a second: only steps that read text pay for it.
            from pseudonymize.detect.custom import detector_for

            made[rules] = detector_for(rules)
        return made[rules]

    return make


def zone_folder(settings: Settings, name: str) -> Path:
    """A folder of the zone, made when it is missing."""
    folder = settings.home / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
