"""Measurements: every module here is one, run by `make bench`."""
