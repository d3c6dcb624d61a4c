"""How the local Airflow is set: on 127.0.0.1 alone, quick, quiet, and with its secrets in files of mode 0600."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safezone.errors import UsageError

HOST = "127.0.0.1"
ROLES = ("viewer", "user", "op", "admin")
"""Airflow's roles, least first. ``user`` is the least that may trigger a Dag."""

# Neither colon nor comma: Airflow lists its users as name:role,name:role.
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_PASSWORDS = "passwords.json"


@dataclass(frozen=True)
class AirflowUser:
    """An account of the local Airflow; the zone knows it by the same name."""

    name: str
    role: str
    password: str

    def __post_init__(self) -> None:
        """Refuse what Airflow would take for something else.

        Raises:
            UsageError: the name, role or password cannot be used.
        """
        if not _ACCOUNT.fullmatch(self.name) or self.role not in ROLES or not self.password:
            raise UsageError(
                "airflow.account",
                (
                    "An Airflow account needs a plain name, one of the known roles, and a password.",
                    "Airflow 계정에는 단순한 이름, 정해진 역할, 비밀번호가 필요합니다.",
                ),
                (
                    f"Use letters, digits and . _ @ - in the name, and a role of {', '.join(ROLES)}.",
                    f"이름은 영문자, 숫자, . _ @ - 로, 역할은 {', '.join(ROLES)} 가운데에서 고르세요.",
                ),
            )

    def __repr__(self) -> str:
        return f"AirflowUser(name={self.name!r}, role={self.role!r})"


def private_folder(path: Path) -> None:
    """Make a folder only its owner may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that was never readable by others, not even while it was written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def write_secrets(home: Path) -> None:
    """Make Airflow's secrets once, in an ``airflow.cfg`` that holds nothing else.

    They are in a file, not in the environment, so that no task inherits them by accident.
    """
    cfg = home / "airflow.cfg"
    if cfg.exists():
        cfg.chmod(0o600)
        return
    fernet = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    write_private(
        cfg,
        f"[core]\nfernet_key = {fernet}\n\n"
        f"[api]\nsecret_key = {secrets.token_hex(32)}\n\n"
        f"[api_auth]\njwt_secret = {secrets.token_hex(64)}\n",
    )


def write_accounts(home: Path, users: Sequence[AirflowUser]) -> None:
    """Write who may sign in. The file holds the passwords plain: Airflow's simple auth manager compares them so."""
    write_private(home / _PASSWORDS, json.dumps({user.name: user.password for user in users}) + "\n")


def environment(
    home: Path,
    dags: Path,
    port: int,
    tasks_port: int,
    *,
    users: Sequence[AirflowUser],
    parallelism: int,
    preload: Sequence[str],
    extra: Mapping[str, str],
) -> dict[str, str]:
    """Return the whole environment of Airflow's processes. Nothing of the caller's own environment is in it.

    Args:
        home: the folder everything lives in.
        dags: the Dag folder.
        port: of the API server people use.
        tasks_port: of the one that tasks report to.
        users: accounts.
        parallelism: tasks at once.
        preload: modules the workers import before they fork tasks.
        extra: what the Dags need; it may not set Airflow's own settings.

    Raises:
        UsageError: `extra` sets one of Airflow's settings, or `preload` names no module.
    """
    if any(name.startswith("AIRFLOW") for name in extra) or not all(map(_MODULE.fullmatch, preload)):
        raise UsageError(
            "airflow.environment",
            (
                "Airflow's own settings are made by the launcher, and preload takes module names.",
                "Airflow 자체 설정은 실행기가 정하며, 미리 읽을 모듈은 모듈 이름이어야 합니다.",
            ),
            ("Pass only what the Dags need.", "Dag에 필요한 값만 넘기세요."),
        )
    url = f"http://{HOST}:{port}"
    code = Path(__file__).resolve().parents[2]
    sections: dict[str, dict[str, object]] = {
        "core": {
            "dags_folder": dags,
            "load_examples": False,
            "executor": "safezone.local.warm_executor.WarmLocalExecutor",
            "auth_manager": "safezone.local.steward_auth.StewardAuthManager",
            "simple_auth_manager_all_admins": False,
            "simple_auth_manager_users": ",".join(f"{user.name}:{user.role}" for user in users),
            "simple_auth_manager_passwords_file": home / _PASSWORDS,
            "execution_api_server_url": f"http://{HOST}:{tasks_port}/execution/",
            "parallelism": parallelism,
            "max_map_length": 1024,
            "dags_are_paused_at_creation": False,
            "hostname_callable": "socket.gethostname",  # the default asks the name server
            "test_connection": "Disabled",
            "dagbag_import_error_tracebacks": True,
        },
        # SQLite has one writer. With the default of 5 s a busy machine answers 500, or loses its scheduler.
        "database": {"sql_alchemy_conn": f"sqlite:///{home / 'airflow.db'}?timeout=60"},
        "api": {
            "host": HOST,
            "port": port,
            "base_url": url,
            "workers": 1,
            "instance_name": "Safe Zone",
            "expose_config": False,
            "expose_stacktrace": False,
            "enable_swagger_ui": False,
        },
        "api_auth": {"jwt_expiration_time": 8 * 3600},
        "scheduler": {
            # The scheduler looks again at once while it finds work, and else after this pause: it is most of
            # what a step costs. 0.2 s keeps a step near 0.3 s and an idle Airflow near 5 % of a core.
            "scheduler_idle_sleep_time": 0.2,
            "task_instance_heartbeat_timeout": 60,  # tasks of a killed Airflow are taken up again after this
            "enable_health_check": False,
        },
        # A supervisor that misses its task's end by a moment sleeps for this long (default 5 s), its slot taken.
        "workers": {"min_heartbeat_interval": 1},
        "dag_processor": {"min_file_process_interval": 30, "refresh_interval": 30, "parsing_processes": 1},
        "logging": {
            "base_log_folder": home / "logs",
            "dag_processor_child_process_log_directory": home / "logs" / "dag_processor",
            "namespace_levels": "http.access=WARNING alembic=WARNING airflow.jobs=WARNING",
            "uvicorn_logging_level": "WARNING",
            "colored_console_log": False,
            "file_task_handler_new_folder_permissions": "0o700",
            "file_task_handler_new_file_permissions": "0o600",
        },
        "metrics": {"statsd_on": False, "otel_on": False},
        "traces": {"otel_on": False},
        "safezone": {"preload": ",".join(preload)},
    }
    settings = {
        f"AIRFLOW__{section.upper()}__{option.upper()}": str(value)
        for section, options in sections.items()
        for option, value in options.items()
    }
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(code),
        "GX_ANALYTICS_ENABLED": "false",
        **extra,
        "AIRFLOW_HOME": str(home),
        **settings,
    }
