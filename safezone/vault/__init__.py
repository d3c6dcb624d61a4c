"""The only door to plaintext: it needs a grant, and it reads and writes encrypted objects alone."""
