"""Talking to a backend well, and forms."""
