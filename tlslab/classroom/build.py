"""Builds the notebooks: source in, executed notebook out, the same bytes each time.

    python -m tlslab.classroom.build            builds every notebook
    python -m tlslab.classroom.build --check    fails if a notebook is not up to date
    python -m tlslab.classroom.build 00_start_here

A source, notebooks/source/NN_name.py, is Python in the percent format: `# %%` begins a cell of
code, `# %% [markdown]` one of text. Nothing that changes from run to run is stored: cell ids come
from what the cells say, there are no timings, no widget state and no Python version. A cell whose
output differs each time by its nature carries the tag `nbval-ignore-output`; the output stored
first stays until the cell changes.
"""

import argparse
import difflib
import hashlib
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

IGNORE_OUTPUT = "nbval-ignore-output"
WIDGET = "application/vnd.jupyter.widget-view+json"
TIMEOUT = 120
"""Longest time that one cell may take, in seconds."""

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def main(arguments: list[str] | None = None) -> int:
    """The command. 0: all is well; 1: with --check, a notebook is not what its source gives."""
    parser = argparse.ArgumentParser(
        prog="python -m tlslab.classroom.build", description="Build the notebooks."
    )
    parser.add_argument("names", nargs="*", help="such as 00_start_here; every notebook if none")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    parser.add_argument("--folder", type=Path, default=None, help="the folder of the notebooks")
    options = parser.parse_args(arguments)
    folder = options.folder or find_folder()
    status = 0
    for source in sources(folder, options.names):
        target = folder / f"{source.stem}.ipynb"
        stored = target.read_text("utf-8") if target.exists() else ""
        built = build(source, stored)
        if built == stored:
            print(f"{target.name}: up to date")
        elif options.check:
            status = 1
            print(f"{target.name}: differs from what {source.name} gives")
            sys.stdout.writelines(difference(stored, built))
        else:
            target.write_text(built, "utf-8", newline="\n")
            print(f"{target.name}: built")
    return status


def build(source: Path, stored: str = "") -> str:
    """The executed notebook of a source, as the text of its file.

    stored: the notebook as it was; it gives the outputs of cells whose output is ignored.
    """
    notebook = jupytext.reads(source.read_text("utf-8"), fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    name_cells(notebook)
    execute(notebook, source.parent.parent)
    take_widgets_away(notebook)
    if stored:
        keep_ignored_outputs(notebook, nbformat.reads(stored, as_version=4))
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def name_cells(notebook: Any) -> None:
    """Give each cell an id that depends on what it says alone, and nothing but its tags."""
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        content = f"{cell.cell_type}\n{cell.source}"
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        seen[digest] += 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.metadata = nbformat.from_dict(
            {"tags": list(cell.metadata.tags)} if "tags" in cell.metadata else {}
        )


def execute(notebook: Any, folder: Path) -> None:
    """Run every cell in a new kernel, in `folder`. Raises CellExecutionError when a cell fails."""
    with tempfile.TemporaryDirectory() as directory:
        # Nobody's own start-up files or history: the same kernel for everybody.
        before = os.environ.get("IPYTHONDIR")
        os.environ["IPYTHONDIR"] = directory
        try:
            NotebookClient(
                notebook,
                timeout=TIMEOUT,
                kernel_name="python3",
                record_timing=False,
                store_widget_state=False,
                resources={"metadata": {"path": str(folder)}},
            ).execute()
        finally:
            if before is None:
                del os.environ["IPYTHONDIR"]
            else:
                os.environ["IPYTHONDIR"] = before
    # The client notes which Python it was.
    notebook.metadata = nbformat.from_dict(METADATA)


def take_widgets_away(notebook: Any) -> None:
    """A widget lives in a kernel. What stands in for it stays: HTML, and a sentence."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)


def keep_ignored_outputs(notebook: Any, stored: Any) -> None:
    """Take over the outputs that differ at each run, where the cell has not changed."""
    before = {cell.id: cell for cell in stored.cells}
    for cell in notebook.cells:
        if IGNORE_OUTPUT in cell.metadata.get("tags", []) and cell.id in before:
            cell.outputs = before[cell.id].outputs


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
