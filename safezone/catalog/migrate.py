"""Bringing a catalog to the schema this code expects, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from safezone.audit.engine import write

_SCRIPTS = Path(__file__).resolve().parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Create or migrate the tables; a catalog that is current is left alone.

    Raises:
        Unavailable: the database does not answer.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with write(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
