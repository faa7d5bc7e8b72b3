"""Spelling, and links that lead somewhere. No network is needed: other sites are named in a list."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href|src|srcset)=\"([^\"]+)\"")
KNOWN_SITES = {
    "anywidget.dev",
    "keepachangelog.com",
    "nbval.readthedocs.io",
    "semver.org",
    "www.rfc-editor.org",
}
# Names of standards, and words of the tests that are wrong on purpose.
WORDS = "gost,fro,ddress,excercise,ciphersuit"


def links(path):
    return [first or second for first, second in LINK.findall(path.read_text("utf-8"))]


def test_the_spelling_is_right():
    command = [sys.executable, "-m", "codespell_lib", "--ignore-words-list", WORDS]
    command += ["--skip", "*.pem,*.json,*.jsonl,*.vec,*.png,*.svg,__pycache__"]
    places = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "notebooks/source"]
    done = subprocess.run(
        [*command, *places, "tlslab", "tests"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_of_a_page_leads_to_a_file(path):
    for link in links(path):
        if not link.startswith(("http", "#")):
            target, _, heading = link.partition("#")
            assert (path.parent / target).exists(), link
            if heading:
                assert heading in headings(path.parent / target)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_link_of_a_notebook_leads_to_one_in_both_versions(path):
    for link in links(path):
        if not link.startswith(("http", "#")):
            for folder in (ROOT / "notebooks", ROOT / "notebooks" / "solutions"):
                assert (folder / link).exists(), link


@pytest.mark.parametrize("path", [*PAGES, *SOURCES], ids=lambda path: path.stem)
def test_other_sites_are_known_ones(path):
    for link in links(path):
        if link.startswith("http"):
            scheme, _, rest = link.partition("://")
            assert scheme == "https"
            assert rest.partition("/")[0] in KNOWN_SITES


def headings(path):
    """The names that headings have in links."""
    lines = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in lines}
