"""Names of people in Korean text."""
