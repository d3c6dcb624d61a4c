"""Quality of detection: `make eval` measures it, prints it and writes docs/QUALITY.md."""
