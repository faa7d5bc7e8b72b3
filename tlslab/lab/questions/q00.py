"""Questions of notebook 00, start here."""

from tlslab.view.quiz import Choice, Choose, Match, Order

QUESTIONS = (
    Order(
        "Put the messages of this handshake in order.",
        (
            (
                "ClientHello",
                "The client begins, with its random and its offer.",
            ),
            (
                "ServerHello",
                "The server answers with its own random and its choice.",
            ),
            (
                "Certificate",
                "Before the client can encrypt to the server it needs the public key, with a name.",
            ),
            (
                "ServerHelloDone",
                "The server has said all that it has to say, and waits.",
            ),
            (
                "ClientKeyExchange",
                "The premaster secret, encrypted with the key from the certificate. It needs the "
                "certificate first.",
            ),
            (
                "ChangeCipherSpec and Finished of the client",
                "From here on the client protects what it sends. Its Finished comes before the "
                "server's.",
            ),
            (
                "ChangeCipherSpec and Finished of the server",
                "The server answers when it has verified the client's Finished.",
            ),
            (
                "application data",
                "Only now do both know with whom they talk.",
            ),
        ),
    ),
    Choose(
        "A server's certificate is public. Why can nobody else use it to pretend to be that "
        "server?",
        (
            Choice(
                "The certificate is encrypted",
                "It is sent in the clear, and everybody may read and copy it. It encrypts nothing.",
            ),
            Choice(
                "The certificate contains the server's private key, which others cannot read",
                "It contains the public key alone. The private key never leaves the server.",
            ),
            Choice(
                "Without the private key they cannot decrypt the premaster secret",
                "An impostor can show the certificate, and is stuck in step 5: without the "
                "premaster secret there are no keys and no correct Finished, and the client breaks"
                " off in step 8.",
                right=True,
            ),
            Choice(
                "The client knows the address of the server",
                "The client does not check addresses. It relies on the name in the certificate, "
                "and on the proof that comes with Finished.",
            ),
        ),
    ),
    Choose(
        "Somebody in between changes a byte of the ServerHello, in such a way that both sides go "
        "on. Where does it end?",
        (
            Choice(
                "Nowhere: the ServerHello is not protected",
                "It is not protected when it is sent. It is afterwards: both sides hash it.",
            ),
            Choice(
                "At the Certificate: its signature covers the ServerHello",
                "The authority signed the certificate long before this connection. It knows "
                "nothing of it.",
            ),
            Choice(
                "At Finished",
                "The client has hashed a ServerHello that the server never sent, so the two "
                "transcripts differ. If the byte belonged to the random, then even the keys "
                "differ, and the record with the Finished cannot be opened.",
                right=True,
            ),
        ),
    ),
    Match(
        "What is each of them for?",
        (
            (
                "random numbers",
                "to make each connection different",
                "They are public. With them the same premaster secret would still give other keys.",
            ),
            (
                "certificate",
                "to bind a public key to a name",
                "It says so, and an authority has signed it. It proves nothing about who sends it.",
            ),
            (
                "premaster secret",
                "to be the one secret that both sides share",
                "Everything else is computed from it and from public values.",
            ),
            (
                "session keys",
                "to protect the data",
                "Each direction has its own.",
            ),
            (
                "Finished",
                "to prove the secret and the transcript",
                "It takes the master secret to make it, and it covers every message before it.",
            ),
        ),
    ),
)
