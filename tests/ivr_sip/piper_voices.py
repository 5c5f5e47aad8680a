"""Voices in Piper's format, small enough for a test: each sign of the table sounds as a tone of its own.

The graph has the inputs and the output of the voices that Piper's own export writes; so Piper and onnxruntime
run as with any other, and what was said can be read from the tones. Nobody would take it for speech.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from speech.sound import Samples

HERTZ = 16_000
HOP = 640
"""Samples of one sign at the usual pace: 40 ms."""
LOWEST, STEP = 200.0, 25.0
"""Hertz of sign 0, and from one to the next; whole waves in 40 ms."""
PAD = 0

_INITIALS = "b p m f d t n l g k h j q x zh ch sh r z c s y w"
_FINALS = (
    "a o e ai ei ao ou an en ang eng ong i ia ie iao iu ian in iang ing iong "
    "u ua uo uai ui uan un uang ueng v ve van vn er ue"
)
PINYIN: dict[str, list[int]] = {
    sign: [number]
    for number, sign in enumerate(
        (
            *("_", "^", "$", "Ø"),
            *_INITIALS.split(),
            *_FINALS.split(),
            *"12345.?!,",
        )
    )
}
"""A table such as voices have that are trained on pinyin."""


def voice(folder: Path, name: str, code: str, *, espeak: str, pinyin: bool = False) -> Path:
    """Writes NAME.onnx and NAME.onnx.json. code: of the language; espeak: the voice that makes phonemes."""
    table = PINYIN if pinyin else DEFAULT_PHONEME_ID_MAP
    described: dict[str, Any] = {
        "audio": {"sample_rate": HERTZ, "quality": "test"},
        "espeak": {"voice": espeak},
        "language": {"code": code},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "pinyin" if pinyin else "espeak",
        "phoneme_id_map": table,
        "num_symbols": len(table),
        "num_speakers": 1,
    }
    file = folder / f"{name}.onnx"
    onnx.save(_model(), str(file))
    file.with_name(f"{file.name}.json").write_text(json.dumps(described), "utf-8")
    return file


def signs(samples: Samples) -> list[int]:
    """The numbers that sound, in order; pads left out."""
    found = []
    for hop in samples[: len(samples) // HOP * HOP].reshape(-1, HOP):
        spectrum = np.abs(np.fft.rfft(hop))
        if spectrum.max() > 1:
            found.append(round((float(np.argmax(spectrum)) * HERTZ / HOP - LOWEST) / STEP))
    return found


def _model() -> onnx.ModelProto:
    def constant(name: str, value: Any, dtype: Any) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(value, dtype=dtype), name)

    constants = [
        constant("one", [1], np.int64),
        constant("hop", HOP, np.float32),
        constant("zero", 0.0, np.float32),
        constant("step", 1.0, np.float32),
        constant("turn", 2 * np.pi / HERTZ, np.float32),
        constant("lowest", LOWEST, np.float32),
        constant("between", STEP, np.float32),
        constant("column", [-1, 1], np.int64),
        constant("all", [1, 1, -1], np.int64),
        constant("half", 0.5, np.float32),
    ]
    nodes = [
        helper.make_node("Gather", ["scales", "one"], ["length_scale"]),
        helper.make_node("Squeeze", ["length_scale"], ["length"]),
        helper.make_node("Mul", ["length", "hop"], ["samples"]),
        helper.make_node("Range", ["zero", "samples", "step"], ["time"]),
        helper.make_node("Mul", ["time", "turn"], ["angle"]),
        helper.make_node("Cast", ["input"], ["ids"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["ids", "column"], ["rows"]),
        helper.make_node("Mul", ["rows", "between"], ["above"]),
        helper.make_node("Add", ["above", "lowest"], ["hertz"]),
        helper.make_node("Mul", ["hertz", "angle"], ["phase"]),
        helper.make_node("Sin", ["phase"], ["sine"]),
        helper.make_node("Sign", ["rows"], ["heard"]),
        helper.make_node("Mul", ["sine", "heard"], ["tones"]),
        helper.make_node("Mul", ["tones", "half"], ["softer"]),
        helper.make_node("Reshape", ["softer", "all"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "voice",
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "time"])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
