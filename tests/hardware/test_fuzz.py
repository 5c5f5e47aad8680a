"""Decoders stand whatever comes: every input the fuzzer has learnt, and some seconds of it on one of them."""

from __future__ import annotations

import random

import pytest

from tests.hardware.fuzz import corpus
from tests.hardware.fuzz.__main__ import fuzz
from tests.hardware.fuzz.decoders import DECODERS


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_input_that_was_learnt_is_stood(decoder: str) -> None:
    inputs = corpus.read(decoder)
    assert inputs
    for one in inputs:
        DECODERS[decoder](one)


@pytest.mark.parametrize("decoder", DECODERS)
def test_inputs_that_were_learnt_and_spoilt_are_stood(decoder: str) -> None:
    dice = random.Random(decoder)
    inputs = corpus.read(decoder)
    for _ in range(300):
        spoilt = bytearray(dice.choice(inputs) + dice.choice(inputs))
        for _ in range(dice.randrange(1, 8)):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        DECODERS[decoder](bytes(spoilt))


def test_the_fuzzer_runs_and_tells_what_it_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz("gat467", 2, keep=False)
    assert "ways known" in capsys.readouterr().out
