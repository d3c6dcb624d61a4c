"""The catalog's engine: how the store is opened and where its exceptions stop.

The code lives in `safezone.audit.engine`, the lowest room that needs it; imports run downwards only.
"""

from __future__ import annotations

from safezone.audit.engine import guarded, open_engine, read, write

__all__ = ["guarded", "open_engine", "read", "write"]
