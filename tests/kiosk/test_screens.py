"""The pictures of every screen in the documentation: none is missing, and a change of one is noticed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from deploy import screens
from deploy.run import ROOT
from deploy.screens_page import SIZES


def drawn(folder: Path, *, changed: bool = False) -> Path:
    """Pictures of a screen, one of which differs by a button."""
    for size in SIZES:
        for theme in screens.THEMES:
            for language in screens.LANGUAGES:
                picture = Image.new("RGB", (216, 216), "white")
                ImageDraw.Draw(picture).text((20, 20), f"{size} {theme}", "black")
                if changed and (size, theme, language) == (SIZES[2], "contrast", "en"):
                    ImageDraw.Draw(picture).rectangle((40, 100, 90, 130), "green")
                folder.mkdir(exist_ok=True)
                picture.save(folder / f"{size}-{theme}-{language}.png")
    return folder


def test_a_button_more_on_one_picture_is_noticed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "ACCEPTED", tmp_path / "accepted")
    monkeypatch.setattr(screens, "DOCUMENT", tmp_path / "screens.md")
    before = screens.sheet(drawn(tmp_path / "before"))
    new = screens.compare("home", before)
    assert new.changed
    screens.accept([new], {"home": "The doors."})
    assert "The doors." in (tmp_path / "screens.md").read_text("utf-8")
    assert not screens.compare("home", screens.sheet(drawn(tmp_path / "same"))).changed
    after = screens.compare("home", screens.sheet(drawn(tmp_path / "after", changed=True)))
    assert after.changed
    assert after.share < 0.01
    beside = Image.open(screens.lay_beside(after, tmp_path / "outcome"))
    assert beside.width > 2 * beside.height


def test_every_kind_of_page_has_its_picture() -> None:
    told = screens.DOCUMENT.read_text("utf-8")
    shown = {file.stem for file in screens.ACCEPTED.glob("*.webp")}
    assert shown == set(re.findall(r"pictures/screens/([a-z-]+)\.webp", told))
    names = set(re.findall(r"^    (?:pages\.)?([A-Z]\w+): ", directory().read_text("utf-8"), re.MULTILINE))
    assert len(names) > 40
    keys = {re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower() for name in names} - {"question"}
    assert keys <= shown


def directory() -> Path:
    """Where it stands which screen shows which page: importing it needs a window."""
    return ROOT / "kiosk" / "screens" / "directory.py"
