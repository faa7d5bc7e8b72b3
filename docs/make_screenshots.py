"""Takes the README's pictures of the explorer: a real JupyterLab in chromium, light and dark.

    python docs/make_screenshots.py

Run it after a change of the explorer, and look at what came out. It needs chromium.
"""

import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "tests" / "helpers"))

import jupyter_lab  # noqa: E402
from jupyter_lab import Notebook  # noqa: E402

CELL = "from tlslab import lab\nlab.explore(lab.handshake(seed=1, suite='{suite}'))"
SUITE = "TLS_RSA_WITH_AES_128_CBC_SHA"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
HEIGHT = 2200
WIDTH = 1240


def main() -> None:
    """Write docs/explorer_*.png."""
    with (
        tempfile.TemporaryDirectory() as directory,
        jupyter_lab.jupyter_lab(Path(directory)) as address,
        jupyter_lab.chromium() as browser,
    ):
        name = "explorer.ipynb"
        jupyter_lab.write_notebook(Path(directory) / name, [CELL.format(suite=SUITE)])
        notebook = jupyter_lab.open_notebook(browser, address, name, WIDTH, HEIGHT)
        notebook.run_all()
        notebook.page.locator(".tl-explorer").wait_for(timeout=60_000)
        notebook.page.wait_for_timeout(1000)
        for theme, full_name in THEMES.items():
            notebook.command("apputils:change-theme", f"{{theme: '{full_name}'}}")
            notebook.page.wait_for_timeout(2000)
            take(notebook, theme)


def take(notebook: Notebook, theme: str) -> None:
    """The whole explorer over a ClientHello, and each of its parts."""
    page = notebook.page
    page.get_by_role("button", name="To the first message").click(force=True)
    page.get_by_role("tab", name="Secrets").click()
    page.locator(".tl-byte[data-at='11']").click()
    page.locator(".tl-node[data-name=master_secret]").click()
    page.mouse.move(0, 0)

    def shoot(selector: str, what: str) -> None:
        path = DOCS / f"explorer_{what}_{theme}.png"
        page.locator(selector).screenshot(path=path)
        print(path.name)

    shoot(".tl-explorer", "whole")
    page.locator(".tl-ladder .tl-rung", has_text="finished").first.click()
    page.locator(".tl-bytes [role=tab]").nth(1).click()
    page.locator(".tl-tree .tl-field", has_text="MAC").click()
    page.mouse.move(0, 0)
    shoot(".tl-ladder", "ladder")
    shoot(".tl-bytes", "bytes")
    page.locator(".tl-node[data-name=client_random]").click()
    page.get_by_role("button", name="Flip the last bit").click()
    page.locator(".tl-node.tl-changed").first.wait_for()
    page.mouse.move(0, 0)
    shoot(".tl-below", "secrets")
    page.get_by_role("button", name="Undo all changes").click()
    for tab in ("Transcript", "Who knows what"):
        page.get_by_role("tab", name=tab).click()
        page.mouse.move(0, 0)
        shoot(".tl-below", tab.split()[0].lower())


if __name__ == "__main__":
    main()
