"""The resident's visit: a state machine without widgets."""
