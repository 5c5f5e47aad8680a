"""What is said and asked, as coroutines over the five verbs of a call."""
