"""A small client of Airflow's public REST API: trigger, watch, read back.

Answers of the server are never quoted in an error: a refusal of a malformed `conf` repeats the value refused.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from safezone.errors import BadInput, Denied, NotFound, SafeZoneError, Unavailable, WrongState

FINAL_STATES = frozenset({"success", "failed"})
"""The states of a run that nothing changes any more by itself."""

_POLL_SECONDS = 0.2
_PAGE = 100

_MEANING: Mapping[int, tuple[type[SafeZoneError], str, tuple[str, str], tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: (
        Denied,
        "airflow.login",
        (
            "Airflow did not accept this account and password.",
            "Airflow가 계정 또는 비밀번호를 받아들이지 않았습니다.",
        ),
        ("Sign in with the account's own Airflow password.", "해당 계정의 Airflow 비밀번호로 로그인하세요."),
    ),
    HTTPStatus.FORBIDDEN: (
        Denied,
        "airflow.forbidden",
        ("This account may not do that in Airflow.", "이 계정은 Airflow에서 그 작업을 할 수 없습니다."),
        ("Ask someone whose role allows it.", "권한이 있는 담당자에게 요청하세요."),
    ),
    HTTPStatus.NOT_FOUND: (
        NotFound,
        "airflow.not_found",
        ("Airflow knows no such Dag, run or task.", "Airflow에 그런 Dag, 실행 또는 작업이 없습니다."),
        ("Check the name in the Airflow UI.", "Airflow 화면에서 이름을 확인하세요."),
    ),
    HTTPStatus.CONFLICT: (
        WrongState,
        "airflow.conflict",
        (
            "That run exists already, or is not in a state for this.",
            "이미 있는 실행이거나 지금 상태에서 할 수 없습니다.",
        ),
        ("Look at the run in the Airflow UI.", "Airflow 화면에서 실행 상태를 확인하세요."),
    ),
    HTTPStatus.BAD_REQUEST: (
        BadInput,
        "airflow.bad_request",
        ("Airflow refused the parameters of the run.", "Airflow가 실행 매개변수를 거부했습니다."),
        ("Compare them with the form of the Dag.", "Dag의 입력 양식과 비교하세요."),
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: (
        BadInput,
        "airflow.unprocessable",
        ("Airflow did not understand the call.", "Airflow가 요청을 이해하지 못했습니다."),
        ("Compare it with the API reference of Airflow.", "Airflow API 문서와 비교하세요."),
    ),
}


@dataclass(frozen=True)
class TaskInstance:
    """One attempt of a task in a run; `map_index` is -1 when the task is not mapped."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    duration: float | None


@dataclass(frozen=True)
class XCom:
    """What a task handed to the next one, as any viewer of Airflow can read it."""

    task_id: str
    map_index: int
    key: str
    value: Any


@dataclass(frozen=True)
class Dag:
    """A Dag as Airflow last parsed it; `file` is relative to the Dag folder, `parsed` is ISO 8601."""

    dag_id: str
    file: str
    parsed: str
    paused: bool


@dataclass(frozen=True)
class ImportFailure:
    """A Dag file that could not be imported, and the trace Airflow shows for it."""

    file: str
    trace: str
    when: str


class AirflowClient:
    """Acts as one Airflow user. Logs in when first needed, and again when the token has expired.

    Args:
        url: where the API server listens, e.g. ``http://127.0.0.1:8080``.
        user: account name.
        password: its password.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self.user = user
        self._password = password
        # trust_env=False: neither proxies nor a .netrc may see what is said to this machine's own Airflow.
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=30.0)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> AirflowClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def login(self) -> None:
        """Get a token for this account.

        Raises:
            Denied: the account or password is not accepted.
            Unavailable: the API server does not answer.
        """
        answer = self._send("POST", "/auth/token", json={"username": self.user, "password": self._password})
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def trigger(
        self, dag_id: str, conf: Mapping[str, Any] | None = None, *, extra: Mapping[str, Any] | None = None
    ) -> str:
        """Start a run and return its id.

        Args:
            dag_id: the Dag.
            conf: values for the Dag's params.
            extra: further fields of the request body.

        Raises:
            Denied: the account's role may not trigger.
            BadInput: `conf` does not fit the Dag's params.
        """
        body = {"logical_date": None, "conf": dict(conf or {}), **(extra or {})}
        return str(self._call("POST", f"{_dag(dag_id)}/dagRuns", json=body)["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Return the run as Airflow describes it."""
        found: dict[str, Any] = self._call("GET", _run(dag_id, run_id))
        return found

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return ``queued``, ``running``, ``success`` or ``failed``."""
        return str(self.run(dag_id, run_id)["state"])

    def wait(
        self,
        dag_id: str,
        run_id: str,
        timeout: float = 300.0,
        on_progress: Callable[[TaskInstance], None] | None = None,
    ) -> str:
        """Wait until a run has ended and return its last state.

        Args:
            dag_id: the Dag.
            run_id: the run.
            timeout: seconds.
            on_progress: called with each task instance whose state has changed.

        Raises:
            Unavailable: the run has not ended in time; it goes on.
        """
        deadline = time.monotonic() + timeout
        seen: dict[tuple[str, int], str | None] = {}
        while True:
            state = self.run_state(dag_id, run_id)
            if on_progress is not None:
                for task in self.task_instances(dag_id, run_id):
                    if task.state and seen.get((task.task_id, task.map_index)) != task.state:
                        seen[task.task_id, task.map_index] = task.state
                        on_progress(task)
            if state in FINAL_STATES:
                return state
            if time.monotonic() > deadline:
                raise Unavailable(
                    "airflow.run_timeout",
                    (
                        f"A run of Dag {dag_id} has not ended after {timeout:.0f} s.",
                        f"Dag {dag_id}의 실행이 {timeout:.0f}초 안에 끝나지 않았습니다.",
                    ),
                    ("Look at the run in the Airflow UI.", "Airflow 화면에서 실행 상태를 확인하세요."),
                    kept=("The run goes on.", "실행은 계속됩니다."),
                )
            time.sleep(_POLL_SECONDS)

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """Return the task instances of a run, in no particular order."""
        rows = self._pages(f"{_run(dag_id, run_id)}/taskInstances", "task_instances")
        return [
            TaskInstance(row["task_id"], row["map_index"], row["state"], row["try_number"], row.get("duration"))
            for row in rows
        ]

    def set_task_state(
        self, dag_id: str, run_id: str, task_id: str, state: str, map_index: int | None = None
    ) -> None:
        """Set a task's state by hand (``success``, ``failed`` or ``skipped``), as the Airflow UI allows.

        No check of the zone may rest on a task's state, which is why tests do this.
        """
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id, safe='')}"
        self._call("PATCH", path if map_index is None else f"{path}/{map_index}", json={"new_state": state})

    def clear(self, dag_id: str, run_id: str) -> None:
        """Run all tasks of a run again. Airflow keeps the name of who triggered it first."""
        self._call("POST", f"{_run(dag_id, run_id)}/clear", json={"dry_run": False, "only_failed": False})

    def xcoms(self, dag_id: str, run_id: str) -> list[XCom]:
        """Return everything the tasks of a run handed over."""
        found = []
        for row in self._pages(f"{_run(dag_id, run_id)}/taskInstances/~/xcomEntries", "xcom_entries"):
            path = f"{_run(dag_id, run_id)}/taskInstances/{quote(row['task_id'], safe='')}"
            entry = self._call(
                "GET",
                f"{path}/xcomEntries/{quote(row['key'], safe='')}",
                params={"map_index": row["map_index"]},
            )
            found.append(XCom(row["task_id"], row["map_index"], row["key"], _decoded(entry["value"])))
        return found

    def task_log(self, dag_id: str, run_id: str, task: TaskInstance) -> str:
        """Return the log of a task instance's last try, as a viewer reads it."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task.task_id, safe='')}/logs/{task.try_number}"
        answer = self._authorized(
            "GET", f"/api/v2{path}", params={"map_index": task.map_index, "full_content": True}
        )
        return answer.text

    def dags(self) -> list[Dag]:
        """Return every Dag that is not stale."""
        return [
            Dag(row["dag_id"], row["relative_fileloc"] or "", row["last_parsed_time"] or "", row["is_paused"])
            for row in self._pages("/dags", "dags")
        ]

    def import_errors(self) -> list[ImportFailure]:
        """Return the Dag files that could not be imported."""
        return [
            ImportFailure(row["filename"], row["stack_trace"], row["timestamp"])
            for row in self._pages("/importErrors", "import_errors")
        ]

    def asset_events(self) -> list[tuple[str, str]]:
        """Return what was announced: the asset's uri and the version's id, oldest first."""
        rows = self._pages("/assets/events", "asset_events")
        return [(row["uri"] or "", str((row["extra"] or {}).get("version", ""))) for row in rows]

    def unpause(self, dag_id: str) -> None:
        """Let a paused Dag run."""
        self._call("PATCH", _dag(dag_id), json={"is_paused": False})

    def _pages(self, path: str, field: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            page = self._call("GET", path, params={"limit": _PAGE, "offset": len(rows)})
            rows += page[field]
            if not page[field] or len(rows) >= page["total_entries"]:
                return rows

    def _call(self, method: str, path: str, **request: Any) -> Any:
        return self._authorized(method, f"/api/v2{path}", **request).json()

    def _authorized(self, method: str, path: str, **request: Any) -> httpx.Response:
        if "Authorization" not in self._http.headers:
            self.login()
            return self._send(method, path, **request)
        try:
            return self._send(method, path, **request)
        except Denied as error:
            if error.code != "airflow.login":
                raise
        self._http.headers.pop("Authorization", None)
        self.login()
        return self._send(method, path, **request)

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.HTTPError:
            raise _silent() from None
        if answer.is_success:
            return answer
        if answer.status_code in _MEANING:
            kind, code, what, next_step = _MEANING[answer.status_code]
            raise kind(code, what, next_step)
        raise _silent()


def _silent() -> Unavailable:
    return Unavailable(
        "airflow.silent",
        ("Airflow's API server does not answer as it should.", "Airflow API 서버가 정상적으로 응답하지 않습니다."),
        ("Look at its log and start it again.", "로그를 확인하고 다시 시작하세요."),
    )


def _decoded(value: Any) -> Any:
    """Return an XCom's value; the API hands out what is stored, which is JSON text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _dag(dag_id: str) -> str:
    return f"/dags/{quote(dag_id, safe='')}"


def _run(dag_id: str, run_id: str) -> str:
    return f"{_dag(dag_id)}/dagRuns/{quote(run_id, safe='')}"
