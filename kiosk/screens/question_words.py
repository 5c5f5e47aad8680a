"""What stands on the page of a question, in words: for the screen, and for clerks before they publish."""

from __future__ import annotations

from backend_client.forms.form import Field, FieldType
from foundation.language import Language, Translate


def where(field: Field, number: int, total: int, words: Translate) -> str:
    """Which question it is, and whether it may stay unanswered."""
    told = words("question.where", number=number, total=total)
    return told if field.required else words("question.optional", where=told)


def options(field: Field, language: Language, words: Translate) -> list[tuple[str, str]]:
    """Identifier and words of each option; none for questions that are answered at a keyboard."""
    if field.type is FieldType.YES_NO:
        return [("yes", words("question.yes")), ("no", words("question.no"))]
    return [(option.id, option.label[language]) for option in field.options]


def actions(field: Field, words: Translate, *, checking: bool = False) -> list[tuple[str, str]]:
    """Name and words of what leads on. checking: back to all answers, not to the next question."""
    on = ("form.next", words("question.check" if checking else "question.next"))
    return [on] if field.required else [("form.skip", words("question.skip")), on]
