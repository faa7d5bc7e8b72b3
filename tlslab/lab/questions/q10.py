"""Questions of notebook 10, ephemeral Diffie-Hellman."""

from tlslab.view.quiz import Choice, Choose, Match

QUESTIONS = (
    Choose(
        "`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`: what is RSA for?",
        (
            Choice(
                "The premaster secret is encrypted with it",
                "That is so where the name begins with TLS_RSA. Here nothing is encrypted to the "
                "server's key.",
            ),
            Choice(
                "The server signs its share with it",
                "And the client verifies that with the public key in the certificate.",
                right=True,
            ),
            Choice(
                "The data is encrypted with it",
                "That is AES, with keys that both sides derive.",
            ),
        ),
    ),
    Choose(
        "Both sides have agreed on a secret by Diffie-Hellman, without any signature. What do they "
        "know?",
        (
            Choice(
                "That nobody else has the secret",
                "Nobody but the one with whom it was agreed. Who that is, they do not know: "
                "perhaps Mallory, with each of them.",
            ),
            Choice(
                "Who the other one is",
                "Nothing in the numbers says so.",
            ),
            Choice(
                "That those who only listen do not have it",
                "That, and no more. Against somebody who takes part it does not help.",
                right=True,
            ),
        ),
    ),
    Choose(
        "Why are the randoms under the signature?",
        (
            Choice(
                "So that the signature is good for this handshake alone",
                "Otherwise a signed share could be shown again, to anybody, for years.",
                right=True,
            ),
            Choice(
                "So that nobody can read them",
                "They are sent in the clear, and a signature hides nothing.",
            ),
            Choice(
                "So that they are really random",
                "A signature says who, and not how random.",
            ),
        ),
    ),
    Choose(
        "The server's private key is stolen today. The server gets a new key and a new "
        "certificate tomorrow, and the old one is revoked. All sessions were ECDHE. What was lost?",
        (
            Choice(
                "Everything that was ever recorded",
                "That would be so with RSA key exchange. Here the key has only signed.",
            ),
            Choice(
                "Nothing",
                "Between the theft and the day on which clients stop believing the old "
                "certificate, the thief could get in between.",
            ),
            Choice(
                "Sessions into which the thief got, from the theft on",
                "To be in between takes being there, at the time. What is past stays closed.",
                right=True,
            ),
        ),
    ),
    Match(
        "Who has it?",
        (
            (
                "the server's share",
                "everybody",
                "It is sent in the clear, and signed.",
            ),
            (
                "the server's private number for this handshake",
                "the server, for as long as the handshake takes",
                "It is never sent, and then forgotten. That it is forgotten is what forward "
                "secrecy rests on.",
            ),
            (
                "the premaster secret",
                "both sides",
                "Each computes it from the other's share and its own private number.",
            ),
            (
                "the private key of the certificate",
                "the server, for years",
                "And whoever steals it. It signs.",
            ),
        ),
    ),
    Choose(
        'What does "ephemeral" mean?',
        (
            Choice(
                "Valid for 24 hours",
                "No time stands in it. A share that is kept for a day is a key that can be stolen "
                "for a day.",
            ),
            Choice(
                "Made for one handshake, and then thrown away",
                "Three handshakes, three shares, even within the same second.",
                right=True,
            ),
            Choice(
                "Shorter than other keys",
                "The shares of X25519 are short because its curve allows it. A prime of 8192 bits "
                "is ephemeral as well, if it is thrown away.",
            ),
        ),
    ),
)
