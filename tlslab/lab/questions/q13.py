"""Questions of notebook 13, hardening."""

from tlslab.view.quiz import Choice, Choose, Match, Order

QUESTIONS = (
    Choose(
        "Your program and OpenSSL have the same premaster secret and different master secrets. "
        "Each of your functions passes its vectors. What do you look at first?",
        (
            Choice(
                "The certificate",
                "It was verified, and the premaster secret arrived. The fault is behind it.",
            ),
            Choice(
                "The extensions that the ServerHello answers",
                "They say which functions were agreed on. With `extended_master_secret` it is "
                "another one.",
                right=True,
            ),
            Choice(
                "How the record was encrypted",
                "That comes later: with other keys no record opens, however it was made.",
            ),
        ),
    ),
    Choose(
        "A client offers `extended_master_secret`, and the server does not answer it. What now?",
        (
            Choice(
                "Both derive the old master secret",
                "Nothing was agreed on. A client that wants no old servers may end the handshake "
                "instead, RFC 7627 §5.2.",
                right=True,
            ),
            Choice(
                "The client derives the extended one, since it offered it",
                "Then the two have different keys. An offer alone settles nothing.",
            ),
            Choice(
                "The server sends the alert unsupported_extension",
                "A server passes over what it does not know. The alert is for a client that gets "
                "an answer to what it did not ask.",
            ),
        ),
    ),
    Choose(
        "The client signs a CertificateVerify. Is it in the session hash?",
        (
            Choice(
                "Yes, as in the hash of Finished",
                "Finished covers it. The session hash ends earlier, with the ClientKeyExchange.",
            ),
            Choice(
                "No, it comes after the ClientKeyExchange",
                "The session hash goes up to and including the ClientKeyExchange.",
                right=True,
            ),
            Choice(
                "No, since it is encrypted",
                "It is not: the client's first encrypted message is Finished.",
            ),
        ),
    ),
    Choose(
        "The old master secret has both randoms in it. Why could two sessions still have the same?",
        (
            Choice(
                "Random numbers repeat now and then",
                "With 28 to 32 random bytes that does not happen.",
            ),
            Choice(
                "Who stands in the middle can pass both randoms and the premaster secret on",
                "They are the one whom the client called, so they may read the premaster secret. "
                "The certificate was the only difference, and it was not in the formula.",
                right=True,
            ),
            Choice(
                "The PRF has collisions",
                "Nobody knows one, and nobody needs one here: all inputs are the same.",
            ),
        ),
    ),
    Choose(
        "A record with encrypt-then-MAC was changed on the way. What does the receiver decrypt?",
        (
            Choice(
                "All of it, and then it compares the MAC",
                "That is MAC-then-encrypt, where the MAC is inside.",
            ),
            Choice(
                "The last block, to find the padding",
                "The MAC stands outside: no padding is needed to find it.",
            ),
            Choice(
                "Nothing",
                "The MAC over IV and ciphertext is wrong, and that ends it.",
                right=True,
            ),
        ),
    ),
    Order(
        "In which order does a receiver with encrypt-then-MAC work?",
        (
            ("look at the length", "Behind the IV there are whole blocks, and then the MAC."),
            ("compute the MAC over IV and ciphertext", "Nothing is decrypted for it."),
            ("compare it with the one in the record", "A difference ends it: bad_record_mac."),
            ("decrypt", "Only what the MAC has vouched for."),
            ("check the padding and cut it off", "What is left is the content."),
        ),
    ),
    Match(
        "What does `renegotiation_info` hold?",
        (
            (
                "the ClientHello of a first handshake",
                "nothing, or a suite stands for it",
                "There is no handshake before it.",
            ),
            (
                "the ServerHello of a first handshake",
                "nothing",
                "It is answered all the same: the server says that it knows the extension.",
            ),
            (
                "the ClientHello of a renegotiation",
                "12 bytes",
                "The client's last verify_data.",
            ),
            (
                "the ServerHello of a renegotiation",
                "24 bytes",
                "The client's and the server's last verify_data.",
            ),
        ),
    ),
)
