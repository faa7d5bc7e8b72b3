"""A function that is not written yet has a stand-in, and only then."""

import pytest

from tlslab.lab.written import written


def test_a_function_that_is_written_runs():
    assert written(lambda data: data + b"!", otherwise=bytes)(b"mine") == b"mine!"


def test_a_function_that_is_not_written_yet_has_a_stand_in():
    def mine(data):
        raise NotImplementedError

    assert written(mine, otherwise=lambda data: data * 2)(b"ab") == b"abab"


def test_any_other_error_of_a_function_is_its_own():
    with pytest.raises(ZeroDivisionError):
        written(lambda: 1 // 0, otherwise=lambda: 1)()
