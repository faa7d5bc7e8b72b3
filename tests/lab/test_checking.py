"""What `lab.check` says of a function that is wrong in a way of its own, and what it keeps."""

import json
import threading
import time

import pytest

from tlslab import LocalError, ProtocolError, lab
from tlslab.lab import checking, learner
from tlslab.lab.comparing import difference, same, shape
from tlslab.lab.exercises import exercises


@pytest.fixture(autouse=True)
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("TLSLAB_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(checking, "_installed", {})
    return tmp_path / "state"


def test_the_first_difference_is_shown_in_its_context():
    def prf(secret, label, seed, length, hash_name):
        right = bytearray(lab.primitives().prf(secret, label, seed, length, hash_name))
        right[7] ^= 0xFF
        return bytes(right)

    result = lab.check(prf)
    assert result.status == "wrong"
    assert "the vector of the IETF's list" in result.message
    assert "The first byte that differs is number 7." in result.message
    assert "From byte 3 on it returned ba 72 7b e1 84 8d 12 26 20; expected is ba 72 7b e1 7b" in (
        result.message
    )


def test_an_error_is_shown_at_the_learners_own_line():
    def prf(secret, label, seed, length, hash_name):
        return secret + 1

    result = lab.check(prf)
    assert result.status == "crashed"
    assert result.message.startswith("prf raised TypeError: can't concat int to bytes")
    assert "in prf, line" in result.message
    assert "return secret + 1" in result.message
    assert "checking.py" not in result.message
    assert "_call" not in result.message


@pytest.mark.parametrize("error", [SystemExit, ValueError, RecursionError])
def test_whatever_it_raises_is_told(error):
    def prf(secret, label, seed, length, hash_name):
        raise error("so it is")

    assert f"prf raised {error.__name__}: so it is" in lab.check(prf).message


def test_an_interrupt_goes_through():
    def prf(secret, label, seed, length, hash_name):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab.check(prf)


@pytest.mark.parametrize("loop", ["busy", "asleep", "swallows"])
def test_a_loop_without_an_end_is_stopped(loop):
    def prf(secret, label, seed, length, hash_name):
        while True:
            try:
                time.sleep(60 if loop == "asleep" else 0)
            except Exception:
                if loop != "swallows":
                    raise

    result = lab.check(prf, limit=0.2)
    assert result.status == "too slow"
    assert "not done after 0.2 s" in result.message


def test_a_loop_is_stopped_in_another_thread_too():
    def prf(secret, label, seed, length, hash_name):
        while True:
            pass

    results = []
    thread = threading.Thread(target=lambda: results.append(lab.check(prf, limit=0.2)))
    thread.start()
    thread.join(20)
    assert results[0].status == "too slow"


def test_a_function_that_passes_runs_in_a_handshake_with_openssl():
    called = []

    def prf(secret, label, seed, length, hash_name):
        called.append(label)
        return lab.primitives().p_hash(secret, label + seed, length, hash_name)

    assert lab.check(prf).status == "passed"
    called.clear()
    assert lab.peers.openssl(role="client", primitives=lab.primitives()).trace
    assert {b"master secret", b"key expansion", b"client finished"} <= set(called)


def test_what_does_not_pass_is_not_installed_and_what_passed_stays():
    def prf(secret, label, seed, length, hash_name):
        return lab.primitives().p_hash(secret, label + seed, length, hash_name)

    lab.check(prf)
    good = checking._installed["prf"]

    def wrong(*_):
        return b""

    wrong.__name__ = "prf"
    assert lab.check(wrong).status == "wrong"
    assert checking._installed["prf"] is good

    def unwritten(*_):
        raise NotImplementedError

    unwritten.__name__ = "prf"
    assert "The version of yours that passed stays." in lab.check(unwritten).message


def test_a_name_that_no_exercise_has():
    with pytest.raises(LocalError, match="no exercise asks for a function called 'pfr'; they ask"):
        lab.check(pfr)


def pfr():
    raise NotImplementedError


def test_progress_is_kept_and_can_be_started_over(state):
    def prf(secret, label, seed, length, hash_name):
        return lab.primitives().p_hash(secret, label + seed, length, hash_name)

    assert not state.exists()
    lab.check(prf)
    kept = json.loads((state / "progress.json").read_text())
    assert kept["done"] == ["05.prf"]
    seed = learner.seed()
    assert learner.seed() == seed == kept["seed"]
    text = str(lab.progress())
    assert "1 of " in text
    assert "Go on with 0" in text
    assert str(state) in text.replace("\n", "").replace(" ", "") or "progress.json" in text
    lab.start_over()
    assert learner.load().done == []
    assert learner.seed() != seed


def test_a_damaged_file_is_put_aside_and_nothing_else_happens(state):
    state.mkdir()
    (state / "progress.json").write_text('{"seed": "x", "done"')
    with pytest.raises(LocalError, match=r"is now .*damaged\.json"):
        lab.progress()
    assert (state / "progress.damaged.json").read_text() == '{"seed": "x", "done"'
    assert learner.load().done == []


def test_with_the_state_off_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setenv("TLSLAB_STATE", "off")
    monkeypatch.chdir(tmp_path)
    assert learner.seed() == learner.OFFICIAL_SEED
    learner.done("05.prf")
    assert list(tmp_path.iterdir()) == []


def test_a_result_is_text_and_html_and_hostile_words_stay_words():
    result = checking.Result("05.prf", "wrong", "<b>no</b>\n  in <i>, line 1")
    assert repr(result) == "✗ <b>no</b>\n  in <i>, line 1"
    assert "<b>no" not in result._repr_html_()
    assert "&lt;i&gt;" in result._repr_html_()


@pytest.mark.parametrize(
    ("expected", "got", "sentence"),
    [
        (b"ab", None, "It returned None. Is there a `return`, and is it reached?"),
        (b"\xab", "ab", "It returned the right bytes as hex text. Return the bytes themselves."),
        (b"\xab", "zz", "It returned text. Expected are bytes."),
        (b"abc", b"cba", "It returned the right bytes in reverse order."),
        (b"abcd", b"ab", "It returned 2 bytes. Expected are 4; what both have is the same."),
        (5, "5", "It returned text. Expected is a whole number."),
        (5, 6, "It returned 6. Expected is 5."),
        ([1, 2], [1, 3], "Element 1 is wrong. It returned 3. Expected is 2."),
        ([1, 2], [1], "It returned 1 element. Expected are 2."),
        (b"ab", 5, "It returned a whole number. Expected is a bytes."),
    ],
)
def test_what_is_different_in_one_sentence(expected, got, sentence):
    assert difference(expected, got).replace("Expected is bytes", "Expected is a bytes") == sentence


@pytest.mark.parametrize(
    ("expected", "got", "sentence"),
    [
        ([True, False], [True], "It has 1 element. Asked for are 2."),
        ((1, 2), [3, 4, 5], "It has 3 elements. Asked for are 2."),
        ([1, 2], (2, 1), "It is of the right kind, and something else."),
        ([1, 2], {1, 2}, "This is a set. Asked for is a list."),
    ],
)
def test_of_a_list_the_length_is_said_and_a_tuple_does_for_it(expected, got, sentence):
    assert shape(expected, got) == sentence


def test_a_mistake_that_refuses_rightly_is_not_that_of_somebody_with_another_alert():
    def dh_shared_secret(field, private, peer_public):
        share = int.from_bytes(peer_public, "big")
        if not 1 < share < field.p - 1:
            raise ProtocolError("decrypt_error", "not a good share")
        secret = pow(share, private, field.p)
        return secret.to_bytes((secret.bit_length() + 7) // 8, "big")

    message = lab.check(dh_shared_secret).message
    assert "You refuse the right shares with another alert." in message


def test_the_shape_of_a_wrong_answer_says_nothing_of_the_right_one():
    secret = b"\x13\x37secret"
    for got in (b"", b"x" * 8, secret[::-1], "text", 5, secret.hex()):
        sentence = shape(secret, got)
        assert sentence
        assert secret.hex() not in sentence
        assert "1337" not in sentence


def test_a_list_is_a_tuple_and_true_is_not_one():
    assert same([(1, b"a")], ((1, b"a"),))
    assert same(bytearray(b"a"), b"a")
    assert not same(True, 1)
    assert not same(b"a", "a")


def test_what_it_prints_is_shown_for_the_case_that_is_wrong_and_nowhere_else(capsys):
    def prf(secret, label, seed, length, hash_name):
        print("the label is", label)
        print("\n".join("line" for _ in range(20)))
        return b""

    result = lab.check(prf)
    assert "It printed:\n  the label is b'test label'\n  line" in result.message
    assert "… 11 lines more" in result.message
    assert capsys.readouterr().out == ""


def test_a_program_can_read_the_result():
    def prf(secret, label, seed, length, hash_name):
        raise NotImplementedError

    assert lab.check(prf)._repr_mimebundle_() == {
        "application/vnd.tlslab.result+json": {"exercise": "05.prf", "status": "not written"}
    }


@pytest.mark.parametrize("execution", ["autograde", "validate"])
def test_where_nbgrader_is_at_work_only_a_pass_is_no_error(execution, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", execution)

    def prf(secret, label, seed, length, hash_name):
        raise NotImplementedError

    with pytest.raises(checking.NotPassedError, match=r"05\.prf, not written: prf is not"):
        lab.check(prf)
    with pytest.raises(checking.NotPassedError, match=r"02\.client_random, wrong: "):
        lab.answer("02.client_random", b"")
    right = exercises()["05.prf"].reference

    def prf(*arguments):
        return right(*arguments)

    assert lab.check(prf).status == "passed"
