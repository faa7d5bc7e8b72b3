"""Whose functions a handshake runs on."""

from tlslab import lab
from tlslab.lab import checking
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
