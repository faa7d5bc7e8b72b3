"""The words of the course, each with its meaning and the notebook that explains it first."""

from dataclasses import dataclass

from tlslab.errors import LocalError
from tlslab.view.tables import escape, wrapped

NOTEBOOKS = {
    "00": "00_start_here",
    "01": "01_bytes_and_records",
    "02": "02_hello",
    "03": "03_certificates",
    "04": "04_premaster_secret",
    "05": "05_master_secret",
    "06": "06_finished",
    "07": "07_application_data",
    "08": "08_your_handshake",
    "09": "09_steal_the_key",
    "10": "10_ephemeral_diffie_hellman",
    "11": "11_client_authentication",
    "12": "12_resumption",
    "13": "13_hardening",
    "14": "14_one_round_trip",
    "15": "15_key_schedule",
    "16": "16_psk_and_early_data",
    "17": "17_post_quantum",
}


@dataclass(frozen=True, slots=True)
class Term:
    """A word, what it means in one or two sentences, and the number of the notebook."""

    word: str
    meaning: str
    notebook: str


TERMS: tuple[Term, ...] = tuple(
    Term(*each)
    for each in (
        ("0-RTT", "Zero round trips: early data.", "16"),
        (
            "abbreviated handshake",
            "One that goes on with the master secret of an earlier session.",
            "12",
        ),
        ("alert", 'The message of TLS for "no": two bytes, level and description.', "00"),
        ("authentication", "Finding out who somebody is.", "11"),
        ("authorisation", "Deciding what somebody may do.", "11"),
        ("authority", "Somebody who signs certificates, and whom clients trust to do it.", "00"),
        ("big-endian", "The most significant byte first: the order of all numbers in TLS.", "01"),
        (
            "binder",
            "A MAC over the ClientHello that proves that its sender has the pre-shared key.",
            "16",
        ),
        ("capture", "A file of packets that passed on a network.", "09"),
        ("certificate", "A signed statement that a public key belongs to a name.", "00"),
        ("ChangeCipherSpec", "One byte: from my next record on, the new keys are in use.", "00"),
        ("cipher", "A method of encryption, such as AES.", "00"),
        ("cipher suite", "The methods that a connection uses, under one name.", "00"),
        ("ciphertext", "What encryption makes of the plaintext.", "00"),
        ("client", "The side that calls.", "00"),
        ("ClientHello", "The first message: what the client can do, and its random.", "00"),
        (
            "context string",
            "Letters in a signed content that say who signs, and for which purpose.",
            "14",
        ),
        (
            "cookie",
            "What a server gives with a HelloRetryRequest, to remember the first hello by.",
            "16",
        ),
        ("DER", "The encoding of certificates: type, length, content, one inside the other.", "03"),
        ("Diffie-Hellman", "Agreeing on a secret in public: two shares, and one result.", "10"),
        (
            "discrete logarithm",
            "The way back from a power to its exponent; for large primes nobody has one.",
            "10",
        ),
        ("DNS over TLS", "Asking for the address of a name, through TLS.", "00"),
        (
            "downgrade",
            "Somebody in between cuts an offer, so that something weaker is chosen.",
            "13",
        ),
        (
            "early data",
            "Data that a client sends before the server has answered; it can be replayed.",
            "16",
        ),
        ("elliptic curve", "Points that can be added: Diffie-Hellman with short shares.", "10"),
        ("encrypt-then-MAC", "A MAC over the ciphertext: judged, then opened.", "13"),
        ("ephemeral", "Made for one handshake, and then thrown away.", "10"),
        (
            "extended master secret",
            "A master secret from the whole handshake, and not from the randoms alone.",
            "13",
        ),
        ("extension", "An offer in the ClientHello, and its answer in the ServerHello.", "13"),
        (
            "Finished",
            "The message that proves the master secret and the transcript, in 12 bytes.",
            "00",
        ),
        ("flight", "What one side sends before it has to wait for the other.", "12"),
        ("forward secrecy", "A key that is stolen later opens no recorded connection.", "00"),
        ("fragment", "What a record carries, without its header.", "01"),
        ("generator", "The number of whose powers the shares are.", "10"),
        ("handshake", "The messages at the beginning, by which both sides agree.", "00"),
        ("hash", "A fingerprint of bytes: change one bit, and it is another.", "00"),
        ("header", "The bytes in front that say what follows, and how long it is.", "01"),
        ("hex", "Bytes as text: two digits from 0 to f for each.", "00"),
        ("HKDF", "Two functions of HMAC: one makes a secret even, one stretches it.", "15"),
        ("HMAC", "A fingerprint with a key, made from a hash function.", "05"),
        (
            "hybrid",
            "A key exchange of two methods at once; whoever wants the secret has to break both.",
            "17",
        ),
        ("issuer", "The name of who signed a certificate.", "03"),
        (
            "KEM",
            "Key encapsulation mechanism: one side sends a key, the other a secret under it.",
            "17",
        ),
        ("key", "A secret number that a method works with.", "00"),
        ("key block", "What the master secret is stretched into, and then cut into keys.", "00"),
        ("key exchange", "How both sides come to have the same secret.", "00"),
        ("key log", "The secrets of a connection in a file, for people who look for faults.", "00"),
        ("key pair", "A public key and the private key that belongs to it.", "00"),
        ("key share", "A share of Diffie-Hellman in a hello of TLS 1.3.", "14"),
        ("label", "Letters that say for which purpose a secret is stretched.", "05"),
        (
            "learning with errors",
            "Linear equations with small errors: hard to solve, and what ML-KEM rests on.",
            "17",
        ),
        ("MAC", "Message authentication code: a checksum under a key.", "06"),
        ("Main Secret", "The third stage of TLS 1.3, from which the data's secrets come.", "15"),
        (
            "man in the middle",
            "Somebody in between who takes part, as each side to the other.",
            "10",
        ),
        ("master secret", "48 bytes from which all keys of a connection are made.", "00"),
        ("ML-DSA", "A signature that a quantum computer would not forge; it is long.", "17"),
        ("ML-KEM", "The KEM of FIPS 203, which a quantum computer would not break.", "17"),
        ("mutual TLS", "A handshake in which the client shows a certificate too.", "11"),
        ("nonce", "A number that is used once, so that no two encryptions are alike.", "00"),
        ("padding", "Bytes that fill up to a length that a method needs.", "04"),
        ("plaintext", "What is to be protected, as it was before.", "06"),
        (
            "premaster secret",
            "The secret that the key exchange gives; the master secret is made from it.",
            "00",
        ),
        ("PRF", "Pseudorandom function: it stretches a secret under a label.", "00"),
        ("private key", "The half of a key pair that stays with its owner.", "00"),
        ("PSK", "Pre-shared key: a secret that both sides had before.", "16"),
        ("public key", "The half of a key pair that everybody may have.", "00"),
        (
            "quantum computer",
            "A machine that would find periods, and so private numbers. None is large enough yet.",
            "17",
        ),
        ("record", "The envelope of TLS: header and content.", "00"),
        ("renegotiation", "A second handshake within a connection. TLS 1.3 has none.", "13"),
        ("resumption", "Going on with an earlier session: no certificate, no key exchange.", "12"),
        ("round trip", "The way there and back, and the time that it takes.", "12"),
        ("salt", "The key of the HMAC by which a secret is extracted. It may be known.", "15"),
        ("seed", "A starting number that fixes all others, so that a run can be repeated.", "00"),
        ("server", "The side that answers.", "00"),
        ("ServerHello", "The answer: what the server chose, and its random.", "00"),
        ("session", "What both sides keep to go on from: the master secret above all.", "12"),
        (
            "session hash",
            "The hash of all messages up to and including the ClientKeyExchange.",
            "13",
        ),
        ("session ID", "The name under which a server remembers a session.", "12"),
        ("session keys", "The keys that protect the data of one connection.", "00"),
        ("share", "What a side says in public for Diffie-Hellman.", "10"),
        ("signature", "Bytes that only a private key makes, and its public key verifies.", "03"),
        (
            "signature scheme",
            "How a signature is made: the kind of key, the padding, the hash.",
            "10",
        ),
        ("subject", "The name of whom a certificate is for.", "03"),
        ("tag", "The checksum of a record that is encrypted with AES-GCM.", "00"),
        ("ticket", "A session, sealed by the server and kept by the client.", "12"),
        ("trace", "What one side did, noted step by step.", "00"),
        ("transcript", "All handshake messages so far, in order.", "00"),
        ("triple handshake", "An attack of 2014: two sessions are given one master secret.", "13"),
        ("truncated", "Of a ClientHello: up to its list of binders.", "16"),
        ("trust anchor", "A certificate that a client trusts because it had it before.", "03"),
        ("vector", "In TLS: a list of bytes or items with its length in front.", "01"),
        ("Wireshark", "A program to look at network traffic.", "08"),
        ("X25519MLKEM768", "The hybrid of X25519 and ML-KEM-768 that browsers use.", "17"),
    )
)


class Glossary:
    """Some of the terms, as a table with a way back to where each is explained."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._terms = terms

    def __repr__(self) -> str:
        lines: list[str] = []
        for term in self._terms:
            lines += wrapped(f"{term.word} (notebook {term.notebook}): {term.meaning}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(term.word)}</th><td>{escape(term.meaning)}</td>"
            f'<td><a href="{NOTEBOOKS[term.notebook]}.ipynb">{term.notebook}</a></td></tr>'
            for term in self._terms
        )
        head = "<tr><th>word</th><th>meaning</th><th>notebook</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def glossary(word: str = "") -> Glossary:
    """The words that have `word` in them; all of them for none. Raises LocalError if there is none.

    "MAC" gives MAC and HMAC.
    """
    found = tuple(term for term in TERMS if word.lower() in term.word.lower())
    if not found:
        raise LocalError(f"the course does not explain {word!r}; lab.glossary() shows what it does")
    return Glossary(found)
