"""Storage adapters: bytes by name. They know nothing of keys or of what the bytes mean."""
