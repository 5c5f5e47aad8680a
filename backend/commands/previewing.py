"""How the doors will ask a form, for whoever writes it.

Screen and telephone are programs of their own, which the backend does not know from inside: each has a
command that shows what it makes of a form (`backend_client.preview_command`), and that is run here.
"""

from __future__ import annotations

import base64
import difflib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from backend.commands.words import give_up
from backend_client.forms.form import Form
from backend_client.forms.lookup import Lookup
from backend_client.forms.lookup_wire import LOOKUP, lookup_to_proto
from backend_client.forms.wire import form_to_proto
from foundation.language import Language, Translate

DOORS = {"screen": "huimin-kiosk", "phone": "huimin-ivr"}
"""Each channel, and the program of its door."""
LONGEST = 120.0
"""Seconds that a door may take."""

Parts = Mapping[str, Sequence[str]]
"""The lines at each place of a form."""
Asked = Mapping[str, Mapping[Language, Parts]]
"""By channel and language."""


def asked(forms: Sequence[Form | Lookup], translate: Translate) -> list[Asked]:
    """What each form becomes; ends the command with a sentence where a door is not to be had."""
    shown = {channel: _of_door(channel, forms, translate) for channel in DOORS}
    return [{channel: shown[channel][number] for channel in DOORS} for number in range(len(forms))]


def show(form: Form | Lookup, made: Asked, translate: Translate) -> None:
    """Prints a form as it will be asked, channel by channel, in both languages."""
    for channel in DOORS:
        for language in Language:
            click.echo(_heading(channel, language, form, translate))
            for place, lines in made[channel][language].items():
                click.echo(f"  {_place(place, form, translate)}")
                for line in lines or [translate("preview.never")]:
                    click.echo(f"      {line}")
            click.echo()


def compare(old: Mapping[str, Form | Lookup], new: Mapping[str, Form | Lookup], translate: Translate) -> None:
    """Prints what changes of forms that were there before, line by line, as it will be shown and said."""
    pairs = [(old[name], new[name]) for name in new if name in old and old[name] != new[name]]
    if not pairs:
        return
    made = asked([form for pair in pairs for form in pair], translate)
    for number, (_, after) in enumerate(pairs):
        for channel in DOORS:
            for language in Language:
                before, now = (made[2 * number + side][channel][language] for side in (0, 1))
                lines = _changed(before, now, after, translate)
                if lines:
                    click.echo()
                    click.echo(_heading(channel, language, after, translate))
                    click.echo("\n".join(lines))


def _changed(old: Parts, new: Parts, form: Form | Lookup, translate: Translate) -> list[str]:
    told = []
    for place in [*new, *(place for place in old if place not in new)]:
        before, after = old.get(place, ()), new.get(place, ())
        if before == after:
            continue
        told.append(f"  {_place(place, form, translate)}")
        told += [f"      {line[0]} {line[2:]}" for line in difflib.ndiff(before, after) if line[0] in "-+ "]
    return told


def _heading(channel: str, language: Language, form: Form | Lookup, translate: Translate) -> str:
    tongue = translate(f"language.{language.value}")
    return f"== {translate(f'preview.{channel}')} · {tongue} · {form.title[language]}"


def _place(place: str, form: Form | Lookup, translate: Translate) -> str:
    kind, _, identifier = place.partition("/")
    if kind != "fields":
        return f"{translate(f'preview.{kind}')} {identifier}".rstrip()
    fields = form.questions.fields if isinstance(form, Lookup) else form.fields
    found = next((field for field in fields if field.id == identifier), None)
    if found is None or not found.asked_if:
        return identifier
    conditions = " & ".join(f"{one.field} = {' | '.join(one.any_of)}" for one in found.asked_if)
    return f"{identifier}  ({translate('preview.only_if', conditions=conditions)})"


def _of_door(
    channel: str, forms: Sequence[Form | Lookup], translate: Translate
) -> list[Mapping[Language, Parts]]:
    sent = [_written(form) for form in forms]
    try:
        done = subprocess.run(
            [Path(sys.executable).with_name(DOORS[channel]), "preview"],
            input=json.dumps(sent),
            capture_output=True,
            check=True,
            text=True,
            encoding="utf-8",
            timeout=LONGEST,
        )
        made = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        give_up(translate("preview.no_door", door=translate(f"preview.{channel}"), program=DOORS[channel]))
    return [{language: dict(one[language.value]) for language in Language} for one in made]


def _written(asked: Form | Lookup) -> str:
    """As `backend_client.preview_command` reads it."""
    if isinstance(asked, Lookup):
        return LOOKUP + base64.b64encode(lookup_to_proto(asked).SerializeToString()).decode()
    return base64.b64encode(form_to_proto(asked).SerializeToString()).decode()
