"""Data-quality and privacy checks around Great Expectations: batches and a suite in, counts out, never values."""
