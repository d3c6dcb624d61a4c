"""What auditors ask of the log, answered from events and details alone.

These modules read; they decide nothing. What only the catalog knows (which versions belong to a dataset, what an
account is called) is handed in by `safezone.catalog.lineage` and the command line.
"""
