"""Policies: loaded, checked and digested. What the zone may do with a dataset is written there, not in code."""
