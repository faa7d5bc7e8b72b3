"""A sentence in place of a traceback, where a cell was run before those that it needs.

In a notebook, a name that is not defined at the left margin of a cell mostly means that a cell
above has not been run. Anywhere else, and for any other error, Python's own traceback stays.
"""

import sys
from types import TracebackType
from typing import Any

SENTENCE = (
    "NameError: {name} is not known (line {line}). If a cell above makes it, that cell has not "
    "been run yet: choose Run → Run All Above Selected Cell, then run this one again. If not, look "
    "at the spelling."
)


def explain_in_notebooks() -> None:
    """Install it, if this is a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and getattr(shell, "kernel", None) is not None:
        shell.set_custom_exc((NameError,), _show)


def _show(
    shell: Any,
    etype: type[NameError],
    error: NameError,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    frames = []
    at: TracebackType | None = trace
    while at is not None:
        frames.append(at)
        at = at.tb_next
    code = frames[-1].tb_frame.f_code
    # The shell's own frame comes first, then the cell.
    if len(frames) > 2 or code.co_name != "<module>" or not error.name:
        shell.showtraceback((etype, error, trace), tb_offset=tb_offset)
        return
    text = SENTENCE.format(name=error.name, line=frames[-1].tb_lineno)
    # What the shell would do with a traceback, with one line instead.
    shell._showtraceback(etype, error, [text])
