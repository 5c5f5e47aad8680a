"""Where a caller is, and whether what was called for was found, told from the names in a call record.

Pure: the live figures and the daily totals read the same names in the same way.
"""

from __future__ import annotations

MAIN = "main"
"""The greeting and the main menu: where every call begins."""

_OF_PROMPT = {
    "main.": MAIN,
    "policies": "policies",
    "topics/": "policies",
    "services.": "services",
    "progress.": "progress",
    "reply.": "progress",
    "notices": "notices",
    "public": "notices",
    "person.": "person",
    "message.": "person",
    "rating.": "rating",
}
"""How the names of prompts begin that are said in one part of the line only."""
_OF_EVENT = {"case ": "progress", "order ": "payment", "person asked for": "person", "transfer": "person"}

_FOUND_BY_EVENT = (
    "submission accepted",
    "submission kept",
    "case ",
    "order ",
    "lookup answered",
    "document link",
    "payment link",
    "appointment ",
    "message left",
    "transferred",
)
"""How events begin after which a caller has what the call was for."""


def place_after(place: str, kind: str, name: str) -> str:
    """Where a caller is after one more entry of the timeline.

    kind: ``prompt`` or ``event``; a key changes nothing. Names that are said in several parts, such as those
    of a form's questions, leave the caller where they were.
    """
    if kind == "event":
        if name.startswith("service "):
            return name.removeprefix("service ")
        table = _OF_EVENT
    elif kind == "prompt":
        table = _OF_PROMPT
    else:
        return place
    return next((there for beginning, there in table.items() if name.startswith(beginning)), place)


def found_by(kind: str, name: str) -> bool:
    """Whether an entry of the timeline shows that the caller has got something the line is there for.

    That is: an application sent, a state told, a record read, a link, an appointment, a message or a person;
    and the text of a policy, a notice or a guide, once it is being read.
    """
    if kind == "event":
        return name.startswith(_FOUND_BY_EVENT)
    if kind == "prompt":
        return name.startswith("guide.") or (
            name.startswith(("policies/", "notices/")) and name.endswith("/summary")
        )
    return False
