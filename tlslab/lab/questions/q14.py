"""Questions of notebook 14, one round trip."""

from tlslab.view.quiz import Choice, Choose, Match, Order

QUESTIONS = (
    Order(
        "In which order do these happen in TLS 1.3?",
        (
            ("the client makes a share", "It is a guess: nobody has asked for it yet."),
            ("the server has the shared secret", "It needs the ClientHello alone, and its own."),
            ("the client has the shared secret", "When the ServerHello has arrived."),
            ("the client sees the certificate", "It comes encrypted, behind the ServerHello."),
            ("the client sends its Finished", "The server's was first."),
            ("the server sees data of the client", "It came together with the Finished."),
        ),
    ),
    Choose(
        "Why does the handshake of TLS 1.3 need one round trip less?",
        (
            Choice(
                "Its messages are shorter",
                "They are not, all in all. And bytes cost little: waiting does.",
            ),
            Choice(
                "The client sends its share before it knows what the server takes",
                "In TLS 1.2 it had to wait for the server's choice.",
                right=True,
            ),
            Choice(
                "The client no longer verifies the server's Finished",
                "It does, before it sends anything of its own.",
            ),
        ),
    ),
    Choose(
        "A recording has a ServerHello with the version 03 03. Which TLS is it?",
        (
            Choice("TLS 1.2", "Perhaps. TLS 1.3 writes 03 03 there too."),
            Choice("TLS 1.3", "Only if supported_versions says so."),
            Choice(
                "The extension supported_versions tells",
                "With 03 04 in it, it is TLS 1.3; without the extension TLS 1.2.",
                right=True,
            ),
        ),
    ),
    Choose(
        "Both sides send a ChangeCipherSpec in TLS 1.3. What does it do?",
        (
            Choice(
                "It says that the sender's next record is encrypted",
                "That was TLS 1.2. Here the server's next record would be encrypted anyhow.",
            ),
            Choice(
                "Nothing: it is there for machines on the way",
                "They know TLS 1.2, and let through what looks like it. The receiver drops it.",
                right=True,
            ),
            Choice(
                "It goes into the transcript, so that nobody removes it",
                "It is no handshake message, and is in no transcript.",
            ),
        ),
    ),
    Choose(
        "Why do 64 spaces stand before what a server signs?",
        (
            Choice(
                "To make the content as long as a block of SHA-256",
                "It is 64 bytes, by the way; but a hash takes any length.",
            ),
            Choice(
                "So that a signature of TLS 1.2 can never be taken for one of TLS 1.3",
                "There the content begins with a random that a stranger chooses, and with the "
                "server's own, which will not be spaces.",
                right=True,
            ),
            Choice(
                "To hide how long the hash is",
                "Nothing is hidden: everybody who verifies knows the content.",
            ),
        ),
    ),
    Match(
        "Who listens on the wire: what is in the clear?",
        (
            ("the name that the client calls", "in both", "It is in the ClientHello."),
            ("the certificate", "in TLS 1.2 alone", "In TLS 1.3 there are keys before it."),
            (
                "which protocol the server chose (ALPN)",
                "in TLS 1.2 alone",
                "It moved from the ServerHello to EncryptedExtensions.",
            ),
            ("how long a record is", "in both", "It stands in the header. Padding blurs it."),
            ("the data", "in neither", "It is what all this is for."),
        ),
    ),
    Choose(
        "The third record under a key: what is its nonce in TLS 1.3?",
        (
            Choice(
                "It stands in the record, eight bytes in front of the ciphertext",
                "That is GCM in TLS 1.2. Here nothing of it is sent.",
            ),
            Choice("The IV, with 3 added", "It is exclusive-or, and counting begins at 0."),
            Choice(
                "The IV exclusive-or 2",
                "The first record is number 0, so the third is number 2.",
                right=True,
            ),
        ),
    ),
)
