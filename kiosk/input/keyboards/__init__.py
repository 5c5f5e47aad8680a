"""The keyboards of the screen, each for one kind of answer."""
