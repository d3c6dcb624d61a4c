"""Deliveries and the files in them: parsed in isolation, typed by declared rules, never guessed."""
