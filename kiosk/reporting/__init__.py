"""The terminal tells its backend how it is, so that an office sees the whole fleet."""
