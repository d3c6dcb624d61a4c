"""A whole Apache Airflow on this machine, for the demo, `make up` and the functional tests.

Scheduler, Dag processor and API server run as processes of a guard that ends them with their owner. They listen on
127.0.0.1 alone, keep everything below one folder, and inherit nothing of the caller's environment. There is no
triggerer (no Dag of the zone defers) and no log server (logs are files on the same machine).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from safezone.errors import Unavailable, UsageError
from safezone.local import process_guard
from safezone.local.airflow_api import AirflowClient
from safezone.local.airflow_settings import (
    HOST,
    AirflowUser,
    environment,
    private_folder,
    write_accounts,
    write_private,
    write_secrets,
)

__all__ = ["AirflowClient", "AirflowUser", "LocalAirflow"]

_POLL_SECONDS = 0.1


class LocalAirflow:
    """A running Airflow, as a context manager.

    Args:
        home: folder for its database, logs and secrets; made with mode 0700.
        dags: the Dag folder.
        users: accounts, at least one; the first one is used to see whether the Dags have been parsed.
        env: environment of the Dags. Nothing else of the caller's environment reaches them.
        port: of the API server; a free one when not given.
        parallelism: how many tasks run at once.
        preload: modules imported once, before tasks are forked (those every task imports).
        grace: seconds running tasks get to end when Airflow is stopped.
        on_progress: told each stage reached: ``database``, ``processes``, ``api-server``, ``scheduler``,
            ``dag-processor``, ``dags``, ``ready``.

    Attributes:
        url: where the UI and the REST API are.
        logs: folder of the processes' logs.
    """

    def __init__(
        self,
        home: Path,
        dags: Path,
        *,
        users: Sequence[AirflowUser],
        env: Mapping[str, str],
        port: int | None = None,
        parallelism: int = 2,
        preload: Sequence[str] = (),
        grace: float = 10.0,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        if not users or len({user.name for user in users}) != len(users):
            raise UsageError(
                "airflow.accounts",
                ("Airflow needs accounts, each named once.", "Airflow에는 서로 다른 이름의 계정이 필요합니다."),
                ("Give at least one account.", "계정을 하나 이상 지정하세요."),
            )
        self.home = home.resolve()
        self.logs = self.home / "logs"
        self.port = port or 0
        self._tasks_port = 0
        self._fixed_port = port is not None
        self._dags = dags.resolve()
        self._users = tuple(users)
        self._env = dict(env)
        self._parallelism = parallelism
        self._preload = tuple(preload)
        self._grace = grace
        self._tell = on_progress or (lambda _stage: None)
        self._guard: subprocess.Popen[bytes] | None = None
        self._said = b""
        self._started = datetime.now(UTC)

    @property
    def url(self) -> str:
        """Where the UI and the REST API are."""
        return f"http://{HOST}:{self.port}"

    def client(self, user: AirflowUser) -> AirflowClient:
        """Return a client that acts as `user`."""
        return AirflowClient(self.url, user.name, user.password)

    def __enter__(self) -> LocalAirflow:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, timeout: float = 120.0) -> None:
        """Start Airflow and return when it is healthy and every Dag file has been parsed.

        Args:
            timeout: seconds.

        Raises:
            Unavailable: a process ended or did not get ready in time, the port is taken, or an Airflow
                runs in this folder already. The message names the process and its log file.
        """
        if self._guard is not None:
            return
        private_folder(self.home)
        private_folder(self.logs)
        try:
            with self._lock() as lock:
                self._choose_port()
                self._launch(lock)
            self._await(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise
        self._tell("ready")

    def stop(self) -> None:
        """End every process, and return when none is left. Does nothing when none runs."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        # Whatever interrupts the wait, a closed standard input makes the guard end everything by itself.
        if guard.stdin is not None:
            with contextlib.suppress(OSError):
                guard.stdin.close()
        try:
            guard.wait()
        finally:
            if guard.stdout is not None:
                guard.stdout.close()

    def check(self) -> None:
        """See that all processes run.

        Raises:
            Unavailable: one has ended (and so all have been ended), or Airflow was not started.
        """
        for event in self._events():
            if event["event"] == "ended":
                raise self._unavailable(event["name"])
        if self._guard is None or self._guard.poll() is not None:
            raise self._unavailable("process_guard")

    @contextlib.contextmanager
    def _lock(self) -> Any:
        """Hold the folder. The guard inherits the lock, so it is free again only when nothing runs any more."""
        descriptor = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Unavailable(
                    "airflow.running",
                    (
                        f"An Airflow runs in {self.home} already.",
                        f"{self.home}에서 이미 Airflow가 실행 중입니다.",
                    ),
                    ("Use that one, or stop it first.", "그것을 쓰거나 먼저 멈추세요."),
                ) from None
            yield descriptor
        finally:
            os.close(descriptor)

    def _choose_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port if self._fixed_port else 0))
            except OSError:
                raise Unavailable(
                    "airflow.port",
                    (f"Port {self.port} is in use.", f"{self.port} 포트가 이미 사용 중입니다."),
                    ("Choose another port.", "다른 포트를 고르세요."),
                ) from None
            self.port = probe.getsockname()[1]
            with socket.socket() as other:  # while the first is held, so that it is another one
                other.bind((HOST, 0))
                self._tasks_port = other.getsockname()[1]

    def _launch(self, lock: int) -> None:
        write_secrets(self.home)
        write_accounts(self.home, self._users)
        airflow = [sys.executable, "-m", "airflow"]
        migrate = {"name": "database", "argv": [*airflow, "db", "migrate"], "log": str(self._log("database"))}
        current = self._database_is_current()
        plan = {
            "parent": os.getpid(),
            "cwd": str(self.home),
            "grace": self._grace,
            "env": environment(
                self.home,
                self._dags,
                self.port,
                self._tasks_port,
                users=self._users,
                parallelism=self._parallelism,
                preload=self._preload,
                extra=self._env,
            ),
            "before": [] if current else [migrate],
            "processes": [
                {"name": name, "argv": [*airflow, *arguments], "log": str(self._log(name))}
                for name, arguments in self._processes().items()
            ],
        }
        self._tell("processes" if current else "database")
        self._started = datetime.now(UTC)
        self._said = b""
        self._guard = subprocess.Popen(
            [sys.executable, "-I", process_guard.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={},
            cwd=self.home,
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C reaches the caller alone, who then stops Airflow in order
        )
        assert self._guard.stdin is not None and self._guard.stdout is not None  # noqa: S101  # for the type checker
        os.set_blocking(self._guard.stdout.fileno(), False)
        self._guard.stdin.write(json.dumps(plan).encode() + b"\n")
        self._guard.stdin.flush()

    def _processes(self) -> dict[str, list[str]]:
        """The processes by name.

        What tasks report to runs apart from what people use. Airflow writes its event log on the event loop of the
        server that people use; in one process with the tasks' requests, such a write can wait for the lock of a
        task's transaction, whose end waits for the event loop: with SQLite everything then stands still.
        """
        return {
            # The servers come first: the guard ends them last, so that running tasks can report.
            "execution-api": ["api-server", "--apps", "execution", "--port", str(self._tasks_port)],
            "api-server": ["api-server", "--apps", "core"],
            "scheduler": ["scheduler", "--skip-serve-logs"],  # its log server would listen on every address
            "dag-processor": ["dag-processor"],
        }

    def _await(self, deadline: float) -> None:
        """Wait for the processes, then for a fresh heartbeat of each, then for the Dags."""
        waiting = ["api-server", "execution-api", "scheduler", "dag-processor"]
        tasks = f"http://{HOST}:{self._tasks_port}/execution/health"
        with httpx.Client(base_url=self.url, trust_env=False, timeout=30.0) as http:
            while waiting:
                self._pause(deadline, waiting[0])
                alive = self._alive(http)
                if "execution-api" in waiting:
                    # The first call builds it (2.4 s); the first task should not wait for it.
                    with contextlib.suppress(httpx.HTTPError):
                        if http.get(tasks).is_success:
                            alive.add("execution-api")
                for name in [name for name in waiting if name in alive]:
                    waiting.remove(name)
                    self._tell(name)
        with self.client(self._users[0]) as client:
            while self._unparsed(client):
                self._pause(deadline, "dag-processor")
        self._tell("dags")

    def _pause(self, deadline: float, name: str) -> None:
        for event in self._events():
            if event["event"] == "ended":
                raise self._unavailable(event["name"])
            if event["event"] == "done":
                write_private(self.home / "database.version", version("apache-airflow-core"))
                self._tell("processes")
        if self._guard is None or self._guard.poll() is not None:
            raise self._unavailable(name)
        if time.monotonic() > deadline:
            raise self._unavailable(name)
        time.sleep(_POLL_SECONDS)

    def _alive(self, http: httpx.Client) -> set[str]:
        try:
            health = http.get("/api/v2/monitor/health").json()
        except (httpx.HTTPError, ValueError):
            return set()
        found = {"api-server"}
        for name, field in (("scheduler", "scheduler"), ("dag-processor", "dag_processor")):
            beat = health.get(field, {}).get(f"latest_{field}_heartbeat")
            # A heartbeat of an earlier, killed Airflow in the same folder also counts as healthy there.
            if beat and datetime.fromisoformat(beat) >= self._started:
                found.add(name)
        return found

    def _unparsed(self, client: AirflowClient) -> set[str]:
        """Return the Dag files that have not been parsed since the start."""
        known = {d.file for d in client.dags() if d.parsed and datetime.fromisoformat(d.parsed) >= self._started}
        failed = {e.file for e in client.import_errors() if datetime.fromisoformat(e.when) >= self._started}
        return {
            name
            for name in _dag_files(self._dags)
            if name not in known and name not in failed and str(self._dags / name) not in failed
        }

    def _events(self) -> list[dict[str, Any]]:
        if self._guard is None or self._guard.stdout is None:
            return []
        with contextlib.suppress(BlockingIOError):
            self._said += self._guard.stdout.read() or b""
        *lines, self._said = self._said.split(b"\n")
        return [json.loads(line) for line in lines]

    def _database_is_current(self) -> bool:
        marker = self.home / "database.version"
        if not (self.home / "airflow.db").exists() or not marker.exists():
            return False
        return marker.read_text() == version("apache-airflow-core")

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _unavailable(self, name: str) -> Unavailable:
        return Unavailable(
            "airflow.component",
            (
                f"The {name} of Airflow ended or did not get ready in time.",
                f"Airflow의 {name}이(가) 종료되었거나 제때 준비되지 않았습니다.",
            ),
            (f"Read its log: {self._log(name)}", f"로그를 확인하세요: {self._log(name)}"),
            kept=(
                "All processes of this Airflow have been ended; its database is kept.",
                "이 Airflow의 모든 프로세스를 종료했으며 데이터베이스는 그대로입니다.",
            ),
        )


def _dag_files(folder: Path) -> list[str]:
    """Return the files Airflow takes for Dag files, by the same test it uses: both words occur in the text."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_bytes().lower()
        if b"airflow" in text and (b"dag" in text or b"asset" in text):
            found.append(str(path.relative_to(folder)))
    return found
