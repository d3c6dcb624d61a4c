"""Columns: what the columns of a table hold, from their headers and values; counts and shares only, never a value."""
