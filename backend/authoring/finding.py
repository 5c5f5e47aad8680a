"""What is wrong with the content, by file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foundation.language import Language, translator

LOCALE = Path(__file__).parent.parent / "locale"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake. `line` counts from 1; `problem` is a message of the catalogue without ``content.``.

    column: of a spreadsheet, as letters; its `line` is the row.
    """

    file: str
    line: int
    problem: str
    details: Mapping[str, object] = field(default_factory=dict, compare=False)
    column: str = ""

    def sentence(self, language: Language) -> str:
        """``file:line: what is wrong and what to write instead``, or ``file:row:column: …``."""
        told = translator("backend", LOCALE, language)(f"content.{self.problem}", **self.details)
        place = f"{self.line}:{self.column}" if self.column else str(self.line)
        return f"{self.file}:{place}: {told}"


class ContentWrong(Exception):
    """The content cannot be used; `findings` says why, by file and line."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"{len(findings)} findings, first {findings[0].file}:{findings[0].line}")
        self.findings = findings
