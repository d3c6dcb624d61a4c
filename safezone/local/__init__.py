"""A zone on one machine: what runs beside it for the demo, for `make up` and for the functional tests."""
