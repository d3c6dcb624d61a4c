"""LocalExecutor whose workers already hold the modules every task imports.

A task is a fork of a worker, and a worker a fork of the scheduler: what is imported here before the workers are
forked is shared by all tasks and paid for once, not once a task. Only importing happens here, nothing is opened:
no connection, key or thread of the zone crosses the fork.
"""

from __future__ import annotations

import importlib
import logging

from airflow.configuration import conf
from airflow.executors.local_executor import LocalExecutor

log = logging.getLogger(__name__)


class WarmLocalExecutor(LocalExecutor):  # type: ignore[misc]  # airflow is not followed by mypy
    """LocalExecutor that imports ``[safezone] preload`` (comma-separated module names) before it forks."""

    def start(self) -> None:
        """Import, then fork the workers. A module that cannot be imported is left to the tasks to complain of."""
        for name in filter(None, conf.get("safezone", "preload", fallback="").split(",")):
            try:
                importlib.import_module(name)
            except ImportError:
                log.warning("Module %s could not be imported ahead of its tasks", name)
        super().start()
