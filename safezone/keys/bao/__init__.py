"""Keys at OpenBao or Vault, in its Transit engine."""
