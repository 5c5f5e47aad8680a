"""What can go wrong with the input methods, each with what the technician should do."""

from __future__ import annotations


class InputMethodError(Exception):
    """Pinyin cannot be typed; the message says why and what to do."""


class EngineMissing(InputMethodError):
    """The library librime is not installed, or is not one that can be used."""


class DictionaryMissing(InputMethodError):
    """The word lists of Debian's rime-data packages are not installed."""


class DeploymentFailed(InputMethodError):
    """The dictionary could not be compiled or kept."""


class EngineBusy(InputMethodError):
    """A second engine was asked for; librime is one per process."""


class HandwritingError(Exception):
    """Nothing can be written by hand; the message says why and what to do."""


class RecogniserMissing(HandwritingError):
    """The library libzinnia is not installed, or is not one that can be used."""


class ModelMissing(HandwritingError):
    """The model of the characters is not installed, or is not one."""
