"""What tests of several folders share."""

from collections.abc import Iterator

import jupyter_lab
import pytest
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once: a second playwright in the same process would refuse to start."""
    if not jupyter_lab.CHROMIUM:
        pytest.skip(jupyter_lab.NO_CHROMIUM)
    with jupyter_lab.chromium() as browser:
        yield browser
