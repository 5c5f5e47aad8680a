"""Letters keyed in with digits, two for each: the key that it stands on (ITU-T E.161), and its place there.

``21`` is A, ``22`` B, ``94`` Z; ``00`` is a space and ``1n`` the digit n. Nothing has to be pressed quickly,
and a pad that tells only whole numbers will do. Pure.
"""

from __future__ import annotations

ON_KEYS = {2: "abc", 3: "def", 4: "ghi", 5: "jkl", 6: "mno", 7: "pqrs", 8: "tuv", 9: "wxyz"}
SPACE = " "


def letters(digits: str) -> str:
    """What was keyed in. ValueError where it is not pairs, or a pair stands for nothing."""
    if len(digits) % 2:
        raise ValueError("a letter is two digits")
    return "".join(_letter(digits[at], int(digits[at + 1])) for at in range(0, len(digits), 2))


def _letter(key: str, place: int) -> str:
    if key == "1":
        return str(place)
    if key == "0" and place == 0:
        return SPACE
    on_it = ON_KEYS.get(int(key), "")
    if not 1 <= place <= len(on_it):
        raise ValueError("no letter is there")
    return on_it[place - 1]
