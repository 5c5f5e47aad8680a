"""Doors: who is let in."""
