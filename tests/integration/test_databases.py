"""The same journey on SQLite and on PostgreSQL: delivery, version, request, reviews, release, log."""

from __future__ import annotations

import pytest

from safezone.airlock import release
from safezone.audit.verify import verify_log
from safezone.catalog.records import RequestRecord
from safezone.model import Duty, RequestState, VersionState
from safezone.package import open_package
from tests.fixtures.sandbox import make_sandbox


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog_url(request):
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def sandbox(tmp_path, catalog_url):
    made = make_sandbox(tmp_path, catalog_url=catalog_url)
    yield made
    made.close()


def test_from_a_delivery_to_an_extract_on_the_developers_disk(sandbox, tmp_path):
    version = sandbox.published(300)
    assert version.state is VersionState.PUBLISHED

    request = sandbox.approved(sandbox.project().id, where="주소 = '서울특별시'")
    assert request.state is RequestState.APPROVED
    built = sandbox.build(request)

    key = tmp_path / "identity.txt"
    key.write_text(f"{sandbox.identity}\n")
    key.chmod(0o600)
    portal = sandbox.open(Duty.PORTAL)
    record, stream = release.pull(portal.airlock, sandbox.account("developer"), request.id)
    with stream:
        package = open_package(stream, key, keys=(portal.keys.public_key("sign/package"),))
    assert package.table().num_rows == built.rows == record.rows
    assert set(package.table()["주소"].to_pylist()) == {"서울특별시"}
    assert portal.catalog.get(RequestRecord, request.id).state is RequestState.RELEASED

    log = sandbox.open(Duty.LOG)
    log.keep_log()
    verified = verify_log(log.catalog.engine, log.log_keys, [log.witness])
    assert verified.ok
    assert not verified.unproven
