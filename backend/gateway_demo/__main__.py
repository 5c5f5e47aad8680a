"""``python -m backend.gateway_demo``."""

from backend.gateway_demo.command import main

main()
