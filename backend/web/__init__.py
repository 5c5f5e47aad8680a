"""What the backend shows to browsers and hears from other servers, over HTTP."""


class WebAddressTaken(Exception):
    """It cannot be listened there."""
