"""Airflow accounts that may trigger a run, and change nothing else.

Airflow's simple auth manager lets everyone who may trigger (role ``user``) also set the state of tasks, write
XComs, re-run what somebody else triggered under that person's name, and delete runs and Dags. A data steward
needs none of it.
"""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import (
    SimpleAuthManager,
    SimpleAuthManagerRole,
)


class StewardAuthManager(SimpleAuthManager):  # type: ignore[misc]  # airflow is not followed by mypy
    """Simple auth manager in which role ``user`` may read and trigger; every other change needs ``op``."""

    def is_authorized_dag(self, *, method: str, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        """Return whether `user` may do `method` to this part of a Dag."""
        triggers = method == "POST" and access_entity is DagAccessEntity.RUN
        allowed = self._is_authorized(
            method=method,
            allow_get_role=SimpleAuthManagerRole.VIEWER,
            allow_role=SimpleAuthManagerRole.USER if triggers else SimpleAuthManagerRole.OP,
            user=user,
            team_name=details.team_name if details else None,
        )
        return bool(allowed)
