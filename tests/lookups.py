"""Content with lookups for the tests of several rooms: the shipped ones, and some that fail on purpose."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from backend.lookups.source_settings import SourceSettings
from backend.settings import PACKAGED
from tests.backend.house import CONTENT

TROUBLE = {
    "PROVIDER_SLOW": "slow",
    "PROVIDER_DOWN": "down",
    "PROVIDER_NONSENSE": "nameless",
    "PROVIDER_UNKNOWN": "nobody",
}
"""What a lookup ``trouble-…`` ends with, by its reason; nobody is a source that no settings name."""
SOURCES: dict[str, Any] = {
    "lookups": {
        "slow": SourceSettings(provider="trouble", seconds=0.2, kind="slow"),  # type: ignore[call-arg]
        "down": SourceSettings(provider="trouble", kind="down"),  # type: ignore[call-arg]
        "nameless": SourceSettings(provider="trouble", kind="nameless"),  # type: ignore[call-arg]
    }
}
"""Settings of a backend over such content."""


def lookup_content(folder: Path, base: Path = CONTENT) -> Path:
    """A copy of some content with the lookups that Huimin comes with, and one for each trouble."""
    shutil.copytree(base, folder, dirs_exist_ok=True)
    for name in ("lookups", "tables"):
        shutil.copytree(PACKAGED / name, folder / name, dirs_exist_ok=True)
    for lookup in (PACKAGED / "lookups").glob("*.yaml"):
        shutil.copy(PACKAGED / "services" / lookup.name, folder / "services")
    for source in TROUBLE.values():
        add_lookup(folder, f"trouble-{source}", source, "SELECT 1")
    return folder


def add_lookup(folder: Path, identifier: str, source: str, query: str, **changes: str) -> None:
    """Adds a lookup with one question, and its service. changes: of whole lines, by their key."""
    parts = {
        "access": "access: anyone\n",
        "fields": FIELDS,
        "columns": COLUMNS,
        "listed": 'listed: {zh: "{name}有{count}件", en: "{name}: {count}"}\n',
        "said": 'said: {zh: "{name}有{count}件。", en: "{name} has {count}."}\n',
        "more": "",
    } | changes
    written = f"""\
id: {identifier}
title: {{zh: 试验查询, en: Trial}}
{parts["access"]}{parts["fields"]}{parts["columns"]}{parts["listed"]}{parts["said"]}\
nothing: {{zh: 没有查到。, en: Nothing was found.}}
source: {source}
query: {query!r}
{parts["more"]}"""
    (folder / "lookups").mkdir(exist_ok=True)
    (folder / "lookups" / f"{identifier}.yaml").write_text(written, "utf-8")
    service = (PACKAGED / "services" / "phone-bill.yaml").read_text("utf-8")
    service = service.replace("id: phone-bill", f"id: {identifier}").replace("rank: 210", "rank: 900")
    service = service.replace("lookup: phone-bill", f"lookup: {identifier}")
    service = service.replace("话费查询", "试验查询").replace("Phone bill", "Trial")
    (folder / "services" / f"{identifier}.yaml").write_text(service, "utf-8")


FIELDS = """\
fields:
- id: number
  type: digits
  max_length: 8
  label: {zh: 号码, en: Number}
  question: {zh: 请输入号码。, en: Please enter the number.}
"""
COLUMNS = """\
columns:
- {id: name, type: text, label: {zh: 名称, en: Name}}
- {id: count, type: count, label: {zh: 件数, en: How many}}
"""
