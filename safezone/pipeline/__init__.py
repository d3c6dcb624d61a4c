"""The pipeline moves data: each step takes a reference and returns the next, and commits once or not at all."""
