"""Doors: the terminals and phone lines that may come in, and the authority that certifies them."""
