"""Configuration from a file, the environment and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel, Field

from foundation.config import MAX_FILE_BYTES, ConfigError, Settings, load
from kiosk.settings import KioskSettings, Size


class Inner(BaseModel):
    """One level down."""

    depth: int = 0
    secret: str = ""


class Sample(Settings):
    """A room that is not there."""

    room: ClassVar[str] = "sample"
    number: int = Field(1, ge=1, le=9)
    text: str = "none"
    names: dict[str, int] = Field(default_factory=dict)
    inner: Inner = Inner()


def file(tmp_path: Path, text: str) -> Path:
    """A configuration file."""
    path = tmp_path / "huimin.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_file_is_below_the_environment_and_that_below_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(tmp_path, '[sample]\nnumber = 2\ntext = "file"\n[other]\nnumber = 99\n')
    assert load(Sample, path).number == 2
    monkeypatch.setenv("HUIMIN_SAMPLE_NUMBER", "3")
    assert load(Sample, path).number == 3
    assert load(Sample, path, number=4, text=None).number == 4
    assert load(Sample, path).text == "file"


def test_a_variable_without_our_prefix_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBER", "99")
    monkeypatch.setenv("LANGUAGE", "en_US:en")
    assert load(Sample, None, text="given").number == 1
    assert load(KioskSettings, None, size="1280x1024").size == Size(1280, 1024)


def test_two_underscores_go_one_level_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIMIN_SAMPLE_INNER__DEPTH", "7")
    assert load(Sample, None).inner.depth == 7


def test_a_secret_comes_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("hidden\n")
    monkeypatch.setenv("HUIMIN_SAMPLE_TEXT_FILE", str(tmp_path / "secret"))
    assert load(Sample, None).text == "hidden"


def test_a_secret_of_a_table_comes_from_a_file_and_leaves_the_rest_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("hidden\n")
    monkeypatch.setenv("HUIMIN_SAMPLE_INNER__SECRET_FILE", str(tmp_path / "secret"))
    loaded = load(Sample, file(tmp_path, "[sample.inner]\ndepth = 3\n"))
    assert loaded.inner == Inner(depth=3, secret="hidden")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[sample]\nnumber = 10\n", "sample.number"),
        ("[sample]\nnumbre = 1\n", "sample.numbre"),
        ("sample = 1\n", "not a table"),
        ("[sample\n", "not TOML"),
        ("#" * (MAX_FILE_BYTES + 1), "larger than"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(tmp_path: Path, text: str, wanted: str) -> None:
    path = file(tmp_path, text)
    with pytest.raises(ConfigError, match=wanted) as error:
        load(Sample, path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_a_name_misspelt_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are number, text, names, inner"):
        load(Sample, file(tmp_path, "[sample]\nnumbre = 1\n"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load(Sample, tmp_path / "nowhere.toml")


def test_a_variable_that_is_no_json_where_json_is_wanted_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIMIN_SAMPLE_NAMES", "banana")
    with pytest.raises(ConfigError, match="names"):
        load(Sample, None)


def test_the_terminals_size_comes_from_a_variable_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIMIN_KIOSK_SIZE", "1280x1024")
    assert load(KioskSettings, None).size == Size(1280, 1024)
    monkeypatch.setenv("HUIMIN_KIOSK_SIZE", "banana")
    with pytest.raises(ConfigError, match="WIDTHxHEIGHT"):
        load(KioskSettings, None)
    monkeypatch.delenv("HUIMIN_KIOSK_SIZE")
    with pytest.raises(ConfigError, match="WIDTHxHEIGHT"):
        load(KioskSettings, file(tmp_path, "[kiosk]\nsize = 5\n"))
