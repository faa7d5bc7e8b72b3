"""Questions of notebook 15, the key schedule."""

from tlslab.view.quiz import Choice, Choose, Match, Order

QUESTIONS = (
    Order(
        "In which order does a client come to these secrets?",
        (
            ("early_secret", "Before it sends anything. Without a pre-shared key it is public."),
            ("handshake_secret", "With the server's share, when the ServerHello has come."),
            (
                "server_handshake_traffic_secret",
                "Derived from it, with the hash of both hellos.",
            ),
            ("server_application_traffic_secret_0", "It covers the server's Finished."),
            ("resumption_secret", "It covers the client's own Finished too."),
        ),
    ),
    Choose(
        "What is extraction good for? Why not expand the shared secret at once?",
        (
            Choice(
                "The shared secret is too short",
                "It has 32 bytes, as many as come out. Expanding makes it longer.",
            ),
            Choice(
                "It is not evenly random: not every 32 bytes are a point on the curve",
                "Extract makes of it a key from which one may expand. It also mixes two secrets.",
                right=True,
            ),
            Choice(
                "To hide it from the server",
                "The server computes the same.",
            ),
        ),
    ),
    Choose(
        "Client and server saw different ServerHellos: somebody changed one on the way. What then?",
        (
            Choice(
                "Finished shows it, at the end",
                "So it was in TLS 1.2. Here it shows earlier.",
            ),
            Choice(
                "The server's next record does not open",
                "The hash of both hellos is in its key.",
                right=True,
            ),
            Choice(
                "Nothing, if the share was not changed",
                "Each bit of both hellos is in the hash.",
            ),
        ),
    ),
    Match(
        "Up to which message does each secret go?",
        (
            ("c e traffic", "ClientHello", "It protects data that comes right behind it."),
            ("s hs traffic", "ServerHello", "It protects the next message."),
            ("c ap traffic", "the server's Finished", "The client's would be too late."),
            ("exp master", "the server's Finished", "As the traffic secrets of the data."),
            ("res master", "the client's Finished", "With it all of the handshake."),
            ("derived", "none", 'Where the diagram has "".'),
        ),
    ),
    Choose(
        'In `derived` the diagram has "" for the messages. What is the context?',
        (
            Choice("Nothing, zero bytes", 'So it is for "key" and "iv", which have no messages.'),
            Choice(
                "The hash of no message, 32 bytes with SHA-256",
                "Derive-Secret always hashes the messages, even none.",
                right=True,
            ),
            Choice("32 zeros", "Zeros stand where a secret is missing."),
        ),
    ),
    Choose(
        "Somebody finds client_application_traffic_secret_0 in a crash report. What can they read?",
        (
            Choice(
                "All of that connection",
                "The server's data has a secret of its own, and so has the handshake.",
            ),
            Choice(
                "What the client sent as data, in that connection",
                "Key and IV are made from it. Nothing leads up to the Main Secret.",
                right=True,
            ),
            Choice(
                "Nothing: they need the key as well",
                "The key is made from the secret, and from nothing else.",
            ),
        ),
    ),
    Choose(
        "Your functions pass all vectors with SHA-256. With TLS_AES_256_GCM_SHA384 OpenSSL refuses "
        "the first record. Where do you look?",
        (
            Choice(
                "At a 32 that should be the length of the hash",
                "SHA-384 has 48 bytes: zeros, secrets and Finished are as long.",
                right=True,
            ),
            Choice(
                "At the length of the IV",
                "It is 12 with every suite.",
            ),
            Choice(
                "At the prefix of the labels",
                "It is the same with every suite, so SHA-256 would not work either.",
            ),
        ),
    ),
)
