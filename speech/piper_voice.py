"""The child process in which a Piper voice speaks: ``python -m speech.piper_voice VOICE LANGUAGE PACE``.

A neural voice takes a core for some tenths of a second a sentence; here it can neither hold up the loop
on which calls wait, nor take their memory with it. It runs at a lower priority and on one thread.

In goes a line of JSON for each text, ``{"text": …}``. Out comes for each, and once at the start, a line of
JSON and so many bytes of samples (float32, little-endian): ``{"bytes": n, "hertz": r}``, with ``"version"``
at the start, with ``"error"`` where it failed. The end of its input ends it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from piper import PiperVoice, SynthesisConfig
from piper.config import PhonemeType, PiperConfig

from foundation.language import Language
from speech.errors import EngineFailed, EngineMissing
from speech.pinyin import pinyin
from speech.sound import Samples

LOWER_PRIORITY = 10
"""Of os.nice: calls come first."""
REST = 0.15
"""Seconds of silence between two clauses that the voice says one by one."""
_SYLLABLE = re.compile(r"(?P<initial>zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?P<final>[a-zv]+)(?P<tone>[1-5])")
_UNITS = re.compile(r"[a-zv]+[1-5]|[,.!?]")
_SPEAKS = {Language.ZH_CN: ("zh", "cmn"), Language.EN: ("en",)}
"""How a voice's own language begins."""


class Voice:
    """A voice file, loaded."""

    def __init__(self, file: Path, language: Language, pace: float) -> None:
        """file: NAME.onnx, beside it NAME.onnx.json. Raises EngineMissing with what is wrong with them."""
        config = self._config(file, language)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common class of their own
            raise EngineMissing(
                f"{file.name} is no voice of Piper, or damaged ({type(error).__name__})"
            ) from None
        self._voice = PiperVoice(session=session, config=config)
        self._synthesis = SynthesisConfig(length_scale=config.length_scale / pace)
        self._pinyin = language is Language.ZH_CN and config.phoneme_type is not PhonemeType.TEXT
        self._by_syllable = config.phoneme_type is PhonemeType.PINYIN
        if self._pinyin and not self._by_syllable:
            # The same sounds as with cmn, in which such voices are trained, but read by words.
            config.espeak_voice = "cmn-latn-pinyin"

    def say(self, text: str) -> tuple[Samples, int]:
        """The sound and its rate. Raises EngineFailed."""
        try:
            sounds = list(self._by_syllables(text) if self._by_syllable else self._by_phonemes(text))
        except Exception as error:  # whatever a voice file can bring about; its message may hold the text
            raise EngineFailed(f"Piper cannot speak with this voice ({type(error).__name__})") from None
        hertz = self._voice.config.sample_rate
        rest = np.zeros(round(REST * hertz), dtype=np.float32)
        joined = [piece for sound in sounds for piece in (sound, rest)][:-1]
        return np.concatenate(joined, dtype=np.float32) if joined else rest[:0], hertz

    def _by_phonemes(self, text: str) -> Iterator[Samples]:
        said = pinyin(text) if self._pinyin else text
        for chunk in self._voice.synthesize(said, self._synthesis):
            yield chunk.audio_float_array

    def _by_syllables(self, text: str) -> Iterator[Samples]:
        """For voices trained on pinyin: it is ours, where Piper itself would download another model."""
        said = pinyin(text)
        if any(character.isalpha() for character in said):
            audio = self._voice.phoneme_ids_to_audio(
                syllable_ids(said, self._voice.config.phoneme_id_map), self._synthesis
            )
            yield np.asarray(audio, dtype=np.float32)

    @staticmethod
    def _config(file: Path, language: Language) -> PiperConfig:
        beside = file.with_name(f"{file.name}.json")
        try:
            written: Any = json.loads(beside.read_text("utf-8"))
            config = PiperConfig.from_dict(written)
        except FileNotFoundError:
            raise EngineMissing(
                f"beside {file.name} there is no {beside.name}; a voice is these two files"
            ) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise EngineMissing(f"{beside.name} does not describe a voice of Piper") from None
        told = written.get("language")
        code = str(told.get("code", "") if isinstance(told, dict) else "") or config.espeak_voice
        if not code.lower().startswith(_SPEAKS[language]):
            raise EngineMissing(f"{file.name} speaks {code}, not {language.value}")
        return config


def syllable_ids(said: str, ids: Mapping[str, Sequence[int]]) -> list[int]:
    """Numbered pinyin as a voice trained on it takes it: initial, final and tone of a syllable, then a pad;
    a pause as one sign and a pad.

    ids: the voice's table from signs to numbers. What it has no number for is passed over, as Piper does.
    """
    found: list[int] = [*ids["^"]]
    for unit in _UNITS.findall(said):
        syllable = _SYLLABLE.fullmatch(unit)
        signs = (syllable["initial"] or "Ø", syllable["final"], syllable["tone"]) if syllable else (unit,)
        if all(sign in ids for sign in signs):
            found += [number for sign in (*signs, "_") for number in ids[sign]]
    return [*found, *ids["$"]]


def main() -> None:
    """Speaks until its input ends."""
    file, language, pace = sys.argv[1:]
    os.nice(LOWER_PRIORITY)
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # so that nothing a library prints comes between the answers

    def answer(samples: Samples, **more: object) -> None:
        data = np.asarray(samples, dtype="<f4").tobytes()
        answers.write(json.dumps({"bytes": len(data)} | more).encode() + b"\n" + data)
        answers.flush()

    nothing = np.zeros(0, dtype=np.float32)
    try:
        voice = Voice(Path(file), Language(language), float(pace))
    except EngineMissing as error:
        answer(nothing, error=str(error))
        return
    answer(nothing, version=version("piper-tts"))
    for line in sys.stdin.buffer:
        try:
            samples, hertz = voice.say(json.loads(line)["text"])
        except EngineFailed as error:
            answer(nothing, error=str(error))
        else:
            answer(samples, hertz=hertz)


if __name__ == "__main__":
    main()
