"""What the backend keeps: one file a kind of thing, over one database."""
