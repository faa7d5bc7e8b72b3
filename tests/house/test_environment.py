"""environment.yml gives conda users the dependencies of pyproject.toml, no more and no less."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
FROM_CONDA = [entry for entry in CONDA if isinstance(entry, str)]
FROM_PIP = [line for entry in CONDA if isinstance(entry, dict) for line in entry["pip"]]

# conda-forge's name where it differs from the package index's.
CONDA_NAMES = {"playwright": "playwright-python"}


def name_and_bounds(requirement: str) -> tuple[str, str]:
    """`pyOpenSSL >=25.3` becomes `("pyopenssl", ">=25.3")`: names are compared as PEP 503 says."""
    name, bounds = re.fullmatch(r"([\w.-]+)\s*([^\s;]*)", requirement.strip()).groups()
    return re.sub(r"[-_.]+", "-", name).lower(), bounds


def test_conda_gets_the_dependencies_of_pyproject_with_the_same_bounds():
    extras = PROJECT["optional-dependencies"]
    declared = dict(
        name_and_bounds(line)
        for line in [*PROJECT["dependencies"], *extras["lab"], *extras["test"]]
    )
    offered = dict(
        name_and_bounds(line)
        for line in [*FROM_CONDA, *FROM_PIP]
        if line != "-e ." and not line.startswith(("python>", "pip"))
    )
    assert offered == {CONDA_NAMES.get(name, name): bounds for name, bounds in declared.items()}


def test_conda_gets_the_same_python():
    assert f"python{PROJECT['requires-python']}" in FROM_CONDA


def test_the_package_itself_is_installed_by_pip_from_this_folder():
    assert "pip" in FROM_CONDA
    assert "-e ." in FROM_PIP


def test_every_direct_dependency_has_a_tested_version():
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
    pinned = {name_and_bounds(name)[0] for name in pins}
    extras = PROJECT["optional-dependencies"]
    direct = [*PROJECT["dependencies"], *extras["lab"], *extras["test"]]
    assert {name_and_bounds(line)[0] for line in direct} <= pinned
