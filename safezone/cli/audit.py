"""`audit list|checkpoint|verify|prove|export` and `log`: what was done, and that nobody changed the record."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, open_zone
from safezone.cli.say import Json, t
from safezone.errors import BadInput, IntegrityFailure, SafeZoneError, Unavailable

if TYPE_CHECKING:
    from safezone.audit.timestamps import TimesVerified
    from safezone.audit.witnesses.standing import Standing
    from safezone_verify.findings import Verification
    from safezone_verify.notes import NoteKey

group = typer.Typer(
    help=t("감사 로그: 조회, 검증, 증명", "The audit log: read, verify, prove"), no_args_is_help=True
)
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key", help=t("신뢰하는 공개키(이름+id+base64, 여러 번 가능)", "A public key you trust (may be repeated)")
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command(
        "log",
        help=t(
            "감사 로그 임무: 순서를 매기고 체크포인트에 서명", "The log duty: sequence events, sign checkpoints"
        ),
    )(log)


@group.command("list", help=t("최근 기록", "Recent events"))
def list_(
    object_: Annotated[
        str, typer.Option("--object", help=t("대상, 예: request/REQ-...", "Object, e.g. request/REQ-..."))
    ] = "",
    account: Annotated[str, typer.Option("--account", help=t("계정 번호", "Account id"))] = "",
    type_: Annotated[
        str, typer.Option("--type", help=t("종류, 예: decision.denied", "Type, e.g. decision.denied"))
    ] = "",
    since: Annotated[
        int | None, typer.Option("--since", help=t("이 순번부터", "From this sequence number"))
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help=t("최대 건수", "At most so many"))] = 50,
    as_json: Json = False,
) -> None:
    """List events, the newest last."""
    from safezone.access.actions import LOG, Action
    from safezone.audit.query import Filter, recent
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    acting.authorize(Action.AUDIT_READ, LOG)
    found = recent(acting.zone.catalog.engine, Filter(object_, account, type_, since), limit)
    if as_json:
        say.emit([_event(row) for row in found])
        return
    rows = [
        (
            "·" if row["seq"] is None else row["seq"],
            say.when(row["time"]),
            say.two(row["type"], row["object"]),
            acting.name(row["account"]),
        )
        for row in found
    ]
    columns = [t("순번", "Seq") + ">", t("시각(UTC)", "Time (UTC)"), t("무엇", "What"), t("누가", "Who")]
    say.listed(rows, columns, ("기록이 없습니다.", "No events."), keep=(0, 1))


def _event(row: dict[str, Any]) -> dict[str, Any]:
    known = {name: row[name] for name in ("seq", "time", "type", "account", "object", "purpose", "policy")}
    details = json.loads(row["details"]) if row["details"] else None
    return {"id": row["uid"], "state": "STAGED" if row["seq"] is None else "SEQUENCED", **known, "details": details}


@group.command(
    "checkpoint", help=t("체크포인트에 서명하고 증인에게 넘김", "Sign a checkpoint and hand it to the witness")
)
def checkpoint(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=t("보관할 파일에도 저장", "Keep it in a file as well, for --checkpoint")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Sequence what is staged, sign the tree, have it witnessed."""
    from safezone.access.actions import LOG, Action
    from safezone.audit.checkpoint import open_checkpoint
    from safezone.model import Duty

    acting = Acting(Duty.LOG)
    acting.authorize(Action.AUDIT_CHECKPOINT, LOG)
    zone = acting.zone
    note, missing = zone.show_log(zone.sign_log() or "", zone.log_keys)
    signed = open_checkpoint(note, zone.log_keys)
    witness = zone.witness_standing()
    if out is not None:
        _write(out, note)
    if as_json:
        say.emit(
            {
                "id": signed.root.hex(),
                "state": "CURRENT",
                "size": signed.size,
                "root": signed.root.hex(),
                "note": note,
                "keys": [key.to_text() for key in zone.log_keys],
                "witness": witness.to_json(),
                "missing": [error.code for error in missing],
            }
        )
        return
    say.done(
        f"기록 {signed.size:,}건의 체크포인트에 서명했습니다.", f"Signed a checkpoint of {signed.size:,} entries."
    )
    say.out().print(note, markup=False, soft_wrap=True)
    _say_witness(witness)
    for error in missing:
        if not error.code.startswith("witness."):
            say.err().print(error.what.say(say.language()), style="yellow", markup=False, soft_wrap=True)


def _say_witness(witness: Standing) -> None:
    words = {
        "CURRENT": t("모두 확인함", "has seen all of it"),
        "BEHIND": t(f"{witness.behind:,}건 뒤처짐", f"{witness.behind:,} entries behind"),
    }
    said = words.get(witness.state, witness.why.say(say.language()) if witness.why else witness.state)
    who = " ".join(filter(None, (t("증인", "Witness"), witness.id)))
    seen = f"{witness.size:,} · " if witness.state in words else ""  # of one that is silent nobody knows how far
    line = f"{who}: {seen}{said}"
    style = "green" if witness.state == "CURRENT" else "yellow"
    say.err().print(line, style=style, markup=False, soft_wrap=True)


@group.command(
    "verify",
    help=t("로그 검증: 변조되면 위치를 알리고 6으로 종료", "Verify the log; exits 6 on tampering and says where"),
)
def verify(
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", help=t("내보낸 로그를 오프라인으로 검증", "Verify an exported log offline")),
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option("--proof", help=t("한 항목의 증명을 오프라인으로 검증", "Verify one entry's proof offline")),
    ] = None,
    known: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", help=t("보관하던 체크포인트 파일", "A checkpoint you kept (file)")),
    ] = None,
    key: Keys = None,
    as_json: Json = False,
) -> None:
    """Check that nothing in the log was changed, removed or reordered. With a bundle or proof, without the zone."""
    from safezone.audit.bundle import verify_bundle
    from safezone.audit.checkpoint import read_key

    keys = [read_key(each) for each in key or ()]
    notes = [_text(path) for path in known or ()]
    if proof is not None:
        _verify_proof(proof, keys, as_json=as_json)
        return
    if bundle is not None:
        _report(verify_bundle(bundle, keys, notes), None, as_json=as_json)
        return
    found, times, missing = _verify_zone(keys, notes)
    _report(found, times, as_json=as_json)
    if missing is not None:
        raise missing


def _verify_zone(
    keys: list[NoteKey], notes: list[str]
) -> tuple[Verification, TimesVerified | None, Unavailable | None]:
    """Verify the log where it lies; without its witness when that does not answer, which is told too."""
    from safezone.access.actions import LOG, Action
    from safezone.audit.timestamps import load_roots, verify_times
    from safezone.audit.verify import verify_log
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    acting.authorize(Action.AUDIT_VERIFY, LOG)
    zone = acting.zone
    trusted, missing = keys or zone.log_keys, None
    try:
        found = verify_log(zone.catalog.engine, trusted, [zone.witness], notes)
    except Unavailable as error:
        missing, found = error, verify_log(zone.catalog.engine, trusted, [], notes)
    roots = zone.settings.tsa_roots
    times = None if roots is None else verify_times(zone.catalog.engine, load_roots(roots))
    return found, times, missing


def _report(found: Verification, times: TimesVerified | None, *, as_json: bool) -> None:
    whole = found.ok and not (times and times.bad)
    state = "WHOLE" if whole else "TAMPERED"
    if as_json:
        say.emit(
            {"id": "log", "state": state} | found.to_json() | ({} if times is None else {"times": times.to_json()})
        )
    else:
        style = "green" if found.ok else "bold red"
        say.out().print(found.text().say(say.language()), style=style, markup=False, soft_wrap=True)
        for problem in found.problems:
            say.out().print(f"  {problem.text().say(say.language())}", markup=False, soft_wrap=True)
        for caveat in found.caveats:
            say.out().print(f"  {caveat.say(say.language())}", style="dim", markup=False, soft_wrap=True)
        if gone := found.details_deleted:
            ko = f"보존 기간이 지나 상세 내용이 삭제된 항목: {gone:,}건(증명은 그대로 유효)"
            en = f"Entries whose details were deleted when their time was over: {gone:,} (every proof holds)"
            say.out().print(f"  {t(ko, en)}", style="dim", markup=False, soft_wrap=True)
        if times is not None:
            say.out().print(
                times.text().say(say.language()), style="bold red" if times.bad else None, soft_wrap=True
            )
    if not whole:
        raise typer.Exit(IntegrityFailure.exit_code)


def _verify_proof(path: Path, keys: list[NoteKey], *, as_json: bool) -> None:
    from safezone.audit.bundle import read_proof, verify_proof
    from safezone.errors import UsageError

    if not keys:
        raise UsageError(
            "audit.key_needed",
            ("A proof is checked with a key you trust.", "증명은 신뢰하는 공개키로 검증합니다."),
            ("Give the log's public key: --key", "로그의 공개키를 지정하십시오: --key"),
        )
    try:
        body = json.loads(_text(path))
    except ValueError:
        body = None
    proof = read_proof(body if isinstance(body, dict) else {})
    if not verify_proof(proof, keys):
        raise IntegrityFailure(
            "audit.proof",
            (
                f"The proof does not hold: entry {proof.seq} is not in that log.",
                f"증명이 성립하지 않습니다. {proof.seq}번 항목은 그 로그에 없습니다.",
            ),
            ("Treat the entry as forged, or ask for the proof again.", "위조로 간주하거나 증명을 다시 받으십시오."),
        )
    if as_json:
        say.emit({"id": str(proof.seq), "state": "VALID", "leaf": json.loads(proof.leaf)})
        return
    say.done(f"{proof.seq}번 항목은 로그에 있습니다.", f"Entry {proof.seq} is in the log.")


@group.command("prove", help=t("한 항목이 로그에 있다는 증명", "Prove that an entry is in the log"))
def prove(
    seq: Annotated[int, typer.Argument(min=0, metavar="SEQ", help=t("순번", "Sequence number"))],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help=t("증명을 쓸 파일", "File to write the proof to"))
    ] = None,
    as_json: Json = False,
) -> None:
    """Print an inclusion proof, to be kept with the entry."""
    from safezone.access.actions import LOG, Action
    from safezone.audit.export import prove as make
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    acting.authorize(Action.AUDIT_READ, LOG, f"leaf/{seq}")
    proof = make(acting.zone.catalog.engine, seq).to_json()
    if out is not None:
        _write(out, json.dumps(proof, ensure_ascii=False, indent=2) + "\n")
    vkeys = [key.to_text() for key in acting.zone.log_keys]
    if as_json:
        say.emit({"id": str(seq), "state": "VALID"} | proof | {"keys": vkeys})
        return
    if out is None:
        say.emit(proof)
    command = f"safezone audit verify --proof {out or 'FILE'} --key {vkeys[0]}"
    say.err().print(f"[dim]{t('검증:', 'To check it:')}[/] {command}", soft_wrap=True)


@group.command(
    "export",
    help=t(
        "오프라인 검증용으로 로그 전체나 일부를 내보내기", "Export the log, or some of it, to be verified offline"
    ),
)
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=t("새 폴더", "A new folder"))],
    object_: Annotated[
        str,
        typer.Option(
            "--object",
            help=t("이 대상의 항목만, 예: release/REL-...", "Only entries about this, e.g. release/REL-..."),
        ),
    ] = "",
    first: Annotated[
        int | None, typer.Option("--from", min=0, metavar="SEQ", help=t("이 순번부터", "From this sequence number"))
    ] = None,
    last: Annotated[
        int | None, typer.Option("--to", min=0, metavar="SEQ", help=t("이 순번까지", "Up to this sequence number"))
    ] = None,
    with_details: Annotated[
        bool,
        typer.Option(
            "--with-details", help=t("이름과 주소 등 상세 내용 포함", "Include details: names, addresses")
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write entries, checkpoints, proofs and public keys."""
    from safezone.access.actions import LOG, Action
    from safezone.audit.export import Excerpt
    from safezone.audit.export import export as write
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    acting.authorize(Action.AUDIT_EXPORT, LOG)
    keys = [*acting.zone.log_keys, acting.zone.witness.key]
    whole = not object_ and first is None and last is None
    excerpt = None if whole else Excerpt(object_, first or 0, last)
    count = write(acting.zone.catalog.engine, folder, keys, with_details=with_details, excerpt=excerpt)
    if as_json:
        say.emit(
            {
                "id": acting.zone.origin,
                "state": "MADE",
                "folder": str(folder.absolute()),
                "entries": count,
                "keys": [key.to_text() for key in keys],
            }
        )
        return
    logs, witness = [f"--key {key.to_text()}" for key in keys[:-1]], f"--witness {keys[-1].to_text()}"
    command = " ".join(["safezone-verify", str(folder), *logs, witness])
    say.done(
        f"감사 로그 {count:,}건을 {folder}에 내보냈습니다. 공개키는 묶음이 아닌 다른 경로로 전달하십시오.",
        f"{count:,} entries of the log are in {folder}. Give the public keys by another way than the bundle.",
        command,
        command,
    )


@group.command(
    "verifier", help=t("오프라인 검증 프로그램을 한 파일로 저장", "Write the offline verifier as a single file")
)
def verifier(
    out: Annotated[Path, typer.Option("--out", "-o", help=t("쓸 파일", "File to write"))] = Path(
        "safezone-verify.pyz"
    ),
    as_json: Json = False,
) -> None:
    """Write what an auditor runs on a machine with Python and `cryptography` only; it holds nothing of the zone."""
    from safezone.audit.verifier import write_verifier

    write_verifier(out)
    if as_json:
        say.emit({"id": out.name, "state": "MADE", "file": str(out.absolute())})
        return
    command = f"python3 {out} DIR --key VKEY --witness VKEY"
    say.done(f"검증 프로그램을 {out}에 저장했습니다.", f"The verifier is in {out}.", command, command)


def log(
    follow: Annotated[
        bool, typer.Option("--follow/--once", help=t("SIGTERM까지 계속 / 한 번만", "Until SIGTERM / once"))
    ] = True,
    seconds: Annotated[float, typer.Option("--every", min=0.1, help=t("주기(초)", "Seconds between rounds"))] = 1.0,
) -> None:
    """Run the log duty. It acts as itself, with its own keys, so it needs no account's token."""
    from safezone.local.log_duty import keep_rounds
    from safezone.model import Duty

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def tell(error: SafeZoneError) -> None:
        say.err().print(error.what.say(say.language()), style="yellow", markup=False)

    keep_rounds(open_zone(Duty.LOG), lambda: not follow or stop.wait(seconds), tell)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(
            "cli.file",
            (f"The file {path} cannot be read.", f"{path} 파일을 읽을 수 없습니다."),
            ("Name a file that is there.", "있는 파일을 지정하십시오."),
        ) from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError:
        raise BadInput(
            "cli.write",
            (f"The file {path} cannot be written.", f"{path} 파일을 쓸 수 없습니다."),
            ("Name a file in a folder you may write to.", "쓰기 가능한 폴더의 파일을 지정하십시오."),
        ) from None
