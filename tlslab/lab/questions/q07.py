"""Questions of notebook 07, application data."""

from tlslab.view.quiz import Choice, Choose, Match, Order

QUESTIONS = (
    Choose(
        "The sequence number is never sent. How does the receiver know it?",
        (
            Choice(
                "It stands in the explicit nonce of the record",
                "With GCM it often does, but no receiver may rely on it, and with CBC there is no "
                "such field.",
            ),
            Choice(
                "It counts",
                "Both sides begin at 0 with new keys and count every record. If they disagree, the "
                "record does not open.",
                right=True,
            ),
            Choice(
                "It does not need it",
                "It is under the MAC, and in the additional data: without it no record opens.",
            ),
        ),
    ),
    Choose(
        "A CBC record decrypts, its MAC is right, and one byte of its padding is wrong. What does "
        "the receiver do?",
        (
            Choice(
                "It takes the content: the MAC is right",
                "The MAC does not cover the padding, so somebody may have changed it. SSL 3.0 took "
                "such records, and POODLE came of it.",
            ),
            Choice(
                "It sends the alert decryption_failed",
                "So did TLS 1.0. Whoever can tell a bad padding from a bad MAC can decrypt.",
            ),
            Choice(
                "It sends the alert bad_record_mac",
                "The same as for a bad MAC, and for a wrong length.",
                right=True,
            ),
        ),
    ),
    Choose(
        "A connection ends without close_notify. Every record that came was opened without an "
        "error. What does the receiver know?",
        (
            Choice(
                "That it has all of the data",
                "It has the beginning of it. What was to follow may have been cut off.",
            ),
            Choice(
                "That the data is genuine, and may not be all",
                "No record was changed, and none is missing in the middle. About the end it knows "
                "nothing.",
                right=True,
            ),
            Choice(
                "That there was an attack",
                "It may have been: but programs crash, cables break, and many programs never send "
                "close_notify.",
            ),
        ),
    ),
    Choose(
        "Two records were sent with the same key and the same GCM nonce. What is lost?",
        (
            Choice(
                "The key",
                "The AES key stays unknown.",
            ),
            Choice(
                "Nothing, if the contents are different",
                "That is when it hurts: XOR of the two ciphertexts is XOR of the two contents.",
            ),
            Choice(
                "Secrecy of the two records, and protection against changes",
                "Whoever guesses one content reads the other. And the key of the checksum can be "
                "computed, so that tags can be forged.",
                right=True,
            ),
        ),
    ),
    Order(
        "How is a record with CBC made?",
        (
            ("compute the MAC over the content", "Sequence number and header go in, too."),
            ("add the padding", "It fills content and MAC to whole blocks."),
            ("encrypt with a new IV", "Content, MAC and padding all at once."),
            ("put the IV in front", "The receiver needs it, and it is not secret."),
            ("add the record header", "Its length counts everything behind it."),
        ),
    ),
    Match(
        "Where is it?",
        (
            (
                "the IV of CBC",
                "in the record, in the clear",
                "TLS 1.2 derives none: each record brings its own.",
            ),
            (
                "the explicit nonce of GCM",
                "in the record, in the clear",
                "Eight bytes in front of the ciphertext.",
            ),
            (
                "the fixed IV of GCM",
                "not sent: from the key block",
                "Four bytes for each side, and secret.",
            ),
            (
                "the MAC of CBC",
                "in the record, encrypted",
                "MAC-then-encrypt: it stands behind the content.",
            ),
            (
                "the additional data",
                "not sent: both sides know it",
                "The sequence number, and the header with the content's length.",
            ),
        ),
    ),
)
