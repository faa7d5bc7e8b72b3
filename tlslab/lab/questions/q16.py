"""Questions of notebook 16, pre-shared keys and early data."""

from tlslab.view.quiz import Choice, Choose, Match, Order

QUESTIONS = (
    Choose(
        "After a HelloRetryRequest, what stands first in the transcript?",
        (
            Choice(
                "The first ClientHello",
                "A server that wants to forget it could not do so.",
            ),
            Choice(
                "The second ClientHello: the first one is forgotten",
                "Then somebody in between could change the first one, and nobody would notice.",
            ),
            Choice(
                "A message with the hash of the first ClientHello",
                "It is short enough for a cookie, and still nothing can be changed.",
                right=True,
            ),
        ),
    ),
    Choose(
        "Somebody saw a ticket in a ClientHello and puts it into one of their own. What happens?",
        (
            Choice(
                "They are taken for the client",
                "A ticket is only a name for the key. They do not have the key.",
            ),
            Choice(
                "The binder is wrong: decrypt_error",
                "It takes the key to make the MAC over their own hello.",
                right=True,
            ),
            Choice(
                "Nothing until the Finished",
                "So it was in TLS 1.2. Here the hello itself has to have the proof.",
            ),
        ),
    ),
    Choose(
        "Over what is the binder made?",
        (
            Choice(
                "The whole ClientHello", "The binder stands in it: it would have to know itself."
            ),
            Choice(
                "The ClientHello up to the list of binders",
                "That is why this extension has to be the last one.",
                right=True,
            ),
            Choice("The ticket", "Then it could be cut out, and put into another hello."),
        ),
    ),
    Choose(
        "The server gets the same first flight twice, byte for byte. Which check fails, if it "
        "remembers nothing?",
        (
            Choice("The binder", "It is the client's own, and right."),
            Choice("The tag of the record with early data", "They are the client's own bytes."),
            Choice(
                "None",
                "The server has added nothing of its own yet. It can only know them again.",
                right=True,
            ),
        ),
    ),
    Match(
        "Who can read it, with the stolen ticket key and a recording?",
        (
            (
                "early data",
                "the thief, with the ticket key alone",
                "The keys come from the PSK, and that is in the ticket.",
            ),
            (
                "data after the handshake",
                "nobody but the two",
                "The shared secret of the key shares is in their keys.",
            ),
            (
                "the first connection, which gave the ticket",
                "nobody: the ticket does not have its secrets",
                "From the PSK no way leads back. In TLS 1.2 there was one.",
            ),
        ),
    ),
    Order(
        "A connection with early data: in which order do they go over the wire?",
        (
            ("ClientHello", "It has the ticket and its binder, which the keys begin with."),
            ("early data", "They need no answer: their secret is made from the hello alone."),
            ("ServerHello to the server's Finished", "The server answers, with nothing lost."),
            ("EndOfEarlyData", "The last thing under the keys of the early data."),
            ("the client's Finished", "It covers all of them."),
        ),
    ),
    Choose(
        "A secret was stolen from a running connection. Then both sides do a KeyUpdate. What is "
        "closed to the thief?",
        (
            Choice(
                "What comes after it",
                "They compute the next secret as everybody can: nothing new comes in.",
            ),
            Choice(
                "What was protected with earlier secrets",
                "HKDF has no way back. For what comes, it takes a new handshake.",
                right=True,
            ),
            Choice("Both", "Only the past."),
        ),
    ),
)
