"""Which build of PJSIP is here, and what it really takes: found by asking it, not by its name.

The binding does not tell all of it, so the module's own C functions are asked, through the same handle.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pjsua2 as pj

FILES_A_CALL = 4
"""Two sockets, what plays and what records."""
FILES_BESIDE = 128
"""Open files of everything that is not a call."""
_MOST_SUITES = 32


class _Suite(ctypes.Structure):
    """pjmedia_srtp_crypto: a key, its name, and flags."""

    _fields_ = (
        ("key", ctypes.c_char_p),
        ("key_length", ctypes.c_ssize_t),
        ("name", ctypes.c_char_p),
        ("name_length", ctypes.c_ssize_t),
        ("flags", ctypes.c_uint),
    )


@dataclass(frozen=True, slots=True)
class Build:
    """What was found."""

    version: str
    """Of PJSIP."""
    tls: str
    """The library and its version; empty where there is none."""
    calls: int
    """At the same time, as far as the library goes."""
    sockets: str
    """How it looks at them: ``epoll``, or ``select``, which takes longer with every call."""
    codecs: tuple[str, ...]
    srtp: tuple[str, ...]
    """Crypto suites (RFC 4568)."""


def binding() -> ctypes.CDLL:
    """The binding's C side."""
    return ctypes.CDLL(_module())


def build_of(endpoint: pj.Endpoint) -> Build:
    """Asks the library, which has been initialised."""
    asked = binding()
    suites, count = (_Suite * _MOST_SUITES)(), ctypes.c_uint(_MOST_SUITES)
    asked.pjmedia_srtp_enum_crypto(ctypes.byref(count), suites)
    return Build(
        version=_text(asked, "pj_get_version"),
        tls=_text(asked, "OpenSSL_version", 0) or _text(asked, "SSLeay_version", 0),
        calls=int(asked.pjsua_call_get_max_count()),
        sockets=_text(asked, "pj_ioqueue_name"),
        codecs=tuple(sorted(codec.codecId for codec in endpoint.codecEnum2())),
        srtp=tuple(suite.name.decode() for suite in suites[: count.value] if suite.name),
    )


def calls_by_open_files() -> int:
    """Calls for which the system lets the process open files; first raises the limit as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return (hard - FILES_BESIDE) // FILES_A_CALL


def signalling_events() -> int:
    """The file that becomes readable when something arrives for the library, -1 where it has none (without
    epoll). Owned by the library."""
    asked = binding()
    for name in ("pjsua_get_pjsip_endpt", "pjsip_endpt_get_ioqueue", "pj_ioqueue_get_os_handle"):
        getattr(asked, name).restype = ctypes.c_void_p
    asked.pjsip_endpt_get_ioqueue.argtypes = asked.pj_ioqueue_get_os_handle.argtypes = [ctypes.c_void_p]
    queue = asked.pjsip_endpt_get_ioqueue(asked.pjsua_get_pjsip_endpt())
    handle = asked.pj_ioqueue_get_os_handle(queue)
    return ctypes.c_int.from_address(handle).value if handle else -1


def _module() -> str:
    """The file of the compiled module beside the binding's Python side."""
    module: Any = sys.modules[pj.Endpoint.__module__]
    return os.fspath(Path(module._pjsua2.__file__))


def _text(asked: ctypes.CDLL, function: str, *arguments: int) -> str:
    try:
        called = getattr(asked, function)
    except AttributeError:
        return ""
    called.restype = ctypes.c_char_p
    return (called(*arguments) or b"").decode()
