"""The airlock: nothing leaves unless it was asked for, checked, decided by the right people and built from that."""
