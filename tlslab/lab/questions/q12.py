"""Questions of notebook 12, resumption."""

from tlslab.view.quiz import Choice, Choose, Match, Order

QUESTIONS = (
    Choose(
        "A resumed handshake shows no certificate. How does the client know that it is the same "
        "server?",
        (
            Choice(
                "By the session ID that the server echoes",
                "Whoever listens can echo it. It says which handshake this is, and proves nothing.",
            ),
            Choice(
                "By the server's Finished",
                "It takes the master secret, and nobody has that but the two that made it, once, "
                "with a certificate.",
                right=True,
            ),
            Choice(
                "It does not: that is the price",
                "It does. What it does not learn is whether the certificate was revoked meanwhile.",
            ),
        ),
    ),
    Choose(
        "Somebody recorded a ticket and sends it in a ClientHello of their own. What do they get?",
        (
            Choice(
                "The connection of the other client",
                "They have the ticket, and not the master secret in it: they can make no Finished.",
            ),
            Choice(
                "An answer that they can do nothing with",
                "The server sends ServerHello and Finished, and waits for a Finished that never "
                "comes.",
                right=True,
            ),
            Choice(
                "An alert: a ticket is good for one time",
                "In TLS 1.2 a ticket may be used again and again while it is fresh.",
            ),
        ),
    ),
    Order(
        "The messages of an abbreviated handshake, in order:",
        (
            ("ClientHello with a ticket", "The client offers to go on."),
            ("ServerHello that echoes the session ID", "The server takes the offer."),
            (
                "Finished of the server",
                "It has all that it needs, and nothing to wait for: so it finishes first.",
            ),
            ("Finished of the client", "It covers the server's Finished too."),
            ("data of the client", "In the same flight: the server was verified already."),
        ),
    ),
    Match(
        "What does the thief of each read of a recorded ECDHE connection for which a ticket was "
        "given out?",
        (
            (
                "the server's private key",
                "nothing",
                "It signs, and opens nothing. That is what ephemeral Diffie-Hellman is for.",
            ),
            (
                "the key of the ticket",
                "everything",
                "The master secret is in the ticket, and the ticket is in the recording.",
            ),
            (
                "the ticket key of the day after",
                "nothing",
                "The ticket was not sealed with it: hence the changing of keys.",
            ),
            (
                "the client's memory of the session",
                "everything",
                "The client keeps the master secret itself beside the ticket.",
            ),
        ),
    ),
)
