"""A call to a person, by baresip."""
