"""libzinnia's C interface, as zinnia.h of version 0.06 declares it.

Only what the terminal needs is declared. Nothing here keeps state or decides.
"""

from __future__ import annotations

import ctypes as c
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.input.errors import RecogniserMissing

LIBRARY = "libzinnia.so.0"
MODEL = Path("/usr/share/tegaki/models/zinnia/handwriting-zh_CN.model")
"""Where Debian's tegaki-zinnia-simplified-chinese puts the characters of GB 2312."""

_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "zinnia_recognizer_new": (c.c_void_p, ()),
    "zinnia_recognizer_open": (c.c_int, (c.c_void_p, c.c_char_p)),
    "zinnia_recognizer_destroy": (None, (c.c_void_p,)),
    "zinnia_recognizer_classify": (c.c_void_p, (c.c_void_p, c.c_void_p, c.c_size_t)),
    "zinnia_character_new": (c.c_void_p, ()),
    "zinnia_character_destroy": (None, (c.c_void_p,)),
    "zinnia_character_clear": (None, (c.c_void_p,)),
    "zinnia_character_set_width": (None, (c.c_void_p, c.c_size_t)),
    "zinnia_character_set_height": (None, (c.c_void_p, c.c_size_t)),
    "zinnia_character_add": (c.c_int, (c.c_void_p, c.c_size_t, c.c_int, c.c_int)),
    "zinnia_result_size": (c.c_size_t, (c.c_void_p,)),
    "zinnia_result_value": (c.c_char_p, (c.c_void_p, c.c_size_t)),
    "zinnia_result_score": (c.c_float, (c.c_void_p, c.c_size_t)),
    "zinnia_result_destroy": (None, (c.c_void_p,)),
}


@cache
def load(name: str = LIBRARY) -> c.CDLL:
    """The library with its functions declared. Raises RecogniserMissing."""
    try:
        library = c.CDLL(name)
        for function, (result, arguments) in _FUNCTIONS.items():
            declared = getattr(library, function)
            declared.restype, declared.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise RecogniserMissing(f"{error}: install libzinnia (on Debian: apt install libzinnia0)") from None
    return library
