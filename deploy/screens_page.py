"""docs/screens.md: every screen of the terminal."""

from __future__ import annotations

from collections.abc import Mapping

SIZES = ("1080x1920", "1280x1024", "1920x1080")
"""Of the window."""

HEAD = """\
# Every screen

What residents and technicians see, in Chinese and English, in the normal theme (left) and in that of high
contrast (right), at 1080×1920, 1280×1024 and 1920×1080. Type is of standard size; very large in the tall and
the wide window of high contrast, and large in the normal one of 1280×1024. **This page is made by
`make screens OPTIONS=--accept`**: do not write in it. `make screens` draws all of it again, compares each
sheet with the one here, and names those that changed; before and after lie side by side in `build/screens`.

The pages hold what a backend gave that serves the demonstration content. How they are built and checked is
told in [Contributing](contributing.md), what they are for in [The terminal](terminal.md).

"""
OVER = {
    "still-there": "Nobody has touched the screen for a while: more time is the easiest answer.",
    "leave": "Leaving would lose what was entered.",
    "ending": "The terminal ends its service soon.",
    "waiting": "The backend takes its time; waiting can be given up.",
    "trouble": "Something went wrong, and what to do next.",
    "alert": "An alert lies over the page until it was understood.",
    "alert-banner": "An alert in force, above every page.",
    "rating-offered": "A rating is offered below the page that shows what was done.",
}
"""What lies over a page."""


def written(said: Mapping[str, str]) -> str:
    """The document. said: what each screen is, by its key."""
    parts = [HEAD]
    for key in sorted(said, key=lambda key: (key in OVER, key)):
        about = said[key] or OVER.get(key, "")
        parts.append(f"## {_title(key)}\n\n{about}\n\n![{_title(key)}](pictures/screens/{key}.webp)\n\n")
    return "".join(parts).rstrip("\n") + "\n"


def _title(key: str) -> str:
    return key.replace("-", " ").capitalize()
