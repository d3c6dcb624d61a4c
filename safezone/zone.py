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
from safezone.access.actions import LOG, Action, Actor
from safezone.access.authenticate import by_airflow_user, by_token
from safezone.access.authorize import AccessPolicy, Authorizer
from safezone.airlock.context import Airlock
from safezone.audit.checkpoint import log_keys, open_checkpoint
from safezone.audit.engine import open_engine
from safezone.audit.exchange import Address
from safezone.audit.log import Sequencer
from safezone.audit.publish import show, sign
from safezone.audit.running import is_running, waits
from safezone.audit.timestamps import TimeAuthority, load_roots, stamp_checkpoint
from safezone.audit.witnesses.folder import FileWitness
from safezone.audit.witnesses.http import HttpWitness
from safezone.audit.witnesses.standing import Standing, standing
from safezone.audit.witnesses.trust import pinned
from safezone.catalog import migrate
from safezone.catalog.accounts import SEAL_KEY, Accounts
from safezone.catalog.records import AccountRecord
from safezone.catalog.store import Catalog
from safezone.errors import SafeZoneError, Unavailable, UsageError
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
from safezone_verify.notes import NoteKey


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
    if not settings.catalog_url:
        # Names and comments are in it. SQLite would leave it, and its logs beside it, to be read by everybody.
        (settings.home / "catalog.db").touch(mode=0o600)
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
    if not settings.witness_url:  # a witness program is told by its own operator
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
            home=settings.home,
            who=duty.value if duty else "console",
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
        """The log's name, by which checkpoints are known.

        ``safezone/<zone id>``; a zone restored from a backup that held less than was witnessed writes a new log,
        ``safezone/<zone id>/<log id>`` (`safezone.backup.succession`).
        """
        known = json.loads((self.settings.home / "zone.json").read_text("utf-8"))
        return "/".join(["safezone", known["id"], *([known["log"]] if known.get("log") else [])])

    @property
    def log_keys(self) -> list[NoteKey]:
        """Public keys of the log."""
        return log_keys(self.keys, self.origin)

    @property
    def witness_key_file(self) -> Path:
        """Where the key of the witness program this zone believes is pinned."""
        return self.settings.home / "witness.vkey"

    @cached_property
    def witness(self) -> FileWitness | HttpWitness:
        """The witness: the program at SAFEZONE_WITNESS_URL; without one a folder outside the zone.

        Raises:
            Unavailable: no key of the program was pinned yet, or the folder cannot be used.
            UsageError: the address is none.
        """
        if self.settings.witness_url:
            address = Address.parse(self.settings.witness_url, ca=self.settings.witness_ca)
            return HttpWitness(address, pinned(self.witness_key_file), self.origin)
        return FileWitness(self.settings.witness_dir / self.origin.rpartition("/")[2])

    @cached_property
    def time_authority(self) -> TimeAuthority | None:
        """The time-stamp authority at SAFEZONE_TSA_URL, if any (UsageError when it cannot be one)."""
        roots = load_roots(self.settings.tsa_roots) if self.settings.tsa_roots else []
        return TimeAuthority(self.settings.tsa_url, roots) if self.settings.tsa_url else None

    def keep_log(self) -> str | None:
        """Do the `log` duty's work once: sequence what was staged, sign a checkpoint, have it witnessed and stamped.

        Returns:
            The checkpoint with the signatures it got, or None for an empty log.

        Raises:
            IntegrityFailure: the log is not what was signed or witnessed before.
        """
        note = self.sign_log()
        return None if note is None else self.show_log(note, self.log_keys)[0]

    def sign_log(self) -> str | None:
        """Sequence what was staged and sign a checkpoint, unless there is nothing new; nobody else is asked."""
        Sequencer(self.catalog.engine).sequence()
        return sign(self.catalog.engine, self.keys, self.log_keys)

    def show_log(self, note: str, keys: list[NoteKey], *, stamp: bool = True) -> tuple[str, list[SafeZoneError]]:
        """Have a checkpoint witnessed and, where there is an authority, stamped with the time.

        Args:
            note: the checkpoint.
            keys: public keys of the log.
            stamp: whether it is to be stamped.

        Returns:
            The checkpoint with the signatures it got, and why something is missing: an outage holds nobody up.

        Raises:
            IntegrityFailure: the witness refuses it.
        """
        missing: list[SafeZoneError] = []
        witnesses: list[FileWitness | HttpWitness] = []
        try:
            witnesses.append(self.witness)
        except Unavailable as error:
            missing.append(error)
        cosigned, unseen = show(self.catalog.engine, keys, note, witnesses)
        missing += unseen
        if stamp and self.time_authority is not None:
            try:
                stamp_checkpoint(self.catalog.engine, self.time_authority, open_checkpoint(note, keys).size)
            except Unavailable as error:
                missing.append(error)
        return cosigned, missing

    def witness_standing(self) -> Standing:
        """How far the witness has come with the log."""
        try:
            witness = self.witness
        except SafeZoneError as error:
            return Standing("", "UNREACHABLE", why=error.what)
        return standing(self.catalog.engine, self.log_keys, witness)

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


def settle_log(settings: Settings) -> list[SafeZoneError]:
    """At the end of a flow that changed something: see to it that a witnessed checkpoint covers it soon.

    Where a log duty runs beside this process it does so within seconds, and where a server keeps the keys only the
    log duty's own credentials can. Else, on the embedded zone, it is done here and now.

    Returns:
        Why something is missing: outages, which the next flow makes good.

    Raises:
        SafeZoneError: the log cannot be kept; what the flow did stands.
    """
    if settings.keys_url or is_running(settings.home):
        return []
    engine = open_engine(settings.catalog)
    try:
        waiting = waits(engine)
    finally:
        engine.dispose()
    if not waiting:
        return []
    with Zone.open(settings, Duty.LOG) as zone:
        zone.authorizer.authorize(Actor.duty(Duty.LOG), Action.AUDIT_CHECKPOINT, LOG)
        note = zone.sign_log()
        return [] if note is None else zone.show_log(note, zone.log_keys)[1]


def zone_folder(settings: Settings, name: str) -> Path:
    """A folder of the zone, made when it is missing."""
    folder = settings.home / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
