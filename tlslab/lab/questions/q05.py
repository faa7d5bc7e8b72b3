"""Questions of notebook 05, master secret."""

from tlslab.view.quiz import Choice, Choose, Match

QUESTIONS = (
    Choose(
        "Both randoms are public. Would the keys be less secret without them?",
        (
            Choice(
                "Yes: they make the keys harder to guess",
                "Whoever listens has them. They add no secrecy.",
            ),
            Choice(
                "No, but they would not be new each time",
                "The same premaster secret would give the same keys, and a recorded connection "
                "could be played again.",
                right=True,
            ),
            Choice(
                "Yes: without them the PRF has no seed",
                "It would have a label still. Secrecy comes from the secret alone.",
            ),
        ),
    ),
    Choose(
        "Somebody steals `client_write_key` from memory. What else can they compute from it?",
        (
            Choice(
                "The master secret",
                "It is the key of the HMAC that made this key, and nobody computes the key of an "
                "HMAC from its output.",
            ),
            Choice(
                "`server_write_key`",
                "That is another piece of the same output, and no piece tells anything of another.",
            ),
            Choice(
                "Nothing",
                "They read what the client sends in this connection, and no more.",
                right=True,
            ),
        ),
    ),
    Choose(
        "Why is the master secret not cut into keys itself?",
        (
            Choice(
                "It is too short, and it has other uses",
                "It has 48 bytes, and the keys of this suite take 96. Finished is made from it "
                "too, and a later connection may begin with it (notebook 12).",
                right=True,
            ),
            Choice(
                "It is not random enough",
                "It is as good as any output of the PRF.",
            ),
            Choice(
                "It is the same on both sides",
                "So is the key block. Both sides have to compute the same keys.",
            ),
        ),
    ),
    Match(
        "Which length has it, with TLS_RSA_WITH_AES_128_CBC_SHA256?",
        (
            (
                "premaster secret",
                "48 bytes",
                "Two of version, and 46 random.",
            ),
            (
                "master secret",
                "48 bytes",
                "Always, whatever the premaster secret was.",
            ),
            (
                "`client_write_MAC_key`",
                "32 bytes",
                "As long as the output of SHA-256.",
            ),
            (
                "`client_write_key`",
                "16 bytes",
                "128 bits, for AES-128.",
            ),
        ),
    ),
)
