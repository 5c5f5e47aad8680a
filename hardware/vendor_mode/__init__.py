"""Vendor mode: a technician's program asks a running terminal for its devices, and the terminal lends them.

The name and the idea are XFS4IoT's: before somebody works on devices, whoever uses them acknowledges. Here
the terminal serves a socket; `huimin-diagnose` connects, asks, and holds the connection as long as it works.
"""
