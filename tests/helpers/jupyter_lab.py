"""A real JupyterLab in a real browser, for tests of what people see."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
NO_CHROMIUM = (
    "chromium is not installed (Debian: apt install chromium): nothing was seen in a browser"
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STARTED = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.sessionContext?.session?.kernel?.status === 'idle';
}"""
PATIENCE = 60


@contextmanager
def jupyter_lab(directory: Path) -> Iterator[str]:
    """A JupyterLab whose files are in `directory`; gives its address."""
    private = directory / ".jupyter-of-the-test"
    settings = private / "config" / "labconfig"
    settings.mkdir(parents=True)
    # It would ask whether to fetch news.
    announcements = "@jupyterlab/apputils-extension:announcements"
    (settings / "page_config.json").write_text(
        json.dumps({"disabledExtensions": {announcements: True}})
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "IPYTHONDIR": str(private / "ipython"),
    }
    log = directory / ".log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"),
                *("--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
                *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={directory}"),
                *("--IdentityProvider.token=", "--ServerApp.password="),
            ],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/api", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Notebook:
    """A notebook in the browser, and what went on meanwhile."""

    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")

    def command(self, name: str, arguments: str = "{}") -> None:
        self.page.evaluate(f"window.jupyterapp.commands.execute('{name}', {arguments})")

    def close(self) -> None:
        self.page.close()


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(notebook, path)


def open_notebook(
    browser: Browser, address: str, name: str, width: int = 1280, height: int = 1000
) -> Notebook:
    """Open a notebook of the server in a page of its own, its kernel started."""
    page = browser.new_page(viewport={"width": width, "height": height})
    notebook = Notebook(page)
    host = urlsplit(address).netloc

    def note(request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != host:
            notebook.strangers.append(url)

    page.on("request", note)
    page.on("console", lambda m: notebook.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: notebook.errors.append(str(error)))
    page.set_default_timeout(15_000)
    # A workspace of its own: JupyterLab would open what the page before had open.
    page.goto(f"{address}/lab/workspaces/{Path(name).stem}/tree/{name}")
    page.wait_for_function(STARTED, timeout=PATIENCE * 1000)
    # The list of files would take a third of the width.
    notebook.command("application:toggle-left-area")
    notebook.errors.clear()
    return notebook
