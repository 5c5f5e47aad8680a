"""Settings of the room's tests."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None)  # the machine may be busy with something else
settings.load_profile("house")
