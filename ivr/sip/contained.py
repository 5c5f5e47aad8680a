"""What every callback of PJSIP needs: nothing raised in it may reach the library."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from foundation.log import logger, trace

log = logger("ivr.sip")


def contained(callback: Callable[..., None]) -> Callable[..., None]:
    """The callback, with its exceptions logged: the binding would swallow them without a word."""

    @functools.wraps(callback)
    def called(*arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception as error:
            log.error("callback_failed", callback=callback.__qualname__, trace=trace(error))

    return called
