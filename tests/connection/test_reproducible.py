"""Same seed, same bytes: in two runs, in two processes, on every machine."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from in_memory import ALL_SUITES, RSA_SUITES, SIDES, Pair

from tlslab.wire.registry import CipherSuite

every_suite = pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.name)

PROGRAM = """
import hashlib
from test_reproducible import transcript
from in_memory import ALL_SUITES
for suite in ALL_SUITES:
    print(suite.name, hashlib.sha256(transcript(suite)).hexdigest())
"""


def transcript(suite: CipherSuite, seed: int | str = 1) -> bytes:
    """All that happens in a connection, and all that goes over its wire, as bytes."""
    pair = Pair(suite, seed=seed, traced=True).connected()
    for sender in SIDES:
        pair[sender].send(b"application data " * 2000)
    pair.carry()
    pair.client.close()
    pair.carry()
    traces = "".join(pair.traces[side].to_json() for side in SIDES)
    return pair.sent["client"] + pair.sent["server"] + traces.encode()


@every_suite
def test_two_runs_with_one_seed_are_the_same(suite: CipherSuite):
    assert transcript(suite) == transcript(suite)


@every_suite
def test_two_seeds_have_nothing_in_common_that_matters(suite: CipherSuite):
    first, second = (Pair(suite, seed=seed, traced=True).connected() for seed in (1, "another"))
    names = ["client_random", "server_random", "premaster_secret"]
    for name in names + ["padding_string"] * (suite in RSA_SUITES):
        assert first.traces["client"].value(name) != second.traces["client"].value(name)
    assert first.sent["client"] != second.sent["client"]


def test_two_processes_with_one_seed_are_the_same():
    here = Path(__file__)
    paths = [here.parent, here.parents[1] / "helpers", here.parents[2]]
    program = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n" + PROGRAM
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    lines = result.stdout.splitlines()
    assert lines == [
        f"{suite.name} {hashlib.sha256(transcript(suite)).hexdigest()}" for suite in ALL_SUITES
    ]
