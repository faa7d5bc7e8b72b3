"""Runs the benches in laps, keeps each line's best round, and prints the table at the end."""

import ssl
from importlib.metadata import version
from platform import python_version

import pytest
from cryptography.hazmat.backends.openssl import backend

from .table import TABLE, Line
from .test_explorer import FIGURES

LAPS = 6
"""How often everything is measured in turn, so that a slow minute of the machine hits all alike."""

BEST: pytest.StashKey[dict[Line, float]] = pytest.StashKey()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "line" not in metafunc.fixturenames:
        return
    lines = [pytest.param(line, id=f"{b.title}: {line.name}") for b in TABLE for line in b.lines]
    laps = LAPS if metafunc.config.getoption("benchmark_enable") else 1
    metafunc.parametrize("line", lines)
    metafunc.parametrize("lap", range(1, laps + 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def lap(item: pytest.Item) -> int:
        call = getattr(item, "callspec", None)
        return call.params.get("lap", 0) if call else 0

    items.sort(key=lap)


@pytest.fixture
def keep(request, benchmark):
    """Keep the best round of what was measured under this line."""

    def keep(line: Line) -> None:
        best = request.config.stash.setdefault(BEST, {})
        if benchmark.stats is not None:
            seconds = benchmark.stats.stats.min
            best[line] = min(seconds, best.get(line, seconds))

    return keep


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    write = terminalreporter.write_line
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section("the explorer, in JupyterLab in chromium")
        for figure in figures:
            write(str(figure))
    best = config.stash.get(BEST, {})
    if not best:
        return
    terminalreporter.section("speed")
    write(
        f"Python {python_version()}, ssl with {ssl.OPENSSL_VERSION}, cryptography "
        f"{version('cryptography')} with {backend.openssl_version_text()}, "
        f"pyOpenSSL {version('pyOpenSSL')} on the same, "
        f"tlslite-ng {version('tlslite-ng')} with gmpy2 {version('gmpy2')}"
    )
    write(f"The best round of each, in {LAPS} laps. Compared with the first line of its block.")
    for bench in TABLE:
        measured = [line for line in bench.lines if line in best]
        if not measured:
            continue
        write("")
        write(f"{bench.title} ({bench.unit})")
        first = bench.figure(best[measured[0]])
        for line in measured:
            figure = bench.figure(best[line])
            comparison, beside = bench.beside(figure, first)
            text = f"  {line.name:<40}{figure:>9,.{0 if figure >= 10 else 2}f}"
            if line is not measured[0]:
                text += f"{beside:>11}"
            if line.goal is not None:
                met, goal = bench.met(comparison, line.goal)
                text += f"   goal: {goal}" + ("" if met else "   MISSED")
            write(text)
