"""Disclosure risk: how far a table's rows can be singled out, and which must be suppressed."""

from pseudonymize.risk.advice import Advice, advise
from pseudonymize.risk.assessment import assess
from pseudonymize.risk.classes import equivalence_classes, published_classes
from pseudonymize.risk.errors import RiskError
from pseudonymize.risk.report import RiskReport
from pseudonymize.risk.suppression import Suppression, suppress

__all__ = [
    "Advice",
    "RiskError",
    "RiskReport",
    "Suppression",
    "advise",
    "assess",
    "equivalence_classes",
    "published_classes",
    "suppress",
]
