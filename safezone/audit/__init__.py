"""Audit remembers: an append-only, publicly checkable record of every decision and change of state."""
