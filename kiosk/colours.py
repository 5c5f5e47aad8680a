"""The colours of the terminal: a calm set, and one of high contrast. Which counts is for `kiosk.theme`."""

from __future__ import annotations

Colour = tuple[float, float, float, float]
"""Red, green, blue and opacity, 0 to 1."""


def colour(code: str, opacity: float = 1.0) -> Colour:
    """A colour from its code, ``#rrggbb``."""
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return (red, green, blue, opacity)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast of two opaque colours, 1 to 21 (WCAG 2.2, relative luminance and contrast ratio)."""

    def luminance(of: Colour) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in of[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Colours:
    """Warm paper, dark ink, a calm pine green to act with, and the cinnabar of a seal for the house."""

    paper: Colour = colour("#f6f1e7")
    """Behind everything."""
    surface: Colour = colour("#fffdf8")
    """Cards, fields and keys, which stand on paper."""
    sunken: Colour = colour("#ebe3d3")
    """What lies below paper: the keyboard's bed, the track of a scroll bar."""
    line: Colour = colour("#d8cdb8")
    """Rules and borders that carry no meaning of their own."""
    edge: Colour = colour("#766c58")
    """Borders of what can be touched or filled in, 4.5:1 on paper."""
    ink: Colour = colour("#1d211f")
    """Text."""
    soft_ink: Colour = colour("#464a43")
    """Text of less weight."""
    on_colour: Colour = colour("#ffffff")
    """Text on primary, seal and danger."""
    primary: Colour = colour("#17544d")
    """What acts."""
    primary_pressed: Colour = colour("#0e3a35")
    primary_pale: Colour = colour("#dfece6")
    """Behind what is chosen."""
    seal: Colour = colour("#97291b")
    """The seal of the house."""
    danger: Colour = colour("#8c1d0c")
    """What went wrong: words and borders."""
    danger_pressed: Colour = colour("#5f1206")
    danger_pale: Colour = colour("#fae4dd")
    notice: Colour = colour("#5c3c00")
    """What is marked, such as demonstration: words and borders."""
    notice_pale: Colour = colour("#fbe7bc")
    highlight: Colour = colour("#ffe08a")
    """Behind the words that a search found."""
    key_quiet: Colour = colour("#d8cdb8")
    """Keys beside the letters."""
    pressed: Colour = colour("#e6dcc7")
    """A surface under the finger."""
    disabled: Colour = colour("#e9e4d9")
    disabled_ink: Colour = colour("#66645c")
    shade: Colour = colour("#1d211f", 0.55)
    """Over the screen behind a question that must be answered first."""
    dark: Colour = colour("#000000", 0.94)
    """Over everything while nobody is near."""
    curtain: Colour = colour("#000000")
    """The same for somebody who listens, and wants nobody to read along."""
    shadow: Colour = colour("#5a4a2a", 0.16)
    policy: Colour = colour("#17544d")
    """The doors."""
    service: Colour = colour("#97291b")
    status: Colour = colour("#23476f")
    news: Colour = colour("#6a4a07")
    lookup: Colour = colour("#3f3a73")
    payment: Colour = colour("#7a2c50")
    appointment: Colour = colour("#1f5568")
    document: Colour = colour("#4d4a33")
    on_door: Colour = colour("#ffffff")
    """Text on the doors."""
    door_edge: Colour = colour("#ffffff", 0.0)
    """Their borders."""
    series: tuple[Colour, ...] = (
        colour("#97291b"),
        colour("#23476f"),
        colour("#a06a00"),
        colour("#5a4fb0"),
        colour("#17766a"),
        colour("#b03a74"),
        colour("#6b6a1f"),
        colour("#2b83a8"),
        colour("#766c58"),
    )
    """What is told apart in a chart, 3:1 on paper; the last one for all the rest."""

    def named(self, name: str) -> Colour:
        """One of them. AttributeError where there is none of that name."""
        found: Colour = getattr(self, name)
        return found


class ContrastColours(Colours):
    """Light on black, for eyes that tell colours badly: every pair of text and ground at least 10:1."""

    paper = colour("#000000")
    surface = colour("#0c0c0c")
    sunken = colour("#1c1c1c")
    line = colour("#8c8c8c")
    edge = colour("#ffffff")
    ink = colour("#ffffff")
    soft_ink = colour("#ececec")
    on_colour = colour("#000000")
    primary = colour("#ffe14d")
    primary_pressed = colour("#fff6c9")
    primary_pale = colour("#2e2700")
    seal = colour("#ff9d8a")
    danger = colour("#ffb9ac")
    danger_pressed = colour("#ffe3dd")
    danger_pale = colour("#3a0c04")
    notice = colour("#ffdc96")
    notice_pale = colour("#332100")
    highlight = colour("#4a3d00")
    key_quiet = colour("#2a2a2a")
    pressed = colour("#2c2c2c")
    disabled = colour("#161616")
    disabled_ink = colour("#b4b4b4")
    shade = colour("#000000", 0.8)
    shadow = colour("#000000", 0.0)
    policy = colour("#0b3f39")
    service = colour("#6d180d")
    status = colour("#163459")
    news = colour("#4b3300")
    lookup = colour("#2e2a5e")
    payment = colour("#5c1c3a")
    appointment = colour("#123f4f")
    document = colour("#3a3820")
    door_edge = colour("#ffffff")
    series = (
        colour("#ff9d8a"),
        colour("#8ab8f0"),
        colour("#ffd166"),
        colour("#b7a8ff"),
        colour("#5fd6c3"),
        colour("#ff9acb"),
        colour("#d4d36a"),
        colour("#7fd4f5"),
        colour("#b4b4b4"),
    )


STANDARD = Colours()
CONTRAST = ContrastColours()
