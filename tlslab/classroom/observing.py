"""A plugin for pytest that notes what came of each cell that nbval ran.

It writes one line of JSON for each cell to the file that TLSLAB_OBSERVED names:
{"id": …, "outcome": "passed" or "failed", "timed_out": …,
 "python_ended": …, "outputs": [...]}
"""

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note a cell when it has run."""
    report = yield
    cell = getattr(item, "cell", None)
    if call.when == "call" and cell is not None:
        noted = {
            "id": cell.id,
            # After a cell that timed out nbval expects every other one to fail.
            "outcome": "failed" if call.excinfo else "passed",
            "timed_out": bool(call.excinfo and "Timeout" in str(call.excinfo.value)),
            "python_ended": not item.parent.kernel.is_alive(),  # type: ignore[union-attr]
            "outputs": getattr(item, "test_outputs", None) or [],
        }
        with Path(os.environ["TLSLAB_OBSERVED"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(noted) + "\n")
    return report
