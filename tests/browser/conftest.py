"""JupyterLab, started once for all tests of this folder."""

from collections.abc import Callable, Iterator, Sequence

import jupyter_lab
import pytest
from jupyter_lab import Notebook, open_notebook, write_notebook
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def notebook(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook with the given cells."""
    directory = tmp_path_factory.mktemp("lab")
    opened: list[Notebook] = []
    with jupyter_lab.jupyter_lab(directory) as address:

        def open_(cells: Sequence[str], *, run: bool = True, **size: int) -> Notebook:
            name = f"notebook{len(opened)}.ipynb"
            write_notebook(directory / name, cells)
            made = open_notebook(browser, address, name, **size)
            opened.append(made)
            if run:
                made.run_all()
            return made

        yield open_
        for made in opened:
            if not made.page.is_closed():
                made.close()
