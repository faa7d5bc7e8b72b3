"""Questions of notebook 04, premaster secret."""

from tlslab.view.quiz import Choice, Choose, Order

QUESTIONS = (
    Choose(
        '"The public key encrypts the connection." What does it really encrypt?',
        (
            Choice(
                "All that the client sends",
                "RSA is far too slow for that, and this key could take only 245 bytes at a time. "
                "The session keys do it.",
            ),
            Choice(
                "48 bytes, once",
                "The premaster secret. All data is encrypted with the session keys, which both "
                "sides compute from it.",
                right=True,
            ),
            Choice(
                "The certificate",
                "Nothing in the certificate is encrypted.",
            ),
        ),
    ),
    Choose(
        "The padding string must not contain a zero byte. What would happen with one?",
        (
            Choice(
                "The RSA computation would fail",
                "RSA computes with numbers, and does not care about bytes.",
            ),
            Choice(
                "The receiver would take it for the end of the padding",
                "The first zero after `00 02` ends the padding. The receiver would find a message "
                "that is too long, and the handshake would fail.",
                right=True,
            ),
            Choice(
                "An attacker could decrypt the message",
                "The padding would be a little more guessable, and nothing else.",
            ),
        ),
    ),
    Choose(
        "The client alone makes up the premaster secret. Why does the server not mind?",
        (
            Choice(
                "The server's own random goes into the master secret too",
                "A client whose random numbers are bad harms its own connections, and no other.",
                right=True,
            ),
            Choice(
                "The server checks that it is random enough",
                "It cannot: 48 zeros are as likely as any other 48 bytes.",
            ),
            Choice(
                "The server adds its own half of it",
                "In this exchange it does not. It does with Diffie-Hellman, in notebook 10.",
            ),
        ),
    ),
    Choose(
        "A server finds that the padding is wrong. What does it do, and why?",
        (
            Choice(
                "It sends an alert at once, so that the client can try again",
                'Who can ask often enough "is this padding right?" can decrypt any message, '
                "without the key. That is Bleichenbacher's attack of 1998.",
            ),
            Choice(
                "It goes on with a random premaster secret, and the handshake fails at Finished",
                "So nobody learns from its behaviour whether the padding or something else was "
                "wrong: RFC 5246 §7.4.7.1.",
                right=True,
            ),
            Choice(
                "It asks the client to send it again",
                "TLS has no such message.",
            ),
        ),
    ),
    Order(
        "Put the encryption of the premaster secret in order.",
        (
            (
                "the version that the client offered, 2 bytes",
                "It comes first, so that the server can see whether somebody changed the offer.",
            ),
            (
                "46 random bytes behind it",
                "Together they are the premaster secret.",
            ),
            (
                "the padding in front of it: `00 02`, random bytes without zero, `00`",
                "Now it is as long as the modulus.",
            ),
            (
                "one number from all these bytes, raised to the public exponent",
                "This is RSA.",
            ),
            (
                "two bytes of length in front of the result",
                "TLS sends it as a vector. SSL 3.0 forgot them.",
            ),
        ),
    ),
)
