"""Which language a command speaks."""

from __future__ import annotations

import pytest

from foundation.language import Language, language_of_environment


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH_CN),
        ({"LANG": "zh_TW"}, Language.ZH_CN),
        ({"LANG": "en_US.UTF-8"}, Language.EN),
        ({"LANG": "C"}, Language.EN),
        ({}, Language.EN),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, Language.EN),
        ({"LANG": "C", "LC_MESSAGES": "zh_CN.UTF-8"}, Language.ZH_CN),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, Language.ZH_CN),
    ],
)
def test_the_environment_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: Language
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language_of_environment() is language
