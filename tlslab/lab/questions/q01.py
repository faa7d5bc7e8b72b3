"""Questions of notebook 01, bytes and records."""

from tlslab.view.quiz import Choice, Choose

QUESTIONS = (
    Choose(
        "A record begins with `15 03 03 00 02`. What is in it, and how long is the whole record?",
        (
            Choice(
                "An alert; 2 bytes",
                "2 is the length of what is inside. The header of five bytes comes on top.",
            ),
            Choice(
                "An alert; 7 bytes",
                "Type 0x15 is 21, an alert. The fragment has 2 bytes, and with the header the "
                "record has 7.",
                right=True,
            ),
            Choice(
                "A handshake message; 7 bytes",
                "The handshake has type 22, which is 0x16. This is 0x15.",
            ),
            Choice(
                "An alert; 515 bytes",
                "You took `00 02` from the wrong end: the most significant byte comes first.",
            ),
        ),
    ),
    Choose(
        "`opaque certificate<1..2^24-1>`: a certificate has 1,000 bytes. How many bytes go over "
        "the wire for this field?",
        (
            Choice(
                "1,000",
                "A vector of variable length begins with its length.",
            ),
            Choice(
                "1,002",
                "The length itself takes as many bytes as the upper bound needs, and that is more "
                "than two.",
            ),
            Choice(
                "1,003",
                "The upper bound needs three bytes, so the length takes three, though 1,000 alone "
                "would fit into two.",
                right=True,
            ),
        ),
    ),
    Choose(
        "One server sends ServerHello, Certificate and ServerHelloDone in a single record. Another"
        " sends three. Which one is faulty?",
        (
            Choice(
                "The first: each message has a record of its own",
                "RFC 5246 §6.2.1 says otherwise: several messages may share a record, and one may "
                "be spread over several.",
            ),
            Choice(
                "The second: what belongs together is sent together",
                "A sender may, and need not.",
            ),
            Choice(
                "Neither",
                "How messages are cut into records is up to the sender, and a receiver has to cope"
                " with every way.",
                right=True,
            ),
        ),
    ),
    Choose(
        "You see the beginning of a connection: `16 03 01`. Is it one of TLS 1.0?",
        (
            Choice(
                "Yes, `03 01` is TLS 1.0",
                "It is the number of TLS 1.0, but the record version does not say which TLS it is.",
            ),
            Choice(
                "You cannot tell yet",
                "Clients of TLS 1.2 and of TLS 1.3 may begin like that. The answer is in the "
                "ServerHello.",
                right=True,
            ),
            Choice(
                "No, TLS 1.0 is forbidden",
                "It is, and there are still programs that speak it.",
            ),
        ),
    ),
    Choose(
        "A handshake message may be up to 16,777,215 bytes long. Why do programs refuse long "
        "before that?",
        (
            Choice(
                "A stranger could fill the memory with a header of four bytes",
                "Who accepts a length has to keep that many bytes until the message is whole. So "
                "programs set bounds of their own.",
                right=True,
            ),
            Choice(
                "A record holds 16,384 bytes at most",
                "So it does, and a message may be spread over many records.",
            ),
            Choice(
                "The length has only two bytes",
                "That is the length of a record. The length of a message is a uint24: three bytes.",
            ),
        ),
    ),
)
