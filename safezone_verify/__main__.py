"""`safezone-verify`: the program an auditor runs. Exit codes: 0 whole, 2 usage, 4 no bundle, 6 contradiction."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safezone_verify.bundle import lines, read_object
from safezone_verify.findings import Verification
from safezone_verify.notes import COSIGNED, SIGNED, Checkpoint, NoteKey, parse_note
from safezone_verify.verify import verify_bundle, verify_proof
from safezone_verify.words import Malformed, said

WHOLE, USAGE, NO_BUNDLE, CONTRADICTION = 0, 2, 4, 6
_EXITS = {"bundle": NO_BUNDLE, "note": CONTRADICTION}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what is named on the command line, say what was found, and return the exit code."""
    asked = _parser().parse_args(arguments)
    locale = next(filter(None, map(os.environ.get, ("SAFEZONE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))), "")
    language = asked.lang or ("ko" if locale.startswith("ko") else "en")
    try:
        keys = [_key(text, SIGNED) for text in asked.key] + [_key(text, COSIGNED) for text in asked.witness]
        known = [_kept(path) for path in asked.checkpoint]
        if asked.bundle.is_file():
            seq, good = _check_proof(asked.bundle, keys)
            print(said("in" if good else "not in", seq).say(language))
            return WHOLE if good else CONTRADICTION
        found = verify_bundle(asked.bundle, keys, known)
    except Malformed as problem:
        print(f"safezone-verify: {problem.what.say(language)}", file=sys.stderr)
        return _EXITS.get(problem.code, USAGE)
    if asked.json:
        state = "WHOLE" if found.ok else "TAMPERED"
        print(json.dumps({"id": found.origin, "state": state} | found.to_json(), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_report(found, language)))
    return WHOLE if found.ok else CONTRADICTION


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="safezone-verify",
        description="Checks an exported audit log, or one entry's proof. 내보낸 감사 로그나 한 항목의 증명을 검증합니다.",
        epilog="Exit codes: 0 whole, 2 usage, 4 not a bundle, 6 contradiction.",
    )
    add = parser.add_argument
    add("bundle", type=Path, metavar="DIR", help="the bundle, or a proof file / 감사 묶음 또는 증명 파일")
    every: dict[str, Any] = {"action": "append", "default": []}
    add("--key", **every, metavar="VKEY", help="the log's public key / 로그의 공개키")
    add("--witness", **every, metavar="VKEY", help="a witness's public key / 증인의 공개키")
    add("--checkpoint", **every, type=Path, metavar="FILE", help="a checkpoint you kept / 보관하던 체크포인트")
    add("--json", action="store_true", help="print the result as JSON / JSON으로 출력")
    add("--lang", choices=("ko", "en"), help="the language of the report / 보고서의 언어")
    return parser


def _key(text: str, kind: int) -> NoteKey:
    key = NoteKey.from_text(text)
    if key.kind != kind:
        raise Malformed("usage")
    return key


def _kept(path: Path) -> str:
    try:
        note = path.read_text("utf-8")
        Checkpoint.from_text(parse_note(note).text)
    except (OSError, UnicodeDecodeError, Malformed):
        raise Malformed("usage") from None
    return note


def _check_proof(path: Path, keys: Sequence[NoteKey]) -> tuple[int, bool]:
    try:
        proof = read_object(b"\n".join(lines(path)))
    except OSError:
        raise Malformed("bundle", path.name) from None
    if not keys:
        raise Malformed("usage")
    good = verify_proof(proof, keys)
    return proof["seq"], good


def _report(found: Verification, language: str) -> list[str]:
    """The result, line by line."""
    problems = [problem.text() for problem in sorted(found.problems, key=lambda each: (each.seq, each.last))]
    more = found.count - len(problems)
    return [
        said("summary", found).say(language),
        (said("clean") if found.ok else found.text()).say(language),
        *(f"  - {problem.say(language)}" for problem in problems),
        *([said("more", more).say(language)] if more else ()),
        *([said("not proven").say(language)] if found.caveats else ()),
        *(f"  - {caveat.say(language)}" for caveat in found.caveats),
    ]


if __name__ == "__main__":
    sys.exit(main())
