"""`make up`: a zone to try, with its Airflow, until Ctrl-C."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from safezone.local.airflow import AirflowClient
from tests.functional.conftest import ROOT, environment

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


def test_it_makes_a_zone_serves_it_on_this_machine_alone_and_stops(tmp_path: Path):
    home = tmp_path / "zone"
    process = subprocess.Popen(
        [sys.executable, "-m", "safezone.local.up"],
        cwd=ROOT,
        env=environment(home, tmp_path) | {"COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    guard = threading.Timer(150, process.kill)
    guard.start()
    try:
        said = _until_running(process)
        url = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        assert url, said
        assert "ingest__traffic_accidents delivery = DLV-traffic-accidents-" in said
        _log_in(url[0], home)
        assert _listening(int(url[1])) == {"127.0.0.1"}
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        guard.cancel()
    assert process.returncode == 0, rest
    assert "nothing is left running" in rest
    with socket.socket() as probe, pytest.raises(OSError):
        probe.connect(("127.0.0.1", int(url[1])))


def _until_running(process: subprocess.Popen[str]) -> str:
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if line.startswith("╰"):  # the end of the panel
            return said
    return said


def _log_in(url: str, home: Path) -> None:
    password = home / "accounts" / "steward-koroad.airflow"
    assert password.stat().st_mode & 0o077 == 0
    with AirflowClient(url, "steward-koroad", password.read_text().strip()) as client:
        assert {"dispatch", "housekeeping", "ingest__traffic_accidents"} <= {dag.dag_id for dag in client.dags()}
        assert client.import_errors() == []


def _listening(port: int) -> set[str]:
    found = psutil.net_connections(kind="inet")
    return {str(item.laddr.ip) for item in found if item.status == psutil.CONN_LISTEN and item.laddr.port == port}
