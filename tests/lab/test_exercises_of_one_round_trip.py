"""What notebook 14 takes for right is what RFCs published, and its wrong answers do not work."""

import hashlib

import pytest
from cryptography import x509

from tlslab import lab
from tlslab.crypto.signatures import verify
from tlslab.crypto.suites import CipherType
from tlslab.errors import ProtocolError
from tlslab.lab import rfc8448
from tlslab.lab.exercises import Refusal, find, n14, n14_records
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE
from tlslab.trace import Record
from tlslab.wire.registry import SignatureScheme

EXERCISES = (*n14.EXERCISES, *n14_records.EXERCISES)
CASES = [
    pytest.param(exercise, case, id=f"{exercise.name}: {case.what}")
    for exercise in EXERCISES
    for case in exercise.cases(SeededRandom(1, "test"))
]
SIGNED, NONCE, ADDITIONAL = (
    find(f"14.{name}")
    for name in ("tls13_signed_content", "per_record_nonce", "tls13_additional_data")
)
PUBLISHED = rfc8448.PUBLISHED


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_the_published_outcome_of_a_case_is_the_references(exercise, case):
    if isinstance(case.expected, Refusal):
        with pytest.raises(ProtocolError) as refused:
            exercise.reference(*case.arguments)
        assert case.expected.fits(refused.value)
    elif case.expected is not None:
        assert exercise.reference(*case.arguments) == case.expected
    else:
        exercise.reference(*case.arguments)


def server_messages():
    """The messages of RFC 8448's server, with their headers."""
    key, iv = (PUBLISHED[f"server_handshake_write_{what}"] for what in ("key", "iv"))
    inner = REFERENCE.aead_unprotect(CipherType.GCM, key, iv, 0, rfc8448.SERVER_FLIGHT[5:])
    rest = REFERENCE.open_inner_plaintext(inner)[1]
    messages = []
    while rest:
        length = 4 + int.from_bytes(rest[1:4], "big")
        messages.append(rest[:length])
        rest = rest[length:]
    return messages


def test_the_server_of_rfc_8448_signed_this_content_and_none_of_the_wrong_ones():
    extensions, certificate, certificate_verify, _ = server_messages()
    transcript = [rfc8448.CLIENT_HELLO[5:], rfc8448.SERVER_HELLO[5:], extensions, certificate]
    digest = hashlib.sha256(b"".join(transcript)).digest()
    der = certificate[11 : 11 + int.from_bytes(certificate[8:11], "big")]
    key = x509.load_der_x509_certificate(der).public_key()
    scheme = SignatureScheme(int.from_bytes(certificate_verify[4:6], "big"))
    signature = certificate_verify[8:]
    verify(key, scheme, signature, SIGNED.reference("server", digest))
    wrong = [mistake.function("server", digest) for mistake in SIGNED.mistakes]
    differ = [content for content in wrong if content != SIGNED.reference("server", digest)]
    # Only "you always write the server's" is right for a server.
    assert len(differ) == len(wrong) - 1
    for content in differ:
        with pytest.raises(ProtocolError):
            verify(key, scheme, signature, content)


# To add, and a number of four bytes, are right for the first records: OpenSSL would notice late.
LATE = {(NONCE.id, 2), (NONCE.id, 7)}


def opens_records(primitives):
    """Whether the first two records of RFC 8448's server open."""
    key, iv = (PUBLISHED[f"server_application_write_{what}_0"] for what in ("key", "iv"))
    try:
        for count, record in enumerate((rfc8448.NEW_SESSION_TICKET, rfc8448.SERVER_DATA)):
            primitives.aead_unprotect(CipherType.GCM, key, iv, count, record[5:])
    except (ProtocolError, ValueError, TypeError):
        return False
    return True


@pytest.mark.parametrize(
    ("exercise", "number"),
    [(each, n) for each in (NONCE, ADDITIONAL) for n in range(len(each.mistakes))],
)
def test_with_a_wrong_nonce_or_header_the_records_of_rfc_8448_do_not_open(exercise, number):
    wrong = REFERENCE.using(**{exercise.primitive: exercise.mistakes[number].function})
    assert opens_records(REFERENCE)
    assert opens_records(wrong) is ((exercise.id, number) in LATE)


def test_a_key_share_stands_in_both_hellos():
    handshake = lab.handshake(seed=1, version="TLS 1.3")
    traces = {"client": handshake.trace, "server": handshake.server_trace}
    for side, trace in traces.items():
        entry = n14.key_share(trace.value(f"{side}_private"))
        assert entry in handshake.trace.messages(f"{side}_hello")[0].raw


def test_the_length_that_is_asked_for_is_that_of_a_record():
    for seed in range(20):
        data = bytes(n14_records.seen_length(seed))
        handshake = lab.handshake(seed=1, version="TLS 1.3", request=data)
        records = handshake.trace.of(Record)
        sent = next(each for each in records if each.content_type == "application_data")
        assert len(sent.raw) == n14_records.seen_record(seed)
