"""docs/forms.md names what the code knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_client.forms.answer import Problem
from backend_client.forms.form import EARLIEST, LATEST, MAX_DIGITS, MAX_FEN, MAX_TEXT, FieldType
from backend_client.forms.identity_number import EARLIEST_BIRTH
from backend_client.forms.wire import MAX_FIELDS, MAX_OPTIONS
from backend_client.submission import MAX_ATTACHMENT_BYTES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "forms.md").read_text("utf-8")


@pytest.mark.parametrize("kind", FieldType)
def test_every_type_is_explained(kind: FieldType) -> None:
    assert PAGE.count(f"`{kind.name.lower()}`") >= 2


@pytest.mark.parametrize("problem", Problem)
def test_every_reason_is_explained(problem: Problem) -> None:
    assert problem.name in PAGE


@pytest.mark.parametrize(
    "limit",
    [
        f"| {MAX_TEXT} characters |",
        f"| {MAX_DIGITS} digits |",
        f"| {MAX_FEN // 100:,} yuan |".replace(",", " "),
        f"| {EARLIEST} to {LATEST} |",
        f"| 1 to {MAX_FIELDS} |",
        f"| 2 to {MAX_OPTIONS} |",
        f"| {MAX_ATTACHMENT_BYTES >> 20} MiB |",
        f"not before {EARLIEST_BIRTH.year}",
    ],
)
def test_limits_are_those_of_the_code(limit: str) -> None:
    assert limit in PAGE
