"""The words of the course: each is explained in the notebook that the glossary names."""

import re
from pathlib import Path

import pytest

from tlslab import LocalError, lab
from tlslab.lab.glossary import NOTEBOOKS, TERMS

SOURCE = Path(__file__).parents[2] / "notebooks" / "source"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.word)
def test_the_notebook_marks_the_word_where_it_explains_it(term):
    text = (SOURCE / f"{NOTEBOOKS[term.notebook]}.py").read_text("utf-8")
    assert re.search(rf"\*{re.escape(term.word)}s?\*", text)


def test_the_words_stand_by_the_alphabet_and_once():
    words = [term.word.lower() for term in TERMS]
    assert words == sorted(set(words))


def test_every_notebook_is_known():
    assert {path.stem for path in SOURCE.glob("0*.py")} <= set(NOTEBOOKS.values())


def test_it_can_be_asked_for_a_word():
    assert repr(lab.glossary("mac")) == (
        "encrypt-then-MAC (notebook 13): A MAC over the ciphertext: judged, then opened.\n"
        "HMAC (notebook 05): A fingerprint with a key, made from a hash function.\n"
        "MAC (notebook 06): Message authentication code: a checksum under a key."
    )
    page = lab.glossary("nonce")._repr_html_()
    assert "<th>nonce</th>" in page
    assert '<a href="00_start_here.ipynb">00</a>' in page
    assert repr(lab.glossary()).count("(notebook ") == len(TERMS)


def test_a_word_that_is_not_there():
    with pytest.raises(LocalError, match="does not explain 'blockchain'"):
        lab.glossary("blockchain")
