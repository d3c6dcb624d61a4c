"""Fixtures every suite may use."""

import pytest

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.sandbox"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Everything that starts an Airflow runs in one worker: two at once would not fit a small machine."""
    for item in items:
        if item.get_closest_marker("airflow") is not None:
            item.add_marker(pytest.mark.xdist_group("airflow"))
