"""The queue on disk: what a resident has sent waits here until the backend has it."""
