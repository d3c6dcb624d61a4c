"""Encrypted backups of a zone, their tested restore, and the m-of-n recovery of its keystore."""
