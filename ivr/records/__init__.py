"""Call records: what is written of a call, the files they lie in, and what a day of them comes to."""
