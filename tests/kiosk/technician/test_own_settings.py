"""What is set at a terminal: kept over restarts, and never in the way."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from foundation.language import Language
from kiosk.technician.own_settings import FILE, OwnSettings, Reason, SettingsKeeper


def test_what_was_set_is_there_after_a_restart(tmp_path: Path) -> None:
    keeper = SettingsKeeper(tmp_path)
    assert keeper.now == OwnSettings()
    assert keeper.change(language=Language.EN, volume=3)
    assert keeper.withdraw(Reason.SUPPLIES, "li")
    again = SettingsKeeper(tmp_path).now
    assert again == keeper.now
    assert again.language is Language.EN and again.volume == 3
    assert again.withdrawn is not None and again.withdrawn.reason is Reason.SUPPLIES
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    keeper.change(language=None, withdrawn=None)
    assert SettingsKeeper(tmp_path).now == OwnSettings(volume=3)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"format": 2}',
        '{"volume": 99}',
        '{"language": "fr"}',
        '{"touch_matrix": [1, 0, 0]}',
        '{"touch_matrix": [1, 0, 0, 1, 0, 0]}',
        '{"touch_matrix": [1e9, 0, 0, 0, 1, 0]}',
        '{"touch_matrix": [NaN, 0, 0, 0, 1, 0]}',
        '{"withdrawn": {"reason": "repair"}}',
        '{"surprise": true}',
    ],
)
def test_a_file_that_is_wrong_changes_nothing_and_is_set_aside(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    keeper = SettingsKeeper(tmp_path)
    assert keeper.now == OwnSettings()
    assert (tmp_path / FILE).with_suffix(".damaged").read_text() == content
    assert keeper.change(volume=2)
    assert json.loads((tmp_path / FILE).read_text())["volume"] == 2


def test_what_cannot_be_kept_counts_all_the_same_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keeper = SettingsKeeper(tmp_path / "file" / "below")
    assert not keeper.change(volume=2)
    assert keeper.now.volume == 2
