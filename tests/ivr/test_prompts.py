"""What can be said, and how it is given to the voice."""

from __future__ import annotations

import re

import pytest

from foundation.language import Language
from ivr import prompts


@pytest.mark.parametrize("language", Language)
def test_a_prompt_is_said_without_digits_for_the_voice_to_guess_at(language: Language) -> None:
    for utterance in prompts.always_the_same():
        assert not re.search(r"\d", utterance.text), utterance.name
    choice = prompts.prompt(language, "menu.choice", label="2026-02-03", key=1)
    assert not re.search(r"\d", choice.text)


def test_only_what_is_always_the_same_can_be_replaced_by_a_recording() -> None:
    assert prompts.prompt(Language.EN, "main.menu").fixed
    assert not prompts.prompt(Language.EN, "menu.choice", label="Policies", key=1).fixed
    assert not prompts.content(Language.EN, "policies/x", "text").fixed
    fixed = prompts.always_the_same()
    assert all(utterance.fixed for utterance in fixed)
    assert {utterance.language for utterance in fixed} == set(Language)
    assert {"main.greeting", "end.goodbye"} <= {utterance.name for utterance in fixed}


def test_a_private_text_shows_nowhere() -> None:
    utterance = prompts.prompt(Language.EN, "confirm.entered", private=True, value="one two three")
    assert utterance.private
    assert "three" not in repr(utterance)


def test_an_unknown_name_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError, match=r"no text named main\.nothing"):
        prompts.prompt(Language.EN, "main.nothing")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("请补交照片", Language.ZH_CN),
        ("OK 好", Language.ZH_CN),
        ("Photo missing", Language.EN),
        ("", Language.EN),
    ],
)
def test_a_note_is_read_in_the_language_it_was_written_in(text: str, language: Language) -> None:
    assert prompts.language_of(text) is language
