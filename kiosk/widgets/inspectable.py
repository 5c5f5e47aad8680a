"""What a widget says of itself to those who cannot see it: tests, the tour, the voice."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget


class Inspectable(Widget):
    """A widget of the accessibility tree (`kiosk.inspect`).

    inspect_id: stable name, such as ``form.next`` or ``keyboard.a``; a widget without one is not in the tree;
    inspect_role: ``button``, ``option`` (chosen or not), ``field``, ``text``, ``heading``, ``error``,
    ``image`` or ``progress``;
    inspect_text: what is read to a resident who cannot see it; empty where the widget's own `text` says it;
    inspect_enabled: whether a touch does something;
    inspect_chosen: whether an option is chosen or a switch is on.
    """

    inspect_personal = False
    """Whether it, and all that it holds, is about the resident: others are not to hear it unasked."""

    inspect_id = StringProperty("")
    inspect_role = StringProperty("text")
    inspect_text = StringProperty("")
    inspect_enabled = BooleanProperty(True)
    inspect_chosen = BooleanProperty(False)
