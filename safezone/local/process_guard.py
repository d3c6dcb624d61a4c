"""Runs a set of processes and lets none of them outlive whoever asked for them.

Started as a script by `safezone.local.airflow`; uses the standard library alone, imports nothing of the zone and
must stay single-threaded. It reads one JSON line from standard input (the plan) and says on standard output what
happens, one JSON object a line. When standard input closes, its parent is gone, a signal to end arrives or a
process of the plan ends, it ends everything: first all but the first process (so that running tasks can still
report to the API server), then the first, then by force whatever is left. It adopts orphans of its children
(Linux ``PR_SET_CHILD_SUBREAPER``), so a task in its own process group cannot slip away; should the guard itself be
killed, the kernel ends the processes (``PR_SET_PDEATHSIG``).
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_TICK_SECONDS = 0.1
_LAST_SECONDS = 0.5


class Guard:
    """The processes of one plan.

    Args:
        plan: ``parent`` (pid), ``env``, ``cwd``, ``grace`` (seconds), ``before`` and ``processes``
            (lists of ``name``, ``argv``, ``log``).
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._names: dict[int, str] = {}
        self._stopping = False
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def run(self) -> None:
        """Do the plan's first steps one by one, start its processes, and stay until it is time to end them."""
        for step in self._plan["before"]:
            pid = self._spawn(step)
            while not self._must_stop() and pid in self._names:
                self._reap()
            if self._stopping:
                return
        for process in self._plan["processes"]:
            self._spawn(process)
        say(event="started")
        while not self._must_stop():
            if self._reap():
                return

    def end(self) -> None:
        """Leave nothing running."""
        deadline = time.monotonic() + self._plan["grace"]
        first, *rest = [p["name"] for p in self._plan["processes"]] or [""]
        self._terminate(rest, deadline)
        # Nothing talks to the first one any more, and Airflow's API server takes seconds to take itself apart.
        self._terminate([first], time.monotonic() + _LAST_SECONDS)
        while True:
            for pid in _descendants(os.getpid()):
                _kill(pid, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _spawn(self, what: dict[str, Any]) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        log = os.open(what["log"], flags, 0o600)
        try:
            child = subprocess.Popen(
                what["argv"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._plan["cwd"],
                env=self._plan["env"],
                preexec_fn=self._die_with_guard,
                umask=0o077,
            )
        finally:
            os.close(log)
        child.returncode = 0  # reaped by _reap(), so that orphans and children are waited for in one place
        self._names[child.pid] = what["name"]
        return child.pid

    def _die_with_guard(self) -> None:
        self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    def _on_signal(self, *_: object) -> None:
        self._stopping = True

    def _must_stop(self) -> bool:
        """Wait a tick, and notice whether the one who asked for the processes is gone."""
        if not self._stopping:
            readable, _, _ = select.select([0], [], [], _TICK_SECONDS)
            gone = os.getppid() != self._plan["parent"]
            self._stopping = gone or (bool(readable) and not os.read(0, 4096))
        return self._stopping

    def _reap(self) -> bool:
        """Collect the dead; say and return whether one of the plan has failed or a lasting process has ended."""
        lasting = {process["name"] for process in self._plan["processes"]}
        ended = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return ended
            if pid == 0:
                return ended
            name = self._names.pop(pid, None)
            code = os.waitstatus_to_exitcode(status)
            if name is not None and (name in lasting or code != 0):
                say(event="ended", name=name, code=code)
                self._stopping = ended = True
            elif name is not None:
                say(event="done", name=name)

    def _terminate(self, names: list[str], deadline: float) -> None:
        for pid, name in self._names.items():
            if name in names:
                _kill(pid, signal.SIGTERM)
        while time.monotonic() < deadline and any(name in names for name in self._names.values()):
            self._collect()
            time.sleep(0.02)

    def _collect(self) -> None:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            self._names.clear()
            return
        self._names.pop(pid, None)


def say(**event: object) -> None:
    """Tell the parent; when it is gone there is nobody to tell."""
    try:
        os.write(1, (json.dumps(event) + "\n").encode())
    except OSError:
        return


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _descendants(root: int) -> list[int]:
    """Return the process ids below `root`, read from /proc."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            # The second field, the name, is in brackets and may itself hold brackets and blanks.
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        children = parents.get(todo.pop(), [])
        found += children
        todo += children
    return found


def main() -> None:
    """Read the plan and carry it out."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            sys.exit(1)
        line += piece
    guard = Guard(json.loads(line))
    try:
        guard.run()
    finally:
        guard.end()


if __name__ == "__main__":
    main()
