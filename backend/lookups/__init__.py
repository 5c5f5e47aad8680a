"""Lookups: asking those who keep the records, and judging what they answer."""
