# %% [markdown]
# # 10 · Ephemeral Diffie-Hellman
#
# **Afterwards you can** agree on a secret in front of everybody, first by hand and then with the numbers of TLS; say what the server signs and why; stop a man in the
# middle; and show why a key that is stolen later opens nothing.
#
# **Time:** about 75 minutes. **You need:** [notebook 09](09_steal_the_key.ipynb), for the wiretap. The mathematics is powers and remainders, no more.

# %% [markdown]
# ## The question
#
# In notebook 09 you recorded a session, stole the server's private key a year later, and read everything. Now the same again: OpenSSL's server with the same certificate and the same
# key, the same password, the same wiretap. Only the suite has another name: there is an `ECDHE` in it. At the end of this notebook you can say what each letter stands for.

# %%
from tlslab import capture, lab, view

SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
FORM = b"user=alice&password=tulip"
session = lab.peers.openssl(role="client", seed=10, suite=SUITE, groups="x25519", request=FORM)
capture.save_pcapng(session.trace, "recorded.pcapng", with_key_log=False)
(recording,) = capture.load_pcapng("recorded.pcapng")
recording

# %% [markdown]
# The theft is a year later. We look for the encrypted premaster secret, and take the stolen key to it:

# %%
stolen_key = lab.pki.server_rsa().private_key
mine = lab.primitives()

found = lab.my_function("find_encrypted_premaster")(recording.client)
nothing = b"not decrypted".ljust(48, b".")
print(len(found), "bytes, and not 256")
print(mine.decrypt_premaster(stolen_key, found, 0x0303, nothing))

# %% [markdown]
# The message ClientKeyExchange is there, but what is in it is no ciphertext, and the decryption gave the bytes for "did not work". This is the whole message:

# %%
view.text.bytes_of(session.trace.messages("client_key_exchange")[0])

# %% [markdown]
# 32 bytes with a length of one byte in front (our function had cut off two). They went over the wire in the clear, for everybody to see, and nothing was encrypted to the server's key. And yet both sides came to the same premaster secret. **How do two sides agree on a secret, if everything that
# they say is heard?**
#
# ## A secret in public, by hand
#
# Whitfield Diffie and Martin Hellman found the answer in 1976, and *Diffie-Hellman* is its name. You need a prime number `p`, and a number `g` below it, the *generator*. Both are public. We take 23 and 5, and
# calculate as on a clock with 23 hours: of every result we keep only the remainder of a division by 23.
#
# - Alice thinks of a number, say 6, and tells nobody. She computes 5 to the power 6, and says the remainder aloud. That is her **share**.
# - Bob thinks of a number too, say 15, and does the same.
# - Each takes **the other's share** to the power of their own number.

# %%
p, g = 23, 5
alice_private, bob_private = 6, 15

alice_share = g**alice_private % p
bob_share = g**bob_private % p
print("Alice says", alice_share, "and Bob says", bob_share)
print("Alice computes", bob_share**alice_private % p)
print("Bob computes  ", alice_share**bob_private % p)

# %% [markdown]
# The same number, and nobody said it. It works because it does not matter in which order one takes powers, nor when one takes the remainder. In Python's words:
#
# ```
# (g**15)**6  ==  g**(15*6)  ==  (g**6)**15
# ```
#
# **What does an eavesdropper have?** The numbers 23 and 5, and both shares. To go on they need one of the private numbers: *5 to which power is 8?* With ordinary numbers one would come near it step by
# step. On the clock the powers jump about:

# %%
exponents = range(1, 23)
print("power ", *(f"{n:2}" for n in exponents))
print("result", *(f"{g**n % p:2}" for n in exponents))

# %% [markdown]
# A larger exponent does not give a larger result, and nothing about a result tells how far along it is. No way is known that leads back quickly. The problem is called the *discrete logarithm*. With 23 one tries them
# all; so the numbers have to be larger.
#
# ### Exercise 1
#
# By hand, or with Python as a calculator. The other side says its share, and you have a private number. These are yours; others get other numbers:

# %% tags=["own-seed"]
from tlslab.lab.exercises import n10
from tlslab.lab.learner import seed as my_seed

p, g, my_private, their_share = n10.small_numbers(my_seed())
print(f"p = {p}, g = {g}, your private number is {my_private}, their share is {their_share}")

# %% [markdown]
# **Which share do you say, and what is the secret?** Put two numbers, `(share, secret)`, in place of `None`.

# %% exercise="10.by_hand"
by_hand = None
### BEGIN SOLUTION
by_hand = (g**my_private % p, their_share**my_private % p)
### END SOLUTION

# %% check="10.by_hand"
lab.answer("10.by_hand", by_hand)

# %% [markdown]
# ## How large?
#
# Somebody who tries all exponents, one after the other, for larger and larger primes:

# %%
from tlslab.lab.randomness import SeededRandom


def find_exponent(p, g, share):
    """Try 1, 2, 3, … until g to that power is the share."""
    exponent, power = 1, g
    while power != share:
        exponent, power = exponent + 1, power * g % p
    return exponent


random = SeededRandom(10, "large")
for p, g in ((23, 5), (1019, 2), (65_537, 3), (1_000_003, 2)):
    share = pow(g, int.from_bytes(random("private", 8), "big"), p)
    print(f"{p.bit_length():2} bits: {find_exponent(p, g, share):7,} tries")

# %% [markdown]
# On average the work doubles with each bit, and for Alice and Bob it hardly grows: `pow` multiplies once or twice for each *bit* of the exponent. TLS uses primes of 2048 bits and more. (There are better ways than to
# try everything. With them 512 bits were broken in 2015, and old servers still offered that. So it has to be 2048, and not 128.)
#
# The primes are not secret, and so everybody can use the same. RFC 7919 has five. This is the smallest, *ffdhe2048*:

# %%
from tlslab.crypto.groups import ffdhe
from tlslab.wire.registry import NamedGroup

field = ffdhe(NamedGroup.ffdhe2048)
print("g =", field.g)
print("p =", str(field.p)[:30], "...", len(str(field.p)), "digits")

# %% [markdown]
# Whoever chooses a prime could choose one with a hidden weakness. The digits of this one come from those of the number *e* = 2.718…, and nobody chose those. The package computes it in the same way.
#
# ### A share that is a trap
#
# The other side's share comes from a stranger. What if it is 1, or `p - 1`?

# %%
private = int.from_bytes(SeededRandom(10, "trap")("private", 32), "big")
for name, share in (("1", 1), ("p - 1", field.p - 1)):
    secrets = {pow(share, exponent, field.p) for exponent in range(private, private + 1000)}
    print("share", name, "and a thousand private numbers: different secrets", len(secrets))

# %% [markdown]
# To any power 1 is 1, and `p - 1` is 1 or `p - 1` again. So whatever your private number is, the secret is one of these two. Somebody in between who replaces both shares by 1 knows it without any work. So a share has to be larger than 1 and smaller than `p - 1`
# (RFC 7919 §5.1), and anything else ends the handshake with the alert `handshake_failure` (§3, §4; in TLS 1.3 it is `illegal_parameter`).
#
# ### Exercise 2
#
# The secret as TLS 1.2 wants it. RFC 5246 §8.1.2 says: "Leading bytes of Z that contain all zero bits are stripped before it is used as the pre_master_secret." So a small number gives fewer bytes. (TLS 1.3 does not do that any
# more: how long the secret is changes how long it takes to work with it, and in 2020 an attack called Raccoon made use of that.)
#
# Never write `share ** private` here: that number would not fit into this world. `pow(share, private, p)` takes the remainder at every step.

# %% exercise="10.dh_shared_secret"
from tlslab.errors import ProtocolError


def dh_shared_secret(field, private, peer_public):
    """The shared secret: the peer's share to the power `private`, modulo p (RFC 5246 §8.1.2).

    field.p, field.g: numbers. private: our private number. peer_public: the peer's share, bytes,
    the most significant first. Returns bytes without zeros at the beginning. Raises
    ProtocolError("handshake_failure", "why") unless 1 < share < p - 1 (RFC 7919 §3, §4).
    """
    ### BEGIN SOLUTION
    share = int.from_bytes(peer_public, "big")
    if not 1 < share < field.p - 1:
        raise ProtocolError("handshake_failure", "the share is not between 1 and p - 1")
    secret = pow(share, private, field.p)
    return secret.to_bytes((secret.bit_length() + 7) // 8, "big")
    ### END SOLUTION


# %% check="10.dh_shared_secret"
lab.check(dh_shared_secret)

# %% [markdown]
# If it is not right yet, `lab.hint("10.dh_shared_secret")` helps, a little more each time. What is not written, the reference does in its place.
#
# OpenSSL judges. A suite with DHE (*Diffie-Hellman, ephemeral*; what that is, comes below) uses such a prime, and your function makes the secret, as the client and as the server:

# %%
DHE_SUITE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
for role in ("client", "server"):
    live = lab.peers.openssl(role=role, suite=DHE_SUITE, primitives=lab.primitives())
    print(f"we are the {role}:", view.text.steps(live.trace).headline)

# %% [markdown]
# ## The same on a curve: X25519
#
# 256 bytes for a share is a lot. There are other things than powers of numbers with which the trick works. All that it needs is an operation that is easy to do many times over, in any order, and hard to undo.
# Today it is points on an *elliptic curve*: a private number says how often a fixed point is added to itself, and the share is the point where one arrives. The best way back that is known is so
# much slower than for primes that **32 bytes** are enough. The letters EC in ECDHE stand for it.
#
# The curve that nearly everybody uses is *X25519* (RFC 7748). The library has it, and this course does not take it apart. These are Alice and Bob of the RFC, §6.1:

# %%
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

alice = X25519PrivateKey.from_private_bytes(
    bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
)
bob = X25519PrivateKey.from_private_bytes(
    bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
)
print("Alice's share", alice.public_key().public_bytes_raw().hex())
print("Bob's share  ", bob.public_key().public_bytes_raw().hex())
print("Alice has    ", alice.exchange(bob.public_key()).hex())
print("Bob has      ", bob.exchange(alice.public_key()).hex())
print("the RFC says  4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")

# %% [markdown]
# And what it saves, in two handshakes of the lab:

# %%
for suite in (DHE_SUITE, SUITE):
    trace = lab.handshake(seed=10, suite=suite, server="rsa").trace
    message = trace.messages("server_key_exchange")[0].raw
    print(suite)
    print(f"  a share has {len(trace.value('client_share'))} bytes,", end=" ")
    print(f"the server's message with it {len(message)}")

# %% [markdown]
# ## Where the shares travel
#
# The client's is in the ClientKeyExchange, which you saw. The server's needs a message of its own, the **ServerKeyExchange**, between its Certificate and its ServerHelloDone. With RSA key
# exchange there is none: there the key in the certificate was enough.

# %%
handshake = lab.handshake(seed=10, suite=SUITE, server="rsa")
value = handshake.trace.value
server_key_exchange = handshake.trace.messages("server_key_exchange")[0]
view.text.bytes_of(server_key_exchange)

# %% [markdown]
# The first part, `params`, says which curve, and the share on it. And then comes something much longer: a **signature** of 256 bytes, made with the private key of the certificate. What is that for, if the secret is agreed on
# already?
#
# ## "A handshake is one secret agreed"
#
# Alice and Bob have a secret that nobody has who only listens. But **who is Bob?** Diffie-Hellman gives you a secret with *whoever sent the share*. Mallory is a *man in the middle*: she sits in between and takes part.
#
# ```
#   Alice ── share of Alice ──►  Mallory  ── share of Mallory ──► Bob
#   Alice ◄─ share of Mallory ─  Mallory  ◄── share of Bob ────── Bob
#         one secret                          another one
# ```
#
# Alice has a secret with Mallory, Bob has another one with Mallory, and each believes to have it with the other. Mallory decrypts, reads, changes, and encrypts again.
#
# With real code. Mallory is a server of ours. She shows **the real certificate** of `server.tlslab.test`, which is public. For the signature she has only a key of her own (she owns `other.tlslab.test`, as in notebook 03):

# %%
from tlslab.crypto.signatures import sign as reference_sign
from tlslab.endpoints import server
from tlslab.lab.handshake import Ours, start_client
from tlslab.trace import Trace


def carry(one, other):
    """Carry the bytes between two endpoints until all is said."""
    for _ in range(4):
        other.receive(one.data_to_send())
        one.receive(other.data_to_send())


def mallory_answers(signing_key, client_primitives):
    """A client calls the server, and Mallory answers; she signs with `signing_key`."""

    def sign_with_it(certificate_key, scheme, data):
        return reference_sign(signing_key, scheme, data)

    hers = lab.server_config(
        seed=10, suite=SUITE, server="rsa", primitives=mine.using(sign=sign_with_it)
    )
    client = start_client(Trace("client"), seed=10, suite=SUITE, primitives=client_primitives)
    mallory = Ours(server(hers))
    carry(client, mallory)
    return client, mallory


# %% [markdown]
# Her first victim does everything that you learned in notebook 03: chain, dates, name. It leaves out one thing: it does not verify the signature of the share.

# %%
HER_KEY = lab.pki.server_other().private_key


def accepts_every_signature(public_key, scheme, signature, data):
    return None


careless = lab.primitives().using(verify=accepts_every_signature)
victim, mallory = mallory_answers(HER_KEY, careless)
print("the handshake is completed:", victim.completed)

victim.send(b"Pay 100 to Alice")
carry(victim, mallory)
print("Mallory reads:", mallory.received)

# %% [markdown]
# She calls the real server, OpenSSL, with a handshake of her own, and passes on what she likes. The answer goes back:

# %%
changed = mallory.received.replace(b"100 to Alice", b"900 to Mallory")
bank = lab.peers.openssl(role="client", suite=SUITE, request=changed, reply=b"It is done.")
print("the server got:", bank.peer_received)

mallory.send(bank.received)
carry(victim, mallory)
print("the client got:", victim.received)

# %% [markdown]
# Both handshakes were perfect, every record was encrypted, the certificate was genuine and verified. And here is a client that verifies the signature:

# %%
client, mallory = mallory_answers(HER_KEY, lab.primitives())
print("the handshake is completed:", client.completed)
print("the client's alert:", client.error.alert)

# %% [markdown]
# **So a handshake is two things: a secret agreed, and the proof of whom it was agreed with.** Either one alone is worth nothing. A suite without any signature exists, *DH_anon*; whoever uses it is open to
# Mallory, and nobody should.
#
# With RSA key exchange the proof came by itself: only the owner of the key could decrypt the premaster secret (notebook 03). Here the key in the certificate encrypts nothing. **It signs**, and that is all it does.
#
# ## What is signed
#
# ```
# digitally-signed struct {
#     opaque client_random[32];
#     opaque server_random[32];
#     ServerDHParams params;
# } signed_params;
# ```
#
# (RFC 5246 §7.4.3; for a curve it is `ServerECDHParams`, RFC 8422 §5.4.) *digitally-signed* means: on the wire, in the field `signed_params` of the table above, stands the signature over these bytes, and not the bytes
# themselves. The client has them all: it puts them together again, and verifies.
#
# The share is in it, of course. **But why the two randoms?** Suppose that they were not there. Then a signed share would be good for ever. Should the private number of a
# single share become known, from a crash, from a bad random generator, then whoever has it could show this share with its signature to every client, for as long as the certificate is valid. The
# client's random is new in each handshake and the client's own. A signature over it can only have been made now, for this client.
#
# ### Exercise 3


# %% exercise="10.signed_params"
def signed_params(client_random, server_random, params):
    """The bytes that the server's signature is over (RFC 5246 §7.4.3, RFC 8422 §5.4).

    client_random, server_random: 32 bytes each. params: bytes, as they stand in the message.
    """
    ### BEGIN SOLUTION
    return client_random + server_random + params
    ### END SOLUTION


# %% check="10.signed_params"
lab.check(signed_params)

# %% [markdown]
# ## Sign and verify
#
# In front of each signature TLS 1.2 sends two bytes that say how it was made, the **signature scheme**: which kind of key, which hash. In the table above it is the field `algorithm`. The client offers those that it can verify, in its ClientHello. Three are enough for most servers. The library wants to
# hear about the scheme in its own words, and this function says them:

# %%
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256


def how(scheme):
    """What the library's sign and verify want to know besides the data, for three schemes."""
    if scheme.name == "rsa_pkcs1_sha256":
        return PKCS1v15(), SHA256()
    if scheme.name == "rsa_pss_rsae_sha256":
        return PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), SHA256()
    if scheme.name == "ecdsa_secp256r1_sha256":
        return (ECDSA(SHA256(), deterministic_signing=True),)
    raise NotImplementedError  # for every other scheme the reference stands in


# %% [markdown]
# The first is the older way with an RSA key, which you opened in notebook 03. The second is the newer one: it has random bytes in it, and so the same data gives another signature each time. The third is for a key on a curve; `deterministic_signing` makes it the
# same each time, so that a check can compare it.
#
# `key.sign(data, *how(scheme))` makes a signature, and `key.verify(signature, data, *how(scheme))` returns nothing if it is good and raises `InvalidSignature` if not. Both hash the data themselves.
#
# ### Exercise 4
#
# The client's part. A client that notices says it with the alert `decrypt_error`, and ends the connection.

# %% exercise="10.verify"
from cryptography.exceptions import InvalidSignature


def verify(public_key, scheme, signature, data):
    """Verify a signature over `data`. Returns nothing.

    Raises ProtocolError("decrypt_error", "why") if it is wrong (RFC 5246 §7.4.3, §7.2.2).
    """
    ### BEGIN SOLUTION
    try:
        public_key.verify(signature, data, *how(scheme))
    except InvalidSignature:
        raise ProtocolError("decrypt_error", "the signature is wrong") from None
    ### END SOLUTION


# %% check="10.verify"
lab.check(verify)

# %% [markdown]
# ### Exercise 5
#
# The server's part is a single line.


# %% exercise="10.sign"
def sign(private_key, scheme, data):
    """A signature over `data`: bytes (RFC 5246 §7.4.3, RFC 8422 §5.4)."""
    ### BEGIN SOLUTION
    return private_key.sign(data, *how(scheme))
    ### END SOLUTION


# %% check="10.sign"
lab.check(sign)

# %% [markdown]
# OpenSSL judges, with both kinds of certificates. As the client you verify its signature, as the server you make one:

# %%
for kind, suite in (("rsa", SUITE), ("ecdsa", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")):
    for role in ("client", "server"):
        live = lab.peers.openssl(role=role, suite=suite, server=kind, primitives=lab.primitives())
        well = live.completed and not live.peer_error
        print(f"{kind:5} we are the {role}:", "completed" if well else live.peer_error)

# %% [markdown]
# And Mallory once more, against your own `verify` if it passed:

# %%
client, mallory = mallory_answers(HER_KEY, lab.primitives())
print(client.error.alert, "is what she gets")

# %% [markdown]
# ### Yesterday's signature
#
# Now we can try what the randoms are good for. Here is a ServerKeyExchange from an earlier handshake. As in the table above, the share with its curve stands in the bytes 4 to 40, and the signature begins at byte 44. When is it good?

# %%
mine = lab.primitives()
server_key = lab.pki.server_rsa()
public_key = server_key.private_key.public_key()
(yesterday, today) = (
    lab.handshake(seed=seed, suite=SUITE, server="rsa").trace for seed in ("yesterday", "today")
)
message = yesterday.messages("server_key_exchange")[0].raw
params, signature = message[4:40], message[44:]


def is_good(signature, data):
    try:
        mine.verify(public_key, n10.PKCS1, signature, data)
    except ProtocolError:
        return False
    return True


for when, trace in (("yesterday", yesterday), ("today", today)):
    randoms = trace.value("client_random"), trace.value("server_random")
    print(f"with the randoms of {when}:", is_good(signature, mine.signed_params(*randoms, params)))

share_alone = mine.sign(server_key.private_key, n10.PKCS1, params)
print("a signature of the share alone, today as ever:", is_good(share_alone, params))

# %% [markdown]
# What is *not* under the signature is worth knowing too: the cipher suite, and everything else that was negotiated. In 2015 that was a part of the attack *Logjam*, where somebody in between talked the server into a short prime, and the client took the signed share
# for a good one. In TLS 1.2 only Finished covers the whole handshake. TLS 1.3 signs all of it (notebook 14).
#
# ## The same theft fails
#
# Back to the wiretap. We have the recording and the stolen key. What do we need to open it, and what do we have? The premaster secret is made of a share and the *other* side's private number. In the laboratory our
# client's trace has kept everything, so let us look for each value in the recording:

# %%
value = session.trace.value
wire = recording.client + recording.server
names = "client_random server_random client_share server_share client_private"
for name in (*names.split(), "premaster_secret", "master_secret"):
    print(f"{name:17}", "on the wire" if value(name) in wire else "not there")

# %% [markdown]
# Both randoms, both shares: all in the clear. The two secrets could be computed from them, with **one value more**: `client_private`, or the server's, either one. 32 bytes that were drawn when the handshake began. They were
# never sent, never written to a disk, and forgotten when the handshake was over.
#
# As a picture, made from the trace: what is secret has a dashed line. Go up from any secret, and you come to `client_private`. It is the only source that is secret.

# %%
from tlslab.view.plots import plot_secrets

plot_secrets(session.trace)

# %% [markdown]
# Is it really this one value, and nothing else? Our trace has it, for once. We hand it to the thief:

# %%
private = X25519PrivateKey.from_private_bytes(value("client_private"))
premaster_secret = private.exchange(X25519PublicKey.from_public_bytes(value("server_share")))

randoms = lab.my_function("hello_randoms")(recording.client, recording.server)
_, client_key, _, client_iv, _ = lab.my_function("all_keys")(premaster_secret, *randoms)
records, _ = lab.my_function("split_records")(recording.client)
fragment = next(fragment for content_type, _, fragment in records if content_type == 23)
print(mine.gcm_unprotect(client_key, client_iv, 1, 23, 0x0303, fragment))

# %% [markdown]
# **That was the whole difference.** With these 32 bytes everything is open, and without them nothing is. The stolen key did not even appear in it: what it could do in this session was to make a signature, and a
# signature hides nothing that one could open. This is *forward secrecy*.
#
# ### "Ephemeral means 24 hours"
#
# It has nothing to do with a time. A key is *ephemeral* if it is made for one handshake, and then thrown away. Three connections with OpenSSL, one right after the other:

# %%
sessions = [lab.peers.openssl(role="client", suite=SUITE, groups="x25519") for _ in range(3)]
for name in ("client_share", "server_share"):
    print(name, "different ones:", len({each.trace.value(name) for each in sessions}))

# %% [markdown]
# To throw it away is something the program has to *do*. There were servers that kept one private number for hours, to save work, and called it ephemeral. For all that time it was a key that one could steal. Session tickets bring a long-lived key back by another door: notebook 12.
#
# ## What the stolen key still can do
#
# It does not open what is past. But clients believe its signature. Mallory again, this time with the stolen key, against a client that verifies everything:

# %%
client, mallory = mallory_answers(stolen_key, lab.primitives())
client.send(FORM)
carry(client, mallory)
print("the handshake is completed:", client.completed)
print("Mallory reads:", mallory.received)

# %% [markdown]
# From the theft on, whoever has the key **is** the server, to everybody whom they can get in between, until the certificate expires or is no longer believed. To replace the key, and have the old certificate revoked, helps now. In notebook 09 it did not.
#
# | with the stolen key, can one … | RSA key exchange | ephemeral Diffie-Hellman |
# |---|---|---|
# | read what was recorded before? | yes | **no** |
# | read along, only by listening? | yes | **no** |
# | get in between, and be the server? | yes | yes |
#
# That is why with certificates TLS 1.3 knows ephemeral Diffie-Hellman alone. One worry is left: a large quantum computer would undo the discrete logarithm, and so find the private number from a *share* that was recorded today. Notebook 17 is about that.
#
# ## What an eavesdropper sees now
#
# Both shares, and a signature. No line speaks of anything encrypted to the server's public key:

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# Compare it with the table at the end of notebook 09. The two rows of "the key for this handshake" are the private numbers: one for each side, and for nobody else. The *key thief later* has a recording and the key, and knows no more than any eavesdropper. The *key thief today* who only listens does not either; one who gets in
# between has a handshake of their own with each side, and does not need this one.
#
# ## What you built
#
# The key exchange of nearly every connection of today: the secret, what is signed, the signature and its verification. OpenSSL accepted each of them, and Mallory was turned away. And the letters: **EC** for the curve, **DH** for Diffie-Hellman, **E** for ephemeral, and behind
# them in `ECDHE_RSA` the kind of key that *signs*.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("10")

# %% [markdown]
# ## What comes next
#
# The server has proved who it is. The client has not: it may be anybody. In notebook 11 it has a certificate too.
