"""What becomes of a column: drop, mask, tokenise, generalise, shift, redact."""
