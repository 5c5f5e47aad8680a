"""``python -m tests.hardware.fuzz.one DECODER …``: fuzzes a decoder; the other arguments are libFuzzer's own.

Only the protocols are instrumented: they are what is to be covered.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["hardware.protocols"]):
    from tests.hardware.fuzz.decoders import DECODERS


if __name__ == "__main__":
    look = DECODERS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, look)
    atheris.Fuzz()
