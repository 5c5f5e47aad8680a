"""Interfaces of the device classes."""
