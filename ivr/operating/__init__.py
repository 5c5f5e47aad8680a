"""Commands beside the running line: what a technician asks of it, and what needs no call."""
