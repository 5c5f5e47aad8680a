"""pydantic's errors as findings: the schema's names for what is wrong, and what goes into the sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Protocol

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from backend.authoring.finding import Finding
from backend.authoring.yaml_file import Place

_PROBLEMS = {
    "string_type": "not_a_text",
    "model_type": "not_a_mapping",
    "tuple_type": "not_a_list",
    "int_parsing": "not_a_number",
    "int_type": "not_a_number",
    "int_parsing_size": "not_a_number",
    "int_from_float": "not_a_number",
    "bool_parsing": "not_true_or_false",
    "bool_type": "not_true_or_false",
    "decimal_parsing": "not_an_amount",
    "decimal_type": "not_an_amount",
    "decimal_max_places": "not_an_amount",
    "finite_number": "not_an_amount",
    "date_type": "not_a_day",
    "date_parsing": "not_a_day",
    "date_from_datetime_parsing": "not_a_day",
    "date_from_datetime_inexact": "not_a_day",
    "enum": "not_one_of",
    "literal_error": "not_one_of",
    "greater_than_equal": "below_least",
    "less_than_equal": "above_most",
    "too_short": "too_few",
    "too_long": "too_many",
    "string_pattern_mismatch": "not_an_identifier",
}
"""pydantic's types; the types of our own validators are message names already."""

_OWN = frozenset(
    (
        "empty",
        "text_too_long",
        "bad_character",
        "not_chinese",
        "not_english",
        "gap_in_chinese",
        "not_a_letter",
        "not_a_moment",
        "not_a_rate",
        "not_hours",
        "rate_above_whole",
    )
)


class Written(Protocol):
    """What an entry was read from, which knows where each of its places is."""

    def finding(self, place: Place, problem: str, **details: object) -> Finding:
        """A finding at a place."""
        ...


def findings(
    file: Written, error: ValidationError, schema: type[BaseModel] | None, place: Place
) -> Iterator[Finding]:
    """What pydantic found in one entry.

    schema: the entry's, for hints at misspelt keys; place: where the entry lies in the file.
    """
    for found in error.errors(include_url=False, include_input=False):
        where = (*place, *found["loc"])
        problem, details = _told(found, schema)
        yield file.finding(where, problem, **details)


def _told(found: ErrorDetails, schema: type[BaseModel] | None) -> tuple[str, dict[str, object]]:
    key = str(found["loc"][-1])[:60] if found["loc"] else ""
    context = found.get("ctx", {})
    kind = found["type"]
    if kind == "missing":
        return (f"missing_{key}", {}) if key in ("zh", "en") else ("missing", {"key": key})
    if kind == "extra_forbidden":
        close = get_close_matches(key, _keys(schema, found["loc"][:-1]), n=1)
        return ("misspelt_key", {"key": key, "meant": close[0]}) if close else ("unknown_key", {"key": key})
    if kind in _OWN:
        return kind, dict(context)
    problem = _PROBLEMS.get(kind, "unfit")
    if problem == "not_an_identifier" and key == "phone":
        problem = "not_a_phone_number"
    expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
    return problem, {
        "key": key,
        "expected": expected,
        "least": context.get("ge", context.get("min_length")),
        "most": context.get("le", context.get("max_length")),
        "count": context.get("actual_length"),
    }


def _keys(schema: type[BaseModel] | None, path: Iterable[int | str]) -> list[str]:
    """The keys that an entry knows at a place."""
    if schema is None:
        return []
    for step in path:
        if isinstance(step, int):
            continue
        inner = _model(schema.model_fields[step].annotation) if step in schema.model_fields else None
        if inner is None:
            return []
        schema = inner
    return list(schema.model_fields)


def _model(annotation: object) -> type[BaseModel] | None:
    """The entry in ``X``, ``X | None`` or ``tuple[X, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _model(argument)) is not None:
            return found
    return None
