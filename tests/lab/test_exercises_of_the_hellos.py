"""What notebooks 01 and 02 take for right is what the package does, for every learner's seed."""

import pytest

from tlslab import lab
from tlslab.lab.exercises import n01, n02
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.trace import Record
from tlslab.wire.framing import HandshakeHeader, RecordHeader, decode_handshake
from tlslab.wire.hello import ClientHello

SEEDS = range(200)


def outcome(function, arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("module", [n01, n02], ids=["01", "02"])
def test_the_published_outcome_of_a_case_is_the_references(module):
    for exercise in module.EXERCISES:
        for case in exercise.cases(SeededRandom(1, "test")):
            if case.expected is not None:
                assert outcome(exercise.reference, case.arguments) == case.expected, case.what


@pytest.mark.parametrize("module", [n01, n02], ids=["01", "02"])
def test_no_known_wrong_answer_is_right_for_any_learner(module):
    for answer in module.ANSWERS:
        for seed in SEEDS:
            expected = answer.expected(seed)
            assert expected not in [wrong(seed) for _, wrong in answer.mistakes]
        assert len({answer.expected(seed) for seed in SEEDS}) > len(SEEDS) / 2


def test_records_and_messages_of_a_real_handshake_come_apart():
    trace = lab.handshake(seed=1).trace
    records = [record for record in trace.of(Record) if record.sender == "server"]
    split, rest = n01.split_records(b"".join(record.raw for record in records))
    assert rest == b""
    headers = [RecordHeader.decode(record.raw[:5]) for record in records]
    assert [record[:2] for record in split] == [(each.type, each.version) for each in headers]
    assert [record[2] for record in split] == [record.raw[5:] for record in records]
    clear = [fragment for type_, _, fragment in split if type_ == 22][:3]
    sent = [m.raw for m in trace.messages() if m.sender == "server" and m.protection == "none"]
    assert n01.split_messages(clear) == [raw for raw in sent if len(raw) > 1]


def test_a_hidden_record_holds_one_whole_message_and_the_beginning_of_the_one_asked_for():
    for seed in SEEDS:
        ((type_, version, fragment),), rest = n01.split_records(n01.hidden_record(seed))
        assert (type_, version, rest) == (22, 0x0303, b"")
        (whole,) = n01.split_messages([fragment])
        header = HandshakeHeader.decode(fragment[len(whole) :][:4])
        assert (header.msg_type.name, header.length) == n01.hidden_message(seed)


def test_a_client_hello_is_written_as_the_package_reads_it():
    for case in n02.client_hello_cases(SeededRandom(1, "test")):
        if case.expected is ValueError:
            continue
        raw = n02.encode_client_hello(*case.arguments)
        hello = decode_handshake(ClientHello, raw)
        assert hello.encode_handshake() == raw
        assert (hello.client_version, hello.random, hello.session_id) == case.arguments[:3]
        assert hello.cipher_suites == tuple(case.arguments[3])


def test_a_hidden_client_hello_names_the_site_asked_for():
    for seed in SEEDS:
        record = n02.hidden_client_hello(seed)
        hello = decode_handshake(ClientHello, record[5:])
        (name,) = [e for e in hello.extensions if e.extension_type.name == "server_name"]
        assert name.server_name_list[0].host_name.decode() == n02.server_name(seed)
        assert hello.random == n02.client_random(seed)


def test_the_choice_is_that_of_the_primitives():
    for case in n02.suite_cases(SeededRandom(1, "test")):
        assert n02.choose_cipher_suite(*case.arguments) == REFERENCE.choose_cipher_suite(
            *case.arguments
        )
