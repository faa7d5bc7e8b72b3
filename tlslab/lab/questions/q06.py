"""Questions of notebook 06, Finished."""

from tlslab.view.quiz import Choice, Choose, Match

QUESTIONS = (
    Choose(
        "Why is ChangeCipherSpec not in the transcript?",
        (
            Choice(
                "It is encrypted",
                "It is the last thing that goes in the clear.",
            ),
            Choice(
                "It is not a handshake message",
                "Its record type is 20, and that of the handshake is 22. It was meant as a signal "
                "to the layer below. TLS 1.3 has no use for it.",
                right=True,
            ),
            Choice(
                "It is too short to be hashed",
                "One byte can be hashed as well as any other.",
            ),
        ),
    ),
    Choose(
        "Would a plain hash of the transcript do as Finished, if it were sent in an encrypted "
        "record?",
        (
            Choice(
                "Yes: nobody can read it",
                "Nobody has to read it: everybody saw the messages, and can compute the hash.",
            ),
            Choice(
                "No: encryption hides, and does not prove",
                "With some ciphers, who knows the plain bytes can change the encrypted ones so "
                "that other bytes come out. Finished has to stand on its own, and with the PRF it "
                "does.",
                right=True,
            ),
            Choice(
                "No: a hash is too long",
                "It could be cut, as Finished is.",
            ),
        ),
    ),
    Choose(
        "Could a server without the master secret send the client's own `verify_data` back as its "
        "Finished?",
        (
            Choice(
                "Yes, if it can decrypt it",
                "Even then it would be wrong.",
            ),
            Choice(
                "No: another label, and a longer transcript",
                'The label is "server finished", and the transcript has one message more: the '
                "Finished of the client.",
                right=True,
            ),
            Choice(
                "No: the client would notice the same bytes",
                "No rule says to compare the two.",
            ),
        ),
    ),
    Match(
        "Is it in the transcript?",
        (
            (
                "the header of a record",
                "no",
                "Records are envelopes. How a message was cut must not matter.",
            ),
            (
                "the header of a handshake message",
                "yes",
                "Type and length belong to the message.",
            ),
            (
                "the client's Finished, for the server's Finished",
                "yes",
                "As plaintext. It is a handshake message like the others.",
            ),
            (
                "HelloRequest",
                "no",
                "RFC 5246 §7.4.1.1 says so. It is not part of any handshake.",
            ),
            (
                "ChangeCipherSpec",
                "no",
                "It is a protocol of its own.",
            ),
        ),
    ),
)
