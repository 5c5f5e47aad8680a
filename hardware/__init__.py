"""Devices: interfaces, pure protocols, drivers, simulators, diagnostics."""
