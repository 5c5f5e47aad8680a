"""From touches on targets to the matrix that puts them there. Pure.

Points are parts of the window from its upper left corner, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from kiosk.technician.own_settings import Matrix, check_matrix

Point = tuple[float, float]

TARGETS: tuple[Point, ...] = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.5, 0.5))
"""Where the targets stand, in the order in which they are touched."""
MOST_OFF = 0.02
"""A target may be missed by so much once the matrix is applied: more is no calibration."""
IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


class NotCalibrated(ValueError):
    """The touches do not fit together: somebody touched beside, or the screen jumps."""


def applied(matrix: Matrix, point: Point) -> Point:
    """Where a touch falls."""
    a, b, c, d, e, f = matrix
    x, y = point
    return a * x + b * y + c, d * x + e * y + f


def solved(touched: Sequence[Point]) -> Matrix:
    """The matrix that fits best, by least squares. touched: one for each of TARGETS. Raises NotCalibrated."""
    import numpy as np  # noqa: PLC0415 (the terminal starts without it)

    given = np.array([(x, y, 1.0) for x, y in touched])
    wanted = np.array(TARGETS)
    if given.shape != (len(TARGETS), 3) or np.linalg.matrix_rank(given, tol=0.05) < 3:
        raise NotCalibrated
    found, *_ = np.linalg.lstsq(given, wanted, rcond=None)
    (a, d), (b, e), (c, f) = ((round(float(x), 6), round(float(y), 6)) for x, y in found)
    matrix = (a, b, c, d, e, f)
    try:
        check_matrix(matrix)
    except ValueError:
        raise NotCalibrated from None
    if worst(matrix, touched) > MOST_OFF:
        raise NotCalibrated
    return matrix


def worst(matrix: Matrix, touched: Sequence[Point]) -> float:
    """By how much the worst of the targets is missed with a matrix."""
    pairs = zip((applied(matrix, point) for point in touched), TARGETS, strict=True)
    return max(hypot(x - wanted_x, y - wanted_y) for (x, y), (wanted_x, wanted_y) in pairs)


def system_file(matrix: Matrix) -> str:
    """The same for the system, which then corrects touches for every program (docs/technician.md)."""
    six = " ".join(f"{value:g}" for value in matrix)
    return (
        "# Made by the terminal's menu for technicians (docs/technician.md). Save it, take the\n"
        "# calibration in the menu back, and install it as /etc/udev/rules.d/99-huimin-touch.rules:\n"
        "# with both of them touches are corrected twice.\n"
        f'ENV{{ID_INPUT_TOUCHSCREEN}}=="1", ENV{{LIBINPUT_CALIBRATION_MATRIX}}="{six}"\n'
        "# With X and without libinput:\n"
        f'# xinput set-prop DEVICE "Coordinate Transformation Matrix" {six} 0 0 1\n'
    )
