"""The transactional store of everything but the data: who, what, in which state, decided by whom."""
