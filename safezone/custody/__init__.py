"""Custody of keys: rotation, destruction by two people, its ledger and its certificates."""
