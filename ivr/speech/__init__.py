"""Texts to sound: rendered once by espeak-ng, replaced by recordings where a county has them."""
