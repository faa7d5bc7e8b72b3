"""Records under keys: opened by another implementation, out of order refused, broken ones shown."""

import hmac
import struct
from collections.abc import Callable
from functools import cache

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC as CBCMode
from in_memory import ALL_SUITES, CBC, GCM, NULL, SIDES, Pair, RawRecord, data_of, other, records

import tlslab
from tlslab.crypto.suites import SUITES, CipherType
from tlslab.trace import RandomDrawn, Record, Trace
from tlslab.wire.registry import CipherSuite

CHACHA20 = CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
every_suite = pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.name)
every_protection = pytest.mark.parametrize(
    "suite", [GCM, CHACHA20, CBC, NULL], ids=lambda suite: suite.name
)
both_sides = pytest.mark.parametrize("role", SIDES)


@cache
def conversation(suite: CipherSuite) -> Trace:
    """What the client saw: contents of many lengths, both ways."""
    pair = Pair(suite, traced=True).connected()
    for sender in SIDES:
        for size in (1, 2, 11, 12, 13, 27, 28, 29, 255, 2**14):
            pair[sender].send(bytes([size % 256]) * size)
        pair[sender].close()
    pair.carry()
    return pair.traces["client"]


def protected_records(trace: Trace) -> list[Record]:
    found = [record for record in trace.of(Record) if record.protection != "none"]
    assert len(found) == 2 * (1 + 10 + 1)
    return found


def additional_data(record: Record) -> bytes:
    """seq_num + type + version + length of the content (RFC 5246 §6.2.3.3)."""
    type, version, _ = struct.unpack(">BHH", record.raw[:5])
    return struct.pack(">QBHH", record.sequence_number, type, version, len(record.plaintext))


def key(trace: Trace, record: Record, what: str) -> bytes:
    return trace.value(f"{record.sender}_write_{what}")


def check_mac(trace: Trace, record: Record, mac: bytes) -> None:
    mac_hash = SUITES[CipherSuite[record.protection]].mac_hash
    mac_key = key(trace, record, "MAC_key")
    expected = hmac.digest(mac_key, additional_data(record) + record.plaintext, mac_hash)
    assert mac == expected


@every_suite
def test_another_implementation_opens_every_record_with_the_keys_of_the_trace(suite: CipherSuite):
    trace = conversation(suite)
    for record in protected_records(trace):
        fragment = record.raw[5:]
        assert record.additional_data == additional_data(record)
        match SUITES[suite].cipher_type:
            case CipherType.GCM:
                nonce = key(trace, record, "IV") + fragment[:8]
                assert record.nonce == nonce
                content = AESGCM(key(trace, record, "key")).decrypt(
                    nonce, fragment[8:], additional_data(record)
                )
                assert content == record.plaintext
                assert record.inner == b""
            case CipherType.CHACHA20:
                number = record.sequence_number.to_bytes(12, "big")
                iv = key(trace, record, "IV")
                nonce = bytes(a ^ b for a, b in zip(iv, number, strict=True))
                assert record.nonce == nonce
                content = ChaCha20Poly1305(key(trace, record, "key")).decrypt(
                    nonce, fragment, additional_data(record)
                )
                assert content == record.plaintext
                assert record.inner == b""
            case CipherType.CBC:
                assert record.nonce == fragment[:16]
                cipher = Cipher(AES(key(trace, record, "key")), CBCMode(fragment[:16]))
                decryptor = cipher.decryptor()
                inner = decryptor.update(fragment[16:]) + decryptor.finalize()
                assert inner == record.inner
                content_length = len(record.plaintext)
                padding = inner[-1]
                assert inner[-1 - padding :] == bytes([padding]) * (padding + 1)
                assert inner[:content_length] == record.plaintext
                check_mac(trace, record, inner[content_length : len(inner) - 1 - padding])
            case CipherType.MAC:
                assert record.nonce == b""
                assert record.inner == fragment
                assert fragment.startswith(record.plaintext)
                check_mac(trace, record, fragment[len(record.plaintext) :])


@pytest.mark.parametrize("suite", [s for s in ALL_SUITES if s is not NULL], ids=lambda s: s.name)
def test_no_nonce_is_used_twice_under_one_key(suite: CipherSuite):
    for sender in SIDES:
        nonces = [r.nonce for r in protected_records(conversation(suite)) if r.sender == sender]
        assert len(set(nonces)) == len(nonces) == 12


@every_suite
def test_each_iv_of_a_cbc_record_is_drawn_for_it_alone(suite: CipherSuite):
    """RFC 5246 §6.2.3.2: "The Initialization Vector (IV) SHOULD be chosen at random, and MUST be
    unpredictable." """
    trace = conversation(suite)
    drawn = [e.value for e in trace.of(RandomDrawn) if e.name == "client_record_IV"]
    if SUITES[suite].cipher_type is CipherType.CBC:
        assert drawn == [r.nonce for r in protected_records(trace) if r.sender == "client"]
    else:
        assert drawn == []


@every_suite
def test_the_parts_of_a_record_have_the_names_of_the_rfc(suite: CipherSuite):
    record = protected_records(conversation(suite))[-1]
    outside = [span.path for span in record.spans]
    inside = [span.path for span in record.inner_spans]
    header = ["record.type", "record.version", "record.length"]
    match SUITES[suite].cipher_type:
        case CipherType.GCM:
            assert outside == [*header, "record.nonce_explicit", "record.ciphertext", "record.tag"]
            assert inside == []
        case CipherType.CHACHA20:
            assert outside == [*header, "record.ciphertext", "record.tag"]
            assert inside == []
        case CipherType.CBC:
            assert outside == [*header, "record.IV", "record.ciphertext"]
            assert inside == [
                "fragment.content",
                "fragment.MAC",
                "fragment.padding",
                "fragment.padding_length",
            ]
        case CipherType.MAC:
            assert outside == [*header, "record.content", "record.MAC"]
            assert inside == ["fragment.content", "fragment.MAC"]


# -- encrypt-then-MAC ----------------------------------------------------------------------------

ETM = {"encrypt_then_mac": True}
CBC_SUITES = [s for s in ALL_SUITES if SUITES[s].cipher_type is CipherType.CBC]


@pytest.mark.parametrize("suite", CBC_SUITES, ids=lambda suite: suite.name)
def test_another_implementation_opens_records_with_the_mac_outside(suite: CipherSuite):
    """RFC 7366 §3: the MAC is over what stands on the wire, and says its length."""
    pair = Pair(suite, client=ETM, server=ETM, traced=True).connected()
    for sender in SIDES:
        for size in (1, 15, 16, 17, 2**14):
            pair[sender].send(bytes(size))
    pair.carry()
    trace = pair.traces["client"]
    length = {"sha1": 20, "sha256": 32, "sha384": 48}[SUITES[suite].mac_hash]
    found = [record for record in trace.of(Record) if record.protection != "none"]
    assert len(found) == 2 * (1 + 5)
    for record in found:
        fragment = record.raw[5:]
        wire, mac = fragment[:-length], fragment[-length:]
        type, version, _ = struct.unpack(">BHH", record.raw[:5])
        header = struct.pack(">QBHH", record.sequence_number, type, version, len(wire))
        assert record.additional_data == header
        mac_key = key(trace, record, "MAC_key")
        assert mac == hmac.digest(mac_key, header + wire, SUITES[suite].mac_hash)
        decryptor = Cipher(AES(key(trace, record, "key")), CBCMode(wire[:16])).decryptor()
        inner = decryptor.update(wire[16:]) + decryptor.finalize()
        assert record.inner == inner
        assert inner == record.plaintext + bytes([inner[-1]]) * (inner[-1] + 1)
        spans = [span.path for span in record.spans][3:]
        assert spans == ["record.IV", "record.ciphertext", "record.MAC"]
        inside = [span.path for span in record.inner_spans]
        assert inside == ["fragment.content", "fragment.padding", "fragment.padding_length"]


def refused_with_the_mac_outside(fragment: Callable[[Trace], bytes]) -> Record:
    """How the server's trace shows a record that it refused."""
    pair = Pair(CBC, client=ETM, server=ETM, traced=True).connected()
    trace = pair.traces["server"]
    with pytest.raises(tlslab.ProtocolError, match="bad_record_mac"):
        pair.give("server", bytes(RawRecord(23, 0x0303, fragment(trace))))
    (record,) = (r for r in trace.of(Record) if r.content_type == "application_data")
    return record


@pytest.mark.parametrize("length", [1, 19, 20, 36, 51, 53])
def test_a_record_too_short_for_a_mac_outside_is_shown_as_one_piece(length: int):
    record = refused_with_the_mac_outside(lambda trace: bytes(length))
    assert [span.path for span in record.spans][3:] == ["record.fragment"]
    assert record.inner == b""


def test_a_record_with_a_wrong_mac_outside_is_shown_in_parts():
    record = refused_with_the_mac_outside(lambda trace: bytes(32 + 20))
    assert [span.path for span in record.spans][3:] == [
        "record.IV",
        "record.ciphertext",
        "record.MAC",
    ]


@pytest.mark.parametrize("inner", [bytes(15) + b"\x10", bytes(14) + b"\x02\x01"])
def test_a_padding_that_is_wrong_under_a_mac_that_is_right_is_refused_too(inner: bytes):
    def fragment(trace: Trace) -> bytes:
        wire = enciphered(trace, "client", inner)
        header = struct.pack(">QBHH", 1, 23, 0x0303, len(wire))
        mac_key = trace.value("client_write_MAC_key")
        return wire + hmac.digest(mac_key, header + wire, "sha1")

    record = refused_with_the_mac_outside(fragment)
    assert record.inner == inner
    if inner[-1] > 15:
        assert [span.path for span in record.inner_spans] == ["fragment.undecoded"]


# -- order --------------------------------------------------------------------------------------


def three_records(pair: Pair, sender: str) -> list[bytes]:
    for data in (b"one", b"two", b"three"):
        pair[sender].send(data)
    return [bytes(record) for record in records(pair.take(sender))]


@every_protection
@both_sides
@pytest.mark.parametrize(
    ("what", "order"),
    [("repeated", (0, 0)), ("left out", (0, 2)), ("swapped", (1,)), ("reflected", ())],
)
def test_records_that_are_repeated_left_out_or_swapped_do_not_open(role, suite, what, order):
    pair = Pair(suite).connected()
    found = three_records(pair, other(role))
    *good, bad = [found[index] for index in order] or three_records(pair, role)[:1]
    for record in good:
        assert data_of(pair.give(role, record)) == b"one"
    with pytest.raises(tlslab.ProtocolError) as caught:
        pair.give(role, bad)
    assert caught.value.alert == "bad_record_mac", what
    assert pair[role].is_closed


@every_protection
@both_sides
def test_a_record_of_another_connection_does_not_open(role: str, suite: CipherSuite):
    stranger = Pair(suite, seed="another").connected()
    pair = Pair(suite).connected()
    (record, *_) = three_records(stranger, other(role))
    with pytest.raises(tlslab.ProtocolError, match="bad_record_mac"):
        pair.give(role, record)


# -- what cannot be opened is still shown -------------------------------------------------------


def refused_record(suite: CipherSuite, role: str, fragment: bytes) -> Record:
    """How the trace of `role` shows a record that it refused."""
    pair = Pair(suite, traced=True).connected()
    with pytest.raises(tlslab.ProtocolError, match="bad_record_mac"):
        pair.give(role, bytes(RawRecord(23, 0x0303, fragment)))
    (record,) = (r for r in pair.traces[role].of(Record) if r.content_type == "application_data")
    assert record.raw[5:] == fragment
    assert (record.plaintext, record.sequence_number) == (b"", 1)
    return record


@both_sides
@pytest.mark.parametrize(
    ("suite", "length"),
    [
        (GCM, 1),
        (GCM, 8 + 16 - 1),
        (CHACHA20, 1),
        (CHACHA20, 15),
        (CBC, 1),
        (CBC, 16),
        (CBC, 31),
        (CBC, 33),
        (NULL, 1),
        (NULL, 32 - 1),
    ],
    ids=str,
)
def test_a_record_too_short_for_its_parts_is_shown_as_one_piece(role, suite, length: int):
    fragment = bytes(range(length))
    record = refused_record(suite, role, fragment)
    *_, last = record.spans
    assert (last.path, last.start, last.end) == ("record.fragment", 5, 5 + length)
    assert (record.nonce, record.additional_data) == (b"", b"")
    assert (record.inner, record.inner_spans) == (b"", ())


@both_sides
@pytest.mark.parametrize(
    ("suite", "length", "content"),
    [
        (GCM, 8 + 16, 0),
        (GCM, 30, 6),
        (CHACHA20, 16, 0),
        (CHACHA20, 20, 4),
        (NULL, 32, 0),
        (NULL, 40, 8),
    ],
)
def test_a_record_that_is_long_enough_is_shown_in_parts_though_it_is_wrong(
    role: str, suite: CipherSuite, length: int, content: int
):
    record = refused_record(suite, role, bytes(length))
    assert record.additional_data == struct.pack(">QBHH", 1, 23, 0x0303, content)
    assert "record.fragment" not in {span.path for span in record.spans}
    sizes = {span.path: span.end - span.start for span in record.spans}
    assert sizes["record.content" if suite is NULL else "record.ciphertext"] == content


def enciphered(trace: Trace, sender: str, inner: bytes) -> bytes:
    """A CBC fragment that holds `inner`, whatever that may be."""
    iv = bytes(range(16))
    encryptor = Cipher(AES(trace.value(f"{sender}_write_key")), CBCMode(iv)).encryptor()
    return iv + encryptor.update(inner) + encryptor.finalize()


@both_sides
@pytest.mark.parametrize(
    ("padding_length", "content"), [(0, 11), (11, 0), (12, None), (31, None), (255, None)]
)
def test_the_inside_of_a_cbc_record_is_cut_by_its_padding_length_or_left_whole(
    role: str, padding_length: int, content: int | None
):
    """Two blocks: 20 bytes of MAC and the padding_length leave 11 for content and padding."""
    trace = Pair(CBC, traced=True).connected().traces[role]
    inner = bytes(31) + bytes([padding_length])
    record = refused_record(CBC, role, enciphered(trace, other(role), inner))
    assert record.inner == inner
    assert record.nonce == bytes(range(16))
    spans = {span.path: (span.start, span.end) for span in record.inner_spans}
    if content is None:
        assert spans == {"fragment.undecoded": (0, 32)}
        assert record.inner_spans[0].value == "the padding is wrong"
        assert record.additional_data == b""
    else:
        assert spans == {
            "fragment.content": (0, content),
            "fragment.MAC": (content, content + 20),
            "fragment.padding": (content + 20, 31),
            "fragment.padding_length": (31, 32),
        }
        assert record.additional_data == struct.pack(">QBHH", 1, 23, 0x0303, content)


@every_protection
@both_sides
def test_the_alert_for_a_record_that_does_not_open_says_nothing_about_why(role, suite):
    """RFC 5246 §7.2.2: padding or MAC, too short or changed, it is all bad_record_mac."""
    said = set()
    for length in (1, 16, 31, 32, 48, 64, 80):
        pair = Pair(suite).connected()
        with pytest.raises(tlslab.ProtocolError) as caught:
            pair.give(role, bytes(RawRecord(23, 0x0303, bytes(length))))
        error = caught.value
        said.add((str(error), error.where, error.section, pair.take(role)))
    assert len(said) == 1
