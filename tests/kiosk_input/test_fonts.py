"""Chinese glyphs for every label."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from kiosk import fonts


@pytest.fixture(autouse=True)
def own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


@pytest.mark.parametrize(
    ("weight", "name"), [("Regular", "Noto Sans CJK SC Regular"), ("Bold", "Noto Sans CJK SC Bold")]
)
def test_takes_the_simplified_chinese_face_out_of_the_collection(weight: str, name: str) -> None:
    names = TTFont(fonts.face(weight), lazy=True)["name"]
    assert names.getDebugName(4).removesuffix(" Regular") == name.removesuffix(" Regular")


def test_the_glyph_shapes_are_those_of_the_mainland() -> None:
    """直 has another shape in Japan; the collection's first face has that one."""
    collection = fonts.PLACES[0] / fonts.COLLECTIONS["Regular"]
    ours = TTFont(fonts.face("Regular"), lazy=True).getBestCmap()
    japanese = TTFont(collection, fontNumber=0, lazy=True).getBestCmap()
    assert ours[ord("直")] != japanese[ord("直")]


def test_is_registered_in_a_moment_once_it_is_cached() -> None:
    fonts.register_fonts()
    start = time.perf_counter()
    fonts.register_fonts()
    assert time.perf_counter() - start < 0.050


@pytest.mark.parametrize(("bold", "weight"), [(False, "Regular"), (True, "Bold")])
def test_every_label_gets_it_without_naming_it(bold: bool, weight: str) -> None:
    from kivy.core.text import Label as CoreLabel
    from kivy.uix.label import Label

    fonts.register_fonts()
    opened = CoreLabel(text="政策", font_name=Label.font_name.defaultvalue, bold=bold)
    assert Path(opened.options["font_name_r"]) == fonts.face(weight)


def test_knows_what_it_can_show() -> None:
    assert fonts.covers("政策查询：①《办法》“医保”¥1,200.50 ✓\n\t") == ""
    assert fonts.covers("惠民⌫😀⌫") == "⌫😀"


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(fonts.FontError, match="apt install fonts-noto-cjk"):
        fonts.register_fonts([tmp_path])


def test_a_collection_that_is_none_is_told(tmp_path: Path) -> None:
    for name in fonts.COLLECTIONS.values():
        (tmp_path / name).write_bytes(b"no font at all")
    with pytest.raises(fonts.FontError, match="reinstall fonts-noto-cjk"):
        fonts.register_fonts([tmp_path])


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "huimin").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(fonts.FontError, match="cannot be kept there"):
        fonts.face("Regular")


def test_half_a_file_is_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The collection is cut short: nothing under the final name, nothing beside it."""
    whole = (fonts.PLACES[0] / fonts.COLLECTIONS["Regular"]).read_bytes()
    (tmp_path / fonts.COLLECTIONS["Regular"]).write_bytes(whole[: len(whole) // 2])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(fonts.FontError):
        fonts.face("Regular", (tmp_path,))
    assert not list((tmp_path / "cache").rglob("*.otf*"))
    assert not list((tmp_path / "cache").rglob("*.part"))
