"""Questions of notebook 03, certificates."""

from tlslab.view.quiz import Choice, Choose, Match

QUESTIONS = (
    Choose(
        "A server sends its leaf, its intermediate and a root, all signed correctly. The client's "
        "list does not have that root. What should it do?",
        (
            Choice(
                "Accept: the chain is complete",
                "Anybody can make a root and sign with it. Where a root comes from matters, and "
                "this one came from the stranger.",
            ),
            Choice(
                "Add the root to its list, and accept",
                "Then everybody would be trusted.",
            ),
            Choice(
                "Refuse, with `unknown_ca`",
                "A chain has to end at a trust anchor: a certificate that the client had before.",
                right=True,
            ),
        ),
    ),
    Match(
        "A certificate is for `*.tlslab.test`. Is it for this name too?",
        (
            (
                "`www.tlslab.test`",
                "yes",
                "One label in place of the star.",
            ),
            (
                "`WWW.TLSLAB.TEST`",
                "yes",
                "Case does not matter in names.",
            ),
            (
                "`tlslab.test`",
                "no",
                "The star is exactly one label, and here is none.",
            ),
            (
                "`a.b.tlslab.test`",
                "no",
                "The star is exactly one label, and here are two.",
            ),
        ),
    ),
    Choose(
        'Your program fails with "certificate verify failed". A forum says: set `verify=False`, '
        "and it works. What works then?",
        (
            Choice(
                "The connection, without encryption",
                "It is encrypted, for whoever answers.",
            ),
            Choice(
                "Everything, with everybody",
                "The server is accepted, and so is an impostor. The right thing is to read which "
                "of the reasons it was. A private authority, for example, is given to the program "
                "as a trust anchor.",
                right=True,
            ),
            Choice(
                "Only this one server",
                "Nothing is checked any more, so it works with all of them.",
            ),
        ),
    ),
    Choose(
        "Does the server's certificate encrypt the connection?",
        (
            Choice(
                "Yes, with its public key",
                "In this handshake that key encrypts 48 bytes, once (notebook 04).",
            ),
            Choice(
                "No: it says whose a public key is",
                "In handshakes of today even that key encrypts nothing. It verifies one signature "
                "(notebook 10).",
                right=True,
            ),
            Choice(
                "Yes, with its private key",
                "It does not have one. The private key never leaves the server.",
            ),
        ),
    ),
    Choose(
        "One of the roots in a browser's list turns dishonest. For which sites can it sign?",
        (
            Choice(
                "For those whose certificates it made before",
                "Nothing in its key limits it to them.",
            ),
            Choice(
                "For all of them",
                "To your `verify_chain`, and to most programs, any trust anchor will do. So "
                "browsers want each certificate to stand in public logs, where it can be found "
                "(certificate transparency), and an authority that is caught is taken off the "
                "list.",
                right=True,
            ),
            Choice(
                "For none: browsers would notice",
                "They have nothing to notice it by. The signature is right.",
            ),
        ),
    ),
)
