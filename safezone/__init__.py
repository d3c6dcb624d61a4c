"""Safe Zone: share what data can teach, without sharing the people in it."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("safezone")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"
