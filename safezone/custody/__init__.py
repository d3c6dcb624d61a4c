"""Custody of the zone's keys: rotation, destruction by two people, certificates."""
