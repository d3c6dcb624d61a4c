"""What belongs to what, as the catalog knows it: what questions to the log need besides the log.

The log names objects by opaque ids. Which versions, requests and releases are of one dataset, who asked, and what
an account is called stands in the catalog alone; a row taken out there does not hide what the log remembers, since
the questions follow the policies of a dataset through the log too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, Table, literal, select, union_all
from sqlalchemy import cast as as_type

from safezone.audit.engine import read
from safezone.audit.questions.reading import Reason
from safezone.catalog import tables
from safezone.catalog.records import (
    DeliveryRecord,
    JobRecord,
    PolicyRecord,
    ProjectRecord,
    QuarantineRecord,
    ReleaseRecord,
    RequestRecord,
    VersionRecord,
)
from safezone.catalog.store import Catalog
from safezone.model import Stage

_KINDS: Mapping[str, type] = {
    "release": ReleaseRecord,
    "request": RequestRecord,
    "version": VersionRecord,
    "delivery": DeliveryRecord,
    "project": ProjectRecord,
    "job": JobRecord,
    "quarantine": QuarantineRecord,
}
_PLACES = ("dataset", "intake", "quarantine", *(stage.value for stage in Stage))


@dataclass(frozen=True, slots=True)
class Around:
    """An object and what it hangs together with.

    Attributes:
        root: the object asked about, as events call it.
        whole: objects every event of which belongs to the story, the root among them.
        changes: objects of which only what changed them does.
        requests: ids of the requests for which reads in the vault do.
        policies: digests of the dataset policies whose approval does.
    """

    root: str
    whole: frozenset[str]
    changes: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()


def objects_of(dataset: str) -> Select[str]:
    """A query for everything events may call a dataset and what came of it: one column, ``object``.

    A query and not a list, so that the log is searched in one go however many versions there are.
    """
    request, release, job, version, delivery = (
        tables.request,
        tables.release,
        tables.job,
        tables.version,
        tables.delivery,
    )
    wanted = [select(literal(f"{place}/{dataset}", String).label("object")) for place in _PLACES]
    wanted += [_named(table, dataset) for table in (delivery, tables.quarantine, version, request, release)]
    subjects = union_all(
        select(request.c.id.label("subject")).where(request.c.dataset == dataset),
        select(version.c.id).where(version.c.dataset == dataset),
        select(literal(f"{dataset}/") + delivery.c.id).where(delivery.c.dataset == dataset),
    )
    wanted.append(select((literal("job/") + job.c.id).label("object")).where(job.c.subject.in_(subjects)))
    stage = as_type(version.c.stage, String)
    key = literal(f"key/kek/{dataset}/") + stage + literal("/") + version.c.delivery
    wanted.append(select(key.label("object")).where(version.c.dataset == dataset))
    for place in ("intake", "quarantine"):
        key = literal(f"key/kek/{dataset}/{place}/") + delivery.c.id
        wanted.append(select(key.label("object")).where(delivery.c.dataset == dataset))
    whole = union_all(*wanted).subquery()
    return select(whole.c.object)


def _named(table: Table, dataset: str) -> Select[str]:
    name = literal(f"{table.name}/") + table.c.id
    return select(name.label("object")).where(table.c.dataset == dataset)


def reasons(catalog: Catalog) -> dict[str, Reason]:
    """What each request was for, by its id."""
    columns = tables.request.c
    query = select(
        columns.id, columns.requester, columns.dataset, columns.project, columns.purpose, columns.columns
    )
    with read(catalog.engine) as connection:
        rows = connection.execute(query).all()
    return {row[0]: Reason(row[1], row[2], row[3], row[4], tuple(row[5])) for row in rows}


def around(catalog: Catalog, asked: str) -> Around:
    """What hangs together with an object: release, request, version, delivery, project and policy, up and down.

    Args:
        catalog: the store.
        asked: an id, or an object as events call it (``release/rel-...``); also one the catalog does not know.
    """
    kind, _, key = asked.partition("/")
    kinds = {kind: _KINDS[kind]} if key and kind in _KINDS else {} if key else _KINDS
    key = key or asked
    for name, record in kinds.items():
        if (item := catalog.find(record, key)) is not None:
            return _ABOUT[name](catalog, item)
    if kind == "dataset" or (not asked.count("/") and catalog.list(PolicyRecord, dataset=key)):
        return _dataset(catalog, key)
    return Around(asked, frozenset([asked]))


def _release(catalog: Catalog, item: ReleaseRecord) -> Around:
    name = f"release/{item.id}"
    request = catalog.find(RequestRecord, item.request)
    if request is None:
        return Around(name, frozenset([name, f"request/{item.request}"]), frozenset(), frozenset([item.request]))
    found = _request(catalog, request)
    return Around(name, found.whole | {name}, found.changes, found.requests, found.policies)


def _request(catalog: Catalog, item: RequestRecord) -> Around:
    releases = [f"release/{each.id}" for each in catalog.list(ReleaseRecord, request=item.id)]
    jobs = [f"job/{each.id}" for each in catalog.list(JobRecord, subject=item.id)]
    changes, policies = _source(catalog, catalog.find(VersionRecord, item.version))
    return Around(
        f"request/{item.id}",
        frozenset([f"request/{item.id}", *releases, *jobs]),
        frozenset([f"project/{item.project}", *changes]),
        frozenset([item.id]),
        policies,
    )


def _version(catalog: Catalog, item: VersionRecord) -> Around:
    requests = catalog.list(RequestRecord, version=item.id)
    changes, policies = _source(catalog, item)
    name = f"version/{item.id}"
    jobs = {f"job/{each.id}" for each in catalog.list(JobRecord, subject=item.id)}
    return Around(
        name,
        frozenset([name]) | jobs,
        (frozenset(changes) | _downstream(catalog, requests)) - {name},
        frozenset(each.id for each in requests),
        policies,
    )


def _delivery(catalog: Catalog, item: DeliveryRecord) -> Around:
    entries = {f"quarantine/{each.id}" for each in catalog.list(QuarantineRecord, delivery=item.id)}
    versions = catalog.list(VersionRecord, delivery=item.id)
    older = {f"delivery/{item.supersedes}"} if item.supersedes else set()
    return Around(
        f"delivery/{item.id}",
        frozenset([f"delivery/{item.id}"]) | entries,
        frozenset(f"version/{each.id}" for each in versions) | older,
        frozenset(),
        frozenset(each.policy for each in versions),
    )


def _project(catalog: Catalog, item: ProjectRecord) -> Around:
    requests = catalog.list(RequestRecord, project=item.id)
    name = f"project/{item.id}"
    return Around(name, frozenset([name]), _downstream(catalog, requests), frozenset(each.id for each in requests))


def _job(catalog: Catalog, item: JobRecord) -> Around:
    name = f"job/{item.id}"
    # An ingest is asked for as dataset/delivery, everything else by the id of its object.
    found = around(catalog, item.subject.rpartition("/")[2])
    return Around(name, frozenset([name]), found.whole | found.changes, found.requests, found.policies)


def _quarantine(catalog: Catalog, item: QuarantineRecord) -> Around:
    name = f"quarantine/{item.id}"
    return Around(name, frozenset([name]), frozenset([f"delivery/{item.delivery}"]))


def _dataset(catalog: Catalog, dataset: str) -> Around:
    changes = {f"delivery/{each.id}" for each in catalog.list(DeliveryRecord, dataset=dataset)}
    changes |= {f"version/{each.id}" for each in catalog.list(VersionRecord, dataset=dataset)}
    requests = catalog.list(RequestRecord, dataset=dataset)
    policies = frozenset(each.digest for each in catalog.list(PolicyRecord, dataset=dataset))
    name = f"dataset/{dataset}"
    return Around(
        name, frozenset([name]), frozenset(changes) | _downstream(catalog, requests), frozenset(), policies
    )


def _source(catalog: Catalog, version: VersionRecord | None) -> tuple[set[str], frozenset[str]]:
    """Where a version comes from: its ancestors and their delivery, and the policies they were made under."""
    names: set[str] = set()
    policies: set[str] = set()
    # A parent edited into a circle ends the walk.
    while version is not None and f"version/{version.id}" not in names:
        names |= {f"version/{version.id}", f"delivery/{version.delivery}"}
        policies.add(version.policy)
        version = catalog.find(VersionRecord, version.parent) if version.parent else None
    return names, frozenset(policies)


def _downstream(catalog: Catalog, requests: Iterable[RequestRecord]) -> frozenset[str]:
    """Requests and what was released for them."""
    names: set[str] = set()
    for each in requests:
        names.add(f"request/{each.id}")
        names |= {f"release/{release.id}" for release in catalog.list(ReleaseRecord, request=each.id)}
    return frozenset(names)


_ABOUT: Mapping[str, Callable[[Catalog, Any], Around]] = {
    "release": _release,
    "request": _request,
    "version": _version,
    "delivery": _delivery,
    "project": _project,
    "job": _job,
    "quarantine": _quarantine,
}
