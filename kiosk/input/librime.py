"""librime's C interface, as rime_api.h of version 1.8.5 declares it.

Structures that librime may lengthen begin with ``data_size``: the size of the rest as the caller knows it.
Only what the terminal needs is declared. Nothing here keeps state or decides.
"""

from __future__ import annotations

import ctypes as c
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.input.errors import DictionaryMissing, EngineMissing

LIBRARY = "librime.so.1"
SHARED_DATA = Path("/usr/share/rime-data")
"""Where Debian's rime-data packages put word lists."""
SHARED_FILES = ("luna_pinyin.dict.yaml", "essay.txt")
ONLY_FATAL = 3
"""Least level that librime logs (0 information to 3 fatal): its lines are not our log's, and may hold what is
typed."""

Session = c.c_size_t


class Traits(c.Structure):
    """RimeTraits: directories and logging, given once."""

    _fields_ = (
        ("data_size", c.c_int),
        ("shared_data_dir", c.c_char_p),
        ("user_data_dir", c.c_char_p),
        ("distribution_name", c.c_char_p),
        ("distribution_code_name", c.c_char_p),
        ("distribution_version", c.c_char_p),
        ("app_name", c.c_char_p),
        ("modules", c.c_void_p),
        ("min_log_level", c.c_int),
        ("log_dir", c.c_char_p),
        ("prebuilt_data_dir", c.c_char_p),
        ("staging_dir", c.c_char_p),
    )


class Preedit(c.Structure):
    """RimeComposition: the letters being composed, and where the cursor and the selection stand, in bytes."""

    _fields_ = (
        ("length", c.c_int),
        ("cursor_pos", c.c_int),
        ("sel_start", c.c_int),
        ("sel_end", c.c_int),
        ("preedit", c.c_char_p),
    )


class Candidate(c.Structure):
    """RimeCandidate."""

    _fields_ = (("text", c.c_char_p), ("comment", c.c_char_p), ("reserved", c.c_void_p))


class Menu(c.Structure):
    """RimeMenu: one page of candidates."""

    _fields_ = (
        ("page_size", c.c_int),
        ("page_no", c.c_int),
        ("is_last_page", c.c_int),
        ("highlighted_candidate_index", c.c_int),
        ("num_candidates", c.c_int),
        ("candidates", c.POINTER(Candidate)),
        ("select_keys", c.c_char_p),
    )


class Commit(c.Structure):
    """RimeCommit: text that is finished."""

    _fields_ = (("data_size", c.c_int), ("text", c.c_char_p))


class Context(c.Structure):
    """RimeContext: what an input method's window would show."""

    _fields_ = (
        ("data_size", c.c_int),
        ("composition", Preedit),
        ("menu", Menu),
        ("commit_text_preview", c.c_char_p),
        ("select_labels", c.POINTER(c.c_char_p)),
    )


_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "RimeSetup": (None, (c.POINTER(Traits),)),
    "RimeInitialize": (None, (c.POINTER(Traits),)),
    "RimeFinalize": (None, ()),
    "RimeStartMaintenance": (c.c_int, (c.c_int,)),
    "RimeJoinMaintenanceThread": (None, ()),
    "RimeCreateSession": (Session, ()),
    "RimeDestroySession": (c.c_int, (Session,)),
    "RimeGetCurrentSchema": (c.c_int, (Session, c.c_char_p, c.c_size_t)),
    "RimeProcessKey": (c.c_int, (Session, c.c_int, c.c_int)),
    "RimeClearComposition": (None, (Session,)),
    "RimeGetCommit": (c.c_int, (Session, c.POINTER(Commit))),
    "RimeFreeCommit": (c.c_int, (c.POINTER(Commit),)),
    "RimeGetContext": (c.c_int, (Session, c.POINTER(Context))),
    "RimeFreeContext": (c.c_int, (c.POINTER(Context),)),
}


@cache
def load(name: str = LIBRARY) -> c.CDLL:
    """The library with its functions declared. Raises EngineMissing."""
    try:
        library = c.CDLL(name)
        for function, (result, arguments) in _FUNCTIONS.items():
            declared = getattr(library, function)
            declared.restype, declared.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise EngineMissing(f"{error}: install librime (on Debian: apt install librime1)") from None
    return library


def traits(user_data: Path, shared_data: Path = SHARED_DATA) -> Traits:
    """Where librime finds its files. Raises DictionaryMissing where the word lists are not there."""
    for name in SHARED_FILES:
        if not (shared_data / name).is_file():
            raise DictionaryMissing(
                f"{shared_data / name} was not found: install the word lists "
                "(on Debian: apt install librime-data rime-data-luna-pinyin)"
            )
    return Traits(
        data_size=sized(Traits),
        shared_data_dir=bytes(shared_data),
        user_data_dir=bytes(user_data),
        distribution_name=b"Huimin",
        distribution_code_name=b"huimin",
        distribution_version=b"1",
        app_name=b"rime.huimin",
        min_log_level=ONLY_FATAL,
        log_dir=b"",  # standard error, not a file
    )


def sized(structure: type[c.Structure]) -> int:
    """What `data_size` of a structure must hold (RIME_STRUCT_INIT)."""
    return c.sizeof(structure) - c.sizeof(c.c_int)
