"""Questions of notebook 02, hello."""

from tlslab.view.quiz import Choice, Choose, Match

QUESTIONS = (
    Choose(
        "Both randoms are public. Would it do if the client used the same random each time?",
        (
            Choice(
                "Yes: the random of the server is new, and that is enough",
                "For the server it is. But somebody could play a recorded server to the client, "
                "with the old randoms.",
            ),
            Choice(
                "No: the client would be open to a recorded server",
                "The keys would differ as long as the server draws a new one. But the client could"
                " not tell a recorded server from a living one. So both draw one.",
                right=True,
            ),
            Choice(
                "No: an eavesdropper could guess the keys",
                "The random is public in any case. What keeps the keys secret is the premaster "
                "secret.",
            ),
        ),
    ),
    Choose(
        "A client offers a strong suite first and a weak one last. The server chooses the weak "
        "one. Has it broken a rule?",
        (
            Choice(
                "Yes: the client's order counts",
                "It is a wish. RFC 5246 §7.4.1.2 calls it the order of preference, and the server "
                "decides.",
            ),
            Choice(
                "No: it may take any suite of the offer",
                "What a client would not accept it must not offer.",
                right=True,
            ),
            Choice(
                "Yes: a server has to take the strongest",
                "No rule says so. Servers are configured, and some are configured badly.",
            ),
        ),
    ),
    Choose(
        "An old server gets a ClientHello with an extension that was invented after it was "
        "written. What does it do?",
        (
            Choice(
                "It breaks off: the message is not what it knows",
                "Then nothing new could ever be added.",
            ),
            Choice(
                "It skips the extension and goes on",
                "It reads type and length, skips that many bytes, and does not answer it. So the "
                "client sees from the ServerHello that nothing came of it.",
                right=True,
            ),
            Choice(
                "It sends the extension back, empty",
                "It must not answer what it does not know.",
            ),
        ),
    ),
    Choose(
        "The ServerHello names a suite that was not in the offer. What does the client do?",
        (
            Choice(
                "It goes on if it knows the suite",
                "Then somebody in between could choose a suite that the client did not want.",
            ),
            Choice(
                "It breaks off with the alert `illegal_parameter`",
                "Either the server is faulty, or somebody has changed one of the two messages.",
                right=True,
            ),
            Choice(
                "It sends a new ClientHello",
                "There is no such second try in TLS 1.2.",
            ),
        ),
    ),
    Match(
        "Where does it stand, in a ClientHello that offers TLS 1.3?",
        (
            (
                "`03 01` in the record header",
                "the version of the record, which decides nothing",
                "Old servers broke at anything higher, so it stays at what they knew.",
            ),
            (
                "`03 03` at the beginning of the message",
                "TLS 1.2, the highest that may stand there",
                "Too many servers broke at higher numbers. TLS 1.3 is offered elsewhere.",
            ),
            (
                "`03 04` in an extension",
                "supported_versions, the offer of TLS 1.3",
                "Servers that do not know it skip it.",
            ),
        ),
    ),
)
