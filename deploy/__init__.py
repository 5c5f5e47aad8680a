"""Putting the house up: set-up, running all of it together, the tour."""
