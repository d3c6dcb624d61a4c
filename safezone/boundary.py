"""The boundary at which a library's exception stops.

pyarrow, DuckDB, pydantic, SQLAlchemy, pandas and even `int()` put values of the data into their messages. What
crosses a boundary is one of ours, or a report of the exception's type and the place in our code, nothing more.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safezone.errors import SafeZoneError

_ROOT = Path(__file__).resolve().parent.parent
# Installed, the root is shared with every other library: our code is these packages alone.
_OURS = tuple(_ROOT / name for name in ("safezone", "pseudonymize", "validation"))


def position(error: BaseException) -> str:
    """Where in our own code an exception passed last, as ``file.py:line``."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame
        for frame in frames
        if frame.filename != __file__ and any(Path(frame.filename).is_relative_to(place) for place in _OURS)
    ]
    if not ours:
        return "?"
    return f"{Path(ours[-1].filename).relative_to(_ROOT)}:{ours[-1].lineno}"


@contextmanager
def boundary(step: str) -> Iterator[None]:
    """Let our own errors pass and turn every other exception into one without its message.

    Args:
        step: what was being done, in the words of the pipeline ("check", "assess").

    Raises:
        SafeZoneError: with code ``internal.<step>``, naming the exception's type and our line alone.
    """
    try:
        yield
    except SafeZoneError:
        raise
    except MemoryError:
        raise _internal(step, "MemoryError", "?") from None
    except Exception as error:  # noqa: BLE001 - stopping everything is what a boundary is for
        raise _internal(step, type(error).__name__, position(error)) from None


def _internal(step: str, kind: str, place: str) -> SafeZoneError:
    return SafeZoneError(
        f"internal.{step}",
        (
            f"{step} stopped on an unexpected {kind} at {place}.",
            f"{step} 처리 중 예기치 않은 오류({kind}, {place})로 멈췄습니다.",
        ),
        (
            "Run it again; if it stops again, report the code and the place (they hold no data).",
            "다시 실행하십시오. 반복되면 코드와 위치를 알려 주십시오(데이터 값은 포함되지 않습니다).",
        ),
        kept=("Nothing half-written is visible.", "일부만 기록된 내용은 보이지 않습니다."),
    )
