"""Bringing a catalog to the schema this code expects, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from safezone.audit.engine import write
from safezone.errors import UsageError

_SCRIPTS = Path(__file__).resolve().parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Create or migrate the tables; a catalog that is current is left alone.

    Raises:
        Unavailable: the database does not answer.
    """
    with write(engine) as connection:
        apply(connection)


def apply(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a revision of the schema within the caller's transaction.

    Raises:
        UsageError: this code knows no such revision.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError:
        raise UsageError(
            "catalog.revision",
            (
                "The catalog is of a revision this version does not know.",
                "이 버전이 알지 못하는 형식의 카탈로그입니다.",
            ),
            (
                "Use the version of safezone that made it, or a later one.",
                "만든 버전이나 그 이후 버전의 safezone을 쓰십시오.",
            ),
        ) from None
