"""A text as recognizers see it: one spelling, its labels found once."""
