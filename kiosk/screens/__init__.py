"""One file a screen: each shows a page of the visit and tells it what was touched."""
