"""Changes of the content in words, for the clerk who is about to publish them."""

from __future__ import annotations

from collections.abc import Iterator

from backend.authoring.described import Words
from backend.authoring.difference import Change, Part
from foundation.language import Language, LocalizedText, Translate

SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def told(change: Change, language: Language, translate: Translate) -> Iterator[str]:
    """The lines about one entry. Texts stand there in both languages, whatever the clerk's own.

    ``+`` what is added, ``-`` what is removed, ``~`` what is changed, with the old before the new.
    """
    how = "added" if change.added else "removed" if change.removed else "changed"
    what = translate(f"diff.{change.kind}")
    if change.title is not None:
        name = translate("diff.named", id=change.identifier, title=change.title[language])
    else:
        name = change.identifier
    yield f"{SIGNS[how]} {what} {name}".rstrip() + (f": {translate(f'diff.{how}')}" if name else "")
    if change.order:
        yield f"    {translate('diff.order', order=', '.join(change.order))}"
    for part in change.parts:
        yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    sign = "~" if part.old is not None and part.new is not None else "+" if part.new is not None else "-"
    place = " › ".join(part.place)
    old, new = _by_language(part.old), _by_language(part.new)
    if "" in old or "" in new:
        shown = [words[""] if "" in words else " / ".join(words.values()) for words in (old, new) if words]
        yield f"  {sign} {place}: {' → '.join(shown)}"
        return
    yield f"  {sign} {place}"
    for tongue in ("zh", "en"):
        before, after = old.get(tongue, ""), new.get(tongue, "")
        if before and after and before != after:
            yield f"      {tongue} - {_one_line(before)}"
            yield f"      {tongue} + {_one_line(after)}"
        elif before != after or sign != "~":
            yield f"      {tongue}   {_one_line(after or before)}"


def _by_language(words: Words | None) -> dict[str, str]:
    if words is None:
        return {}
    if isinstance(words, LocalizedText):
        return {"zh": words.zh_cn, "en": words.en}
    return {"": words}


def _one_line(text: str) -> str:
    return text.replace("\n", " ⏎ ")
