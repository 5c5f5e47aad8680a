"""One YAML file, read with the line of everything in it.

Every scalar stays the string that was written, so that ``no`` is not a truth value and ``010`` not eight;
the schema of `entries` says what it is to be. What content has no use for and what could hurt is refused:
large files, deep nesting, anchors and aliases, tags, several documents, a key twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from backend.authoring.finding import ContentWrong, Finding

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_NODES = 20_000

Place = tuple[int | str, ...]
"""Keys and positions that lead from the top of a document to a value."""

_Loader: type[yaml.CBaseLoader] | type[yaml.BaseLoader] = (
    yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file that was read. `value` is made of dicts, lists and strings."""

    name: str
    value: Any
    _root: yaml.Node

    def line(self, place: Place) -> int:
        """The line, from 1, of what lies at a place, or of the nearest thing around where it should be."""
        node = self._root
        line = node.start_mark.line
        for step in place:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line + 1

    def finding(self, place: Place, problem: str, **details: object) -> Finding:
        """A finding at a place of this file."""
        return Finding(self.name, self.line(place), problem, details)


def read(path: Path, name: str) -> YamlFile:
    """Reads one file; `name` stands for it in findings. Raises ContentWrong with one finding."""

    def wrong(line: int, problem: str, **details: object) -> ContentWrong:
        return ContentWrong((Finding(name, line, problem, details),))

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise wrong(1, "unreadable", reason=error.strerror) from None
    if len(data) > MAX_BYTES:
        raise wrong(1, "file_too_large", kilobytes=MAX_BYTES // 1024)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong(data.count(b"\n", 0, error.start) + 1, "not_utf8") from None
    try:
        _refuse_what_is_not_content(text)
        root = yaml.compose(text, Loader=_Loader)
    except _Refused as refused:
        raise wrong(refused.line, refused.problem) from None
    except yaml.MarkedYAMLError as error:
        line, problem = _what_the_parser_stumbled_on(text.splitlines(), error)
        raise wrong(line, problem, reason=error.problem) from None
    except yaml.YAMLError:
        raise wrong(1, "not_yaml", reason="character") from None
    if root is None:
        raise wrong(1, "empty_file")
    try:
        return YamlFile(name, _value(root), root)
    except _Refused as refused:
        raise wrong(refused.line, refused.problem, **refused.details) from None


_WIDE_COLON = re.compile(r"\s*(?:- )?[a-z_]+\uff1a")
"""The colon of a Chinese keyboard after a name; the parser complains only lines later."""


def _what_the_parser_stumbled_on(lines: list[str], error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """The line, from 1, and which of the mistakes that clerks make it is."""
    mark = error.problem_mark or error.context_mark
    stopped = mark.line + 1 if mark else 1
    for number, line in enumerate(lines[:stopped], 1):
        if _WIDE_COLON.match(line):
            return number, "wide_colon"
    line = lines[stopped - 1] if stopped <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return stopped, "tab_key"
    if error.problem and error.problem.startswith("mapping values are not allowed"):
        return stopped, "colon_in_text"
    return stopped, "not_yaml"


class _Refused(Exception):
    def __init__(self, line: int, problem: str, **details: object) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem
        self.details = details


def _refuse_what_is_not_content(text: str) -> None:
    """Goes over the events, which needs no recursion, before anything is composed."""
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Refused(line, "several_documents")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
            if event.anchor is not None:
                raise _Refused(line, "anchor")
            if getattr(event, "tag", None) is not None:
                raise _Refused(line, "tag")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            if depth > MAX_DEPTH or nodes > MAX_NODES:
                raise _Refused(line, "too_deep")


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(child) for child in node.value]
    value: dict[str, Any] = {}
    for key, child in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _Refused(key.start_mark.line + 1, "key_not_a_word")
        if key.value in value:
            raise _Refused(key.start_mark.line + 1, "key_twice", key=key.value[:40])
        value[key.value] = _value(child)
    return value


def _child(node: yaml.Node, step: int | str) -> tuple[int, yaml.Node] | None:
    """The line, from 0, and the node that one step leads to."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child = node.value[step]
        return child.start_mark.line, child
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            if key.value == step:
                return key.start_mark.line, child
    return None
