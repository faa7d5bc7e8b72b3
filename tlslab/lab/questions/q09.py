"""Questions of notebook 09, steal the key."""

from tlslab.view.quiz import Choice, Choose, Match, Order

QUESTIONS = (
    Order(
        "What does the thief do, with a recording and the private key?",
        (
            ("split the bytes into records", "Everything else lies inside of them."),
            (
                "find the encrypted premaster secret",
                "It is in the ClientKeyExchange, before ChangeCipherSpec.",
            ),
            ("decrypt it with the private key", "The one step for which the key is needed."),
            (
                "derive master secret and session keys",
                "The two randoms come from the hellos, which are in the clear.",
            ),
            ("open the records", "Each with its sequence number; Finished is number 0."),
        ),
    ),
    Choose(
        "The server gets a new key and a new certificate, and the old key is destroyed. Then "
        "somebody finds a copy of the old one. Which sessions can be read?",
        (
            Choice(
                "None: the certificate is no longer valid",
                "Whether a certificate is valid is a question for clients. A decryption asks "
                "nobody.",
            ),
            Choice(
                "The recorded ones from the time of the old key",
                "Their premaster secrets were encrypted to it, and still are.",
                right=True,
            ),
            Choice(
                "All, also those from now on",
                "These have their premaster secrets encrypted to the new key.",
            ),
        ),
    ),
    Choose(
        "Why does the thief need the ServerHello, although it holds no secret?",
        (
            Choice(
                "Its random goes into the keys",
                "Both randoms go into the master secret and into the key block. They are public, "
                "and the keys come out wrong without them.",
                right=True,
            ),
            Choice(
                "The premaster secret is in it",
                "That is in the ClientKeyExchange, which the client sends.",
            ),
            Choice(
                "It is signed with the private key",
                "Nothing is signed in this handshake, apart from the certificates.",
            ),
        ),
    ),
    Match(
        "What does the stolen key open?",
        (
            (
                "TLS_RSA_WITH_AES_128_CBC_SHA, certificate of the stolen key",
                "everything",
                "The cipher does not matter: the premaster secret was encrypted to this key.",
            ),
            (
                "TLS_RSA_WITH_AES_256_GCM_SHA384, certificate of another key",
                "nothing: it is the wrong key",
                "A premaster secret that was encrypted to somebody else.",
            ),
            (
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, certificate of the stolen key",
                "nothing: no premaster secret was encrypted",
                "Here RSA is for a signature. A signature hides nothing that could be opened.",
            ),
        ),
    ),
    Choose(
        "When does the thief have to act?",
        (
            Choice(
                "During the session",
                "Then they would have to change something. They only listen.",
            ),
            Choice(
                "Before the certificate expires",
                "It says until when clients accept the key, and no more.",
            ),
            Choice(
                "Any time",
                "Today's sessions can be recorded today, and read when a key turns up.",
                right=True,
            ),
        ),
    ),
)
