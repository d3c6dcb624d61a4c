"""De-identification engine: finds personal data, transforms columns, measures what risk is left.

A pure leaf: Arrow in, Arrow and counts out. It knows nothing of zones, keys or files.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pseudonymize.detect.detector import Detector
    from pseudonymize.plan import Plan, apply
    from pseudonymize.spans import Span

__all__ = ["Detector", "Plan", "Span", "apply"]

_HOMES = {
    "Detector": "pseudonymize.detect.detector",
    "Plan": "pseudonymize.plan",
    "Span": "pseudonymize.spans",
    "apply": "pseudonymize.plan",
}


def __getattr__(name: str) -> Any:
    # Presidio takes a second to import; who only reads a policy should not pay for it.
    if name not in _HOMES:
        raise AttributeError(f"module 'pseudonymize' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
