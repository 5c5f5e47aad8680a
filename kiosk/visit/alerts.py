"""Which alert lies over the page, and which were read. Pure: it knows no screen, no backend and no clock.

A serious alert lies over everything until somebody touches "understood"; then it is a banner at the top of
every page, as the others are from the start, and can be read again from there. With the end of the visit what
was understood is forgotten: the next resident is told anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.alert import Alert


class Alerted:
    """The owner of what is shown of the alerts in force."""

    def __init__(self) -> None:
        self.in_force: tuple[Alert, ...] = ()
        self.place = 0.0
        """Where the sheet of the shown alert's text begins, as in `Turned`."""
        self._understood: set[str] = set()
        self._asked_for: list[str] = []

    @property
    def shown(self) -> Alert | None:
        """What lies over the page: serious and not understood, or asked for."""
        for alert in self.in_force:
            if alert.serious and alert.name not in self._understood:
                return alert
        by_name = {alert.name: alert for alert in self.in_force}
        return next((by_name[name] for name in self._asked_for if name in by_name), None)

    @property
    def more(self) -> bool:
        """Whether another one follows the one that is shown."""
        shown = self.shown
        return shown is not None and any(
            alert is not shown
            and (alert.name in self._asked_for or (alert.serious and alert.name not in self._understood))
            for alert in self.in_force
        )

    def update(self, in_force: Sequence[Alert]) -> bool:
        """Takes what is in force, the worst first. Whether another one lies over the page than before."""
        before = self.shown
        self.in_force = tuple(in_force)
        names = {alert.name for alert in in_force}
        self._understood &= names
        self._asked_for = [name for name in self._asked_for if name in names]
        return self._moved_from(before)

    def read(self) -> None:
        """Somebody wants to read them, one after another."""
        self._asked_for = [alert.name for alert in self.in_force]
        self.place = 0.0

    def understood(self) -> Alert | None:
        """Somebody has read the one that is shown, which is given back; it lies over the page no more."""
        shown = self.shown
        if shown is None:
            return None
        self._understood.add(shown.name)
        if shown.name in self._asked_for:
            self._asked_for.remove(shown.name)
        self.place = 0.0
        return shown

    def wipe(self) -> None:
        """The visit is over."""
        self._understood.clear()
        self._asked_for.clear()
        self.place = 0.0

    def _moved_from(self, before: Alert | None) -> bool:
        now = self.shown
        if now is None or (before is not None and now.name == before.name):
            return False
        self.place = 0.0
        return True
