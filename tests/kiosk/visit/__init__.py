"""The resident's visit without a window: a real backend, simulated devices on pseudo-terminals."""
