"""The pictures of handshakes of TLS 1.3."""

import pytest
from every_handshake import HANDSHAKES_OF_TLS13
from matplotlib.text import Text

from tlslab import view
from tlslab.trace import RandomDrawn, SecretDerived, ValueReceived
from tlslab.view.story import steps

KINDS = ("plain", "hybrid", "retried with a cookie", "early data", "new keys", "user, later")
every_kind = pytest.mark.parametrize("name", KINDS)


def words(picture):
    return " ".join(text.get_text() for text in picture.figure.findobj(match=Text))


@every_kind
def test_the_ladder_has_every_step_and_a_line_for_each_kind_of_keys(name):
    trace = HANDSHAKES_OF_TLS13[name]().trace
    picture = view.plot_ladder(trace)
    told = [line.partition(": ")[0] for line in picture.lines if line.startswith("Step ")]
    # What stands behind a colon in a title is cut here, on both sides.
    expected = [f"Step {step.number}, {step.title}".partition(": ")[0] for step in steps(trace)]
    # A late question comes after the first data, which have the last step.
    assert sorted(told) == sorted(expected)
    assert told == expected or name == "user, later"
    written = words(picture)
    for kind in ("in the clear", "under the handshake keys", "under the application keys"):
        assert kind in written
    assert ("under the early keys" in written) is (name == "early data")
    assert "session keys" not in written


@every_kind
def test_the_graph_has_every_value_and_says_which_ones_an_eavesdropper_knows(name):
    trace = HANDSHAKES_OF_TLS13[name]().trace
    picture = view.plot_secrets(trace)
    of_values = RandomDrawn | ValueReceived | SecretDerived
    names = {event.name for event in trace if isinstance(event, of_values)}
    told = {line.partition(": ")[0]: line for line in picture.lines}
    assert told.keys() == names
    public = {each for each, line in told.items() if " · public" in line}
    shares = {each for each in names if "_share" in each}
    # Of zeros alone the Early Secret is known to everybody; the binder stands in the hello.
    expected = {"client_random", "server_random", "session_id", *shares}
    expected |= {"binder"} if name == "early data" else {"early_secret"}
    assert public == expected
    if name == "hybrid":
        assert "from mlkem_secret and ecdh_secret" in told["shared_secret"]


@every_kind
def test_the_pictures_show_none_of_the_secrets(name):
    trace = HANDSHAKES_OF_TLS13[name]().trace
    for picture in (view.plot_secrets(trace), view.plot_ladder(trace)):
        everything = (picture.svg() + str(picture)).replace(" ", "")
        for event in trace.of(SecretDerived):
            assert event.value[:4].hex() not in everything
