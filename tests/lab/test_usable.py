"""A function that passes its check is used below it, and the reference until then."""

import pytest

from tlslab.errors import LocalError
from tlslab.lab.exercises import n01
from tlslab.lab.usable import usable


@pytest.fixture(autouse=True)
def _no_learner(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")


def test_a_function_that_passes_is_used():
    def decode_uint24(data):
        return n01.decode_uint24(data)

    assert usable(decode_uint24) is decode_uint24


def test_the_reference_stands_in_for_one_that_is_not_written_or_wrong():
    def decode_uint24(data):
        raise NotImplementedError

    def split_records(data):
        return [], data

    assert usable(decode_uint24) is n01.decode_uint24
    assert usable(split_records) is n01.split_records


def test_a_function_of_another_name_is_no_exercise():
    def decode_uint32(data):
        return 0

    with pytest.raises(LocalError, match="decode_uint32"):
        usable(decode_uint32)
