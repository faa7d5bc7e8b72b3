"""Whose functions a handshake runs on."""

import pytest

from tlslab import LocalError, lab
from tlslab.lab import checking
from tlslab.lab.exercises import n01
from tlslab.primitives import REFERENCE


def test_a_function_that_passed_is_yours(monkeypatch):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.setattr(checking, "_installed", {"prf": REFERENCE.prf})
    table = lab.my_functions()
    whose = {name: who for _, name, who in table.rows}
    assert whose["prf"] == "yours"
    assert whose["p_hash"] == "the reference"
    assert set(whose.values()) == {"yours", "the reference"}
    assert table.notes[0].startswith("1 of ")


def test_what_is_saved_is_yours(monkeypatch, tmp_path):
    monkeypatch.setenv("TLSLAB_STATE", str(tmp_path))
    monkeypatch.setattr(checking, "_installed", {})
    (tmp_path / "my_tls.py").write_text("def key_block(*arguments):\n    return b''\n", "utf-8")
    table = lab.my_functions()
    assert ("05", "key_block", "yours") in table.rows
    assert table.notes[1] == f"They are in {tmp_path / 'my_tls.py'}."


def test_a_function_of_an_earlier_notebook_is_the_learners_or_the_reference(monkeypatch, tmp_path):
    monkeypatch.setenv("TLSLAB_STATE", str(tmp_path))
    assert lab.my_function("split_records") is n01.split_records
    (tmp_path / "my_tls.py").write_text("def split_records(data):\n    return 'mine'\n", "utf-8")
    assert lab.my_function("split_records")(b"") == "mine"
    assert lab.my_function("split_messages") is n01.split_messages
    with pytest.raises(LocalError, match="no exercise asks for a function called 'split'"):
        lab.my_function("split")
