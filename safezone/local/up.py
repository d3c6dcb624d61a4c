"""`make up`: Airflow and the log duty of a zone on 127.0.0.1 until Ctrl-C.

Where there is no zone yet, one is made with sample accounts, approved policies and sample deliveries that wait in
the inbox. A zone that is there is used as it is.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from safezone.boundary import boundary
from safezone.catalog.records import DeliveryRecord
from safezone.enrolment import enrol_sample_accounts
from safezone.errors import SafeZoneError, Unavailable, UsageError
from safezone.local import ground
from safezone.local.airflow import AirflowUser, LocalAirflow
from safezone.local.progress import Steps
from safezone.sample.write import write_samples
from safezone.settings import Settings
from safezone.sources.delivery import read_manifest
from safezone.zone import Zone, initialise

PORT = 8080
ROWS = 2_000
SEED = 7
_LOOK_SECONDS = 1.0


@contextmanager
def running(settings: Settings, users: Sequence[AirflowUser], port: int | None, steps: Steps) -> Iterator[LocalAirflow]:
    """Run Airflow and the log duty as long as the block lasts.

    Args:
        settings: of an initialised zone.
        users: Airflow's accounts.
        port: None takes 8080, or a free one where that is in use.
        steps: tells how far it is.
    """
    with ExitStack() as stack:
        with steps.step("Airflow 시작", "Starting Airflow and the log duty"):
            duty = stack.enter_context(ground.log_duty(settings))
            airflow = stack.enter_context(_airflow(settings, users, port))
        yield airflow
        _wait(airflow, duty.check)


def _airflow(settings: Settings, users: Sequence[AirflowUser], port: int | None) -> LocalAirflow:
    airflow = ground.local_airflow(settings, users, port=port or PORT)
    try:
        airflow.start()
    except Unavailable as error:
        if port is not None or error.code != "airflow.port":
            raise
        airflow = ground.local_airflow(settings, users)
        airflow.start()
    return airflow
