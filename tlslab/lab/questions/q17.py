"""Questions of notebook 17, post-quantum key exchange."""

from tlslab.view.quiz import Choice, Choose, Match

QUESTIONS = (
    Choose(
        "There is no large quantum computer. Why change the key exchange today?",
        (
            Choice(
                "Because one will be there next year",
                "Nobody knows when there will be one.",
            ),
            Choice(
                "Because what is recorded today can be opened later",
                "Some secrets have to hold for twenty years. For them, today is what counts.",
                right=True,
            ),
            Choice(
                "Because X25519 is broken",
                "With the computers that there are, it is not. That is why it is still in the "
                "hybrid.",
            ),
        ),
    ),
    Match(
        "What becomes of it, with a large quantum computer?",
        (
            (
                "X25519",
                "broken",
                "The private number comes out of the share, by way of a period.",
            ),
            (
                "the RSA key in a certificate",
                "broken, too: one can be the server",
                "But only from then on: a handshake that is over has been signed.",
            ),
            (
                "AES-128-GCM",
                "stays good enough",
                "Grover's search is slow, and its steps come one after the other.",
            ),
            (
                "X25519MLKEM768",
                "stays closed: one half is missing",
                "The secret of X25519 is found, and that of ML-KEM is not.",
            ),
        ),
    ),
    Choose(
        "Who chooses the secret of ML-KEM?",
        (
            Choice(
                "Both sides, each a half",
                "That would be Diffie-Hellman. A KEM has an order: a key goes one way, and a "
                "secret comes back in a ciphertext.",
            ),
            Choice(
                "The server, who encapsulates",
                "It draws, and the client takes out what it put in.",
                right=True,
            ),
            Choice(
                "The client, whose key it is",
                "It made the key. What is encapsulated under it, is the other side's choice.",
            ),
        ),
    ),
    Choose(
        "A server cuts the client's share after 1088 bytes. What has it mixed up?",
        (
            Choice(
                "Its own ciphertext and the client's encapsulation key",
                "1088 is the length of a ciphertext. The client sent a key, of 1184 bytes.",
                right=True,
            ),
            Choice(
                "ML-KEM and X25519",
                "Then it would cut after 32 bytes.",
            ),
            Choice(
                "Nothing",
                "It would take 96 bytes of the key for a part of X25519's share.",
            ),
        ),
    ),
    Choose(
        "Somebody finds out how to break ML-KEM-768, with a laptop. What is lost in "
        "X25519MLKEM768?",
        (
            Choice(
                "Everything",
                "The secret of X25519 is in the mixture too, and the laptop does not have that.",
            ),
            Choice(
                "Nothing, unless there is also a quantum computer",
                "That is what the second half is for, and it has happened to others: SIKE fell in "
                "2022.",
                right=True,
            ),
            Choice(
                "Every second connection",
                "Each has both.",
            ),
        ),
    ),
    Choose(
        "A site uses X25519MLKEM768 and a certificate with an RSA key. Against whom is it open?",
        (
            Choice(
                "Somebody who records now and has a quantum computer later",
                "They find half of the secret, and the key that signed. Neither opens a record.",
            ),
            Choice(
                "Somebody with a quantum computer who gets in between, at the time",
                "They can sign as the server does. It takes the machine during the handshake.",
                right=True,
            ),
            Choice(
                "Nobody, ever",
                "The signature is not post-quantum.",
            ),
        ),
    ),
)
