# %% [markdown]
# # 11 · Who is the client?
#
# **Afterwards you can** let both sides of a handshake prove who they are: ask for a certificate, show one, prove that it is yours, and decide whether to let a client in. And you can say
# what such a proof does *not* settle.
#
# **Time:** about 50 minutes. **You need:** [notebook 03](03_certificates.ipynb) for certificates and [notebook 06](06_finished.ipynb) for the transcript.

# %% [markdown]
# ## The question
#
# In every handshake so far one side has shown who it is: the server. The client could have been anybody. On the web that is usual. People say who they are later, inside the connection, with a
# password.
#
# But often nobody is there to type one: a cash machine calls its bank, a payment service calls a shop, a thousand small programs in a data centre call each other. A password in a file is a
# poor answer. It is sent to whoever is called, and who gets to see it once can use it for ever. **How does a client prove who it is, without giving away what it proves it with?**
#
# The server has shown how: with a certificate, and a signature. Here is a handshake in which both sides do it. *Mutual authentication* is the word, and many call it *mutual TLS*.

# %%
from tlslab import lab, view

SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
handshake = lab.handshake(seed=11, suite=SUITE, user="rsa", client_authentication="required")
view.text.messages(handshake.trace)

# %% [markdown]
# Three messages are new. The server sends a **CertificateRequest**. The client answers with a **Certificate**, the second one in this handshake, and later with a **CertificateVerify**. In the explorer, look for
# them, and for where they stand:

# %%
lab.explore(handshake, parts=("ladder", "bytes"))

# %% [markdown]
# ## The server asks
#
# A client cannot offer its certificate by itself. The server asks for one, or there is none:
#
# ```
# struct {
#     ClientCertificateType certificate_types<1..2^8-1>;
#     SignatureAndHashAlgorithm
#         supported_signature_algorithms<2..2^16-2>;
#     DistinguishedName certificate_authorities<0..2^16-1>;
# } CertificateRequest;
# ```
#
# ([RFC 5246 §7.4.4](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.4).) Three lists: what kinds of keys the server takes, with which signatures, and whose certificates. With the third one a program
# finds the right certificate if it has several. A browser shows its user a choice.

# %%
request = handshake.trace.messages("certificate_request")[0]
view.text.bytes_of(request)

# %% [markdown]
# The names of the authorities are in DER, as in certificates. There is one here, that of the lab's root.
#
# ## The client shows
#
# The client's **Certificate** is the same message as the server's. In the certificate two things are different: it is for clients, and the name in it is nobody's address.

# %%
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

certificate_list = list(lab.pki.client_rsa().certificate_chain)
leaf = x509.load_der_x509_certificate(certificate_list[0])
usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
print("for clients:", ExtendedKeyUsageOID.CLIENT_AUTH in usages)
print("for servers:", ExtendedKeyUsageOID.SERVER_AUTH in usages)
print("names:      ", ", ".join(str(name.value) for name in names))

# %% [markdown]
# And if it has none? It has to say so. "If no suitable certificate is available, the client MUST send a certificate message containing no certificates" (RFC 5246 §7.4.6). The server below asks, and does not
# insist:

# %%
nobody = lab.handshake(seed=11, suite=SUITE, client_authentication="optional")
print(nobody)
_, empty = nobody.trace.messages("certificate")
view.text.bytes_of(empty)

# %% [markdown]
# A list of length 0. No CertificateVerify follows: there is nothing to prove.
#
# ## The client proves
#
# A certificate is no secret. This one went over the wire in the clear, and whoever saw it has a copy. What a copyist does not have is the private key. The client shows that it has the key by signing
# something. **But what?**
#
# A fixed text would not do: whoever has seen its signature once can send it again. It has to be something new in each handshake, and something that fits no other. TLS takes the most it can: **all handshake
# messages so far**, the client's and the server's.
#
# ```
# struct {
#      digitally-signed struct {
#          opaque handshake_messages[handshake_messages_length];
#      }
# } CertificateVerify;
# ```
#
# (RFC 5246 §7.4.8.) It is the transcript of notebook 06, from the ClientHello up to the ClientKeyExchange. That is why CertificateVerify comes so late, and not right behind the Certificate. Each part of it has a use:
#
# | in the transcript | so the signature is worth nothing |
# |---|---|
# | the server's random | tomorrow: the server will draw another one |
# | the server's certificate | at another server, to which a dishonest server passes it on |
# | the key exchange | for somebody who sits in between, and has other keys with each side |
#
# "The client encrypts something with its private key", one hears. It does not. Nothing is encrypted here, and the private key goes nowhere.
#
# ### Exercise 1
#
# What the signature is over. The messages come as a list, each with its header.


# %% exercise="11.certificate_verify_content"
def certificate_verify_content(handshake_messages):
    """What a CertificateVerify signs (RFC 5246 §7.4.8).

    handshake_messages: a list of bytes, all messages before the CertificateVerify, each with its
    4-byte header. Returns bytes. The signature algorithm hashes them.
    """
    ### BEGIN SOLUTION
    return b"".join(handshake_messages)
    ### END SOLUTION


# %% check="11.certificate_verify_content"
lab.check(certificate_verify_content)

# %% [markdown]
# Which messages are these in the handshake above?


# %%
def messages_before_signature(trace):
    """The handshake messages before the CertificateVerify, and that one."""
    seen = []
    for message in trace.messages():
        if message.name == "certificate_verify":
            return seen, message.raw
        seen.append(message.raw)
    return seen, b""


before, sent = messages_before_signature(handshake.trace)
for message in handshake.trace.messages()[: len(before)]:
    print(f"{message.sender:6}  {message.name:19}  {len(message.raw):4} bytes")

# %% [markdown]
# ### Exercise 2
#
# The whole message. Its body says with which scheme it was signed, and has the signature with its length in front (RFC 5246 §4.7):
#
# ```
# struct {
#    SignatureAndHashAlgorithm algorithm;
#    opaque signature<0..2^16-1>;
# } DigitallySigned;
# ```
#
# The algorithm is a number of two bytes: `0x0401` is RSA with SHA-256. The header before the body has the type, 15, and the length of the body in three bytes. To sign:
# `lab.primitives().sign(private_key, scheme, data)`.


# %% exercise="11.certificate_verify"
def certificate_verify(private_key, scheme, handshake_messages):
    """The message CertificateVerify, with its header (RFC 5246 §7.4.8).

    scheme: a SignatureScheme, which is a number such as 0x0401. handshake_messages: all that were
    sent or received before. Returns bytes.
    """
    ### BEGIN SOLUTION
    functions = lab.primitives()
    content = functions.certificate_verify_content(handshake_messages)
    signature = functions.sign(private_key, scheme, content)
    body = scheme.to_bytes(2, "big") + len(signature).to_bytes(2, "big") + signature
    return bytes([15]) + len(body).to_bytes(3, "big") + body
    ### END SOLUTION


# %% check="11.certificate_verify"
lab.check(certificate_verify)

# %% [markdown]
# A signature of RSA in the form of PKCS #1 v1.5 is the same each time. So yours and the one that went over the wire have to be equal:

# %%
from tlslab.lab.usable import usable
from tlslab.wire.registry import SignatureScheme

scheme = SignatureScheme(0x0401)
made = usable(certificate_verify)(lab.pki.client_rsa().private_key, scheme, before)
print(made[:24].hex(" "), "…")
print("the same:", made == sent)

# %% [markdown]
# ## The server decides
#
# Now to the other side. A server has three ways to go about it:
#
# | | a client with a good certificate | a client without any |
# |---|---|---|
# | **none** | is not asked | comes in |
# | **optional** | comes in, and is known | comes in, and is nobody |
# | **required** | comes in, and is known | is refused: `handshake_failure` |
#
# A third kind of client is missing in the table: one with a certificate that is *not* good. It is refused, even where a certificate is optional. It could have come as nobody; it came with a claim, and the claim is
# wrong.
#
# What is good? The chain has to lead to an authority that **the server** trusts for clients. That need not be one that browsers know: a company that makes certificates for its own machines trusts
# itself alone. The dates have to fit. And the certificate has to be for clients.
#
# ### Exercise 3
#
# Decide. `lab.primitives().verify_client_chain(certificate_list, trust_anchors, time)` looks at the chain: it returns the first certificate as x509, or raises a `ProtocolError` with the right alert. (You wrote its
# sister for servers in notebook 03.)

# %% exercise="11.accept_client"
from tlslab.errors import ProtocolError


def accept_client(certificate_list, required, trust_anchors, time):
    """The client's certificate, verified; None for a client that need not say who it is.

    certificate_list: bytes (DER), may be empty. required: whether a client has to say who it is.
    trust_anchors: x509 certificates. time: a datetime in UTC. Raises
    ProtocolError("handshake_failure", "why"), and so on, for a client that does not come in.
    """
    ### BEGIN SOLUTION
    if certificate_list:
        return lab.primitives().verify_client_chain(certificate_list, trust_anchors, time)
    if required:
        raise ProtocolError("handshake_failure", "no certificate, and one is required")
    return None
    ### END SOLUTION


# %% check="11.accept_client"
lab.check(accept_client)

# %% [markdown]
# ## OpenSSL at your door
#
# A server of ours that runs on your functions. OpenSSL's client calls, without a certificate and with one:

# %%
mine = lab.primitives()
for asks in ("none", "optional", "required"):
    for user in (None, "rsa", "ecdsa"):
        live = lab.peers.openssl(
            role="server", suite=SUITE, user=user, client_authentication=asks, primitives=mine
        )
        known = bool(live.outcome and live.outcome.peer_certificates)
        outcome = "comes in" if live.completed else f"refused: {live.error.alert}"
        print(f"{asks:8}  user={user!s:5}  {outcome}{', and is known' if known else ''}")

# %% [markdown]
# After the chain the server verifies the signature: with the public key of the certificate, over its own copy of the messages. Here that is done once more, by hand. OpenSSL made the signature, the messages are those
# that your server saw, and `cryptography` verifies:

# %%
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

live = lab.peers.openssl(
    role="server", suite=SUITE, user="ecdsa", client_authentication="required", primitives=mine
)
seen, signed = messages_before_signature(live.trace)
shown = x509.load_der_x509_certificate(live.outcome.peer_certificates[0])
content = mine.certificate_verify_content(seen)
shown.public_key().verify(signed[8:], content, ec.ECDSA(SHA256()))
print("scheme:", signed[4:6].hex(), "· verified, it raised nothing")

# %% [markdown]
# `0403` is ECDSA with SHA-256. The signature begins behind 4 bytes of header, 2 of scheme and 2 of length.
#
# ## You at OpenSSL's door
#
# The other way round. The client is ours and signs what your function says; OpenSSL is the server, requires a certificate, and judges:

# %%
inside = lab.peers.openssl(
    role="client", suite=SUITE, user="rsa", client_authentication="required", primitives=mine
)
print(inside)
print("OpenSSL says of the certificate:", inside.peer_verified)
print("OpenSSL answered:", inside.received.decode())

# %% [markdown]
# To see that it matters what is signed: a client that signs the ClientKeyExchange alone, and one that brings no certificate.


# %%
def one_message(handshake_messages):
    return handshake_messages[-1]


wrong = mine.using(certificate_verify_content=one_message)
for what, user, functions in (
    ("one message signed", "rsa", wrong),
    ("no certificate", None, mine),
):
    refused = lab.peers.openssl(
        role="client",
        suite=SUITE,
        user=user,
        client_authentication="required",
        primitives=functions,
    )
    print(f"{what:18}  OpenSSL sent {refused.error.alert}")

# %% [markdown]
# `decrypt_error` is for a signature that does not fit; nothing was decrypted. `handshake_failure` is for whatever has no alert of its own. That makes it the most frequent riddle with client certificates: the server
# wanted one, and no alert says so. TLS 1.3 has `certificate_required` for that.
#
# ## Who may enter?
#
# The handshake answers *who is it?* It is called **authentication**. It does not answer *may they?*, which is called **authorisation**. The lab has another certificate for clients, from the same authority, with
# another name in it. You met it in notebook 03, where a *server* showed it, and it was wrong for that:

# %%
from tlslab.lab.configs import SEEDED_TIME

stranger = lab.pki.broken("wrong-usage")
trusted = [lab.pki.root()]
for certificate_list in (lab.pki.client_rsa().certificate_chain, stranger.certificate_chain):
    accepted = mine.accept_client(list(certificate_list), True, trusted, SEEDED_TIME)
    names = accepted.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    print("comes in:", names[0].value)

# %% [markdown]
# Both come in. Both really are who they say. A server that takes "has a certificate of ours" for "may do anything" has a hole: every machine of the company can act as any other. It is the counterpart of the client
# that verifies the chain and forgets the name. But here TLS cannot help: a client knows whom it called, and a server cannot know who would come. So the application looks at the name, for example in a list:

# %%
MAY = {"learner.tlslab.test": "read"}

for certificate_list in (lab.pki.client_rsa().certificate_chain, stranger.certificate_chain):
    accepted = mine.accept_client(list(certificate_list), True, trusted, SEEDED_TIME)
    names = accepted.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    print(f"{names[0].value:20} may {MAY.get(str(names[0].value), 'do nothing')}")

# %% [markdown]
# And as with servers, none of this asks whether the key was stolen yesterday. Somebody has to take the name off the list, or revoke the certificate and look at the revocations.
#
# ## Five refused clients
#
# Five clients called a server of ours that requires a certificate. Each had one thing wrong, and all were refused. They come in an order that was made for you; others have another one. You have what the server
# has, its traces:

# %% tags=["own-seed"]
from tlslab.lab.exercises import n11
from tlslab.lab.learner import seed as my_seed
from tlslab.trace import Alert

five_refused = n11.five_refused(my_seed())
for number, trace in enumerate(five_refused, 1):
    (alert,) = trace.of(Alert)
    certificates = trace.messages("certificate")[1].raw
    print(f"{number}  {alert.description:24}  Certificate of {len(certificates):4} bytes")

# %% [markdown]
# These are the five things that can be wrong, in no particular order:

# %%
for words in n11.FAULTS:
    print(f'"{words}"')

# %% [markdown]
# An alert is shown to the other side, and tells little. Two of the five even have the same one. But a server can look closer. This function asks whether the signature of a client fits the key of its
# certificate, over a list of messages of your choice:


# %%
def verifies_over(trace, handshake_messages):
    """Whether the client's signature fits its certificate, over these messages."""
    _, signed = messages_before_signature(trace)
    listed = trace.messages("certificate")[1].raw[7:]
    leaf = x509.load_der_x509_certificate(listed[3 : 3 + int.from_bytes(listed[:3], "big")])
    try:
        lab.primitives().verify(
            leaf.public_key(),
            SignatureScheme(int.from_bytes(signed[4:6], "big")),
            signed[8:],
            b"".join(handshake_messages),
        )
    except ProtocolError:
        return False
    return True


print("the good one from above:", verifies_over(handshake.server_trace, before))

# %% [markdown]
# ### Exercise 4
#
# **What is wrong with each?** Put five of the words into a list, in the order of `five_refused`. `lab.hint("11.five")` helps.

# %% exercise="11.five"
five = None
### BEGIN SOLUTION


def fault(trace):
    (alert,) = trace.of(Alert)
    if alert.description != "decrypt_error":
        return {
            "handshake_failure": "no certificate",
            "unsupported_certificate": "certificate for servers",
            "unknown_ca": "intermediate missing",
        }[alert.description]
    seen, _ = messages_before_signature(trace)
    if verifies_over(trace, seen[-1:]):
        return "signed one message alone"
    return "another private key"


five = [fault(trace) for trace in five_refused]
### END SOLUTION

# %% check="11.five"
lab.answer("11.five", five)

# %% [markdown]
# ## What an eavesdropper sees now
#
# More than before. In TLS 1.2 everything up to ChangeCipherSpec goes in the clear, and so does the client's certificate. Whoever listens knows now who calls whom:

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# A certificate with a person's name in it says the name to every network on the way. TLS 1.3 encrypts both certificates.
#
# ## Who knows what
#
# The signature has changed nothing about the secrets. Somebody who steals the *client's* private key can pose as the client from then on, and reads no recording.

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# ## What you built
#
# Both sides of a mutual authentication: the client's proof, and the server's decision.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("11")

# %% [markdown]
# ## What comes next
#
# That was a lot of signing and verifying, and for each connection it begins anew. In notebook 12 two that know each other already do without all of it.
