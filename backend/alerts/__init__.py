"""Public alerts: CAP 1.2 messages from trusted sources, to all doors."""
