"""Exercises of notebook 02, hello: write the offer, and choose from it."""

from collections.abc import Callable, Iterator, Sequence

from tlslab.lab.configs import Seed
from tlslab.lab.exercises.exercise import Answer, Case, Exercise, Mistake, SeededBytes
from tlslab.lab.randomness import SeededRandom

Extensions = Sequence[tuple[int, bytes]]


# -- the ClientHello ----------------------------------------------------------------------------


def encode_client_hello(
    client_version: int,
    random: bytes,
    session_id: bytes,
    cipher_suites: Sequence[int],
    compression_methods: Sequence[int],
    extensions: Extensions,
) -> bytes:
    """The ClientHello as a whole handshake message, header and body (RFC 5246 §7.4.1.2).

    Raises ValueError if the random is not 32 bytes long, the session ID longer than 32, or there
    is no cipher suite or no compression method.
    """
    if len(random) != 32 or len(session_id) > 32:
        raise ValueError("a random has 32 bytes, a session ID at most 32")
    if not cipher_suites or not compression_methods:
        raise ValueError("an offer needs at least one suite and one compression method")
    return _client_hello(
        client_version, random, session_id, cipher_suites, compression_methods, extensions
    )


def _client_hello(
    client_version: int,
    random: bytes,
    session_id: bytes,
    cipher_suites: Sequence[int],
    compression_methods: Sequence[int],
    extensions: Extensions,
    *,
    order: str = "big",
    header: int = 4,
    message_length: int = 3,
    counted: int = 0,
    random_length: int = 0,
    session_id_length: int = 1,
    suites_length: int = 2,
    suites_counted: int = 2,
    methods_length: int = 1,
    method_size: int = 1,
    extensions_length: int = 2,
    data_length: int = 2,
    extension_counted: int = 0,
    empty_extensions: bool = True,
) -> bytes:
    """The message, or one with a mistake in it: each length is that of a field that says one."""

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, "big" if order == "big" else "little")

    suites = b"".join(number(suite, 2) for suite in cipher_suites)
    methods = b"".join(number(method, method_size) for method in compression_methods)
    listed = b"".join(
        number(kind, 2)
        + (number(len(data) + extension_counted, data_length) if data_length else b"")
        + data
        for kind, data in extensions
    )
    body = number(client_version, 2)
    body += number(len(random), random_length) if random_length else b""
    body += random
    body += number(len(session_id), session_id_length) if session_id_length else b""
    body += session_id
    suites_number = len(suites) * suites_counted // 2
    body += number(suites_number, suites_length) if suites_length else b""
    body += suites
    body += number(len(methods), methods_length) if methods_length else b""
    body += methods
    if extensions or empty_extensions:
        body += number(len(listed), extensions_length) if extensions_length else b""
        body += listed
    start = b"\x01" + number(len(body) + counted, message_length)
    return start[:header] + body


def client_hello_cases(draw: SeededBytes) -> Iterator[Case]:
    """Short and long offers, with and without session ID and extensions, and what is none."""
    random = draw("client_random", 32)
    name = (0, b"\x00\x15\x00\x00\x12server.tlslab.test")
    long_name = b"a" * 200 + draw("a name", 2).hex().encode()
    entry = b"\x00" + len(long_name).to_bytes(2, "big") + long_name
    server_name = (0, len(entry).to_bytes(2, "big") + entry)
    suites = (0x009C, 0x002F, 0x003C)
    renegotiation_info = (0xFF01, b"\x00")
    yield Case(
        "two suites, and three extensions",
        (0x0303, random, b"", suites[:2], (0,), [name, (23, b""), renegotiation_info]),
    )
    yield Case("the shortest offer", (0x0303, bytes(32), b"", (0x009C,), (0,), []))
    yield Case(
        "a session ID of 32 bytes",
        (0x0303, random, draw("session_id", 32), suites, (0,), [renegotiation_info]),
    )
    yield Case(
        "a session ID of 7 bytes, two compression methods",
        (0x0303, random, draw("session_id", 7), suites, (1, 0), [name]),
    )
    yield Case("an old version", (0x0301, random, b"", suites, (0,), []))
    yield Case("a name of more than 200 bytes", (0x0303, random, b"", suites, (0,), [server_name]))
    many = tuple(0xC000 + number for number in range(150))
    yield Case("150 suites", (0x0303, random, b"", many, (0,), [name]))
    yield Case("a random of 31 bytes", (0x0303, bytes(31), b"", suites, (0,), []), ValueError)
    yield Case(
        "a session ID of 33 bytes", (0x0303, random, bytes(33), suites, (0,), []), ValueError
    )
    yield Case("no suite at all", (0x0303, random, b"", (), (0,), []), ValueError)
    yield Case("no compression method", (0x0303, random, b"", suites, (), []), ValueError)


def _written(**mistake: object) -> Callable[..., bytes]:
    """The whole function, with one mistake in what it writes."""

    def function(*arguments: object) -> bytes:
        encode_client_hello(*arguments)  # type: ignore[arg-type]
        return _client_hello(*arguments, **mistake)  # type: ignore[arg-type]

    return function


# -- the choice ---------------------------------------------------------------------------------


def choose_cipher_suite(offered: Sequence[int], supported: Sequence[int]) -> int | None:
    """The first of the server's `supported` suites that the client `offered`; None if none is.

    RFC 5246 §7.4.1.3 leaves the choice to the server.
    """
    return next((suite for suite in supported if suite in offered), None)


def suite_cases(draw: SeededBytes) -> Iterator[Case]:
    """Orders that agree and do not, one in common, none, and empty lists."""
    gcm, gcm_256, cbc, cbc_256 = 0x009C, 0x009D, 0x002F, 0x0035
    yield Case("one suite on both sides", ((gcm,), (gcm,)), gcm)
    yield Case("two suites, in opposite orders", ((cbc, gcm), (gcm, cbc)), gcm)
    yield Case("the server likes the smaller number better", ((gcm, cbc), (cbc, gcm)), cbc)
    yield Case(
        "three of them, the dearest neither first nor highest",
        ((cbc, gcm_256, gcm), (gcm, cbc, gcm_256)),
        gcm,
    )
    yield Case("the server's dearest is not offered", ((cbc_256, cbc), (gcm, cbc, cbc_256)), cbc)
    yield Case("nothing in common", ((cbc, cbc_256), (gcm,)))
    yield Case("an offer of suites that nobody knows", ((0x0A0A, 0xFFFE), (gcm, cbc)))
    yield Case("an empty offer", ((), (gcm,)))
    for number in range(3):
        drawn = draw(f"suites {number}", 24)
        known = tuple(dict.fromkeys(0xC000 + byte for byte in drawn[:12]))
        offer = (0x1301, *sorted(known[2:], key=lambda code: code * 37 % 251))
        yield Case("suites drawn at random", (offer, known))


def _choice(key: Callable[[list[int]], int]) -> Callable[..., int | None]:
    """Chooses with `key` from what both have, in the client's order."""

    def function(offered: Sequence[int], supported: Sequence[int]) -> int | None:
        common = [suite for suite in offered if suite in supported]
        return key(common) if common else None

    return function


def _refusing(offered: Sequence[int], supported: Sequence[int]) -> int:
    chosen = choose_cipher_suite(offered, supported)
    if chosen is None:
        raise ValueError("handshake_failure")
    return chosen


# -- the version --------------------------------------------------------------------------------


def negotiate_version(client_version: int, server_versions: Sequence[int]) -> int:
    """The highest of the server's versions that is not above the client's (RFC 5246 E.1).

    Raises ValueError if there is none.
    """
    common = [version for version in server_versions if version <= client_version]
    if not common:
        raise ValueError("protocol_version")
    return max(common)


def version_cases(draw: SeededBytes) -> Iterator[Case]:
    """The same versions, a newer client, a newer server, gaps, and nothing in common."""
    yield Case("both can do TLS 1.2", (0x0303, (0x0303,)), 0x0303)
    yield Case("a client of TLS 1.1", (0x0302, (0x0303, 0x0302, 0x0301)), 0x0302)
    yield Case("a client of the future", (0x0305, (0x0301, 0x0302, 0x0303)), 0x0303)
    yield Case("a server that left out TLS 1.1", (0x0302, (0x0301, 0x0303)), 0x0301)
    yield Case("an old server", (0x0303, (0x0301,)), 0x0301)
    yield Case("the server's versions in no order", (0x0303, (0x0302, 0x0303, 0x0300)), 0x0303)
    yield Case("a client that is too old", (0x0301, (0x0303,)), ValueError)
    yield Case("SSL 3.0 and a server of today", (0x0300, (0x0303, 0x0302)), ValueError)
    yield Case("a server without any version", (0x0303, ()), ValueError)
    client = 0x0300 + draw("client_version", 1)[0] % 4 + 4
    yield Case("a version that nobody has heard of", (client, (0x0302, 0x0303)), 0x0303)


def _negotiated(
    choose: Callable[[int, Sequence[int]], int],
) -> Callable[[int, Sequence[int]], int]:
    """`choose`, refusing where one has to."""

    def function(client_version: int, server_versions: Sequence[int]) -> int:
        negotiate_version(client_version, server_versions)
        return choose(client_version, server_versions)

    return function


def _lowest(client_version: int, server_versions: Sequence[int]) -> int:
    return min(version for version in server_versions if version <= client_version)


def _first(client_version: int, server_versions: Sequence[int]) -> int:
    return next(version for version in server_versions if version <= client_version)


def _exact(client_version: int, server_versions: Sequence[int]) -> int:
    if client_version not in server_versions:
        raise ValueError("protocol_version")
    return client_version


def _none(client_version: int, server_versions: Sequence[int]) -> int | None:
    common = [version for version in server_versions if version <= client_version]
    return max(common, default=None)


# -- a hidden site ------------------------------------------------------------------------------

KINDS = ("bakery", "clinic", "library", "museum", "orchard", "theatre", "union", "weather")
PLACES = ("alder", "birch", "cedar", "elm", "hazel", "linden", "maple", "rowan")
DOMAIN = ".example"


def hidden_client_hello(seed: Seed) -> bytes:
    """A record with a ClientHello for a learner: it names a site that only its bytes tell."""
    draw = SeededRandom(str(seed), "02.server_name")
    host_name = server_name(seed).encode()
    entry = b"\x00" + len(host_name).to_bytes(2, "big") + host_name
    named = (0, len(entry).to_bytes(2, "big") + entry)
    others = [(23, b""), (13, b"\x00\x04\x04\x01\x08\x04"), (0xFF01, b"\x00"), named]
    turn = draw("order", 1)[0] % 4
    message = encode_client_hello(
        0x0303,
        draw("client_random", 32),
        draw("session_id", draw("its length", 1)[0] % 33),
        (0xC02F, 0x009C, 0x002F)[: 1 + turn % 3],
        (0,),
        others[turn:] + others[:turn],
    )
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


def server_name(seed: Seed) -> str:
    """The site that `hidden_client_hello(seed)` asks for."""
    draw = SeededRandom(str(seed), "02.server_name")
    number = int.from_bytes(draw("name", 4), "big")
    place, kind = PLACES[number % 8], KINDS[number // 8 % 8]
    return f"{place}-{kind}-{number // 64 % 9000 + 1000}{DOMAIN}"


def client_random(seed: Seed) -> bytes:
    """The random of `hidden_client_hello(seed)`."""
    return hidden_client_hello(seed)[11:43]


# -- the exercises ------------------------------------------------------------------------------

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="02.encode_client_hello",
        reference=encode_client_hello,
        cases=client_hello_cases,
        mistakes=(
            Mistake(
                "The handshake header is missing: one byte of type, 1 for a ClientHello, and three "
                "of length.",
                _written(header=0),
            ),
            Mistake(
                "The header begins with the type 1, but the three bytes of length are missing.",
                _written(header=1),
            ),
            Mistake(
                "The length in the header counts the header too. It is that of the body alone "
                "(RFC 5246 §7.4).",
                _written(counted=4),
            ),
            Mistake(
                "The length in the header has two bytes. In a handshake header it is a uint24.",
                _written(message_length=2, header=3),
            ),
            Mistake(
                "The numbers are in little-endian order. The first byte counts most.",
                _written(order="little"),
            ),
            Mistake(
                "There is a length in front of the random. It has none: opaque random[32] is "
                "always 32 bytes.",
                _written(random_length=1),
            ),
            Mistake(
                "The session ID has no length in front of it. It is a vector <0..32>, so one byte, "
                "and that byte stands there even when it is 0.",
                _written(session_id_length=0),
            ),
            Mistake(
                "The length of the session ID has two bytes. Its bound, 32, fits into one.",
                _written(session_id_length=2),
            ),
            Mistake(
                "The list of cipher suites has no length in front of it.",
                _written(suites_length=0),
            ),
            Mistake(
                "You wrote how many suites there are. The length of a vector counts bytes, and a "
                "suite has two.",
                _written(suites_counted=1),
            ),
            Mistake(
                "The compression methods have no length in front of them.",
                _written(methods_length=0),
            ),
            Mistake(
                "The length of the compression methods has two bytes. Their bound, 2^8-1, fits "
                "into one.",
                _written(methods_length=2),
            ),
            Mistake(
                "You wrote each compression method in two bytes. It has one.",
                _written(method_size=2),
            ),
            Mistake(
                "Without extensions you leave their list out. TLS 1.2 allows that; here write the "
                "empty list as its length, 00 00.",
                _written(empty_extensions=False),
            ),
            Mistake(
                "The list of extensions has no length in front of it: two bytes, before the first "
                "extension.",
                _written(extensions_length=0),
            ),
            Mistake(
                "The extensions' data has no length. Each extension is a type, two bytes of "
                "length, and its data.",
                _written(data_length=0),
            ),
            Mistake(
                "The length of an extension counts its type and itself too. It is that of the data "
                "alone.",
                _written(extension_counted=4),
            ),
            Mistake(
                "There is a record header in front. The record layer adds it later: give the "
                "handshake message.",
                lambda *arguments: _in_record(encode_client_hello(*arguments)),
            ),
            Mistake(
                "What you write is right, and values out of their bounds are written too. Raise "
                "ValueError for them.",
                _client_hello,
            ),
        ),
        hints=(
            "Write the body first, field by field, in the order of the struct. The header needs "
            "its length, so it comes last.",
            "Numbers are value.to_bytes(size, 'big'). Only what stands in <…> has a length in "
            "front: session_id one byte, cipher_suites two, compression_methods one, extensions "
            "two.",
            "A helper inside your function, vector(size, data), that gives "
            "len(data).to_bytes(size, 'big') + data, leaves six short lines: one for each field.",
        ),
        section="RFC 5246 §7.4.1.2",
    ),
    Exercise(
        id="02.choose_cipher_suite",
        reference=choose_cipher_suite,
        cases=suite_cases,
        mistakes=(
            Mistake(
                "You go through the client's list. Here the server's order decides: go through "
                "`supported`.",
                _choice(lambda common: common[0]),
            ),
            Mistake(
                "You take the highest number. Numbers of suites are names, a higher one is not a "
                "better one: the server's order decides.",
                _choice(max),
            ),
            Mistake(
                "You take the lowest number. Numbers of suites are names: the server's order "
                "decides.",
                _choice(min),
            ),
            Mistake(
                "You take the last suite that both have. The dearest stands first.",
                lambda offered, supported: choose_cipher_suite(offered, supported[::-1]),
            ),
            Mistake(
                "You take the server's first suite without looking whether the client offered it.",
                lambda offered, supported: supported[0] if supported else None,
            ),
            Mistake(
                "You give the position in the list. Give the number that stands there.",
                lambda offered, supported: (
                    None
                    if (chosen := choose_cipher_suite(offered, supported)) is None
                    else list(supported).index(chosen)
                ),
            ),
            Mistake(
                "You raise an error when nothing is in common. Return None: who calls you decides "
                "which alert that becomes.",
                _refusing,
            ),
        ),
        hints=(
            "There are two lists. Which of them says what the one who chooses likes best?",
            "Go through `supported` from the front, and stop at the first one that was offered.",
            "If the loop ends without finding one, return None.",
        ),
        section="RFC 5246 §7.4.1.3",
        primitive="choose_cipher_suite",
    ),
    Exercise(
        id="02.negotiate_version",
        reference=negotiate_version,
        cases=version_cases,
        mistakes=(
            Mistake(
                "You answer with the client's version even if the server does not have it. The "
                "answer has to be one of the server's.",
                _negotiated(lambda client_version, _: client_version),
            ),
            Mistake(
                "You answer with the server's highest version even if it is above the client's. "
                "The client said what its highest is.",
                _negotiated(lambda _, server_versions: max(server_versions)),
            ),
            Mistake(
                "You take the lowest version that both have. Take the highest: old versions were "
                "replaced because they were weak.",
                _negotiated(_lowest),
            ),
            Mistake(
                "You take the first one that fits. The list may be in any order: take the highest.",
                _negotiated(_first),
            ),
            Mistake(
                "You insist on the client's very version. It means 'at most this one': a lower one "
                "of the server's will do.",
                _exact,
            ),
            Mistake(
                "You return None when there is nothing in common. Raise ValueError.",
                _none,
            ),
            Mistake(
                "You compare the wrong way round: that is a version above what the client can do.",
                lambda client_version, server_versions: (
                    negotiate_version(-client_version, [-version for version in server_versions])
                    * -1
                ),
            ),
        ),
        hints=(
            "client_version is a ceiling: the highest that the client can do.",
            "First keep those of the server's versions that are not above the client's.",
            "If none is left, raise ValueError; else the answer is the highest of them.",
        ),
        section="RFC 5246 Appendix E.1",
    ),
)

ANSWERS: tuple[Answer, ...] = (
    Answer(
        id="02.server_name",
        expected=server_name,
        mistakes=(
            (
                "That is the name as bytes. Say it as text: .decode().",
                lambda seed: server_name(seed).encode(),
            ),
            (
                "That lacks the end of the name. The two bytes before it say how long it is.",
                lambda seed: server_name(seed).removesuffix(DOMAIN),
            ),
            (
                "That is the name with the three bytes in front of it: the kind of name, and its "
                "length.",
                lambda seed: f"\x00\x00{chr(len(server_name(seed)))}{server_name(seed)}",
            ),
        ),
        hints=(
            "The extensions stand at the end. Each has a type of two bytes; that of server_name "
            "is 0.",
            "Names are not encrypted, so they look like text: print the record.",
            "In the data of extension 0 stand two bytes for the length of the list, one for the "
            "kind of name, two for the length of the name, and then the name.",
        ),
    ),
    Answer(
        id="02.client_random",
        expected=client_random,
        mistakes=(
            (
                "You forgot the record header. The random begins 6 bytes into the message, and the "
                "message 5 bytes into the record.",
                lambda seed: hidden_client_hello(seed)[6:38],
            ),
            (
                "You begin at the version. The random stands behind its two bytes.",
                lambda seed: hidden_client_hello(seed)[9:41],
            ),
            (
                "You begin at the handshake header. The random stands behind its four bytes and "
                "the two of the version.",
                lambda seed: hidden_client_hello(seed)[5:37],
            ),
            (
                "Those bytes are right, but there are too few or too many: a random has 32.",
                lambda seed: hidden_client_hello(seed)[11:39],
            ),
        ),
        hints=(
            "Five bytes of record header, four of handshake header, two of version: then comes "
            "the random.",
            "It has a fixed length, so no length stands in front of it: 32 bytes.",
            "Add the three numbers of the first hint: that is where to begin to cut.",
        ),
    ),
)


def _in_record(message: bytes) -> bytes:
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message
