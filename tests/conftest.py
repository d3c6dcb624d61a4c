"""Fixtures every suite may use."""

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.sandbox"]
