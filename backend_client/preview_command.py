"""The command by which a door shows how it will ask the questions of forms, for clerks before they publish.

``huimin-backend content preview`` starts it. It reads a JSON list from standard input, of forms, each a
`huimin.v1.Form` in base64, and of lookups, each a `huimin.v1.Lookup` in base64 behind ``lookup:``. It writes
a JSON list of what it makes of each: ``{"zh_CN": [[place, [line, …]], …], "en": …}``. A place is
``introduction``, ``fields/{id}``, ``rules/{n}``, ``declaration`` or ``next_steps``, and for lookups
``records`` or ``nothing``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Sequence

import click
from google.protobuf.message import DecodeError
from huimin.v1 import form_pb2, lookup_pb2

from backend_client.forms.form import Form
from backend_client.forms.lookup import Lookup
from backend_client.forms.lookup_wire import LOOKUP, lookup_from_proto
from backend_client.forms.wire import Malformed, form_from_proto
from foundation.language import Language

Part = tuple[str, Sequence[str]]
"""A place of a form, and the lines that are shown or said there."""
Preview = Callable[[Form | Lookup, Language], Sequence[Part]]


def preview_command(preview: Preview) -> click.Command:
    """The command ``preview`` of a door."""

    @click.command(name="preview", hidden=True)
    def command() -> None:
        """Shows how forms from standard input are asked; `huimin-backend content preview` uses it."""
        try:
            asking = [_read(one) for one in json.load(sys.stdin)]
        except (ValueError, TypeError, AttributeError, DecodeError, Malformed) as error:
            click.echo(f"preview: {type(error).__name__}", err=True)
            sys.exit(2)
        shown = [{language.value: preview(one, language) for language in Language} for one in asking]
        json.dump(shown, sys.stdout, ensure_ascii=False)

    return command


def _read(given: str) -> Form | Lookup:
    if given.startswith(LOOKUP):
        return lookup_from_proto(lookup_pb2.Lookup.FromString(base64.b64decode(given[len(LOOKUP) :])))
    return form_from_proto(form_pb2.Form.FromString(base64.b64decode(given)))
