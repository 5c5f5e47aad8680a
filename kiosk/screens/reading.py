"""A text with sections, as blocks of sheets."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.catalog import Section
from foundation.language import Language
from kiosk.theme import theme
from kiosk.widgets.box import Box, framed
from kiosk.widgets.sheets import Block, kept_together, text_blocks
from kiosk.widgets.text import TIGHT, Text


def summary_block(text: str, width: float) -> Box:
    """What a text means for a resident, set off from the text itself."""
    c, space = theme.colour, theme.space
    label = Text(text, width - 2 * space.m, colour=c.primary, leading=1.45)
    return framed(label, space.m, fill=c.primary_pale)


def heading_block(text: str, width: float) -> Text:
    """The heading of a part."""
    return Text(text, width, size=theme.type.lead, bold=True, leading=TIGHT, role="heading")


def section_blocks(
    sections: Sequence[Section], width: float, language: Language, *, first: float
) -> list[Block]:
    """Headings and paragraphs; a heading stays with its first lines. first: place of the first section."""
    space = theme.space
    blocks = []
    for number, section in enumerate(sections):
        place = first + number
        paragraphs = section.text[language].split("\n")
        parts: list[Block] = [Block(heading_block(section.heading[language], width), space.l, place)]
        step = 1.0 / len(paragraphs)
        for at, paragraph in enumerate(paragraphs):
            gap = space.xs if at == 0 else space.s
            parts += text_blocks(paragraph, width, place=place + at * step, gap=gap, until=step)
        blocks += [kept_together(parts[:2], width), *parts[2:]]
    return blocks
