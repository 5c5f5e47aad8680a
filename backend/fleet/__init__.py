"""The terminals, seen together: what changed at one, how each stands, and what a monitor is told."""
