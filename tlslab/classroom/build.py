"""Builds the notebooks: one source in, two executed notebooks out, the same bytes each time.

    python -m tlslab.classroom.build            builds every notebook
    python -m tlslab.classroom.build --check    fails if a notebook is not up to date
    python -m tlslab.classroom.build 00_start_here

A source, notebooks/source/NN_name.py, is Python in the percent format: `# %%` begins a cell of
code, `# %% [markdown]` one of text. It gives notebooks/NN_name.ipynb for the learner, and
notebooks/solutions/NN_name.ipynb for the teacher (tlslab/classroom/source.py says how exercises
are written). Nothing that changes from run to run is stored: cell ids come from what the cells
say, there are no timings, no widget state and no Python version. A cell whose output differs each
time by its nature carries the tag `nbval-ignore-output`; the output stored first stays until the
cell changes.
"""

import argparse
import difflib
import sys
from pathlib import Path
from typing import Any

import nbformat

from tlslab.classroom.running import CellError, execute, keep_ignored_outputs
from tlslab.classroom.source import Cell, SourceError, read_source
from tlslab.classroom.versions import Version, notebook_of


def main(arguments: list[str] | None = None) -> int:
    """The command. 0: all is well; 1: a notebook cannot be built or, with --check, differs."""
    parser = argparse.ArgumentParser(
        prog="python -m tlslab.classroom.build", description="Build the notebooks."
    )
    parser.add_argument("names", nargs="*", help="such as 00_start_here; every notebook if none")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    parser.add_argument("--folder", type=Path, default=None, help="the folder of the notebooks")
    options = parser.parse_args(arguments)
    folder = options.folder or find_folder()
    well = True
    for source in sources(folder, options.names):
        try:
            cells = read_source(source)
        except SourceError as error:
            print(error)
            well = False
            continue
        for version in Version:
            well &= bring_up_to_date(source, cells, version, options.check)
    return 0 if well else 1


def bring_up_to_date(source: Path, cells: list[Cell], version: Version, check: bool) -> bool:
    """Build one version, print what came of it, and store it. False: something is wrong.

    check: change nothing; a difference is what is wrong.
    """
    folder = source.parent.parent
    target = version.target(folder, source.stem)
    name = target.relative_to(folder).as_posix()
    stored = target.read_text("utf-8") if target.exists() else ""
    try:
        built = build(cells, version, folder, stored)
    except CellError as error:
        print(f"{name}: {failure(error, source, cells, version)}")
        sys.stderr.write(error.traceback)
        return False
    if built == stored:
        print(f"{name}: up to date")
    elif check:
        print(f"{name}: differs from what {source.name} gives")
        sys.stdout.writelines(difference(stored, built))
        return False
    else:
        target.parent.mkdir(exist_ok=True)
        target.write_text(built, "utf-8", newline="\n")
        print(f"{name}: built")
    return True


def build(cells: list[Cell], version: Version, folder: Path, stored: str = "") -> str:
    """An executed notebook, as the text of its file. Raises CellError when a cell fails.

    folder: where the cells run. stored: the notebook as it was; it gives the outputs of cells whose
    output is ignored.
    """
    notebook = notebook_of(cells, version)
    execute(notebook, folder)
    if before := read_stored(stored):
        keep_ignored_outputs(notebook, before)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def read_stored(text: str) -> Any | None:
    """A notebook as it was stored. None: there is none, or what git left of it after a conflict."""
    try:
        return nbformat.reads(text, as_version=4) if text else None
    except nbformat.reader.NotJSONError:
        return None


def failure(error: CellError, source: Path, cells: list[Cell], version: Version) -> str:
    """What is wrong, in a sentence that names the cell."""
    cell = cells[error.index]
    text = cell.text if version is Version.TEACHER else cell.learner_text
    first = next((line for line in text.split("\n") if line.strip()), "")
    place = f"cell {error.index + 1} ({source.name}, line {cell.line}: {first})"
    exercises = any(before.exercise for before in cells[: error.index + 1])
    if version is Version.TEACHER or not exercises:
        return f"{place} fails: {error.reason}"
    return (
        f"{place} fails: {error.reason} "
        "(no exercise is written in the learner's version, and every cell must work all the same)"
    )


def sources(folder: Path, names: list[str]) -> list[Path]:
    """The sources called `names`, or all. Exits with a sentence when there is no such source."""
    found = {path.stem: path for path in sorted((folder / "source").glob("*.py"))}
    wanted = [Path(name).stem for name in names] or list(found)
    if unknown := [name for name in wanted if name not in found]:
        sys.exit(f"no source for {', '.join(unknown)}; there is: {', '.join(found) or 'none'}")
    return [found[name] for name in wanted]


def find_folder() -> Path:
    """The folder of the notebooks: here or above, as seen from where the command is run."""
    here = Path.cwd()
    for parent in (here, *here.parents):
        if (parent / "notebooks" / "source").is_dir():
            return parent / "notebooks"
    sys.exit("no folder notebooks/source here or above: run this in the repository")


def difference(stored: str, built: str) -> list[str]:
    """What changed, line by line; long lines are cut."""
    lines = difflib.unified_diff(
        stored.splitlines(), built.splitlines(), "stored", "built", lineterm="", n=1
    )
    return [f"{line[:200]}\n" for line in lines]


if __name__ == "__main__":
    sys.exit(main())
