"""Fixtures every suite may use."""

import atexit
import os
import shutil
import tempfile

import pytest

# What a zone keeps outside its own folder (witness, ledger) must not land in the home of who runs the tests.
_STATE = tempfile.mkdtemp(prefix="safezone-tests-state-")
os.environ["XDG_STATE_HOME"] = _STATE
atexit.register(shutil.rmtree, _STATE, ignore_errors=True)

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.sandbox", "tests.fixtures.openbao"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Everything that starts an Airflow runs in one worker: two at once would not fit a small machine."""
    for item in items:
        if item.get_closest_marker("airflow") is not None:
            item.add_marker(pytest.mark.xdist_group("airflow"))
