"""Backup and restore of the zone, and recovery of its keystore by custodians."""
