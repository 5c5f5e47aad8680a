"""Screens read out, and worked with keys."""
