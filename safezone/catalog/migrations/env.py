"""Alembic's entry: runs migrations on the connection it is given, never on an address of its own."""

from alembic import context

from safezone.audit.tables import metadata
from safezone.catalog import tables  # noqa: F401 - puts the catalog's tables on the metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
