"""A witness program at an address: `safezone.ports.Witness` over https://c2sp.org/tlog-witness.

The zone pins the witness's public key once, by an explicit step (`safezone witness trust`); whatever else answers at
the address, its signatures do not count.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from safezone.audit.checkpoint import in_our_words, merge, parse_note, signers
from safezone.audit.exchange import Address, Answer, Unreachable, exchange
from safezone.audit.witnesses.state import origin_hash
from safezone.errors import IntegrityFailure, SafeZoneError, Unavailable
from safezone_verify.notes import Checkpoint, NoteKey

NOT_ENROLLED = "witness.not_enrolled"
"""Code of the error when the witness's operator was not told of the key that signs: a new log, or a rotation."""
_ENROL = "safezone witness enrol --state DIR VKEY"
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class HttpWitness:
    """A witness program, as one log meets it.

    Args:
        address: of the program.
        key: its pinned public key.
        origin: the log's name.
        seconds: for one try of a request.
    """

    def __init__(self, address: Address, key: NoteKey, origin: str, seconds: float = 5.0) -> None:
        self.key = key
        self._address = address
        self._origin = origin
        self._seconds = seconds

    def enrol(self, keys: Sequence[NoteKey]) -> None:
        """Nothing to do from here: only the witness's own operator says whose checkpoints it takes."""

    def latest(self) -> str | None:
        """The newest checkpoint the witness has accepted of this log, with its signature, or None.

        Raises:
            Unavailable: the witness does not answer.
            IntegrityFailure: what answers is not the witness that was pinned.
        """
        answer = self._ask(f"/logs/{origin_hash(self._origin)}/checkpoint")
        if answer.status == 404:
            return None
        note = _text(answer) if answer.status == 200 else ""
        return self._by_witness(note)

    def add(self, checkpoint: str, proof: list[str]) -> str:
        """Hand over a checkpoint and its consistency proof from the newest one the witness holds.

        Args:
            checkpoint: signed by the log.
            proof: hex hashes.

        Returns:
            The checkpoint with the witness's signature added.

        Raises:
            Unavailable: the witness does not answer.
            IntegrityFailure: it refuses, or what answers is not the witness that was pinned.
        """
        seen = self.latest()
        with in_our_words():
            old = 0 if seen is None else Checkpoint.from_text(parse_note(seen).text).size
        lines = "".join(f"{base64.b64encode(_bytes(value)).decode()}\n" for value in proof)
        answer = self._ask("/add-checkpoint", f"old {old}\n{lines}\n{checkpoint}".encode())
        if answer.status == 200:
            try:
                whole = merge(checkpoint, parse_note(checkpoint).text + "\n" + _text(answer))
            except IntegrityFailure:
                raise _stranger() from None
            return self._by_witness(whole)
        raise self._refusal(answer)

    def _ask(self, path: str, body: bytes | None = None) -> Answer:
        try:
            answer = exchange(self._address, path, body, seconds=self._seconds)
        except Unreachable:
            raise self._unavailable() from None
        if answer.status >= 500 or answer.status in {408, 413, 429}:
            raise self._unavailable()
        return answer

    def _by_witness(self, note: str) -> str:
        try:
            found = signers(parse_note(note), [self.key])
        except IntegrityFailure:
            found = []
        if not found:
            raise _stranger()
        return note

    def _refusal(self, answer: Answer) -> SafeZoneError:
        if answer.status in {403, 404}:
            return not_enrolled(self._origin)
        if answer.status == 409 and answer.kind == "text/x.tlog.size" and _SIZE.fullmatch(answer.body):
            held = int(answer.body)
            return _refused(f"it holds {held} entries already", f"이미 {held}건을 보유하고 있습니다")
        if answer.status in {409, 422}:
            return _refused("the log is not the one it saw before", "이전에 본 로그와 다릅니다")
        return _refused(f"it answered {answer.status}", f"응답 코드 {answer.status}")

    def _unavailable(self) -> Unavailable:
        return Unavailable(
            "witness.unavailable",
            (f"The witness at {self._address} does not answer.", f"{self._address}의 증인이 응답하지 않습니다."),
            (
                "Check that it runs (GET /health) and that its certificate is trusted (SAFEZONE_WITNESS_CA).",
                "실행 중인지(GET /health), 인증서를 신뢰하는지(SAFEZONE_WITNESS_CA) 확인하세요.",
            ),
            kept=(
                "The log goes on; the witness is shown the rest later.",
                "로그는 계속되며, 나머지는 나중에 전달됩니다.",
            ),
        )


def not_enrolled(origin: str) -> IntegrityFailure:
    """The witness was not told of this log, or not of the key that signs it now (after a rotation)."""
    return IntegrityFailure(
        NOT_ENROLLED,
        (
            f"The witness does not know the key that signs {origin}.",
            f"증인이 {origin}에 서명하는 키를 알지 못합니다.",
        ),
        (
            f"Have its operator enrol the log's key (safezone audit checkpoint --json shows it): {_ENROL}",
            f"증인 운영자에게 로그의 공개키(safezone audit checkpoint --json) 등록을 요청하세요: {_ENROL}",
        ),
        kept=("Events are sequenced and signed as before.", "이벤트의 순서 지정과 서명은 그대로 계속됩니다."),
    )


def _bytes(value: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except ValueError:
        return b"\x00"  # no hash: the witness refuses it


def _text(answer: Answer) -> str:
    try:
        return answer.body.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _refused(en: str, ko: str) -> IntegrityFailure:
    return IntegrityFailure(
        "witness.refused",
        (f"The witness refuses: {en}.", f"증인이 거부했습니다: {ko}."),
        (
            "Run `safezone audit verify`; treat it as tampering until explained.",
            "`safezone audit verify`를 실행하고, 원인이 밝혀질 때까지 변조로 간주하세요.",
        ),
    )


def _stranger() -> IntegrityFailure:
    return IntegrityFailure(
        "witness.stranger",
        (
            "What answers as the witness does not sign with the key this zone trusts.",
            "증인이라고 응답한 곳이 이 안심구역이 신뢰하는 키로 서명하지 않습니다.",
        ),
        (
            "If the witness has a new key, check it with its operator: safezone witness trust --replace VKEY",
            "증인의 키가 바뀌었다면 운영자에게 확인한 뒤 지정하세요: safezone witness trust --replace VKEY",
        ),
    )
