"""Checks an exported audit log on any machine; needs nothing but `cryptography`."""
