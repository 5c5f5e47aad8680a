"""Devices made of software, which speak the real bytes on a pseudo-terminal."""
