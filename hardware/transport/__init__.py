"""What carries bytes to a device."""
