"""Keys on a hardware security module, or any token, through PKCS#11."""
