"""Keys at AWS KMS."""
