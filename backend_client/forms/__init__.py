"""Forms: which question comes next, is this answer right, what goes into the summary.

One set of rules for both doors and, once more, for the backend.
"""
