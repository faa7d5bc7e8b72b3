"""Executes a notebook so that it comes out the same each time, on every machine."""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tlslab.classroom.versions import METADATA

IGNORE_OUTPUT = "nbval-ignore-output"
WIDGET = "application/vnd.jupyter.widget-view+json"
TIMEOUT = 120
"""Longest time that one cell may take, in seconds."""

TERMINAL_COLOR = re.compile(r"\x1b\[[0-9;]*m")


class CellError(Exception):
    """A cell that fails: which (counted from 0), why, and what Python shows of it."""

    def __init__(self, index: int, reason: str, traceback: str = "") -> None:
        super().__init__(f"cell {index + 1}: {reason}")
        self.index = index
        self.reason = reason
        self.traceback = traceback


def execute(notebook: Any, folder: Path) -> None:
    """Run every cell in a new kernel, in `folder`. Raises CellError when a cell fails."""
    at = 0

    def started(cell: Any, cell_index: int) -> None:
        nonlocal at
        at = cell_index

    with tempfile.TemporaryDirectory() as directory:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            kernel_name="python3",
            record_timing=False,
            store_widget_state=False,
            resources={"metadata": {"path": str(folder)}},
            on_cell_start=started,
        )
        # Nobody's own start-up files, history or finished exercises: the same for everybody.
        environment = os.environ | {"IPYTHONDIR": directory, "TLSLAB_STATE": "off"}
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            message = error.evalue.partition("\n")[0]
            reason = f"{error.ename}: {message}" if message else error.ename
            raise CellError(at, reason, TERMINAL_COLOR.sub("", error.traceback)) from error
        except CellTimeoutError as error:
            raise CellError(at, f"not done after {TIMEOUT} seconds") from error
        except DeadKernelError as error:
            raise CellError(at, "Python ended") from error
    # The client notes which Python it was.
    notebook.metadata = nbformat.from_dict(METADATA)
    take_widgets_away(notebook)
    join_streams(notebook)


def join_streams(notebook: Any) -> None:
    """What a cell prints comes in pieces, cut by the clock: put them together again."""
    for cell in notebook.cells:
        joined: list[Any] = []
        for output in cell.get("outputs", []):
            before = joined[-1] if joined else {}
            if output.output_type == "stream" and before.get("name") == output.name:
                before["text"] += output.text
            else:
                joined.append(output)
        if "outputs" in cell:
            cell.outputs = joined


def take_widgets_away(notebook: Any) -> None:
    """A widget lives in a kernel. What stands in for it stays: HTML, and a sentence."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)


def keep_ignored_outputs(notebook: Any, stored: Any) -> None:
    """Take over the outputs that differ at each run, where the cell has not changed."""
    before = {(cell.id, cell.source): cell for cell in stored.cells}
    for cell in notebook.cells:
        if IGNORE_OUTPUT in cell.metadata.get("tags", []) and (cell.id, cell.source) in before:
            cell.outputs = before[cell.id, cell.source].outputs
