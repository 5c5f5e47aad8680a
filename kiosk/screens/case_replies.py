"""What the office replied to a case, above the way that the case has gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from backend_client.case import Case
from backend_client.forms.present import present_date
from foundation.language import Language, Translate
from kiosk.screens.reading import heading_block
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.mark import message
from kiosk.widgets.sheets import Block, kept_together, text_blocks

REPLIES = 3.0
"""Place at which the events begin: what stands above them has the places before."""


def reply_blocks(
    case: Case, width: float, words: Translate, language: Language, when: Callable[[datetime], str]
) -> list[Block]:
    """The replies, the latest first, and what becomes of a case that was opened again; nothing where none is.

    when: a moment in the county's time.
    """
    blocks: list[Block] = []
    if told := _again(case, width, words, language):
        blocks.append(Block(told, 0, 0.0))
    for number, reply in enumerate(reversed(case.replies)):
        place = 0.5 + number
        title = words("case.reply", time=when(reply.reply_time))
        parts = [Block(heading_block(title, width), theme.space.m if blocks else 0, place)]
        paragraphs = reply.text.split("\n")
        step = 1.0 / len(paragraphs)
        for at, paragraph in enumerate(paragraphs):
            parts += text_blocks(paragraph, width, place=place + at * step, gap=theme.space.s, until=step)
        blocks += [kept_together(parts[:2], width), *parts[2:]]
    return blocks


def _again(case: Case, width: float, words: Translate, language: Language) -> Box | None:
    """By when it is answered again; and, once it was, what else can be done."""
    if case.reopening is None:
        return None
    c = theme.colour
    if any(reply.reply_time > case.reopening.reopen_time for reply in case.replies):
        text = words("case.reopened_once")
        return message(text, width, icon="information", ink=c.primary, ground=c.primary_pale)
    text = words("case.reopened", due=present_date(case.reopening.due_date, language))
    return message(text, width, icon="clock", ink=c.notice, ground=c.notice_pale)
