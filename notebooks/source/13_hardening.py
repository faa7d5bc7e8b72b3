# %% [markdown]
# # 13 · Hardening
#
# **Afterwards you can** find out from the bytes why two correct programs do not understand each other. You can derive the *extended master secret*, protect records
# with encrypt-then-MAC, and say which attack each of three small extensions has met.
#
# **Time:** about 60 minutes. **You need:** notebooks 05 to 08, or at least their ideas: master secret, Finished, and the CBC record.

# %% [markdown]
# ## The question
#
# In notebook 08 OpenSSL accepted your handshake. It had been told to keep quiet about two things that it otherwise always offers. Now it is OpenSSL as everybody meets it.
# Our server agrees to what it offers, and then does what it did in part 1. `as_in_part_one` makes it so: your functions, right as they were.

# %%
from tlslab import lab, view
from tlslab.lab.hardening import as_in_part_one, extensions

GCM_SUITE = "TLS_RSA_WITH_AES_128_GCM_SHA256"
hardened = {"extended_master_secret": True, "encrypt_then_mac": True}

old = as_in_part_one(lab.primitives())
live = lab.peers.openssl(role="server", suite=GCM_SUITE, primitives=old, **hardened)
print("completed:", live.completed, "· error:", live.error.alert)

# %% [markdown]
# The client's Finished does not open. Every function passed its check, nobody changed a byte on the way, and it fails every time. **My right code disagrees with OpenSSL: who
# is wrong, and how do I find out?**
#
# This happens to everybody who writes TLS. The error says little, as errors of cryptography do, and both sides are sure of themselves. So ask the bytes.
#
# ## Ask the bytes
#
# `bad_record_mac` at the very first protected record: the keys differ, or the way of protecting does. OpenSSL writes a key log, with the premaster secret (`RSA`) and the master
# secret (`CLIENT_RANDOM`). (That is why this notebook still uses RSA key exchange, which is history: with any other the premaster secret is not in the log.) Ours beside it:


# %%
def secrets_of(key_log):
    """The secrets in a key log, by their labels."""
    return {line.split()[0]: bytes.fromhex(line.split()[2]) for line in key_log.splitlines()}


ours, theirs = secrets_of(live.trace.key_log()), secrets_of(live.peer_key_log)
for label in theirs:
    print(f"{label:14}", "the same" if ours[label] == theirs[label] else "different")

# %% [markdown]
# The premaster secret is the same, so the key exchange is right. The master secret is not. Between the two there is one function, and it passed its check with a vector of NIST's. So
# OpenSSL must compute *another* function. Why should it? Because the two agreed to. Here is what was said in the hellos:

# %%
extensions(live.trace)

# %% [markdown]
# An **extension** is an offer in the ClientHello, and its answer in the ServerHello. Many have nothing in them: their being there is all they say. Offered and answered means *from here on we do it so*. An
# extension that is not answered changes nothing.
#
# Three were answered. `server_name` you know from notebook 02, and `renegotiation_info` comes at the end of this one. The third is called `extended_master_secret`, and it was our own server that said yes to it.
#
# ## A master secret from the whole handshake
#
# The master secret of notebook 05 is made from the premaster secret and the two randoms. RFC 7627 (2015) makes it from the premaster secret and *all that was said so far*:
#
# ```
# master_secret = PRF(pre_master_secret, "extended master secret",
#                     session_hash)
#                     [0..47]
# ```
#
# (§4.) The label is another one, and in the place of the randoms stands the **session hash** (§3): the hash of all handshake messages, as for a Finished, **up to and including the ClientKeyExchange**.
# The randoms are in there, since the hellos are; so are the certificate and the encrypted premaster secret.
#
# Why exactly so far? The ClientKeyExchange carries the premaster secret. Before it there is nothing to derive a master secret from, and behind it both sides can do so at once. If the client has a certificate, it signs a
# CertificateVerify after the ClientKeyExchange. That one is *not* in the session hash, although both Finished cover it.
#
# ### Exercise 1


# %% exercise="13.session_hash"
def session_hash(handshake_messages, hash_name):
    """The session hash of a handshake (RFC 7627 §3).

    handshake_messages: all messages of a whole handshake, in order, each with its header. The
    first byte of each is its type: 16 is ClientKeyExchange. hash_name: the hash of the suite.
    """
    mine = lab.primitives()  # mine.transcript_hash(messages, hash_name) is that of notebook 06
    ### BEGIN SOLUTION
    covered = []
    for message in handshake_messages:
        covered.append(message)
        if message[0] == 16:
            break
    return mine.transcript_hash(covered, hash_name)
    ### END SOLUTION


# %% check="13.session_hash"
lab.check(session_hash)

# %% [markdown]
# ### Exercise 2
#
# The formula is above, and `lab.primitives().prf(secret, label, seed, length, hash_name)` is your PRF. The first two cases of the check are master secrets that OpenSSL wrote into its key log.


# %% exercise="13.extended_master_secret"
def extended_master_secret(premaster_secret, session_hash, hash_name):
    """The master secret of RFC 7627 §4: 48 bytes.

    session_hash: the hash itself, as long as hash_name makes it, not the messages.
    """
    ### BEGIN SOLUTION
    label = b"extended master secret"
    return lab.primitives().prf(premaster_secret, label, session_hash, 48, hash_name)
    ### END SOLUTION


# %% check="13.extended_master_secret"
lab.check(extended_master_secret)

# %% [markdown]
# Now the handshake that failed. The messages are in the trace, and OpenSSL's master secret is in its key log. Is it that?

# %%
from tlslab.lab.usable import usable

mine = lab.primitives()
no_handshake = ("change_cipher_spec", "alert")
messages = [each.raw for each in live.trace.messages() if each.name not in no_handshake]

found = mine.extended_master_secret(
    theirs["RSA"], usable(session_hash)(messages, "sha256"), "sha256"
)
print("OpenSSL's master secret:", found == theirs["CLIENT_RANDOM"])

# %% [markdown]
# That was it. Nobody was wrong: the two sides had agreed on something, and one of them did not do it. With the new function the same handshake succeeds:

# %%
live = lab.peers.openssl(role="server", suite=GCM_SUITE, primitives=mine, **hardened)
print(live)
print("OpenSSL asked:", live.received.decode())

# %% [markdown]
# The same as a picture, from a handshake in memory. Select `master_secret`: it comes from `premaster_secret` and `session_hash`, and the randoms go into the key block alone.

# %%
in_memory = lab.handshake(seed=13, suite=GCM_SUITE, primitives=mine, **hardened)
lab.explore(in_memory, parts=("secrets",))

# %% [markdown]
# ## Why? One secret in two sessions
#
# The old formula looks good. Both randoms are in it, so no two handshakes have the same master secret. Or have they?
#
# A client calls `other.tlslab.test`. Whoever is there has a good certificate for that name, and bad intentions. They call `server.tlslab.test`, and copy:
#
# ```
#  client                 other                  server
#    │── random C ────────►│── random C ─────────►│
#    │◄───────── random S ─│◄───────── random S ──│
#    │◄─ certificate of    │◄─ certificate of     │
#    │             other   │             server   │
#    │── premaster, ──────►│── the same, ────────►│
#    │   encrypted for     │   encrypted for      │
#    │   other             │   server             │
# ```
#
# Nothing is broken here. The client encrypts its premaster secret for the one whom it called, and that one can read it, and may give it away. Here it is, with the honest code of this package on both ends:

# %%
from tlslab.lab.triple_handshake import name_in_certificate, triple_handshake


def compare(seen, *names):
    """Whether client and server have the same values."""
    for name in names:
        here, there = seen.client.value(name), seen.server.value(name)
        print(f"    {name:20}", "the same" if here == there else "different")


attack = triple_handshake(seed=13)
print("first handshake:", attack.first.error or "no error")
compare(attack.first, "client_random", "server_random", "master_secret", "client_verify_data")

print("the client saw the certificate of", name_in_certificate(attack.first.client))
print("the server sent the certificate of", name_in_certificate(attack.first.server))

# %% [markdown]
# Two sessions, two certificates, **one master secret**. Only the Finished are different, since the transcripts are: there is another certificate in each. (*"A handshake is one secret agreed"* is a common belief. It
# is not enough: the secret has to belong to this handshake and to no other.)
#
# What is it good for? The one in the middle could read everything anyway. But now the client comes back, and *resumes* its session, as in notebook 12: no certificate is sent, only the old master secret counts. It is the
# server's master secret too. So the one in the middle forwards every byte **as it is**, and touches nothing:

# %%
print("second handshake:", attack.second.error or "no error")
compare(attack.second, "master_secret", "client_verify_data", "server_verify_data")

# %% [markdown]
# The client believes that it talks to `other`, the server believes that it talks to a client of its own, and they have verified *each other's* Finished. From now on nothing tells the two apart. Where the client then
# proves who it is, with a signature over this very connection, the server takes that proof for its own client's, and what the one in the middle said before is taken to be the client's.
# That third handshake gave the attack its name, **triple handshake** (2014).
#
# And with the extended master secret?

# %%
met = triple_handshake(seed=13, extended_master_secret=True)
print("first handshake:", met.first.error or "no error")
compare(met.first, "client_random", "server_random", "premaster_secret", "master_secret")
print("second handshake:", met.second.error.alert)

# %% [markdown]
# The certificate goes into the session hash, and the session hash into the master secret. Two certificates, two secrets. The first handshake still works, for nothing is wrong with it; the second one
# fails at the first protected record.
#
# ## The second disagreement
#
# With the suite above, `encrypt_then_mac` was offered and not answered. It is about CBC, and GCM has none. So take a suite with CBC, and again only what part 1 knows about records. Your new master secret stays:

# %%
CBC_SUITE = "TLS_RSA_WITH_AES_128_CBC_SHA"

half = mine.using(etm_protect=mine.cbc_protect, etm_unprotect=mine.cbc_unprotect)
live = lab.peers.openssl(role="server", suite=CBC_SUITE, primitives=half, **hardened)
print("completed:", live.completed, "· error:", live.error.alert)

ours, theirs = secrets_of(live.trace.key_log()), secrets_of(live.peer_key_log)
for label in theirs:
    print(f"{label:14}", "the same" if ours[label] == theirs[label] else "different")

# %% [markdown]
# The same error, and this time all secrets are the same. So the keys are right, and the record was *made* in another way. Look at it: the record of OpenSSL's Finished, behind its header of five bytes.

# %%
from tlslab.trace import Record

record = next(each for each in live.trace.of(Record) if each.protection != "none")
fragment = record.raw[5:]
blocks, over = divmod(len(fragment), 16)
print(f"{len(fragment)} bytes: {blocks} blocks of 16, and {over} bytes over")

# %% [markdown]
# In notebook 07 a record with CBC was an IV and then whole blocks, so its length was always a multiple of 16. This one cannot be such a record. But 20 bytes is how long a MAC with SHA-1 is:

# %%
blocks, over = divmod(len(fragment) - 20, 16)
print(f"without 20: {blocks} blocks, and {over} bytes over")

# %% [markdown]
# An IV and two blocks, and then a MAC that is *not* in the blocks. Two blocks are enough for a Finished of 16 bytes with its padding. So the order has been turned around:
#
# ```
#  MAC-then-encrypt                        encrypt-then-MAC
#
#  IV   ┌ content, MAC, padding ┐          IV   ┌ content, padding ┐   MAC
#       └──────encrypted────────┘               └────encrypted─────┘
#        the MAC is over the content            the MAC is over IV and ciphertext
# ```
#
# ## Encrypt-then-MAC
#
# That is what **encrypt-then-MAC** says. RFC 7366 (2014), §3:
#
# ```
# MAC(MAC_write_key, seq_num +
#     TLSCipherText.type +
#     TLSCipherText.version +
#     TLSCipherText.length +
#     IV +
#     ENC(content + padding + padding_length));
# ```
#
# It is the HMAC of notebook 06, over other bytes: those that stand on the wire. Three things to look at:
#
# - the **IV** is under the MAC. Whoever changes it changes the first block of the content, as you saw in notebook 07;
# - the **length** is that of IV and ciphertext, without the MAC. It is not the length of the content, for the receiver does not know that before it has decrypted;
# - the **padding** fills up the content alone, since the MAC is not encrypted.
#
# These are the two functions of notebook 07 that use the library:

# %%
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC


def aes_cbc_encrypt(key, iv, data):
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def aes_cbc_decrypt(key, iv, data):
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


# %% [markdown]
# ### Exercise 3
#
# `mine.record_mac(mac_key, seq_num, type, version, data, hash_name)` is your MAC of notebook 06. It puts sequence number, type, version and length in front of the data, and the length is that of
# the data it gets. The first case of the check is a record that OpenSSL sent.


# %% exercise="13.etm_protect"
def etm_protect(enc_key, mac_key, iv, seq_num, type, version, content, hash_name):
    """The fragment of a record: IV, ciphertext, MAC (RFC 7366 §3).

    The arguments are those of cbc_protect. Returns bytes, without the record header.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    padded = content + mine.cbc_padding(len(content))
    enciphered = iv + aes_cbc_encrypt(enc_key, iv, padded)
    return enciphered + mine.record_mac(mac_key, seq_num, type, version, enciphered, hash_name)
    ### END SOLUTION


# %% check="13.etm_protect"
lab.check(etm_protect)

# %% [markdown]
# ### Exercise 4
#
# Now the receiver. The order is the whole point: length, MAC, and **only then** decrypt. For everything that is wrong, `bad_record_mac()`. A right MAC does not excuse a wrong padding.

# %% exercise="13.etm_unprotect"
import hmac

from tlslab.crypto.ciphers import MAC_LENGTHS, bad_record_mac


def etm_unprotect(enc_key, mac_key, seq_num, type, version, fragment, hash_name):
    """The content of what etm_protect made. Raises bad_record_mac() if anything is wrong.

    fragment: IV, ciphertext and MAC, or whatever somebody sent in their place.
    MAC_LENGTHS[hash_name] says how long the MAC is.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    end = len(fragment) - MAC_LENGTHS[hash_name]
    if end < 32 or end % 16:
        raise bad_record_mac()
    enciphered, mac = fragment[:end], fragment[end:]
    expected = mine.record_mac(mac_key, seq_num, type, version, enciphered, hash_name)
    if not hmac.compare_digest(mac, expected):
        raise bad_record_mac()
    inner = aes_cbc_decrypt(enc_key, enciphered[:16], enciphered[16:])
    padding_length = inner[-1]
    if inner[-padding_length - 1 :] != bytes([padding_length]) * (padding_length + 1):
        raise bad_record_mac()
    return inner[: -padding_length - 1]
    ### END SOLUTION


# %% check="13.etm_unprotect"
lab.check(etm_unprotect)

# %% [markdown]
# The record from above, which nobody could open. It is number 0 under its keys, and its type is 22:

# %%
mine = lab.primitives()
value = live.trace.value
keys = value("client_write_key"), value("client_write_MAC_key")
finished = mine.etm_unprotect(*keys, 0, 22, 0x0303, fragment, "sha1")
print(len(finished), "bytes, which begin with", finished[:4].hex(" "))

# %% [markdown]
# `14` is the type of a Finished, `00 00 0c` its length of twelve, and then comes its `verify_data`, another one each time.
#
# ## Why? What a stranger gets to have decrypted
#
# Notebook 07 told of the padding oracle: somebody changes a record, sends it, and learns from the answer whether the padding was right. What makes it possible is the order. We look over the
# receiver's shoulder. A spy in the place of `record_mac` notes what the MAC is computed over when a changed record arrives:

# %%
from tlslab.errors import ProtocolError
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import Primitives

reference = Primitives()
noted = []


def spy(mac_key, seq_num, type, version, data, hash_name):
    noted.append(data)
    return reference.record_mac(mac_key, seq_num, type, version, data, hash_name)


receiver = reference.using(record_mac=spy)
draw = SeededRandom(13, "demonstration")
keys, iv = (draw("key", 16), draw("MAC key", 20)), draw("IV", 16)
header = (1, 23, 0x0303)  # sequence number, type, version

for order, protect, unprotect in (
    ("MAC-then-encrypt", reference.cbc_protect, receiver.cbc_unprotect),
    ("encrypt-then-MAC", reference.etm_protect, receiver.etm_unprotect),
):
    changed = bytearray(protect(*keys, iv, *header, b"Pay 100 to Alice", "sha1"))
    changed[0] ^= 1
    try:
        unprotect(*keys, *header, bytes(changed), "sha1")
    except ProtocolError as error:
        print(f"{order}: {error.alert}")
    print("    the MAC was over:       ", noted[-1][:16])
    print("    it stands in the record:", noted[-1] in changed)

# %% [markdown]
# Both refuse, with the same alert. But with the old order the receiver had decrypted what a stranger sent, and worked with it, before any MAC said that it must not: `Qay` is the changed bit. With the new order the MAC is over the very bytes that came.
#
# And the padding? This time the change is in the block before the last one. CBC mixes that into the last block, where the padding is:

# %%
sent = reference.cbc_protect(*keys, iv, *header, b"Pay 100 to Alice", "sha1")

for what, change in (("as it was sent", 0), ("changed by 1", 1), ("changed by 10", 10)):
    changed = bytearray(sent)
    changed[-17] ^= change
    inner = aes_cbc_decrypt(keys[0], bytes(changed[:16]), bytes(changed[16:]))
    print(f"{what:15} padding_length is {inner[-1]}")

# %% [markdown]
# The stranger *chooses* which padding the receiver will look at, before any MAC is checked. Everything that the receiver then does differently for good and for bad padding is an answer: another alert, a longer time. Great care
# can hide it. Encrypt-then-MAC has nothing to hide: what the stranger changed is refused for its MAC, and is never decrypted. You attack the one, and try the other, in notebook 19.
#
# ## OpenSSL judges
#
# Both suites, both roles, both extensions, on your functions:

# %%
for suite in (GCM_SUITE, CBC_SUITE):
    for role in ("client", "server"):
        live = lab.peers.openssl(role=role, suite=suite, primitives=mine, **hardened)
        ours, theirs = secrets_of(live.trace.key_log()), secrets_of(live.peer_key_log)
        same = ours["CLIENT_RANDOM"] == theirs["CLIENT_RANDOM"]
        print(f"{suite}, we are the {role}:")
        print("    OpenSSL received:", live.peer_received.decode())
        print("    the master secret is", "the same" if same else "different")

# %% [markdown]
# ## renegotiation_info
#
# A third extension stood in the table and has not bothered us: `renegotiation_info`. In TLS 1.2 a client may begin a second handshake *within* a connection, under the protection of the first: a
# **renegotiation**. A server could ask for a certificate in that way, when somebody wanted a page that not everybody may see.
#
# In 2009 Marsh Ray and Steve Dispensa showed that nothing tied the second handshake to the first. So somebody in between could open a connection of their own, send the beginning of an order, and then let a victim's *first* handshake through, as if it
# were the *second* of that connection:
#
# ```
#  somebody:  handshake 1,  "GET /pay?to=mallory HTTP/1.1\r\nX-Ignore: "
#  victim:                  handshake 2,  "GET / HTTP/1.1\r\nCookie: …"
#
#  what the server reads as one:   GET /pay?to=mallory HTTP/1.1
#                                  X-Ignore: GET / HTTP/1.1
#                                  Cookie: …
# ```
#
# The order is the attacker's, and the cookie that proves who orders is the victim's. No key was broken.
#
# RFC 5746 (2010) ties them. The extension holds the `verify_data` of the handshake before: in a first handshake there is none, so it is **empty**; in a renegotiation the client sends the twelve bytes of its own
# last Finished, and the server answers with both, 24 bytes. The victim's hello would say "this is my first handshake", where the server counts its second. They disagree, and it ends.
#
# (The triple handshake undid just that: after its second handshake both sides have the same `verify_data`, so both send the same extension. That is why the remedy had to be in the master secret.)
#
# In our handshakes it is always empty. Here are its bytes: type, length 1, and a vector of length 0.

# %%
handshake = lab.handshake(seed=13, suite=CBC_SUITE, **hardened)
hello = handshake.trace.messages("client_hello")[0]
[span] = [each for each in hello.spans if each.path.endswith(".renegotiation_info")]
print(hello.raw[span.start : span.end].hex(" "))

# %% [markdown]
# OpenSSL's client says the same in another way. There were servers that could not bear an extension that they did not know, but everybody passes over an unknown cipher suite. So it offers a suite that is none, `TLS_EMPTY_RENEGOTIATION_INFO_SCSV`.
# (*SCSV: signalling cipher suite value.*) It stands for the empty extension, and is answered by it. That is the only case in which a server answers an extension that was not offered.
#
# This package refuses every renegotiation, and so does OpenSSL today unless it is told otherwise. TLS 1.3 has none. Try it: a second ClientHello, in a record that you protect with the keys of the connection. It is record 1 of the client, as Finished was 0.

# %%
from tlslab.lab.handshake import start_client, start_server
from tlslab.trace import Alert, Trace

seen = Trace("server")
client, server = start_client(Trace("client"), seed=13), start_server(seen, seed=13)
for _ in range(2):
    server.receive(client.data_to_send())
    client.receive(server.data_to_send())

second_hello = start_client(Trace("client"), seed=14).data_to_send()[5:]
keys = seen.value("client_write_key"), seen.value("client_write_IV")
protected = mine.gcm_protect(*keys, bytes(8), 1, 22, 0x0303, second_hello)
server.receive(b"\x16\x03\x03" + len(protected).to_bytes(2, "big") + protected)

[alert] = seen.of(Alert)
print(f"{alert.sender}: {alert.level}, {alert.description}")
print("still connected:", server.connection.is_connected)

# %% [markdown]
# A `warning`, and not a `fatal` alert: "no", and the connection goes on.
#
# ## A word in the server's random
#
# One more guard needs no extension at all. A server of today can do TLS 1.3. Somebody in between may cut the client's offer down to TLS 1.2, in the hope that there is something to break: that is a **downgrade**. Finished would show it, but Finished
# is only as good as the key exchange. So a server that can do TLS 1.3, and has to take TLS 1.2, writes a word into the last eight bytes of its random (RFC 8446 §4.1.3). Here is an OpenSSL that can do TLS 1.3, and one that cannot. To both our client
# offers TLS 1.2:

# %%
import ssl

from tlslab.lab.hardening import server_random_of_openssl

for newest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
    end = server_random_of_openssl(newest)[-8:]
    print(f"{newest.name}:", end if end.startswith(b"DOWNGRD") else "no word")

# %% [markdown]
# A client that had offered TLS 1.3 reads there that its offer did not arrive, and ends the connection with `illegal_parameter`. With ephemeral key exchange nobody can take the word away, for there the server signs its random. With RSA key exchange
# it signs nothing, and the word is worth no more than Finished. That is one more reason why RSA key exchange is history: TLS 1.3 has removed it, and for TLS 1.2 it is being forbidden.
#
# ## What will the server answer?
#
# OpenSSL's client calls OpenSSL's server. This is its offer; others get another one. (`server_name` is left out: whether OpenSSL answers that depends on the program around it.)

# %% tags=["own-seed"]
from tlslab.lab.exercises import n13
from tlslab.lab.learner import seed as my_seed

suites, offered = n13.answered_question(my_seed())
print("cipher suites:", *suites, sep="\n    ")
print("extensions:", *offered, sep="\n    ")

# %% [markdown]
# ### Exercise 5: predict
#
# **Which extensions stand in the ServerHello?** Put a set of names in place of `None`, such as `{"one_name", "another_name"}`.

# %% exercise="13.answered"
answered = None
### BEGIN SOLUTION
answered = n13.answered(my_seed())
### END SOLUTION

# %% check="13.answered"
lab.answer("13.answered", answered)

# %% [markdown]
# ## What an eavesdropper sees now
#
# The extensions are in the clear, and so is the MAC, which tells nothing without its key:

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# One row is new: everybody on the wire can compute the session hash, and nobody can do anything with it without the premaster secret. The other rows are as they were, and that is worth a thought. None of these extensions makes a key any harder to
# steal: with RSA key exchange the thief still reads everything. They see to it that a secret belongs to *one* handshake, that a record is *judged before it is opened*, and that a second handshake belongs to the *first*.
#
# ## What you built
#
# `extended_master_secret`, `etm_protect` and `etm_unprotect`, and a way to find a fault between two programs that are both right: compare the secrets, step by step, until they differ; then
# look at what was agreed on in the hellos. TLS 1.3 has no such extensions: its keys come from the whole transcript, its records are AEAD, and it cannot renegotiate. What was hardened here is built in there.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("13")

# %% [markdown]
# ## What comes next
#
# That was TLS 1.2, as good as it gets. In notebook 14 the handshake of TLS 1.3 does with one round trip what took two, and leaves out most of what needed hardening.
