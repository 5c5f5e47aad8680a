"""The manuals' examples are tried, and both languages of a page say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from backend.authoring.reading import read_content

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROOT = DOCS.parent
BLOCK = re.compile(r"^```(?:yaml|csv)\n# (\S+\.(?:yaml|csv))\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", ["writing-content.md", "writing-content.zh-CN.md"])
def test_the_examples_of_the_clerks_manual_pass_the_check(page: str, tmp_path: Path) -> None:
    examples = BLOCK.findall((DOCS / page).read_text("utf-8"))
    assert len(examples) >= 6
    for name, text in examples:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    content = read_content(tmp_path)
    assert content.policies
    assert content.forms
    assert content.lookups


def test_both_languages_of_the_clerks_manual_show_the_same_examples() -> None:
    english, chinese = (
        BLOCK.findall((DOCS / page).read_text("utf-8"))
        for page in ("writing-content.md", "writing-content.zh-CN.md")
    )
    assert english == chinese


@pytest.mark.parametrize(
    "page", sorted(str(p.relative_to(ROOT)) for p in [*ROOT.glob("README*.md"), *DOCS.glob("*.md")])
)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    file = ROOT / page
    for target in LINK.findall(file.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (file.parent / target).exists(), f"{page}: {target}"


def test_every_python_dependency_has_a_reason() -> None:
    reasons = (DOCS / "dependencies.md").read_text("utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for wanted in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = re.split(r"[^A-Za-z0-9-]", wanted)[0].lower()
        assert ("types-…" if name.startswith("types-") else name) in reasons, name


def test_every_debian_package_has_a_reason() -> None:
    reasons = (DOCS / "dependencies.md").read_text("utf-8")
    packages = (ROOT / "deploy" / "debian-packages.txt").read_text("utf-8").splitlines()
    for package in (line.strip() for line in packages if line.strip() and not line.startswith("#")):
        assert package in reasons, package
