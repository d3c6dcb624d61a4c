"""The Python client: a released package as a table, in one line.

    import safezone.client as sz
    table = sz.load("REQ-...")

Light: only pyarrow, pyrage, cryptography and rfc8785. pandas, DuckDB and Hugging Face datasets are imported when
they are asked for.
"""

from __future__ import annotations

import importlib
import re
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NoReturn

from safezone.errors import UsageError, WrongState
from safezone.model import now
from safezone.package.read import Package, open_package, verify_package
from safezone.signing import trusted_keys

As = Literal["arrow", "pandas", "duckdb", "datasets"]

_REQUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_SEALED = (".safezone", ".tar.age", ".age")


class UnknownSigner(UserWarning):
    """The package is whole, but no zone key is recorded here that would show who signed it."""


def load(
    request: str,
    as_: As = "arrow",
    dir: str | Path | None = None,  # noqa: A002 - part of the interface
    identity: str | Path | None = None,
    *,
    key: bytes | None = None,
) -> Any:
    """Load a released package; signature and digests are verified before any row is given.

    Args:
        request: the request id, ``REQ-...``.
        as_: what to return: a ``pyarrow.Table``, a pandas DataFrame, a DuckDB relation or a Hugging Face Dataset.
        dir: the package's folder, or the folder that holds it; the working directory unless given. A package
            that is still encrypted (``<request>.safezone`` or ``<request>.tar.age``) may lie there too.
        identity: the identity file, for a package that is still encrypted; it is decrypted in memory alone.
        key: the zone's raw public key; otherwise the keys `safezone pull` recorded.

    Returns:
        All rows, with the columns and types the statement names.

    Raises:
        UsageError: no such package, no identity for it, an unknown `as_`, or a library that is not installed.
        IntegrityFailure: a file or the signature is not what the zone made.
        WrongState: the period of use is over.
    """
    make = _MAKERS.get(as_)
    if make is None:
        _usage("client.as", f"as_ is one of {', '.join(_MAKERS)}", f"as_는 {', '.join(_MAKERS)} 중 하나입니다")
    library = None if as_ == "arrow" else _library(as_)
    package = _package(request, dir, identity, key)
    _in_time(package)
    return make(package.table(), library)


def describe(
    request: str,
    dir: str | Path | None = None,  # noqa: A002 - part of the interface
    identity: str | Path | None = None,
    *,
    key: bytes | None = None,
) -> dict[str, Any]:
    """What a package holds and on what terms: the signed lineage, without any row.

    Args:
        request: the request id.
        dir: as for `load`.
        identity: as for `load`.
        key: as for `load`.

    Returns:
        Request, project, dataset, version, columns, filter, rows, risk, period, approvals and code version;
        ``files`` in the package, ``signer`` (public key, hexadecimal) and whether that is a known key (``pinned``).

    Raises:
        UsageError, IntegrityFailure: as `load`. A package whose period is over can still be described.
    """
    package = _package(request, dir, identity, key)
    more = {"files": list(package.names), "signer": package.signer.hex(), "pinned": package.pinned}
    return package.predicate | more


def _package(request: str, place: str | Path | None, identity: str | Path | None, key: bytes | None) -> Package:
    if not _REQUEST.fullmatch(request):
        _usage("client.request", "This is not a request id", "요청 번호가 아닙니다")
    base = Path(place) if place is not None else Path()
    keys = (key,) if key is not None else trusted_keys() or None
    package = _find(request, base, identity, keys)
    if package.predicate["request"] != request:
        _usage("client.other", "The package there belongs to another request", "다른 요청의 패키지입니다")
    if not package.pinned:
        warnings.warn(
            "The package is whole, but no zone key is recorded here to show who signed it. / "
            "패키지는 온전하지만, 누가 서명했는지 확인할 안심구역 키가 없습니다. (safezone pull)",
            UnknownSigner,
            stacklevel=4,
        )
    return package


def _find(request: str, base: Path, identity: str | Path | None, keys: tuple[bytes, ...] | None) -> Package:
    for folder in (base / request, base):
        if (folder / "statement.json").is_file():
            return verify_package(folder, keys=keys)
    named = (folder / f"{request}{end}" for end in _SEALED for folder in (base, base / request))
    sealed = next((path for path in (base, *named) if path.is_file()), None)
    if sealed is None:
        where = base.absolute()
        _usage(
            "client.missing",
            f"There is no package of {request} in {where}",
            f"{where}에 {request} 패키지가 없습니다",
        )
    if identity is None:
        _usage(
            "client.identity",
            "The package is encrypted: give identity=",
            "암호화된 패키지입니다. identity=를 주십시오",
        )
    with sealed.open("rb") as stream:
        return open_package(stream, Path(identity), keys=keys)


def _usage(code: str, en: str, ko: str) -> NoReturn:
    raise UsageError(
        code,
        (f"{en}.", f"{ko}."),
        ("See help(safezone.client.load).", "help(safezone.client.load)를 보십시오."),
    ) from None


def _in_time(package: Package) -> None:
    expires = str(package.predicate["expires"])
    if datetime.fromisoformat(expires) >= now():
        return
    raise WrongState(
        "client.expired",
        (f"The period of use ended on {expires}.", f"이용 기간이 {expires}에 끝났습니다."),
        (
            "Destroy the package and every copy of it, or ask for a new extract.",
            "패키지와 모든 사본을 파기하거나 새로 요청하십시오.",
        ),
    )


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        _usage(
            "client.library",
            f"{name} is not installed; install it (pip install {name}) or use as_='arrow'",
            f"{name}이(가) 설치되어 있지 않습니다. 설치하거나(pip install {name}) as_='arrow'를 쓰십시오",
        )


def _as_dataset(table: Any, library: Any) -> Any:
    # Built on the table in memory: from_parquet would leave a copy in the cache on disk.
    return library.Dataset(importlib.import_module("datasets.table").InMemoryTable(table))


_MAKERS: dict[str, Any] = {
    "arrow": lambda table, _: table,
    "pandas": lambda table, _: table.to_pandas(),
    "duckdb": lambda table, library: library.from_arrow(table),
    "datasets": _as_dataset,
}
