"""Witnesses of the log: a folder, the same over HTTP, and the program that serves it."""
