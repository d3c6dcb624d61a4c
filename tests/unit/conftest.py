"""Unit tests run with the network taken away: a test that says offline is offline."""

import pytest
from pytest_socket import disable_socket


@pytest.fixture(autouse=True)
def _no_network():
    disable_socket(allow_unix_socket=True)
    yield
    from pytest_socket import enable_socket

    enable_socket()
