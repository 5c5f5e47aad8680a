"""The screens of the hidden menu."""
