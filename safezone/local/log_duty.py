"""The `log` duty as a process of its own: sequences events and signs checkpoints, once a second.

Those outside the zone, witness and time-stamp authority, are asked in a thread beside the rounds: however slow they
are, events are sequenced and signed.

It runs until its standard input closes, so it cannot outlive whoever started it; what was staged by then is
sequenced and witnessed before it ends.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from safezone.access.actions import LOG, Action, Actor
from safezone.audit.running import running
from safezone.boundary import boundary
from safezone.errors import SafeZoneError, Unavailable
from safezone.local.airflow_settings import private_folder
from safezone.model import Duty
from safezone.settings import Settings
from safezone.zone import Zone
from safezone_verify.notes import NoteKey

_EVERY_SECONDS = 1.0
_STOP_SECONDS = 60.0  # the last checkpoint is shown to a witness and an authority that may both be slow
_LOOK_AGAIN_SECONDS = 60.0
"""How often the witness is shown the newest checkpoint though nothing is new: it may have lost its memory, or we ours."""
_STAMP_SECONDS = 60.0
"""A time stamp covers all before it: not every checkpoint asks for one."""


class LogDuty:
    """The running log duty, as a context manager.

    Args:
        log: file its complaints go to; made with mode 0600.
        env: its whole environment.
    """

    def __init__(self, log: Path, env: dict[str, str]) -> None:
        self.log = log
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> LogDuty:
        private_folder(self.log.parent)
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "safezone.local.log_duty"],
                stdin=subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                env=self._env,
                start_new_session=True,  # Ctrl-C reaches the caller alone, who then stops it in order
            )
        finally:
            os.close(descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def check(self) -> None:
        """See that it runs (Unavailable when it has ended)."""
        if self._process is None or self._process.poll() is not None:
            raise self._failed()

    def stop(self) -> None:
        """Let it sequence and witness the rest, and end.

        Raises:
            Unavailable: it had ended before, could not do the rest, or did not end.
        """
        if self._end() != 0:
            raise self._failed()

    def _end(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.stdin is not None:
            process.stdin.close()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _failed(self) -> Unavailable:
        return Unavailable(
            "log.duty",
            ("The log duty has ended on its own.", "로그 임무 프로세스가 스스로 종료되었습니다."),
            (f"Read {self.log}.", f"{self.log}을(를) 확인하십시오."),
            kept=("Events stay staged until it runs again.", "이벤트는 다시 실행될 때까지 대기 상태로 보존됩니다."),
        )


def keep_rounds(zone: Zone, stopped: Callable[[], bool], tell: Callable[[SafeZoneError], None]) -> None:
    """Sequence, sign and have witnessed, round after round, and once more at the end.

    Sequencing and signing wait for nobody: witness and time-stamp authority are asked beside the rounds, and again
    after a while where they did not answer. An outage is told and waited out. Tampering is not: the log then stops,
    with its error.

    Args:
        zone: the zone as the log duty.
        stopped: waits for the next round; True ends after one more.
        tell: what to do with an outage.
    """
    # Once for the run: a decision a round would make the log grow by itself for ever.
    zone.authorizer.authorize(Actor.duty(Duty.LOG), Action.AUDIT_CHECKPOINT, LOG)
    with running(zone.settings.home), Outside(zone, tell) as outside:
        closed = False
        while not closed:
            closed = stopped()
            try:
                with boundary("log"):
                    note = zone.sign_log()
                    outside.finish(note) if closed else outside.show(note)
            except Unavailable as error:
                if closed:
                    raise
                tell(error)


class Outside:
    """Shows checkpoints to those outside the zone, one at a time, beside the rounds of the log.

    Args:
        zone: the zone as the log duty.
        tell: what to do with an outage.
        clock: seconds, for the tests.
    """

    def __init__(
        self, zone: Zone, tell: Callable[[SafeZoneError], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._zone = zone
        self._tell = tell
        self._clock = clock
        self._worker = ThreadPoolExecutor(1, "outside")
        self._showing: Future[list[SafeZoneError]] | None = None
        self._note: str | None = None
        self._again = 0.0
        self._stamp = 0.0
        self._failures = 0

    def __enter__(self) -> Outside:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.shutdown()

    def show(self, note: str | None) -> None:
        """Show the newest checkpoint, unless it was shown or one is being shown; does not wait.

        Raises:
            SafeZoneError: what showing the one before ended with, if it was no outage.
        """
        if self._showing is not None:
            if not self._showing.done():
                return
            self._settle(self._showing.result())
        now = self._clock()
        text = _text(note)
        if note is None or (text == self._note and now < self._again) or (self._failures and now < self._again):
            return
        self._note, self._again = text, now + _LOOK_AGAIN_SECONDS
        stamp = now >= self._stamp
        if stamp:
            self._stamp = now + _STAMP_SECONDS
        # The key provider is asked here: not every one of them may be used by two threads at once.
        self._showing = self._worker.submit(self._show, note, self._zone.log_keys, stamp)

    def finish(self, note: str | None) -> None:
        """Wait for what is being shown, then show the last checkpoint too (SafeZoneError as in `show`)."""
        if self._showing is not None:
            self._settle(self._showing.result())
        if note is not None:
            self._settle(self._show(note, self._zone.log_keys, stamp=True))

    def _show(self, note: str, keys: list[NoteKey], stamp: bool) -> list[SafeZoneError]:
        try:
            with boundary("log"):
                return self._zone.show_log(note, keys, stamp=stamp)[1]
        except Unavailable as error:
            return [error]

    def _settle(self, missing: list[SafeZoneError]) -> None:
        self._showing = None
        for error in missing:
            self._tell(error)
        self._failures = self._failures + 1 if missing else 0
        if missing:
            self._again = self._clock() + min(_LOOK_AGAIN_SECONDS, 2.0**self._failures)
            self._note = None


def _text(note: str | None) -> str | None:
    """What a checkpoint says, without who signed it."""
    return None if note is None else note.rpartition("\n\n")[0]


def main() -> None:
    """Keep the log until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Zone.open(Settings(), Duty.LOG) as zone:
            keep_rounds(
                zone,
                lambda: bool(select.select([sys.stdin], [], [], _EVERY_SECONDS)[0]),
                lambda error: print(error, file=sys.stderr),
            )
    except SafeZoneError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
