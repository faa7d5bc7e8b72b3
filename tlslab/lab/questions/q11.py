"""Questions of notebook 11, client authentication."""

from tlslab.view.quiz import Choice, Choose, Match

QUESTIONS = (
    Choose(
        "Somebody recorded a client's Certificate and CertificateVerify, and sends both again in a "
        "handshake of their own, to the same server. Where does it fail?",
        (
            Choice(
                "At the certificate: it was used already",
                "A certificate may be used as often as one likes, and a server keeps no count.",
            ),
            Choice(
                "At the signature: the transcript is another one",
                "The server has drawn a new random, so the messages that it compares the signature "
                "with are not those that were signed.",
                right=True,
            ),
            Choice(
                "Nowhere: the signature is good",
                "It is good for the old messages. The server verifies it over the new ones.",
            ),
        ),
    ),
    Choose(
        "Why is the ClientKeyExchange alone not enough to sign?",
        (
            Choice(
                "It is too short for a signature",
                "What is signed gets hashed first. It may have any length.",
            ),
            Choice(
                "It may be encrypted",
                "An encrypted premaster secret can be signed like any other bytes.",
            ),
            Choice(
                "It does not say in which handshake it was sent",
                "Signature and ClientKeyExchange could be moved together into another handshake, "
                "with another server's certificate or another random.",
                right=True,
            ),
        ),
    ),
    Choose(
        "A server asks, and a certificate is optional. A client shows one that has expired. What "
        "should the server do?",
        (
            Choice(
                "Refuse it",
                "It made a claim that is wrong. To let it in as nobody would hide an error, or an "
                "attempt.",
                right=True,
            ),
            Choice(
                "Let it in as nobody",
                "That is for a client that sends an empty list, and so makes no claim.",
            ),
            Choice(
                "Let it in under its name",
                "Then dates would mean nothing.",
            ),
        ),
    ),
    Match(
        "Who finds it out?",
        (
            (
                "whether the chain leads to a trusted authority",
                "TLS",
                "verify_client_chain does, before anything else.",
            ),
            (
                "whether the client has the private key",
                "TLS",
                "CertificateVerify shows it.",
            ),
            (
                "whether this client may delete files",
                "the application",
                "TLS tells it the name. What the name may do is not in the certificate.",
            ),
            (
                "whether the key was stolen yesterday",
                "nobody, by itself",
                "Somebody has to revoke it, and somebody has to ask.",
            ),
        ),
    ),
)
