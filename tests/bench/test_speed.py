"""Measure every line of the table. Without `make bench`: that every line of it still works."""

import pytest

ROUNDS = 10


@pytest.mark.benchmark(group="speed")
def test_speed(line, lap, benchmark, keep):
    work = line.prepare()
    benchmark.pedantic(work, rounds=ROUNDS, iterations=line.iterations, warmup_rounds=1)
    keep(line)
