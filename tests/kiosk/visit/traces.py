"""Looking for what was entered: in everything that the garbage collector can reach from an object."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from types import FunctionType, ModuleType

from foundation.log import logger
from tests.backend.house import House

ENCODINGS = ("utf-8", "utf-16-le", "gb18030")
"""How a secret may stand among bytes: on the line to the backend, on a card, on the way to the printer."""
BEYOND = (type, ModuleType, asyncio.AbstractEventLoop, House, type(logger(__name__)))
"""Where the visit ends."""


def traces(begin: object, secrets: Iterable[str]) -> set[str]:
    """Those of the secrets that stand in a text or in bytes somewhere behind an object."""
    wanted = {secret: tuple(secret.encode(encoding) for encoding in ENCODINGS) for secret in secrets}
    found: set[str] = set()
    seen: dict[int, object] = {}
    waiting = [begin]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, BEYOND):
            continue
        seen[id(one)] = one
        match one:
            case str():
                found |= {secret for secret in wanted if secret in one}
            case bytes() | bytearray():
                found |= {secret for secret, coded in wanted.items() if any(form in one for form in coded)}
            case FunctionType():  # not its globals
                waiting += [one.__closure__, one.__defaults__, one.__kwdefaults__, one.__dict__]
            case _:
                waiting += gc.get_referents(one)
    return found
