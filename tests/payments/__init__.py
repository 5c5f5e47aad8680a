"""Payments: the backend and the gateway for demonstration, over real sockets."""
