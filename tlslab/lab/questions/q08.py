"""Questions of notebook 08, your handshake."""

from tlslab.view.quiz import Choice, Choose, Match

QUESTIONS = (
    Choose(
        "Client and server are the same program, and every test of one against the other passes. "
        "What is proved?",
        (
            Choice(
                "That the program does TLS",
                "A mistake that both sides share stays unseen: swapped randoms, for example.",
            ),
            Choice(
                "That both sides do the same",
                "And no more. Whether it is TLS, only somebody else's program can tell, or a "
                "published vector.",
                right=True,
            ),
            Choice("Nothing", "They do agree, which many a program does not."),
        ),
    ),
    Match(
        "Which fault leads to which alert, when OpenSSL is the server?",
        (
            (
                "wrong keys",
                "`bad_record_mac`",
                "The first record under these keys cannot be opened.",
            ),
            (
                "right keys, wrong `verify_data`",
                "`decrypt_error`",
                "The record opens, and the twelve bytes in it are wrong.",
            ),
            (
                "no suite in common",
                "`handshake_failure`",
                "It is noticed at once, from the ClientHello.",
            ),
            (
                "a message cut short",
                "`decode_error`",
                "Its lengths do not add up, before anybody computes anything.",
            ),
        ),
    ),
    Choose(
        "The premaster secret is wrongly encrypted. Why does the server not say so at once?",
        (
            Choice(
                "It cannot know: every premaster secret looks random",
                "It does see that the padding is wrong. It keeps that to itself.",
            ),
            Choice(
                "It must not: the answer would help to decrypt recorded sessions",
                "So it goes on with a random premaster secret, and the handshake ends at Finished, "
                "with an alert that says nothing about padding (RFC 5246 §7.4.7.1).",
                right=True,
            ),
            Choice(
                "It waits for the client to notice",
                "The client will not: it has no way to see what the server decrypted.",
            ),
        ),
    ),
    Choose(
        "A colleague gets a capture of your session, without the key log, and has the server's "
        "private key. What can they read?",
        (
            Choice("Nothing without the key log", "The private key opens the premaster secret."),
            Choice(
                "Everything",
                "With RSA key exchange the private key decrypts the premaster secret, and all keys "
                "follow from it and from the randoms in the clear.",
                right=True,
            ),
            Choice("What the server sent", "Both directions come from the same key block."),
        ),
    ),
)
