"""Alerts on the phone line: which of them a call was told, and in what words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from backend_client.alert import Acknowledgement, Alert, AlertText
from backend_client.alerts import Alerts
from foundation.language import Language
from ivr import prompts
from ivr.line import Utterance
from speech.spoken import readout

MOST = 3
"""Alerts that a call is told at a time, the worst; nobody keeps more in mind."""
LONGEST = {Language.ZH_CN: 120, Language.EN: 300}
"""Characters of what to do that are said; whole sentences."""


class CallAlerts:
    """What one call was told. Close it with the call."""

    def __init__(self, alerts: Alerts, zone: ZoneInfo) -> None:
        self._alerts = alerts
        self._zone = zone
        self._told: set[str] = set()
        self._serious = asyncio.Event()
        self._deaf = alerts.listen(self._look)
        self._look()

    def close(self) -> None:
        """The call is over. Once only."""
        self._deaf()
        del self._deaf  # it holds this object

    async def serious(self) -> None:
        """Waits until there is one for which everything else has to wait."""
        await self._serious.wait()

    def take(self) -> list[Alert]:
        """Those that the call was not told yet, the worst first; they are not given again."""
        waiting = self._waiting()
        self._told |= {alert.name for alert in waiting}
        self._serious.clear()
        return waiting[:MOST]

    def heard(self, told: Iterable[Alert]) -> None:
        """The caller has heard them."""
        for alert in told:
            self._alerts.acknowledge(alert, Acknowledgement.SPOKEN)

    def words(self, told: Sequence[Alert], languages: Sequence[Language]) -> list[Utterance]:
        """What is said of alerts, in one language after the other."""
        return said_of(told, languages, self._zone)

    def _waiting(self) -> list[Alert]:
        return [alert for alert in self._alerts.in_force if alert.name not in self._told]

    def _look(self) -> None:
        if any(alert.serious for alert in self._waiting()):
            self._serious.set()


def said_of(told: Sequence[Alert], languages: Sequence[Language], zone: ZoneInfo) -> list[Utterance]:
    """What is said of alerts. One that is written in one language only is read out once, in that."""
    said: list[Utterance] = []
    read: set[tuple[str, Language]] = set()
    for language in languages:
        for alert in told:
            said += _one(alert, language, zone, read)
    return said


def _one(
    alert: Alert, language: Language, zone: ZoneInfo, read: set[tuple[str, Language]]
) -> list[Utterance]:
    text = alert[language]
    said = [prompts.prompt(language, "alert.serious" if alert.serious else "alert.public")]
    if alert.exercise:
        said.append(prompts.prompt(language, "alert.drill"))
    if text.language is not language:
        said.append(prompts.prompt(language, "alert.other_language"))
    if (alert.name, text.language) not in read:
        read.add((alert.name, text.language))
        said += _text(alert, text)
    moment = readout(language).moment(alert.expire_time.astimezone(zone))
    return [*said, prompts.prompt(language, "alert.until", moment=moment)]


def _text(alert: Alert, text: AlertText) -> list[Utterance]:
    said = [prompts.content(text.language, f"{alert.name}/headline", text.headline)]
    instruction = _beginning(text.instruction, LONGEST[text.language])
    if alert.serious and instruction:
        said.append(prompts.content(text.language, f"{alert.name}/instruction", instruction))
    return said


def _beginning(text: str, longest: int) -> str:
    """As many whole sentences as fit; the first in any case."""
    sentences = re.findall(r"[^。！？!?\n]+?(?:[。！？!?\n]|\.(?=\s|$)|$)", text)
    kept = ""
    for sentence in sentences:
        if kept and len(kept) + len(sentence) > longest:
            break
        kept += sentence
    return kept.strip()
