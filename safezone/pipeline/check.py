"""Check: intake objects are parsed apart from all keys, typed by declared rules, and become the raw version.

Single bad rows go to quarantine up to the policy's limit; past it, or when the delivery as a whole is not what
the policy describes, the whole delivery does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from safezone.access.actions import Actor
from safezone.access.authorize import Grant
from safezone.audit.event import AuditEvent
from safezone.boundary import boundary
from safezone.catalog.records import DeliveryRecord, QuarantineRecord, VersionRecord
from safezone.errors import DeliveryError, WrongState
from safezone.model import Manifest, Stage, VersionState, digest, version_id
from safezone.pipeline import quarantine, suites
from safezone.pipeline.context import CODE_VERSION, Ingest
from safezone.pipeline.stream import RowStream, part_name
from safezone.policy.dataset import DatasetPolicy
from safezone.schema import arrow_schema
from safezone.sources.delivery import check_bad_rows
from safezone.sources.fault import delivery_error
from safezone.sources.isolation import Limits, parse_isolated
from safezone.sources.shape import LINE
from safezone.sources.typed import SOURCE_VERSION, type_columns
from safezone.vault.door import INTAKE, QUARANTINE, SealedObject
from safezone.vault.parts import PendingPart
from validation.run import Validator


def check(zone: Ingest, actor: Actor, dataset: str, delivery: str) -> str:
    """Turn a received delivery into its raw version.

    Args:
        zone: the ingest duty.
        actor: who runs it.
        dataset: the dataset.
        delivery: a received delivery.

    Returns:
        The id of the raw version, committed.

    Raises:
        DeliveryError: the delivery is not what its policy describes; it is in quarantine now.
    """
    with boundary("check"):
        policy, grant = zone.begin(actor, dataset, f"delivery/{delivery}")
        record = zone.catalog.get(DeliveryRecord, delivery)
        version = _version(zone, policy, record)
        if zone.catalog.find(VersionRecord, version) is not None:
            return version
        if record.dataset != policy.dataset or record.state is not VersionState.RECEIVED:
            raise WrongState(
                "delivery.state",
                (f"Delivery {record.id} is {record.state}.", f"반입물 {record.id}의 상태는 {record.state}입니다."),
                ("Receive a delivery of this dataset first.", "이 데이터셋의 반입물을 먼저 받으십시오."),
            )
        run = _Run(zone, grant, policy, record, version)
        try:
            return run.finish(run.write_parts())
        except DeliveryError as error:
            zone.vault.discard(run.written)
            raise quarantine.set_aside_received(zone, grant, policy, record, error) from None


def _version(zone: Ingest, policy: DatasetPolicy, delivery: DeliveryRecord) -> str:
    parsing = {"source": SOURCE_VERSION, "part_rows": zone.settings.part_rows}
    return version_id(
        dataset=policy.dataset,
        stage=Stage.RAW,
        inputs=(delivery.content,),
        policy=policy.sha256,
        transform=digest(parsing),
        model="",
        token_key_version=0,
    )


class _Run:
    """One pass over a delivery."""

    def __init__(
        self, zone: Ingest, grant: Grant, policy: DatasetPolicy, delivery: DeliveryRecord, version: str
    ) -> None:
        self.zone, self.grant, self.policy = zone, grant, policy
        self.delivery, self.version = delivery, version
        self.schema = arrow_schema(policy.columns)
        self.validator = Validator(suites.before(policy))
        self.written: list[str] = []
        self.bad: list[pa.Table] = []
        self.bad_rows = 0
        self.bad_batches: list[pa.RecordBatch] = []
        self.seen = 0
        self.declared = sum(delivery.manifest["rows"])

    def write_parts(self) -> list[PendingPart]:
        """Parse, type and write all rows as encrypted parts of `part_rows` rows."""
        stream = RowStream(self._typed())
        pending: list[PendingPart] = []
        while stream.more() or not pending:
            name = part_name(len(pending))
            part = self.zone.vault.write_part(
                self.grant,
                Stage.RAW,
                dataset=self.policy.dataset,
                delivery=self.delivery.id,
                version=self.version,
                name=name,
                schema=self.schema,
                batches=stream.take(self.zone.settings.part_rows),
            )
            self.written.append(part.ref.uri)
            pending.append(part)
        return pending

    def _typed(self) -> Iterator[pa.RecordBatch]:
        limits = Limits.of(self.zone.settings)
        names = [column.name for column in self.policy.columns]
        for number, item in enumerate(self.delivery.intake):
            sealed = SealedObject.from_json(item)
            with (
                self.zone.vault.open_object(self.grant, INTAKE, self.policy.dataset, sealed) as stream,
                parse_isolated(self.policy.source, stream, limits=limits, columns=names) as parsed,
            ):
                for batch in parsed:
                    yield from self._type(batch, number)
            self.seen += parsed.rows
            if self.delivery.manifest["rows"][number] != parsed.rows:
                raise delivery_error("delivery.rows_mismatch")

    def _type(self, batch: pa.RecordBatch, file: int) -> Iterator[pa.RecordBatch]:
        typed = type_columns(batch, self.policy.columns, unknown_columns=self.policy.source.unknown_columns)
        if typed.bad_rows:
            self.bad_rows += typed.bad_rows
            places = pa.array([file + 1] * typed.bad.num_rows, pa.int64())
            self.bad.append(typed.bad.append_column("file", places))
            lines = pc.unique(typed.bad.column("line")).cast(pa.int64())
            self.bad_batches.append(batch.filter(pc.is_in(batch.column(LINE), value_set=lines)))
            # Long before the end it can be beyond doubt that too many are bad.
            check_bad_rows(self.declared, self.bad_rows, self.policy.delivery.bad_rows_share)
        if typed.batch.num_rows:
            self.validator.add(typed.batch)
            yield typed.batch

    def finish(self, pending: list[PendingPart]) -> str:
        """Judge the whole, commit the version with what was set aside."""
        check_bad_rows(self.seen, self.bad_rows, self.policy.delivery.bad_rows_share)
        manifest = self._manifest(pending)
        with self.zone.vault.open_pending(
            self.grant, Stage.RAW, self.policy.dataset, self.version, pending
        ) as dataset:
            outcome = self.validator.finish(dataset)
        if outcome.critical_failures:
            names = ", ".join(outcome.critical_failures[:5])
            raise DeliveryError(
                "delivery.quality",
                (f"The delivery fails critical expectations: {names}.", f"필수 품질 기준에 미달했습니다: {names}."),
                (
                    "Correct the data at its origin and deliver it again, or change the policy with two approvals.",
                    "원천 데이터를 고쳐 다시 반입하거나, 두 명의 승인으로 정책을 변경하십시오.",
                ),
            )
        set_aside = self._set_aside()
        record = self.zone.commit(
            self.grant,
            manifest,
            pending,
            state=VersionState.RECEIVED,
            parent=None,
            evidence={"contract": outcome.to_json(), "quarantined_rows": self.bad_rows},
            also=tuple(set_aside),
            events=tuple(self._events(set_aside)),
        )
        return record.id

    def _manifest(self, pending: list[PendingPart]) -> Manifest:
        return Manifest(
            version=self.version,
            dataset=self.policy.dataset,
            controller=self.policy.controller,
            stage=Stage.RAW.value,
            delivery=self.delivery.id,
            inputs=(self.delivery.content,),
            policy=self.policy.sha256,
            transform=digest({"source": SOURCE_VERSION, "part_rows": self.zone.settings.part_rows}),
            model="",
            token_key_version=0,
            code=CODE_VERSION,
            columns=tuple((field.name, str(field.type)) for field in self.schema),
            rows=sum(part.ref.rows for part in pending),
            parts=tuple(part.ref for part in pending),
            counts={"rows_seen": self.seen, "rows_quarantined": self.bad_rows},
        )

    def _set_aside(self) -> list[QuarantineRecord]:
        if not self.bad_rows:
            return []
        table = pa.concat_tables(self.bad)
        sealed = self.zone.vault.seal_object(
            self.grant,
            QUARANTINE,
            self.policy.dataset,
            self.delivery.id,
            "rows",
            _as_ipc(self.bad_batches),
        )
        reason = DeliveryError(
            "delivery.rows",
            (
                f"{self.bad_rows:,} rows break rules of their columns.",
                f"{self.bad_rows:,}개 행이 컬럼 규칙에 맞지 않습니다.",
            ),
            (
                "Correct these lines at their origin and deliver them again.",
                "해당 행을 원천에서 고쳐 다시 반입하십시오.",
            ),
        )
        findings = table.slice(0, quarantine.MAX_FINDINGS).to_pylist()
        return [
            quarantine.entry(
                self.policy,
                self.delivery.id,
                "rows",
                reason,
                rows=self.bad_rows,
                findings=findings,
                objects=[sealed],
            )
        ]

    def _events(self, records: list[QuarantineRecord]) -> list[AuditEvent]:
        return [quarantine.event(record, self.grant, self.policy) for record in records]


def _as_ipc(batches: list[pa.RecordBatch]) -> Callable[[BinaryIO], None]:
    """What writes batches as an Arrow IPC stream: the rows as they were delivered."""

    def fill(sink: BinaryIO) -> None:
        with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), batches[0].schema) as writer:
            for batch in batches:
                writer.write_batch(batch)

    return fill
