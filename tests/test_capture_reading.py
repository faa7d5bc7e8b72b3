"""A capture read back: each side's bytes, whoever wrote it and however its packets arrived."""

import random
import shutil
import struct
import subprocess

import pytest

from tlslab import LocalError, capture, lab
from tlslab.trace import Record

LONG = b"POST / HTTP/1.1\r\n\r\n" + b"x" * 5000


@pytest.fixture(scope="module")
def trace():
    return lab.handshake(seed=1, request=LONG).trace


def sent(trace, side):
    return b"".join(record.raw for record in trace.of(Record) if record.sender == side)


def blocks(content):
    """The blocks of a little-endian pcapng file, whole."""
    position = 0
    while position < len(content):
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        yield content[position : position + length]
        position += length


def is_packet(block):
    return block[:4] == struct.pack("<I", capture.ENHANCED_PACKET)


def in_order(content, order):
    """The same capture with its packets as `order` gives them."""
    every = list(blocks(content))
    packets = [block for block in every if is_packet(block)]
    return b"".join([*(each for each in every if not is_packet(each)), *order(packets)])


def shuffled(packets):
    return random.Random(7).sample(packets, len(packets))


def test_each_side_is_what_its_records_say(trace):
    (found,) = capture.conversations(capture.pcapng(trace))
    assert found.client == sent(trace, "client")
    assert found.server == sent(trace, "server")
    assert found.key_log == trace.key_log()
    assert repr(found).startswith("<Conversation: 5,5")


def test_without_the_key_log_there_is_no_secret_in_it(trace):
    content = capture.pcapng(trace, with_key_log=False)
    (found,) = capture.conversations(content)
    assert found.key_log == ""
    assert trace.value("master_secret").hex().encode() not in content
    assert found.client == sent(trace, "client")


@pytest.mark.parametrize(
    "order",
    [
        shuffled,
        lambda packets: [each for each in packets for _ in range(2)],
        lambda packets: [packets[1], packets[0], *packets[2:]],
        lambda packets: packets[3:],
    ],
    ids=["shuffled", "each twice", "the answer before the call", "begun after the TCP handshake"],
)
def test_packets_late_twice_or_from_the_middle_on(order, trace):
    (found,) = capture.conversations(in_order(capture.pcapng(trace), order))
    assert (found.client, found.server) == (sent(trace, "client"), sent(trace, "server"))


def test_a_packet_that_is_missing_is_noticed(trace):
    def without_one(packets):
        return [each for number, each in enumerate(packets) if number != 5]

    with pytest.raises(LocalError, match="567 bytes of a TCP connection are missing"):
        capture.conversations(in_order(capture.pcapng(trace), without_one))


@pytest.mark.parametrize("content", [b"", b"\x0a\x0d\x0d\x0a", b"GIF89a" * 9])
def test_what_is_no_capture_is_refused(content):
    with pytest.raises(LocalError, match="no pcapng file"):
        capture.conversations(content)


def test_wherever_it_is_cut_off_it_is_refused_or_ends_with_a_whole_block(trace):
    content = capture.pcapng(lab.handshake(seed=1).trace)
    ends = {0}
    for block in blocks(content):
        ends.add(max(ends) + len(block))
    for end in range(28, len(content)):
        if end not in ends:
            with pytest.raises(LocalError, match="cut off"):
                capture.conversations(content[:end])


def packet(data, interface=0):
    head = struct.pack("<IIIII", interface, 0, 0, len(data), len(data))
    return capture._block(capture.ENHANCED_PACKET, head + data + bytes(-len(data) % 4))


@pytest.mark.parametrize(
    "noise",
    [
        packet(b""),
        packet(b"\x45" + bytes(27)),
        packet(capture._ip("client", "server", b"no whole TCP header")),
        packet(b"\x45" + bytes(39), interface=7),
        capture._block(0x0BAD, b"1234"),
        capture._block(capture.SECRETS, struct.pack("<II", 0x57474B4C, 4) + b"1234"),
    ],
    ids=["empty", "not TCP", "too short", "of no interface", "of no known kind", "other secrets"],
)
def test_what_is_not_tcp_is_passed_over(noise, trace):
    (found,) = capture.conversations(capture.pcapng(trace) + noise)
    assert (found.client, found.server) == (sent(trace, "client"), sent(trace, "server"))
    assert found.key_log == trace.key_log()


def test_options_of_tcp_and_padding_behind_the_packet_are_no_data(trace):
    segment = capture._tcp("client", "server", 7, 0, capture.PSH, b"four")
    options = bytes((1, 1, 1, 0))
    longer = segment[:12] + bytes([6 << 4]) + segment[13:20] + options + segment[20:]
    section, interface, *_ = blocks(capture.pcapng(trace))
    padded = capture._ip("client", "server", longer) + b"padding"
    (found,) = capture.conversations(section + interface + packet(padded))
    assert found.client == b"four"


def test_two_connections_are_two_conversations(trace):
    other = lab.handshake(seed=2).trace
    content = (
        capture.pcapng(other)
        .replace(struct.pack("!HH", 50_000, 443), struct.pack("!HH", 50_001, 443))
        .replace(struct.pack("!HH", 443, 50_000), struct.pack("!HH", 443, 50_001))
    )
    first, second = capture.conversations(capture.pcapng(trace) + content)
    assert first.client == sent(trace, "client")
    assert second.client == sent(other, "client")


def test_sequence_numbers_begin_again_after_the_last_of_32_bits():
    ends, stream = ((b"a", 1), (b"b", 2)), capture._Streams()
    for seq, payload in ((2**32 - 2, b"one"), (1, b"two"), (2**32 - 3, b"")):
        stream.add(capture._Segment(*ends, seq, capture.SYN * (not payload), payload))
    assert stream.conversation("").client == b"onetwo"


def test_a_capture_in_the_other_byte_order():
    def block(kind, form, *values):
        body = struct.pack(">" + form, *values)
        return struct.pack(">II", kind, 12 + len(body)) + body + struct.pack(">I", 12 + len(body))

    segment = capture._tcp("client", "server", 7, 0, capture.PSH, b"four")
    packet = capture._ip("client", "server", segment)
    content = block(capture.SECTION_HEADER, "IHHq", capture.BYTE_ORDER_MAGIC, 1, 0, -1)
    content += block(capture.INTERFACE, "HHI", capture.LINKTYPE_RAW, 0, 0)
    content += block(
        capture.ENHANCED_PACKET, f"IIIII{len(packet)}s", 0, 0, 0, len(packet), len(packet), packet
    )
    (found,) = capture.conversations(content)
    assert found.client == b"four"


# -- captures that others wrote ---------------------------------------------------------------------


def run(*command):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.peer
def test_tshark_follows_the_same_bytes(trace, tmp_path):
    path = capture.save_pcapng(trace, tmp_path / "mine.pcapng")
    lines = run("tshark", "-r", str(path), "-q", "-z", "follow,tcp,raw,0").splitlines()
    hexadecimal = [
        line for line in lines if line.strip() and set(line.strip()) <= set("0123456789abcdef")
    ]
    client = "".join(line for line in hexadecimal if not line.startswith("\t"))
    server = "".join(line.strip() for line in hexadecimal if line.startswith("\t"))
    (found,) = capture.load_pcapng(path)
    assert (found.client.hex(), found.server.hex()) == (client, server)


@pytest.mark.peer
def test_a_capture_that_tshark_wrote(trace, tmp_path):
    mine, theirs = capture.save_pcapng(trace, tmp_path / "mine.pcapng"), tmp_path / "theirs.pcapng"
    run("tshark", "-r", str(mine), "-w", str(theirs), "-F", "pcapng")
    assert theirs.read_bytes() != mine.read_bytes()
    (found,) = capture.load_pcapng(theirs)
    assert (found.client, found.server) == (sent(trace, "client"), sent(trace, "server"))
    assert found.key_log == trace.key_log()


@pytest.mark.peer
@pytest.mark.parametrize("addresses", ["192.0.2.7,192.0.2.8", "2001:db8::1,2001:db8::2"])
def test_ethernet_with_either_version_of_ip(addresses, tmp_path):
    message = bytes(range(1, 200))
    dump, path = tmp_path / "message.txt", tmp_path / "ethernet.pcapng"
    dump.write_text("000000 " + message.hex(" ") + "\n")
    version = "-6" if ":" in addresses else "-4"
    run("text2pcap", version, addresses, "-T", "5000,443", str(dump), str(path))
    assert (run("tshark", "-r", str(path), "-T", "fields", "-e", "tcp.dstport")).strip() == "443"
    (found,) = capture.load_pcapng(path)
    assert (found.client, found.server) == (message, b"")
