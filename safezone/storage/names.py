"""What a blob may be called, and the errors all stores share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from safezone.errors import NotFound, Unavailable, UsageError, WrongState

_MAX_URI = 900
_MAX_SEGMENT = 200


def check_uri(uri: str) -> None:
    """Refuse anything but a relative, slash-separated key.

    Segments are not empty, do not begin with a dot (so neither ``..`` nor a store's own temporary folder), and hold
    no backslash, colon or control character.

    Raises:
        UsageError: the key is not of that form.
    """
    segments = uri.split("/")
    fine = len(uri.encode("utf-8", "surrogatepass")) <= _MAX_URI and all(
        segment
        and len(segment.encode("utf-8", "surrogatepass")) <= _MAX_SEGMENT
        and segment[0] != "."
        and all(character.isprintable() and character not in "\\:" for character in segment)
        for segment in segments
    )
    if not fine:
        raise UsageError(
            "storage.uri",
            ("That is not the name of a stored object.", "저장 객체의 이름 형식이 아닙니다."),
            (
                "Names are relative, like raw/<version>/part-00000.parquet.",
                "이름은 raw/<버전>/part-00000.parquet 같은 상대 경로입니다.",
            ),
        )


def check_prefix(prefix: str) -> None:
    """Refuse a prefix that is neither empty nor a key, with or without a final slash."""
    if prefix:
        check_uri(prefix.removesuffix("/"))


def below(uri: str, prefix: str) -> bool:
    """Whether `uri` lies in the folder `prefix`; a folder is matched by whole segments."""
    return not prefix or uri.startswith(prefix.removesuffix("/") + "/")


def exists_already(uri: str) -> WrongState:
    """The error for a name that is taken."""
    return WrongState(
        "storage.exists",
        (
            f"The object {uri} exists already and objects are never overwritten.",
            f"객체 {uri}이(가) 이미 있으며, 객체는 덮어쓰지 않습니다.",
        ),
        ("Write under a new attempt's name.", "새로운 시도 이름으로 저장하세요."),
    )


def missing(uri: str) -> NotFound:
    """The error for a blob that is not there."""
    return NotFound(
        "storage.missing",
        (f"There is no object {uri}.", f"객체 {uri}이(가) 없습니다."),
        ("It may have been destroyed; look at its version.", "파기되었을 수 있으니 해당 버전을 확인하세요."),
    )


@contextmanager
def unavailable(uri: str) -> Iterator[None]:
    """Turn what the file system says into ours; that a name is taken or gone passes through.

    Raises:
        Unavailable: no space, no rights, no answer.
    """
    try:
        yield
    except (FileExistsError, FileNotFoundError, WrongState):
        raise
    except (OSError, pa.ArrowException):
        failure = Unavailable(
            "storage.unavailable",
            (f"Storage does not answer for {uri}.", f"저장소가 {uri}에 대해 응답하지 않습니다."),
            (
                "Check that storage is mounted, its free space and its permissions, then try again.",
                "저장소 연결, 남은 공간, 권한을 확인한 뒤 다시 시도하세요.",
            ),
        )
    else:
        return
    raise failure from None
