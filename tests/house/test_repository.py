"""What a newcomer meets first holds what it promises: README, Makefile, CHANGELOG, links."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
README, CONTRIBUTING, CHANGELOG = ((ROOT / page).read_text("utf-8") for page in PAGES)
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")

# Folders where some machine keeps its people's and its jobs' files.
MACHINE_PATH = re.compile(
    r"(?<![\w.~/-])/(?:(?:root|work)(?![\w-])|(?:home|Users)/\w|tmp/ipykernel_)|\b[A-Z]:\\Users\\"
)


def recipes(makefile: str) -> dict[str, list[str]]:
    """Each target with the lines of its recipe; a continued line is one line."""
    found: dict[str, list[str]] = {}
    targets: list[str] = []
    for line in makefile.replace("\\\n", " ").splitlines():
        if line.startswith("\t"):
            for target in targets:
                found[target].append(line.strip())
        elif rule := re.match(r"([\w./ %-]+):(?!=)", line):
            targets = rule[1].split()
            for target in targets:
                found.setdefault(target, [])
        elif line and not line.startswith("#"):
            targets = []
    found.pop(".PHONY")
    return found


def machine_paths(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if MACHINE_PATH.search(line)]


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_the_readme_shows_both_commands():
    assert re.search(r"^make lab\b", README, re.MULTILINE)
    assert re.search(r"^make test\b", README, re.MULTILINE)


def test_every_make_target_is_one_or_two_lines():
    long = {target: lines for target, lines in recipes(MAKEFILE).items() if len(lines) > 2}
    assert not long
    assert {"lab", "test"} <= recipes(MAKEFILE).keys()


def test_a_longer_make_target_would_be_noticed():
    made_up = recipes(".PHONY: lab\nlab: a b\n\tone\n\ttwo \\\n\tstill two\n\tthree\nX := 1\n")
    assert made_up == {"lab": ["one", "two  \tstill two", "three"]}


@pytest.mark.parametrize("page", PAGES)
def test_every_make_command_that_a_page_names_exists(page):
    named = re.findall(r"(?:`|^)make ([a-z]+)", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert set(named) <= recipes(MAKEFILE).keys()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_into_the_repository_leads_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|href|srcset)=\"([^\"]+)\"", text)
    local = [unquote(a or b) for a, b in targets if not re.match(r"[a-z]+:", a or b)]
    missing = [
        target for target in local if not (ROOT / (target.partition("#")[0] or page)).exists()
    ]
    assert not missing


def test_the_changelog_has_room_for_what_is_not_released():
    assert "## [Unreleased]" in CHANGELOG.splitlines()


def test_no_file_names_a_path_of_the_machine_it_was_written_on():
    found = {}
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" not in content and (lines := machine_paths(content.decode("utf-8", "replace"))):
            found[str(path.relative_to(ROOT))] = lines
    assert not found


@pytest.mark.parametrize("folder", ["home/alice", "root", "work/main", "Users/alice"])
def test_a_path_of_a_machine_would_be_noticed(folder):
    assert machine_paths(f"File '/{folder}/tlslab/errors.py', line 1")
    assert not machine_paths(f"https://example.org/{folder}/ and and/or/{folder}")
