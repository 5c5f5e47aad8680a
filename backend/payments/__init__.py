"""Payments: orders are begun, watched, closed and given back here, whatever a gateway or a crash does."""
