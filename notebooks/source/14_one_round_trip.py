# %% [markdown]
# # 14 · One round trip
#
# **Afterwards you can** read a handshake of TLS 1.3; say what has moved, what is gone, and why it needs one round trip less; make its key shares, the content that its server signs, and the nonces of its
# records; and say what an eavesdropper still sees.
#
# **Time:** about 70 minutes. **You need:** [notebook 10](10_ephemeral_diffie_hellman.ipynb), for shares and signatures, and [notebook 07](07_application_data.ipynb), for AEAD. Notebook 12 counted the flights.

# %% [markdown]
# ## The question
#
# Until a client of TLS 1.2 may send its first byte of data, it waits for the server twice. The first time it learns what the server has chosen, and gets its certificate and its share. Only then does it know on which
# curve to answer. The second time it waits for the server's Finished. **Could it not say everything at once?**
#
# Here is the handshake as you know it, and below it that of TLS 1.3. The same client, the same server, and the same seed: both sides draw the same random numbers.

# %%
from tlslab import lab, view

OLD, NEW = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"
both = {"seed": 14, "server": "ecdsa", "alpn": (b"h2", b"http/1.1")}
old = lab.handshake(suite=OLD, **both)
new = lab.handshake(suite=NEW, **both)
view.text.messages(old.trace)

# %%
view.text.messages(new.trace)

# %% [markdown]
# Look at the column *protection* of the second table. Everything behind the server's first message is encrypted, with one odd exception. Where can the keys come from, so early?
#
# ## What has moved
#
# The client **guesses**. A list of groups was in its ClientHello before, "on one of these curves we could agree". Now it adds a share for the first of them, a *key share*, unasked. The server finds that share in the very first message,
# makes its own, and has the secret before it has answered a word. Its share is in the ServerHello. When that arrives, the client has the secret too.
#
# ```
#  TLS 1.2                               TLS 1.3
#
#  client                   server       client                   server
#    ─── hello ───────────────►            ─── hello, SHARE ────────►
#    ◄── hello, who I am, ─────            ◄── hello, SHARE, ────────
#        SHARE                                 who I am, Finished
#    ─── SHARE, Finished ─────►            ─── Finished, data ──────►
#    ◄── Finished ─────────────
#    ─── data ────────────────►
# ```
#
# And if the server does not take that group? Then it says so, and the client begins again with another share: a HelloRetryRequest, in notebook 16. Nearly everybody takes x25519, so it hardly ever happens.
#
# Which messages are gone, and which are new?

# %%
names = {}
for version, handshake in (("1.2", old), ("1.3", new)):
    names[version] = {message.name for message in handshake.trace.messages()}
print("gone:", *sorted(names["1.2"] - names["1.3"]))
print("new: ", *sorted(names["1.3"] - names["1.2"]))

# %% [markdown]
# - **ServerKeyExchange** and **ClientKeyExchange**: the shares are extensions of the hellos now.
# - **ServerHelloDone** said "your turn". The server's Finished says that too.
# - **EncryptedExtensions**: all answers of the server that are not needed for the keys, such as which application protocol it chose. They stood in the ServerHello, in the clear.
# - **CertificateVerify** came from clients alone (notebook 11). Now the server sends it as well: its signature, which stood in the ServerKeyExchange.
#
# The order of the Finished is turned around: the **server's comes first**. The client, when it has verified it, sends its own *together with its data*, and does not wait again.
#
# ## The odd exception
#
# There is a ChangeCipherSpec from each side, in the clear. In TLS 1.2 it meant "from my next record on, the keys are in use". Here it means **nothing at all**; whoever gets it throws it away. It is there for the machines on the way, firewalls and the
# like, that think they know what TLS looks like. When TLS 1.3 was tried out, a few connections in a hundred broke, because such a box saw something that it had never seen, and cut the wire. So TLS 1.3 dresses up as a
# *resumed* session of TLS 1.2: a session ID that is echoed, and a ChangeCipherSpec (RFC 8446 §D.4).
#
# **"The record version says which TLS it is"** was never quite true. Now it is plainly false:

# %%
from tlslab.trace import Record


def extension(message, name):
    """The bytes of an extension's data, without its length of two bytes."""
    path = f".{name}.extension_data"
    [span] = [each for each in message.spans if each.path.endswith(path)]
    return message.raw[span.start + 2 : span.end]


records = new.trace.of(Record)
print("version of the first record:", records[0].raw[1:3].hex(" "))
print("of all others:", *sorted({record.raw[1:3].hex(" ") for record in records[1:]}))
for name in ("client_hello", "server_hello"):
    [hello] = new.trace.messages(name)
    print(f"{name}: version {hello.raw[4:6].hex(' ')},", end=" ")
    print("supported_versions", extension(hello, "supported_versions").hex(" "))

# %% [markdown]
# `03 01` is TLS 1.0: a first record says so for the sake of very old servers. `03 03` is TLS 1.2, and it stays there for ever. The true version, `03 04`, stands in the extension *supported_versions*: the client's has a list, with its length in one byte, and the server's the choice.
#
# ## A share in the hello
#
# The extension *key_share* of the client is a list of these, that of the server is a single one (RFC 8446 §4.2.8):
#
# ```
# struct {
#     NamedGroup group;
#     opaque key_exchange<1..2^16-1>;
# } KeyShareEntry;
# ```
#
# A group has two bytes; x25519 is `00 1d`. `key_exchange` is a vector as in notebook 01: its length first, here in two bytes. Inside is the share.
#
# ### Exercise 1
#
# X25519 is in the library, as in notebook 10.

# %% exercise="14.key_share"
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey


def key_share(private):
    """A KeyShareEntry for x25519 (RFC 8446 §4.2.8): 36 bytes.

    private: our private number, 32 bytes.
    """
    ### BEGIN SOLUTION
    share = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    return (0x001D).to_bytes(2, "big") + len(share).to_bytes(2, "big") + share
    ### END SOLUTION


# %% check="14.key_share"
lab.check(key_share)

# %% [markdown]
# If it is not right yet, `lab.hint("14.key_share")` helps, a little more each time. What is not written, the reference does in its place.
#
# Is it in the hellos? And where was the same share in TLS 1.2?

# %%
from tlslab.lab.usable import usable

privates = {
    "client": new.trace.value("client_private"),
    "server": new.server_trace.value("server_private"),
}
for side, private in privates.items():
    entry = usable(key_share)(private)
    [hello] = new.trace.messages(f"{side}_hello")
    print(f"TLS 1.3: in the {side}'s hello", entry in hello.raw)
    [message] = old.trace.messages(f"{side}_key_exchange")
    print(f"TLS 1.2: in {message.name}", entry[4:] in message.raw)

# %% [markdown]
# ### Exercise 2
#
# Now the secret. It is the one line of notebook 10, with two remarks. The bytes go on as they are: X25519 has an order of its own, and nobody turns it round. And a stranger's share may be a trap, as 1 and `p - 1`
# were: some shares lead to a secret of zeros, whatever your private number is. The library then raises `ValueError`. Your peer should get its alert, `illegal_parameter` (RFC 8446 §7.4.2).

# %% exercise="14.x25519_shared_secret"
from tlslab.errors import ProtocolError


def x25519_shared_secret(private, peer_public):
    """The secret of our private number and the peer's share, 32 bytes each: 32 bytes.

    Raises ProtocolError("illegal_parameter", "why") for a share that leads to zeros.
    """
    ### BEGIN SOLUTION
    own = X25519PrivateKey.from_private_bytes(private)
    try:
        return own.exchange(X25519PublicKey.from_public_bytes(peer_public))
    except ValueError:
        raise ProtocolError("illegal_parameter", "the share leads to zeros") from None
    ### END SOLUTION


# %% check="14.x25519_shared_secret"
lab.check(x25519_shared_secret)

# %%
mine = lab.primitives()
secret = mine.x25519_shared_secret(privates["client"], new.trace.value("server_share"))
print(secret.hex())
print("TLS 1.3, shared_secret:   ", secret == new.trace.value("shared_secret"))
print("TLS 1.2, premaster_secret:", secret == old.trace.value("premaster_secret"))

# %% [markdown]
# The same secret in both. What is made of it differs, and that is notebook 15.
#
# ## What is gone
#
# `TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256` has become `TLS_AES_128_GCM_SHA256`. The client used to choose the way of the key exchange and the kind of signature *with the suite*, and each combination needed a number. Now a suite is
# a cipher and a hash, and nothing else. Groups have their own list, *supported_groups*, and signatures have *signature_algorithms*.

# %%
from tlslab.crypto.suites import SUITES, TLS13_SUITES

print("suites of TLS 1.2 in this package:", len(set(SUITES) - set(TLS13_SUITES)))
print("suites of TLS 1.3 in this package:", len(TLS13_SUITES))
print(*(code.name for code in TLS13_SUITES), sep="\n")

# %% [markdown]
# (RFC 8446 has two more, for small devices. IANA's list for all the versions before has more than three hundred.)
#
# Most of this course's trouble went with them:
#
# | gone | because | you saw it in notebook |
# |---|---|---|
# | RSA key exchange | whoever steals the key reads all that was recorded | 04, 09 |
# | primes that the server makes up | they may be weak, and nobody can tell | 10 |
# | signatures with PKCS #1 v1.5 in the handshake | PSS has a proof | 10 |
# | CBC with a MAC beside it, and ciphers without any | padding oracles | 07, 13 |
# | the nonce that is sent in each record | both sides can count | 07 |
# | ChangeCipherSpec as a message that means something | it was in no transcript | 06 |
# | a Finished of twelve bytes | nothing is cut any more: it is as long as the hash | 06 |
# | session IDs and the old tickets | pre-shared keys instead | 12, 16 |
# | renegotiation | it was attacked, twice | 13 |
# | extended master secret, encrypt-then-MAC, renegotiation_info | what they mend is built in, or gone | 13 |
#
# Compression is gone too. It was in the ClientHello all the time, always `null` in this course: in 2012 an attack called CRIME read cookies from the *lengths* of compressed records.
#
# ## What the server signs
#
# In TLS 1.2 the server signs two randoms and its share. The suite, the groups, everything else that was agreed on is *not* under the signature, and Logjam made use of that (notebook 10). In TLS 1.3 the signature is over the **whole
# transcript so far**: ClientHello, ServerHello, EncryptedExtensions, Certificate. Who changes one bit of any of them breaks it.
#
# What goes into the signature is not the transcript hash alone (RFC 8446 §4.4.3). In front of it stand
#
# - **64 spaces**, the byte `0x20`;
# - the **context string**: `TLS 1.3, server CertificateVerify`, or `TLS 1.3, client CertificateVerify`;
# - **a zero byte** that separates it from the hash.
#
# Why all that? A server has the same key for TLS 1.2 and TLS 1.3. In TLS 1.2 it signs a text that begins with the *client's random*: with 32 bytes that a stranger chooses. A stranger could choose them so that the signature means something in TLS
# 1.3. With 64 spaces in front that is impossible: the server's random would have to be spaces too. The context string tells the client's signature from the server's, so that nobody can send a signature back to whoever made it.
#
# ### Exercise 3


# %% exercise="14.tls13_signed_content"
def tls13_signed_content(side, transcript_hash):
    """What the signature in a CertificateVerify is over (RFC 8446 §4.4.3): bytes.

    side: "client" or "server", who signs. transcript_hash: bytes.
    """
    ### BEGIN SOLUTION
    context_string = f"TLS 1.3, {side} CertificateVerify"
    return b" " * 64 + context_string.encode() + b"\0" + transcript_hash
    ### END SOLUTION


# %% check="14.tls13_signed_content"
lab.check(tls13_signed_content)

# %% [markdown]
# Here is the server's CertificateVerify. It begins with a header of four bytes, then come the signature scheme and a length, two bytes each, and the rest is the signature. Does it hold, over the four messages before
# it? And if somebody in between had taken a suite out of the offer?

# %%
from tlslab.wire.registry import SignatureScheme

mine = lab.primitives()
public_key = lab.pki.server_ecdsa().private_key.public_key()
[certificate_verify] = new.trace.messages("certificate_verify")
scheme = SignatureScheme(int.from_bytes(certificate_verify.raw[4:6], "big"))
signature = certificate_verify.raw[8:]
before = [
    new.trace.messages(name)[0].raw
    for name in ("client_hello", "server_hello", "encrypted_extensions", "certificate")
]


def holds(side, messages):
    content = mine.tls13_signed_content(side, mine.transcript_hash(messages, "sha256"))
    try:
        mine.verify(public_key, scheme, signature, content)
    except ProtocolError as error:
        return error.alert
    return "good"


another_offer = before[0].replace(bytes.fromhex("1301"), bytes.fromhex("1302"), 1)
print(scheme.name)
print("over the four messages:         ", holds("server", before))
print("with another suite on offer:    ", holds("server", [another_offer, *before[1:]]))
print("without the server's extensions:", holds("server", [*before[:2], before[3]]))
print("as a client's signature:        ", holds("client", before))

# %% [markdown]
# ## One way to protect a record
#
# Everything is AEAD now, GCM or ChaCha20-Poly1305. Three things are new.
#
# **What kind of record it is, is encrypted.** On the wire each protected record says `application_data`, type 23, even the certificate. The true type stands behind the content, inside the encryption (RFC 8446 §5.2):
#
# ```
# struct {
#     opaque content[TLSPlaintext.length];
#     ContentType type;
#     uint8 zeros[length_of_padding];
# } TLSInnerPlaintext;
# ```
#
# **Padding**, as much as one likes: zeros behind the type. So the length on the wire need not tell the length of the content. Whoever opens it looks for the last byte that is not zero. That is the type, for no type is 0.
#
# ### Exercise 4


# %% exercise="14.inner_plaintext"
def inner_plaintext(content, type, padding):
    """TLSInnerPlaintext (RFC 8446 §5.2): bytes.

    content: bytes. type: a number, such as 22. padding: how many zeros.
    """
    ### BEGIN SOLUTION
    return content + bytes([type]) + bytes(padding)
    ### END SOLUTION


# %% check="14.inner_plaintext"
lab.check(inner_plaintext)

# %% [markdown]
# ### Exercise 5
#
# And back. Zeros alone have no type: that is `unexpected_message` (RFC 8446 §5.4).


# %% exercise="14.open_inner_plaintext"
def open_inner_plaintext(plaintext):
    """The type, a number, and the content, bytes, of a TLSInnerPlaintext (RFC 8446 §5.4).

    Raises ProtocolError("unexpected_message", "why") for zeros alone.
    """
    ### BEGIN SOLUTION
    unpadded = plaintext.rstrip(b"\0")
    if not unpadded:
        raise ProtocolError("unexpected_message", "there is no type")
    return unpadded[-1], unpadded[:-1]
    ### END SOLUTION


# %% check="14.open_inner_plaintext"
lab.check(open_inner_plaintext)

# %% [markdown]
# **The nonce is not sent.** In TLS 1.2 four bytes of it were secret and eight stood in the record. Now all twelve come from an IV that both sides derive, and from the sequence number that both count. The number is padded with zeros on the left to
# twelve bytes, and then combined with the IV by exclusive-or (RFC 8446 §5.3). As before, it begins at 0 with each new key.
#
# Why not the number alone? It would be a good nonce: it never repeats. But everybody's first record would have the same nonce, under very many keys, and whoever collects recordings could try one key on all of them at
# once. The IV, which is secret, takes that away.
#
# ### Exercise 6


# %% exercise="14.per_record_nonce"
def per_record_nonce(iv, seq_num):
    """The nonce of a record (RFC 8446 §5.3): as long as the IV.

    iv: 12 bytes. seq_num: a number, 0 for the first record under a key.
    """
    ### BEGIN SOLUTION
    padded = seq_num.to_bytes(len(iv), "big")
    return bytes(a ^ b for a, b in zip(iv, padded, strict=True))
    ### END SOLUTION


# %% check="14.per_record_nonce"
lab.check(per_record_nonce)

# %% [markdown]
# Four nonces, one after the other. Only the end changes:

# %%
iv = new.trace.value("server_handshake_write_iv")
for number in range(4):
    print(number, lab.primitives().per_record_nonce(iv, number).hex(" "))

# %% [markdown]
# What is left is the **additional data**: what is protected, and not encrypted. In TLS 1.2 it was sequence number, type, version and the length of the content. Now the number is in the nonce already, and what remains is **the header of the record as it
# goes over the wire**. Five bytes: `17`, `03 03`, and the length of what follows, tag included.
#
# ### Exercise 7


# %% exercise="14.tls13_additional_data"
def tls13_additional_data(length):
    """The header of a protected record (RFC 8446 §5.2): 5 bytes.

    length: of all that comes behind the header.
    """
    ### BEGIN SOLUTION
    return b"\x17\x03\x03" + length.to_bytes(2, "big")
    ### END SOLUTION


# %% check="14.tls13_additional_data"
lab.check(tls13_additional_data)

# %% [markdown]
# Three of these four open the second encrypted record of the server. On the wire it is application data, like all the others. What is it?

# %%
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

mine = lab.primitives()
protected = [r for r in new.trace.of(Record) if r.sender == "server" and r.raw[0] == 23]
number, record = 1, protected[1]
header, ciphertext = record.raw[:5], record.raw[5:]

key = new.trace.value("server_handshake_write_key")
nonce = mine.per_record_nonce(iv, number)
plaintext = AESGCM(key).decrypt(nonce, ciphertext, mine.tls13_additional_data(len(ciphertext)))
inner_type, content = mine.open_inner_plaintext(plaintext)
print("the header says", header.hex(" "))
print("inside is type", inner_type, "and a message of type", content[0])
print(len(content), "bytes, the certificate:", content == before[3])

# %% [markdown]
# ## OpenSSL judges
#
# Your functions make the secret, the signed content and every record, with OpenSSL on the other side, for both kinds of certificate, in both roles:

# %%
for kind in ("rsa", "ecdsa"):
    for role in ("client", "server"):
        live = lab.peers.openssl(role=role, suite=NEW, server=kind, primitives=mine)
        well = live.completed and not live.peer_error
        print(f"{kind:5} we are the {role}:", "completed" if well else live.peer_error)

# %% [markdown]
# If it refuses, `lab.find_fault(mine, suite=NEW)` says which of your functions to look at.
#
# And with mistakes that nobody notices as long as both sides make them. Each time our server is with our own client first, then with OpenSSL's:

# %%
from tlslab.primitives import Primitives

reference = Primitives()


def of_the_other_side(side, transcript_hash):
    other = "client" if side == "server" else "server"
    return reference.tls13_signed_content(other, transcript_hash)


def of_tls_1_2(iv, seq_num):
    return iv[:4] + seq_num.to_bytes(8, "big")


for what, wrong in (
    ("the context string of the other side", {"tls13_signed_content": of_the_other_side}),
    ("the nonce of TLS 1.2", {"per_record_nonce": of_tls_1_2}),
):
    theirs = reference.using(**wrong)
    among_us = lab.handshake(seed=14, suite=NEW, server="ecdsa", primitives=theirs)
    with_openssl = lab.peers.openssl("server", suite=NEW, server="ecdsa", primitives=theirs)
    print(what)
    print("    among ourselves:", "completed" if among_us.completed else among_us.error)
    print("    with OpenSSL:   ", with_openssl.error.alert, "from OpenSSL")

# %% [markdown]
# ## One round trip less
#
# Notebook 12 counted flights, from the records of real connections, up to the server's first byte of data. Two of them are TCP's own. Here is TLS 1.3 beside them:

# %%
from tlslab.lab.measuring import flights, flights_without_tls

first = lab.handshake(suite=OLD, resumption="ticket", **both)
measured = {
    "no TLS, TCP alone": flights_without_tls(first.trace),
    "TLS 1.2, full": flights(first.trace),
    "TLS 1.2, resumed": flights(lab.handshake(resume=first).trace),
    "TLS 1.3, full": flights(new.trace),
}
for kind, found in measured.items():
    total = sum(flight.length for flight in found)
    print(f"{kind:18} {len(found)} flights, {len(found) // 2} round trips, {total:5,} bytes")

# %%
view.plot_round_trips(measured)

# %% [markdown]
# A full handshake of TLS 1.3, with certificate, signature and a fresh secret, takes as long as a *resumed* one of TLS 1.2, which had none of these. What is still dearer than TCP alone is one round trip. Notebook 16 takes that away too, and
# shows what it costs.
#
# ## What an eavesdropper sees now
#
# First TLS 1.2, then TLS 1.3:

# %%
view.text.eavesdropper(old.trace)

# %%
view.text.eavesdropper(new.trace)

# %% [markdown]
# Let us look for some values in the recordings, byte by byte:

# %%
leaf = lab.pki.server_ecdsa().certificate_chain[0]
values = {
    "the name that the client calls": b"server.tlslab.test",
    "the protocols that it offers": b"\x02h2\x08http/1.1",
    "the one that the server chose": b"\x00\x10\x00\x05\x00\x03\x02h2",
    "the server's certificate": leaf,
    "the server's share": new.trace.value("server_share"),
    "the data": b"Can anybody read this?",
}
print(f"{'':32}TLS 1.2  TLS 1.3")
for what, value in values.items():
    seen = (
        value in b"".join(record.raw for record in handshake.trace.of(Record))
        for handshake in (old, new)
    )
    print(f"{what:32}" + "     ".join("seen" if each else "-   " for each in seen).rstrip())

# %% [markdown]
# The certificate has disappeared from sight, and with it the server's answers, the alerts, and even which records are handshake and which are data. **But "HTTPS hides which site" is still not true.** Nearly always the name stands in the ClientHello: the
# server has to know whose certificate it should show, and at that moment there is no key yet. (*Encrypted Client Hello* is an extension against that. This course does not have it.) Nor does TLS hide the addresses, nor when and how much is sent.
#
# How much exactly? That is for you.
#
# ### Exercise 8: predict
#
# An eavesdropper records one record of a client, under `TLS_AES_128_GCM_SHA256`. Like most programs, this one does not pad. Yours has another length than those of others:

# %% tags=["own-seed"]
from tlslab.lab.exercises import n14_records
from tlslab.lab.learner import seed as my_seed

print(n14_records.seen_record(my_seed()), "bytes on the wire, header included")

# %% [markdown]
# **How many bytes of data are in it?** Put a number, or an expression, in place of `None`.

# %% exercise="14.seen_length"
seen_length = None
### BEGIN SOLUTION
seen_length = n14_records.seen_record(my_seed()) - 5 - 16 - 1
### END SOLUTION

# %% check="14.seen_length"
lab.answer("14.seen_length", seen_length)

# %% [markdown]
# Whoever knows that a site has one page of exactly that length knows which page was read. Padding is the remedy. Here both sides fill their records up to a multiple of 512 bytes:

# %%
padded = lab.handshake(suite=NEW, record_padding=512, **both)
for name, handshake in (("without padding", new), ("padded to 512", padded)):
    lengths = [len(r.raw) for r in handshake.trace.of(Record) if r.raw[0] == 23]
    print(f"{name:16}", *(f"{length:5}" for length in lengths))

# %% [markdown]
# It costs bytes, and so hardly anybody does it.
#
# ## Who knows what

# %%
view.text.knowledge(new.trace)

# %% [markdown]
# As in notebook 10 the stolen key opens nothing that was recorded. That was a choice, in TLS 1.2: a suite with ECDHE had to be taken. Here there is no other. (The *early secret* is known to everybody: nothing secret has gone into it. What it is there for, notebook 15 says.)
#
# ## What you built
#
# The key share, the shared secret, the content that is signed, and all of a record's protection but the cipher itself. OpenSSL has accepted each of them.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("14")

# %% [markdown]
# ## What comes next
#
# One thing stood in this notebook without an explanation: where `server_handshake_write_key` comes from, and its IV. There is no master secret with a key block any more. Notebook 15 follows every secret, from the shared secret to the last key.
