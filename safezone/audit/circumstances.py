"""Where something was done from: kept with every event written meanwhile, among its deletable details.

The rooms that write events know who and what; only the outermost one knows the Dag run a task belongs to, or the
address a person came from. It says so once, and every event of that thread of work carries it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

NAMES = ("dag_id", "run_id", "task_id", "map_index", "from")
_LONGEST = 200
_Known = Mapping[str, str | int]
_now: ContextVar[_Known] = ContextVar("safezone_circumstances", default=MappingProxyType({}))


def known() -> _Known:
    """What is known of the work at hand; empty when nobody said anything."""
    return _now.get()


@contextmanager
def under(**said: str | int | None) -> Iterator[None]:
    """Keep these with every event written in the block.

    Args:
        said: some of `NAMES`; what is None or empty is left out, and what is too long is cut.
    """
    token = _now.set(MappingProxyType({**_now.get(), **_plain(said)}))
    try:
        yield
    finally:
        _now.reset(token)


def terminal() -> str:
    """Where the person at this terminal sits: the address SSH gives, or else this machine's own name.

    The environment belongs to the person, who could write another address into it: it is a hint for the monthly
    check of access logs (접속지 정보), not proof.
    """
    address = os.environ.get("SSH_CONNECTION", "").split(" ")[0]
    return address or platform.node()


def _plain(said: Mapping[str, str | int | None]) -> dict[str, str | int]:
    unknown = set(said) - set(NAMES)
    if unknown:
        raise ValueError("these circumstances have no place in the log")
    plain: dict[str, str | int] = {}
    for name, value in said.items():
        if isinstance(value, int):
            plain[name] = value
        elif value:
            text = value.encode("utf-8", "replace").decode("utf-8")
            plain[name] = "".join(each for each in text if each.isprintable())[:_LONGEST]
    return plain
