"""The one DuckDB connection of the de-identification engine, locked into memory.

DuckDB by default spills plaintext to disk, reads and writes any file its process may, downloads extensions, and
resolves unknown table names to Python variables. A connection made here does none of that: what it can see is
what the caller registers.
"""

from __future__ import annotations

import re

import duckdb

_SIZE = re.compile(r"[0-9]{1,9} ?(?:KB|MB|GB|TB|KiB|MiB|GiB|TiB)")

# External access goes after the spill directory, which cannot be changed once it is off; the lock goes last.
_SETTINGS = (
    "SET temp_directory = ''",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def connect(memory_limit: str = "512MB", threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that reaches no file, network, extension or Python variable.

    Args:
        memory_limit: how much memory it may use, as DuckDB writes sizes ("512MB"); past it a query fails, since
            nothing may spill to disk.
        threads: how many threads it may use; all processors when None.

    Returns:
        A connection whose configuration can no longer be changed.

    Raises:
        ValueError: the limit is not a size, or fewer than one thread is asked for.
    """
    if _SIZE.fullmatch(memory_limit) is None:
        raise ValueError("memory_limit must be a number and a unit, such as 512MB")
    if threads is not None and threads < 1:
        raise ValueError("threads must be at least 1")
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"SET memory_limit = '{memory_limit}'")
        if threads is not None:
            connection.execute(f"SET threads = {int(threads)}")
        for statement in _SETTINGS:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def quoted(name: str) -> str:
    """Write a name as an SQL identifier (ISO/IEC 9075-2, delimited identifier).

    Args:
        name: any column or table name.

    Returns:
        The name in double quotes, with those it contains doubled.
    """
    return '"' + name.replace('"', '""') + '"'
