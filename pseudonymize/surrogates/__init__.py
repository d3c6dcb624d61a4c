"""What is written in place of personal data in text: typed labels, keyed tokens, surrogates."""
