"""The floors of the house: a module imports only from floors above its own (CONTRIBUTING.md).

Imports are read from the source, so those in a function or under `if TYPE_CHECKING:` count too.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "tlslab"

# From the top down. The package's own __init__ offers what stands above it, and no lab, no view.
FLOORS = (
    "errors",
    "trace",
    "wire",
    "crypto",
    "primitives",
    "connection",
    "tls12",
    "tls13",
    "endpoints",
    "__init__",
    "capture",
    "view",
    "lab",
    "classroom",
    "cli",
    "__main__",
)
STRANGERS = {"tls12", "tls13"}  # never meet, though one must stand above the other
CORE = FLOORS[: FLOORS.index("view")]
NOTEBOOK_LIBRARIES = {"IPython", "anywidget", "ipywidgets", "matplotlib", "nbclient", "nbformat"}
SOCKET_LIBRARIES = {"asyncio", "selectors", "socket", "socketserver", "ssl"}


def offences(path: str, source: str) -> list[str]:
    """What the module at `path` (as in `tlslab/wire/codec.py`) imports and must not."""
    floor = PurePosixPath(path).with_suffix("").parts[1]
    found = []
    for line, imported in imports(path, source):
        top, _, rest = imported.partition(".")
        below = rest.partition(".")[0] or "__init__"
        if top == PACKAGE:
            if below not in FLOORS:
                below = "__init__"  # a name that the package's __init__ offers
            if {floor, below} == STRANGERS:
                reason = "the two versions never meet"
            elif FLOORS.index(below) > FLOORS.index(floor):
                reason = f"{below} is below {floor}"
            else:
                continue
        elif floor in CORE and (top in NOTEBOOK_LIBRARIES or top.startswith("jupyter")):
            reason = "nothing above view imports Jupyter or matplotlib"
        elif floor != "lab" and top in SOCKET_LIBRARIES:
            reason = "sockets live in tlslab/lab alone"
        else:
            continue
        found.append(f"{path}:{line} imports {imported}: {reason}")
    return found


def imports(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything that the source imports, wherever it does so."""
    package = PurePosixPath(path).parent.parts
    for node in ast.walk(ast.parse(source, path)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = list(package[: len(package) - level + 1]) if level else []
                base += module.split(".") if module else []
                for alias in names:
                    # `from tlslab import wire` is about wire; `from tlslab import *` about tlslab.
                    name = [] if alias.name == "*" else [alias.name]
                    yield node.lineno, ".".join(base + name)
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
                if ast.unparse(function).rpartition(".")[2] in {"import_module", "__import__"}:
                    yield node.lineno, name


def modules() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / PACKAGE).rglob("*.py"))


def test_every_module_stands_on_a_floor():
    found = {PurePosixPath(path).with_suffix("").parts[1] for path in modules()}
    assert found <= set(FLOORS), "new at the top of tlslab/: give it a floor in FLOORS"
    assert found, "no module was read"


def test_every_module_imports_only_from_the_floors_above():
    found = [
        offence
        for path in modules()
        for offence in offences(path, (ROOT / path).read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tlslab/errors.py", "import tlslab.wire"),
        ("tlslab/wire/codec.py", "from tlslab.connection import Connection"),
        ("tlslab/wire/codec.py", "from tlslab import connection"),
        ("tlslab/wire/codec.py", "from tlslab import Connection"),
        ("tlslab/wire/codec.py", "from tlslab import *"),
        ("tlslab/wire/codec.py", "from .. import crypto"),
        ("tlslab/wire/__init__.py", "from ..crypto import prf"),
        ("tlslab/wire/codec.py", "def late():\n    from tlslab.crypto.prf import prf"),
        ("tlslab/wire/codec.py", "if TYPE_CHECKING:\n    import tlslab.crypto"),
        ("tlslab/wire/codec.py", "importlib.import_module('tlslab.view')"),
        ("tlslab/tls13/keys.py", "from tlslab.tls12.keys import key_block"),
        ("tlslab/tls12/keys.py", "from tlslab.tls13 import keys"),
        ("tlslab/connection/negotiation.py", "from tlslab.tls13.client import start"),
        ("tlslab/capture.py", "import matplotlib.pyplot as plt"),
        ("tlslab/trace.py", "from IPython.display import HTML"),
        ("tlslab/connection/record.py", "import jupyter_client"),
        ("tlslab/connection/record.py", "import socket"),
        ("tlslab/view/widgets.py", "import asyncio"),
        ("tlslab/view/widgets.py", "from tlslab import lab"),
        ("tlslab/cli.py", "def serve():\n    from ssl import SSLContext"),
    ],
)
def test_an_import_from_below_is_reported(path, source):
    (offence,) = offences(path, source)
    assert offence.startswith(f"{path}:{source.count(chr(10)) + 1} imports ")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tlslab/wire/hello.py", "from tlslab.wire.codec import Reader\nfrom . import extensions"),
        ("tlslab/wire/hello.py", "from tlslab.errors import ProtocolError\nimport struct"),
        ("tlslab/tls13/keys.py", "from tlslab.crypto.hkdf import hkdf_expand_label"),
        ("tlslab/lab/peers.py", "import socket, ssl, asyncio\nfrom IPython.display import HTML"),
        ("tlslab/lab/explore.py", "def explore():\n    from tlslab.view.explorer import Explorer"),
        ("tlslab/cli.py", "from tlslab import lab\nfrom tlslab.view import text"),
        ("tlslab/__init__.py", "from tlslab.connection import Connection"),
        ("tlslab/__main__.py", "from tlslab.cli import main\nimport tlslab"),
    ],
)
def test_an_import_from_above_is_not(path, source):
    assert offences(path, source) == []


def test_importing_the_package_stays_light():
    # What cryptography itself brings along is not the package's doing.
    program = (
        "import sys, cryptography.x509\n"
        "before = set(sys.modules)\n"
        "import tlslab\n"
        "print('\\n'.join(set(sys.modules) - before))"
    )
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.split()
    )
    assert PACKAGE in loaded
    heavy = NOTEBOOK_LIBRARIES | SOCKET_LIBRARIES | {"jupyter_client", "numpy"}
    heavy |= {f"{PACKAGE}.{floor}" for floor in ("lab", "view", "classroom", "cli")}
    assert not loaded & heavy
