"""The rules of the house that no single room can keep alone."""

from __future__ import annotations

import ast
import re
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("foundation", "backend_client", "backend", "hardware", "speech", "kiosk", "ivr")

MAY_IMPORT = {
    "foundation": (),
    "hardware": ("foundation",),
    "backend_client": ("foundation", "huimin"),
    "backend_client.forms": ("foundation", "huimin", "backend_client.forms"),
    "backend": ("foundation", "huimin", "backend_client.forms"),
    "speech": ("foundation",),
    "kiosk": ("foundation", "backend_client", "hardware", "speech"),
    "ivr": ("foundation", "backend_client", "speech"),
}
"""What of ours each room may import besides itself; `backend_client.forms` is a room within a room."""

OURS = (*ROOMS, "huimin", "deploy", "bench", "tests")

HAN = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

HAN_FILES = {
    "backend/authoring/entries.py": "the range of Chinese characters",
    "backend/documents/paper.py": "heads of the columns of an amount",
    "backend/gateway_demo/server.py": "columns of the gateway's statement",
    "backend/lookups/typed.py": "how sources of lookups write months",
    "backend/payments/native.py": "columns of the gateway's statement",
    "backend/search/query.py": "words of a question that say nothing about its subject",
    "backend/search/units.py": "the range of Chinese characters",
    "backend_client/forms/check.py": "how residents write dates, amounts, yes and no",
    "backend_client/forms/lookup.py": "the characters of number plates",
    "hardware/protocols/identity_card.py": "what the card's record says for no end",
    "kiosk/typesetting.py": "units that stay with their number",
    "speech/pinyin.py": "readings of characters that the voice gets wrong",
    "speech/spoken/english.py": "how the characters of number plates are said in English",
    "speech/spoken/figures.py": "the characters of number plates",
    "speech/spoken/mandarin.py": "how Mandarin says digits, times and letters",
    "speech/spoken/mandarin_numbers.py": "how Mandarin says numbers",
    "speech/spoken/vocabulary.py": "the words that Mandarin numbers are made of",
    "speech/spoken/mandarin_text.py": "how written Chinese is said",
}
"""Files whose Chinese is data that the code works on, not text that anybody is shown, and what it is."""

HAN_STRINGS = {
    "hardware/conformance/trials.py": {"CONFORMANCE TEST 一致性测试"},  # what a printer is tried with
    "kiosk/input/rime.py": {"一"},  # a character to try the fonts with
    "kiosk/settings.py": {"惠民县政务服务"},  # a default of the configuration, beside its English
}
"""Single strings of the same kind in other files."""

CHINESE_IN_ENGLISH = frozenset(
    {"bar.language", "help.button.language", "key.chinese", "key.pinyin", "text.read_along"}
)
"""English texts that name the Chinese language, or its keyboard, to those who read it."""

TRANSLATING = frozenset({"translate", "translator", "wording", "words", "prompt", "written"})
"""Names of the functions by which the rooms take a text from their catalogues."""

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")

MACHINE_PATHS = re.compile(r"(?<![\w.~/-])/(?:work|root|tmp|opt|workspaces?|home/\w+|Users/\w+)/[\w.-]+")
"""Absolute paths below folders that belong to whoever wrote the line."""


def sources(room: str) -> list[Path]:
    """The Python files of a room."""
    return sorted((ROOT / room).rglob("*.py"))


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), str(file))


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    """The files under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


# Imports


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports, names in `from … import` included."""
    package = relative(file).removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def forbidden_imports(room: str, files: list[Path]) -> list[str]:
    own = room.partition(".")[0] if room != "backend_client.forms" else room
    allowed = (*MAY_IMPORT[room], own)
    return [
        f"{relative(file)}:{line} imports {name}"
        for file in files
        for line, name in imported(file)
        if any(within(name, ours) for ours in OURS) and not any(within(name, package) for package in allowed)
    ]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_go_one_way(room: str) -> None:
    assert not forbidden_imports(room, sources(room.replace(".", "/")))


def test_a_wrong_import_would_be_found() -> None:
    assert within("backend_client.forms.check", "backend_client.forms")
    assert not within("backend_client.client", "backend_client.forms")
    assert not within("backend_client", "backend")
    wrong = ROOT / "backend_client" / "client.py"
    assert any("backend_client.wire" in found for found in forbidden_imports("backend", [wrong]))


# Catalogues


def catalogues() -> dict[str, dict[str, Path]]:
    """Path of each catalogue by its folder and domain, then by language."""
    found: dict[str, dict[str, Path]] = {}
    for room in (*ROOMS, "deploy"):
        for file in sorted((ROOT / room).rglob("*.po")):
            language = file.parent.parent.name
            key = f"{relative(file.parent.parent.parent)}/{file.stem}"
            found.setdefault(key, {})[language] = file
    return found


CATALOGUES = catalogues()


def read(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, abort_invalid=True)


def texts(file: Path) -> dict[str, str]:
    """Identifier to text."""
    return {str(message.id): str(message.string) for message in read(file) if message.id}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_every_text_is_there_in_both_languages(catalogue: str) -> None:
    files = CATALOGUES[catalogue]
    assert set(files) == {"zh_CN", "en"}
    chinese, english = texts(files["zh_CN"]), texts(files["en"])
    assert chinese
    assert set(chinese) == set(english)
    for identifier in chinese:
        assert chinese[identifier].strip(), f"{identifier} is empty in zh_CN"
        assert english[identifier].strip(), f"{identifier} is empty in en"
        assert placeholders(chinese[identifier]) == placeholders(english[identifier]), identifier
        assert chinese[identifier] != identifier != english[identifier]


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_no_text_is_there_twice_or_unfinished(catalogue: str) -> None:
    for file in CATALOGUES[catalogue].values():
        assert not any(message.fuzzy for message in read(file)), relative(file)
        named = re.findall(r'^msgid "(.+)"$', file.read_text("utf-8"), re.MULTILINE)
        assert len(named) == len(set(named)), relative(file)


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_chinese_is_chinese_and_english_is_not(catalogue: str) -> None:
    chinese = " ".join(texts(CATALOGUES[catalogue]["zh_CN"]).values())
    assert HAN.search(chinese)
    for identifier, text in texts(CATALOGUES[catalogue]["en"]).items():
        assert not HAN.search(text) or identifier in CHINESE_IN_ENGLISH, f"{identifier}: {text}"


def texts_of(room: str) -> set[str]:
    """Every identifier of the room's catalogues."""
    own = [files for key, files in CATALOGUES.items() if key.startswith(f"{room}/")]
    return {identifier for files in own for identifier in texts(files["zh_CN"])}


def composed(file: Path) -> Iterator[re.Pattern[str]]:
    """What a file's f-strings may come to, for those that begin with something fixed."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            parts = (
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.-]+"
                for part in node.values
            )
            yield re.compile("".join(parts))


ROOMS_WITH_TEXTS = [room for room in ROOMS if texts_of(room)]


def asked_for(file: Path) -> Iterator[tuple[int, str]]:
    """Line and identifier of every text that a file asks a catalogue for by a literal name."""
    for node in ast.walk(tree(file)):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        function = node.func.func if isinstance(node.func, ast.Call) else node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name.lstrip("_") not in TRANSLATING:
            continue
        for argument in node.args:
            for choice in (
                (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,)
            ):
                if isinstance(choice, ast.Constant) and IDENTIFIER.fullmatch(str(choice.value)):
                    yield choice.lineno, str(choice.value)


@pytest.mark.parametrize("room", ROOMS_WITH_TEXTS)
def test_every_text_that_code_asks_for_exists(room: str) -> None:
    known = texts_of(room)
    wanted = [(file, line, name) for file in sources(room) for line, name in asked_for(file)]
    assert wanted
    assert not [f"{relative(file)}:{line} {name}" for file, line, name in wanted if name not in known]


@pytest.mark.parametrize("room", ROOMS_WITH_TEXTS)
def test_every_text_is_named_by_code(room: str) -> None:
    literal = {value for file in sources(room) for _, value in strings(file)}
    patterns = [pattern for file in sources(room) for pattern in composed(file)]
    unused = sorted(texts_of(room) - literal)
    assert not [name for name in unused if not any(pattern.fullmatch(name) for pattern in patterns)]


# Texts in code


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """Line and value of every string in a file that is no docstring."""
    module = tree(file)
    statements = (node.value for node in ast.walk(module) if isinstance(node, ast.Expr))
    documentation = {id(value) for value in statements if isinstance(value, ast.Constant)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


@pytest.mark.parametrize("room", ["kiosk", "ivr", "hardware", "backend_client", "backend"])
def test_no_text_that_a_person_meets_is_in_code(room: str) -> None:
    found = [
        f"{relative(file)}:{line} {value!r}"
        for file in sources(room)
        if relative(file) not in HAN_FILES
        for line, value in strings(file)
        if HAN.search(value) and value not in HAN_STRINGS.get(relative(file), ())
    ]
    assert not found


@pytest.mark.parametrize("name", [*HAN_FILES, *HAN_STRINGS])
def test_what_may_be_chinese_is_there(name: str) -> None:
    chinese = {value for _, value in strings(ROOT / name) if HAN.search(value)}
    assert chinese
    assert chinese >= HAN_STRINGS.get(name, set())


# Everything under version control


def test_no_path_of_a_developers_machine_is_kept() -> None:
    found = []
    for file in tracked():
        content = file.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
            if match := MACHINE_PATHS.search(line):
                found.append(f"{relative(file)}:{number} {match[0]}")
    assert not found


@pytest.mark.parametrize("folder", ["work", "root", "tmp", "opt", "home/someone", "Users/someone"])
def test_a_path_of_a_machine_would_be_found(folder: str) -> None:
    assert MACHINE_PATHS.search(f'open("/{folder}/notes.txt")')
    assert not MACHINE_PATHS.search(f"https://example.org/{folder}/notes.txt")
    assert not MACHINE_PATHS.search(f"the folder ./{folder}/notes of the project")


def test_no_package_index_is_kept() -> None:
    index = re.compile(r"^\s*--(?:extra-index-url|index-url|find-links|trusted-host)", re.MULTILINE)
    named = [file for file in tracked() if file.suffix in (".lock", ".txt", ".toml")]
    assert named
    assert not [relative(file) for file in named if index.search(file.read_text("utf-8"))]


def test_nothing_generated_is_kept() -> None:
    generated = re.compile(r"_pb2(?:_grpc)?\.pyi?$|\.mo$|\.pyc$")
    assert not [relative(file) for file in tracked() if generated.search(file.name)]
