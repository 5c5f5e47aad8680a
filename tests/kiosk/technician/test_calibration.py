"""The matrix puts touches where the targets are, and is refused where it cannot."""

from __future__ import annotations

import random

import pytest

from kiosk.technician.calibration import (
    IDENTITY,
    TARGETS,
    NotCalibrated,
    Point,
    applied,
    solved,
    system_file,
    worst,
)
from kiosk.technician.own_settings import Matrix

TURNED: Matrix = (0.0, 1.0, 0.0, -1.0, 0.0, 1.0)
"""A panel that is built in on its side."""
OFF: Matrix = (1.05, 0.01, -0.03, -0.02, 0.97, 0.02)


def felt_with(matrix: Matrix) -> list[Point]:
    """Where such a panel feels the targets: the inverse of the matrix, applied to them."""
    a, b, c, d, e, f = matrix
    determinant = a * e - b * d
    return [
        (((x - c) * e - (y - f) * b) / determinant, ((y - f) * a - (x - c) * d) / determinant)
        for x, y in TARGETS
    ]


@pytest.mark.parametrize("matrix", [IDENTITY, TURNED, OFF, (-1.0, 0.0, 1.0, 0.0, 1.0, 0.0)])
def test_the_matrix_of_a_panel_is_found(matrix: Matrix) -> None:
    touched = felt_with(matrix)
    found = solved(touched)
    assert found == pytest.approx(matrix, abs=1e-5)
    assert worst(found, touched) < 1e-5


def test_fingers_that_tremble_are_forgiven() -> None:
    chance = random.Random(7)
    touched = [
        (x + chance.uniform(-0.004, 0.004), y + chance.uniform(-0.004, 0.004)) for x, y in felt_with(OFF)
    ]
    for target, at in zip(TARGETS, touched, strict=True):
        assert applied(solved(touched), at) == pytest.approx(target, abs=0.01)


@pytest.mark.parametrize(
    "touched",
    [
        [(0.5, 0.5)] * 5,
        [(x, 0.5) for x, _ in TARGETS],
        [*TARGETS[:4], (0.8, 0.2)],
        [TARGETS[2], *TARGETS[1:]],
        list(TARGETS[:4]),
    ],
)
def test_touches_that_do_not_fit_change_nothing(touched: list[Point]) -> None:
    with pytest.raises(NotCalibrated):
        solved(touched)


def test_the_system_is_told_the_same_six_numbers() -> None:
    written = system_file(OFF)
    assert 'ENV{LIBINPUT_CALIBRATION_MATRIX}="1.05 0.01 -0.03 -0.02 0.97 0.02"' in written
    assert "1.05 0.01 -0.03 -0.02 0.97 0.02 0 0 1" in written
