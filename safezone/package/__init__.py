"""The released package: age, tar, signed statement. Light, shared by the airlock and the client."""

from safezone.package.data import Part, parts
from safezone.package.facts import Approval, CardFacts, ColumnFacts, FileFacts, Lineage, RiskFacts
from safezone.package.identity import keygen
from safezone.package.read import Package, open_package, read_package, verify_package
from safezone.package.write import Sealed, write_package

__all__ = [
    "Approval",
    "CardFacts",
    "ColumnFacts",
    "FileFacts",
    "Lineage",
    "Package",
    "Part",
    "RiskFacts",
    "Sealed",
    "keygen",
    "open_package",
    "parts",
    "read_package",
    "verify_package",
    "write_package",
]
