"""`safezone-verify`: the program an auditor runs. Exit codes: 0 whole, 2 usage, 4 no bundle, 6 contradiction."""

from __future__ import annotations

import argparse
import json
import os
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from safezone_verify.bundle import LOG, Bundle, Progress, check_times, lines, open_bundle, read_checkpoints
from safezone_verify.findings import Verification
from safezone_verify.notes import COSIGNED, Checkpoint, NoteKey, parse_note
from safezone_verify.verify import Proof, verify_bundle, verify_proof
from safezone_verify.words import Malformed, Text

WHOLE, USAGE, NO_BUNDLE, CONTRADICTION = 0, 2, 4, 6
_EXITS = {"vkey": USAGE, "usage": USAGE, "bundle": NO_BUNDLE, "note": CONTRADICTION}
_MANY = 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what is named on the command line, say what was found, and return the exit code."""
    asked = _parser().parse_args(arguments)
    language = asked.lang or ("ko" if _locale().startswith("ko") else "en")
    try:
        keys = [_key(each, witness=False) for each in asked.key] + [
            _key(each, witness=True) for each in asked.witness
        ]
        known = [_kept(path) for path in asked.checkpoint]
        if asked.bundle.is_file():
            return _one_entry(asked.bundle, keys, language)
        if asked.timestamps is not None:
            return _take_times(asked.bundle, keys, asked.timestamps)
        bundle = open_bundle(asked.bundle, keys)
        found = verify_bundle(asked.bundle, keys, known, _progress(bundle.size))
    except Malformed as problem:
        print(f"safezone-verify: {problem.what.say(language)}", file=sys.stderr)
        return _EXITS[problem.code]
    if asked.json:
        state = "WHOLE" if found.ok else "TAMPERED"
        print(json.dumps({"id": found.origin, "state": state} | found.to_json(), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_report(bundle, found, language)))
    return WHOLE if found.ok else CONTRADICTION


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="safezone-verify",
        description="Checks an exported audit log (or one entry's proof) without the zone. "
        "내보낸 감사 로그(또는 한 항목의 증명)를 안심구역 없이 검증합니다.",
        epilog="Exit codes: 0 whole, 2 usage, 4 not a bundle, 6 contradiction.",
    )
    add = parser.add_argument
    add("bundle", type=Path, metavar="DIR", help="the bundle, or a proof file / 감사 묶음 또는 증명 파일")
    add("--key", action="append", default=[], metavar="VKEY", help="the log's public key / 로그의 공개키")
    add("--witness", action="append", default=[], metavar="VKEY", help="a witness's public key / 증인의 공개키")
    add("--checkpoint", action="append", default=[], type=Path, metavar="FILE",
        help="a checkpoint you kept / 보관하던 체크포인트")  # fmt: skip
    add("--timestamps", type=Path, metavar="FOLDER", help="take the time stamps out / 타임스탬프를 꺼냄")
    add("--json", action="store_true", help="print the result as JSON / JSON으로 출력")
    add("--lang", choices=("ko", "en"), help="the language of the report / 보고서의 언어")
    return parser


def _locale() -> str:
    return next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")


def _key(text: str, *, witness: bool) -> NoteKey:
    key = NoteKey.from_text(text)
    if (key.kind == COSIGNED) != witness:
        raise Malformed("usage", "--key takes keys of logs, --witness those of witnesses.",
                        "--key에는 로그의 키, --witness에는 증인의 키를 지정하십시오.")  # fmt: skip
    return key


def _kept(path: Path) -> str:
    try:
        note = path.read_text("utf-8")
        Checkpoint.from_text(parse_note(note).text)
    except (OSError, UnicodeDecodeError, Malformed):
        raise Malformed("usage", f"{path} is no checkpoint, or cannot be read.",
                        f"{path}은(는) 체크포인트가 아니거나 읽을 수 없습니다.") from None  # fmt: skip
    return note


def _one_entry(path: Path, keys: Sequence[NoteKey], language: str) -> int:
    try:
        data = json.loads(b"\n".join(lines(path)))
    except (ValueError, RecursionError):
        data = None
    proof = Proof.from_json(data if isinstance(data, dict) else {})
    if not keys:
        raise Malformed("usage", "A proof is checked with a key you trust: --key",
                        "증명은 신뢰하는 공개키로 검증합니다: --key")  # fmt: skip
    good = verify_proof(proof, keys)
    said = Text(f"Entry {proof.seq} is in the log.", f"{proof.seq}번 항목은 로그에 있습니다.")
    if not good:
        said = Text(f"Entry {proof.seq} is NOT in that log.", f"{proof.seq}번 항목은 그 로그에 없습니다.")
    print(said.say(language))
    return WHOLE if good else CONTRADICTION


def _take_times(folder: Path, keys: Sequence[NoteKey], out: Path) -> int:
    bundle = open_bundle(folder, keys)
    texts = read_checkpoints(bundle)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for size, text, token in check_times(bundle, texts):
            (out / f"{size}.txt").write_bytes(text)
            (out / f"{size}.tsr").write_bytes(token)
            print(f"openssl ts -verify -data {out / str(size)}.txt -in {out / str(size)}.tsr -CAfile ROOTS.pem")
    except OSError:
        raise Malformed("usage", f"{out} cannot be written.", f"{out}에 쓸 수 없습니다.") from None
    return CONTRADICTION if bundle.findings.count else WHOLE


def _progress(size: int) -> Progress:
    """Say how far the check is, on the terminal only and for large bundles only."""
    if size < _MANY or not sys.stderr.isatty():
        return lambda *_: None
    shown = -1

    def tell(done: int, every: int) -> None:
        nonlocal shown
        percent = min(100, 100 * done // every)
        if percent != shown:
            shown = percent
            print(f"\r{percent:3d} %" if percent < 100 else "\r     \r", end="", file=sys.stderr, flush=True)

    return tell


def _report(bundle: Bundle, found: Verification, language: str) -> list[str]:
    """The result as lines of plain text."""

    def say(en: str, ko: str) -> str:
        return Text(en, ko).say(language)

    whole = bundle.header["kind"] == LOG
    rows = [
        (say("Log", "로그"), found.origin),
        (say("Entries", "항목"), f"{found.size:,}" + ("" if whole else say(" (excerpt)", " (발췌)"))),
        (say("Signed by the log", "로그 서명"), f"{found.proven:,}"),
        (say("Witnessed", "증인 확인"), f"{found.witnessed:,}"),
        (say("Checkpoints", "체크포인트"), f"{found.checkpoints:,}"),
    ]
    if found.details_deleted:
        rows.append((say("Details deleted", "삭제된 상세 내용"), f"{found.details_deleted:,}"))
    wide = max(_width(name) for name, _ in rows)
    said = [f"  {name}{' ' * (wide - _width(name))}  {value}" for name, value in rows]
    verdict = say("WHOLE: nothing contradicts itself.", "온전함: 모순이 없습니다.")
    if not found.ok:
        verdict = found.text().say(language)
    said += ["", verdict]
    said += [
        f"  - {problem.text().say(language)}"
        for problem in sorted(found.problems, key=lambda each: (each.seq, each.last))
    ]
    if found.count > len(found.problems):
        more = found.count - len(found.problems)
        said.append(say(f"  - and {more:,} more", f"  - 그 밖에 {more:,}건"))
    if found.caveats:
        said += ["", say("Not proven:", "증명하지 못한 것:")]
        said += [f"  - {caveat.say(language)}" for caveat in found.caveats]
    return said


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


if __name__ == "__main__":
    sys.exit(main())
