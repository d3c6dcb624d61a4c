"""Keys: the keystore adapter, which duty may use which key, token keys, and encrypted streams."""
