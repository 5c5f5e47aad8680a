"""A driver that kills and cuts whatever can be, and counts what was lost."""
