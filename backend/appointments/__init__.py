"""Appointments and queues at counters."""
