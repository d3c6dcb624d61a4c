"""The `log` duty as a process of its own: sequences events and signs checkpoints, once a second.

It runs until its standard input closes, so it cannot outlive whoever started it; what was staged by then is
sequenced and witnessed before it ends.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from safezone.access.actions import LOG, Action, Actor
from safezone.boundary import boundary
from safezone.errors import SafeZoneError, Unavailable
from safezone.local.airflow_settings import private_folder
from safezone.model import Duty
from safezone.settings import Settings
from safezone.zone import Zone

_EVERY_SECONDS = 1.0
_STOP_SECONDS = 30.0


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


def keep_rounds(zone: Zone, stopped: Callable[[], bool], tell: Callable[[Unavailable], None]) -> None:
    """Sequence, sign and have witnessed, round after round, and once more at the end.

    An outage is told and waited out. Tampering is not: the log then stops, with its error.

    Args:
        zone: the zone as the log duty.
        stopped: waits for the next round; True ends after one more.
        tell: what to do with an outage.
    """
    # Once for the run: a decision a round would make the log grow by itself for ever.
    zone.authorizer.authorize(Actor.duty(Duty.LOG), Action.AUDIT_CHECKPOINT, LOG)
    closed = False
    while not closed:
        closed = stopped()
        try:
            with boundary("log"):
                zone.keep_log()
        except Unavailable as error:
            if closed:
                raise
            tell(error)


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
