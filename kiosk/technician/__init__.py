"""The hidden menu: who gets in, what they can look at, test and set, and the screens of it."""
