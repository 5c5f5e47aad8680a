"""The devices' languages, pure: bytes in, messages out. No port, no clock, no sleep."""
