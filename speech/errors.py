"""What can go wrong between a text and its sound."""

from __future__ import annotations


class SpeechError(Exception):
    """No sound can be made. The message says what to do; it never holds the text, which may be private."""


class EngineMissing(SpeechError):
    """espeak-ng, or one of its voices, is not installed."""


class EngineFailed(SpeechError):
    """espeak-ng ended with an error, took too long, or returned no sound."""


class TextTooLong(SpeechError):
    """A text beyond `reading.LONGEST_TEXT`; nobody would listen to it."""


class RecordingUnusable(SpeechError):
    """A file in the folder of recordings is not a WAV file that can be played."""
