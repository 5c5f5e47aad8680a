"""Several processes that answer calls, and the one that minds them."""
