# %% [markdown]
# # 15 · The key schedule
#
# **Afterwards you can** derive every secret of TLS 1.3 from the shared secret and the messages; say what each of them is for and what it is bound to; and recompute a published session from its private
# keys to its last encrypted byte.
#
# **Time:** about 90 minutes. **You need:** [notebook 14](14_one_round_trip.ipynb), and from [notebook 05](05_master_secret.ipynb) the HMAC and the idea of stretching a secret under a label.

# %% [markdown]
# ## The question
#
# In TLS 1.2 there was one secret and one key block. TLS 1.3 needs more. The certificate is encrypted, before anybody knows who is there: that takes keys of its own. The data takes others. A ticket takes one, early data another, and so does an application
# that wants a key from the connection for itself. **How do you make a dozen secrets out of one, so that none of them tells anything about another, and each is good for exactly the messages that were sent up to then?**
#
# Here is the whole of it, for one handshake:

# %%
from tlslab import lab, view

NEW = "TLS_AES_128_GCM_SHA256"
handshake = lab.handshake(seed=15, suite=NEW, server="ecdsa")
lab.explore(handshake, parts=("secrets",))

# %% [markdown]
# Read it from top to bottom; select a value to see what it was made from. By the end of this notebook your own functions stand at each step of it. The judges are an RFC and OpenSSL.
#
# ## A session that was published
#
# RFC 8448 prints some sessions of TLS 1.3 with everything in them: private keys, every message, every secret, every record. It was written for people who write a TLS, and today that is you. Its section 3
# is a handshake as in notebook 14, with `TLS_AES_128_GCM_SHA256` and x25519. This is what was drawn and what went over the wire:

# %%
from tlslab.lab import rfc8448

print("client's private number", rfc8448.CLIENT_PRIVATE.hex())
print("server's private number", rfc8448.SERVER_PRIVATE.hex())
wire = {
    "CLIENT_HELLO": rfc8448.CLIENT_HELLO,
    "SERVER_HELLO": rfc8448.SERVER_HELLO,
    "SERVER_FLIGHT": rfc8448.SERVER_FLIGHT,
    "CLIENT_FINISHED": rfc8448.CLIENT_FINISHED,
    "NEW_SESSION_TICKET": rfc8448.NEW_SESSION_TICKET,
    "CLIENT_DATA": rfc8448.CLIENT_DATA,
    "SERVER_DATA": rfc8448.SERVER_DATA,
    "CLIENT_CLOSE": rfc8448.CLIENT_CLOSE,
    "SERVER_CLOSE": rfc8448.SERVER_CLOSE,
}
for name, record in wire.items():
    print(f"{name:18} {len(record):3} bytes  {record[:16].hex(' ')} …")

# %% [markdown]
# We want to come from these to the content of the last record. The first step is notebook 14's. A small helper compares with what the RFC prints:

# %%
mine = lab.primitives()


def compare(name, value):
    """Print a value, and whether RFC 8448 has the same."""
    same = "as in RFC 8448" if value == rfc8448.PUBLISHED[name] else "NOT as in RFC 8448"
    print(f"{name:36}{value.hex()[:16]}…  {same}")


shared_secret = mine.x25519_shared_secret(rfc8448.CLIENT_PRIVATE, rfc8448.PUBLISHED["server_share"])
compare("shared_secret", shared_secret)

# %% [markdown]
# ## HKDF: extract, then expand
#
# The PRF of TLS 1.2 did two things at once. *HKDF* (RFC 5869, 2010; the *HMAC-based key derivation function*) takes them apart:
#
# - **Extract**: from a secret that comes from somewhere, perhaps not evenly random, make one that is, as long as the hash. The result of X25519 is such a thing: a point on a curve, so not every value can occur.
# - **Expand**: from a good secret make as many bytes as you like, other ones for each purpose.
#
# Extract is a single HMAC. Its key is called *salt*, and it is known or comes from an earlier secret; the data is the secret that comes in, the *input keying material*:
#
# ```
# HKDF-Extract(salt, IKM) = HMAC-Hash(salt, IKM)
# ```
#
# That the *known* thing is the key looks the wrong way round. Everybody stumbles over it once.
#
# ### Exercise 1

# %% exercise="15.hkdf_extract"
import hmac


def hkdf_extract(salt, ikm, hash_name):
    """HKDF-Extract of RFC 5869 §2.2: as many bytes as the hash has.

    salt, ikm: bytes. hash_name: "sha256" or "sha384", as hmac.digest takes it.
    """
    ### BEGIN SOLUTION
    return hmac.digest(salt, ikm, hash_name)
    ### END SOLUTION


# %% check="15.hkdf_extract"
lab.check(hkdf_extract)

# %% [markdown]
# If it is not right yet, `lab.hint("15.hkdf_extract")` helps, a little more each time. What is not written, the reference does in its place.
#
# Expand makes block after block (RFC 5869 §2.3), until there is enough:
#
# ```
# T(0) = empty
# T(1) = HMAC-Hash(PRK, T(0) + info + 0x01)
# T(2) = HMAC-Hash(PRK, T(1) + info + 0x02)
# T(3) = HMAC-Hash(PRK, T(2) + info + 0x03)
# ...
# OKM = the first `length` bytes of T(1) + T(2) + T(3) + ...
# ```
#
# The `+` puts bytes one after the other. `PRK` is what was extracted. `info` says what it is for.
#
# ### Exercise 2


# %% exercise="15.hkdf_expand"
def hkdf_expand(prk, info, length, hash_name):
    """HKDF-Expand of RFC 5869 §2.3: `length` bytes.

    prk, info: bytes. hash_name: "sha256" or "sha384".
    """
    ### BEGIN SOLUTION
    output = block = b""
    number = 1
    while len(output) < length:
        block = hmac.digest(prk, block + info + bytes([number]), hash_name)
        output += block
        number += 1
    return output[:length]
    ### END SOLUTION


# %% check="15.hkdf_expand"
lab.check(hkdf_expand)

# %% [markdown]
# ## Labels
#
# TLS 1.3 never calls Expand with just any `info`. It packs three things into it (RFC 8446 §7.1):
#
# ```
# HKDF-Expand-Label(Secret, Label, Context, Length) =
#      HKDF-Expand(Secret, HkdfLabel, Length)
#
# struct {
#     uint16 length = Length;
#     opaque label<7..255> = "tls13 " + Label;
#     opaque context<0..255> = Context;
# } HkdfLabel;
# ```
#
# - **length**: how many bytes are wanted. A key of 16 bytes is not the beginning of a key of 32.
# - **label**: what for. The prefix `tls13 `, with its space, keeps the secrets apart from those of other protocols. Label and context are vectors of notebook 01: with their length in front, here in one byte, and **also if they are empty**.
# - **context**: which messages, as a hash; or nothing.
#
# This is `info` for a key of 16 bytes:

# %%
full_label = b"tls13 key"
info = (16).to_bytes(2, "big") + bytes([len(full_label)]) + full_label + bytes([0])
print(info.hex(" "))
print(info)

# %% [markdown]
# `00 10` is the length, `09` the length of the label, and the `00` at the end is the empty context. (Python writes the byte `09` as `\t`.)
#
# ### Exercise 3
#
# `mine.hkdf_expand` is your function above if it passed, and the reference otherwise.


# %% exercise="15.hkdf_expand_label"
def hkdf_expand_label(secret, label, context, length, hash_name):
    """HKDF-Expand-Label of RFC 8446 §7.1: `length` bytes.

    secret: bytes. label: bytes without the prefix, such as b"key". context: bytes.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    full_label = b"tls13 " + label
    info = length.to_bytes(2, "big")
    info += bytes([len(full_label)]) + full_label
    info += bytes([len(context)]) + context
    return mine.hkdf_expand(secret, info, length, hash_name)
    ### END SOLUTION


# %% check="15.hkdf_expand_label"
lab.check(hkdf_expand_label)

# %% [markdown]
# ## Derive-Secret
#
# Most secrets have the length of the hash and a context: the hash of all messages so far. That has a name of its own:
#
# ```
# Derive-Secret(Secret, Label, Messages) =
#      HKDF-Expand-Label(Secret, Label,
#                        Transcript-Hash(Messages), Hash.length)
# ```
#
# Here is the great difference to TLS 1.2. There the keys were made from two randoms, and the transcript was compared at the very end, in Finished. Here **every secret is bound to the messages**. If client and server have seen different hellos, they have different keys,
# and the next record does not open. The extended master secret of notebook 13 was this thought, added later.
#
# ### Exercise 4
#
# The transcript hash is computed already.


# %% exercise="15.derive_secret"
def derive_secret(secret, label, transcript_hash, hash_name):
    """Derive-Secret of RFC 8446 §7.1: as many bytes as the hash has.

    secret, label: bytes. transcript_hash: bytes, the hash and not the messages.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    return mine.hkdf_expand_label(secret, label, transcript_hash, len(transcript_hash), hash_name)
    ### END SOLUTION


# %% check="15.derive_secret"
lab.check(derive_secret)

# %% [markdown]
# ## The diagram
#
# RFC 8446 §7.1 draws the whole schedule on one page. Read it from top to bottom. `Derive-Secret(., …)` takes the secret to its left; what comes in from the left side of the page is new.
#
# ```
#              0
#              |
#              v
#    PSK ->  HKDF-Extract = Early Secret
#              |
#              +--> Derive-Secret(., "ext binder" | "res binder", "")
#              +--> Derive-Secret(., "c e traffic", ClientHello)
#              +--> Derive-Secret(., "e exp master", ClientHello)
#              v
#        Derive-Secret(., "derived", "")
#              |
#              v
#  (EC)DHE -> HKDF-Extract = Handshake Secret
#              |
#              +--> Derive-Secret(., "c hs traffic",
#              |                  ClientHello...ServerHello)
#              +--> Derive-Secret(., "s hs traffic",
#              |                  ClientHello...ServerHello)
#              v
#        Derive-Secret(., "derived", "")
#              |
#              v
#    0 -> HKDF-Extract = Master Secret
#              |
#              +--> Derive-Secret(., "c ap traffic",
#              |                  ClientHello...server Finished)
#              +--> Derive-Secret(., "s ap traffic",
#              |                  ClientHello...server Finished)
#              +--> Derive-Secret(., "exp master",
#              |                  ClientHello...server Finished)
#              +--> Derive-Secret(., "res master",
#                                 ClientHello...client Finished)
# ```
#
# **Three stages.** Each pulls one more secret in: first a key that both had before (there is none in a first handshake; notebook 16), then that of the key exchange, then nothing. So whoever wants the last stage needs *all* that went in. The names are those of the three rows: *Early Secret*,
# *Handshake Secret*, and *Main Secret*. (RFC 9846, the new edition of RFC 8446, says "Main" where this one said "Master". The labels keep the old word, since they are bytes. This package says `main_secret`.)
#
# A `0`, and whatever is missing, is **as many zeros as the hash has bytes**. And `""` in the place of the messages is no empty context, but **the hash of no message**:

# %%
import hashlib

print(hashlib.sha256(b"").hexdigest())

# %% [markdown]
# ### Exercise 5
#
# The first stage. There is no pre-shared key if `psk` is empty.

# %% exercise="15.early_secret"
import hashlib


def early_secret(psk, hash_name):
    """The Early Secret of RFC 8446 §7.1. psk: bytes; b"" if there is none."""
    mine = lab.primitives()
    ### BEGIN SOLUTION
    zeros = bytes(hashlib.new(hash_name).digest_size)
    return mine.hkdf_extract(zeros, psk or zeros, hash_name)
    ### END SOLUTION


# %% check="15.early_secret"
lab.check(early_secret)

# %% [markdown]
# ### Exercise 6
#
# The second stage. Do not forget the step in between, "derived". Without it the Early Secret would be used for two things at once: to derive secrets from, and as a salt. Each secret does one thing.


# %% exercise="15.handshake_secret"
def handshake_secret(early_secret, shared_secret, hash_name):
    """The Handshake Secret of RFC 8446 §7.1.

    shared_secret: of the key exchange; b"" if there was none, then zeros take its place.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    zeros = bytes(hashlib.new(hash_name).digest_size)
    of_nothing = mine.transcript_hash([], hash_name)
    salt = mine.derive_secret(early_secret, b"derived", of_nothing, hash_name)
    return mine.hkdf_extract(salt, shared_secret or zeros, hash_name)
    ### END SOLUTION


# %% check="15.handshake_secret"
lab.check(handshake_secret)

# %% [markdown]
# ### Exercise 7
#
# And the third, in the same way.


# %% exercise="15.main_secret"
def main_secret(handshake_secret, hash_name):
    """The Main Secret of RFC 8446 §7.1, there called Master Secret."""
    mine = lab.primitives()
    ### BEGIN SOLUTION
    zeros = bytes(hashlib.new(hash_name).digest_size)
    of_nothing = mine.transcript_hash([], hash_name)
    salt = mine.derive_secret(handshake_secret, b"derived", of_nothing, hash_name)
    return mine.hkdf_extract(salt, zeros, hash_name)
    ### END SOLUTION


# %% check="15.main_secret"
lab.check(main_secret)

# %% [markdown]
# The spine of the published session:

# %%
mine = lab.primitives()
HASH = "sha256"
early = mine.early_secret(b"", HASH)
handshake_stage = mine.handshake_secret(early, shared_secret, HASH)
main = mine.main_secret(handshake_stage, HASH)
compare("early_secret", early)
compare("handshake_secret", handshake_stage)
compare("main_secret", main)

# %% [markdown]
# The first line is the same in every handshake of the world that has no pre-shared key and uses SHA-256. Nothing secret has gone into it yet.
#
# ## Up to which message?
#
# The diagram says for each secret how far its transcript goes. It is the easiest place to go wrong, and no test of a single function shows it: the hash of one message too many is a perfectly good hash.
#
# ### Exercise 8
#
# All messages of a handshake, each with who sent it, and a label of the diagram. Which messages does that secret cover? The first byte of a message is its type: 1 is a ClientHello, 2 a ServerHello, 20 a Finished. If the server asks, the client sends a Certificate and a
# CertificateVerify before its own Finished. So do not count; look.


# %% exercise="15.covered_by_secret"
def covered_by_secret(messages, label):
    """The messages that a secret covers (RFC 8446 §7.1): a list of bytes.

    messages: a list of (sender, message), sender "client" or "server". label: bytes, any of
    the diagram, such as b"c hs traffic". There was no HelloRetryRequest.
    """
    ### BEGIN SOLUTION
    if label in (b"ext binder", b"res binder", b"derived"):
        return []
    covered = []
    for sender, message in messages:
        covered.append(message)
        if message[0] == 1 and label in (b"c e traffic", b"e exp master"):
            break
        if message[0] == 2 and label in (b"c hs traffic", b"s hs traffic"):
            break
        is_last = message[0] == 20 and sender == "server"
        if is_last and label in (b"c ap traffic", b"s ap traffic", b"exp master"):
            break
    return covered
    ### END SOLUTION


# %% check="15.covered_by_secret"
lab.check(covered_by_secret)

# %% [markdown]
# Of the published session we have two messages so far, the hellos. They are enough for the first two traffic secrets:

# %%
from tlslab.lab.usable import usable

covered = usable(covered_by_secret)
messages = [("client", rfc8448.CLIENT_HELLO[5:]), ("server", rfc8448.SERVER_HELLO[5:])]


def derived(source, label):
    """Derive-Secret with the messages that we have by now."""
    transcript_hash = mine.transcript_hash(covered(messages, label), HASH)
    return mine.derive_secret(source, label, transcript_hash, HASH)


client_handshake = derived(handshake_stage, b"c hs traffic")
server_handshake = derived(handshake_stage, b"s hs traffic")
compare("client_handshake_traffic_secret", client_handshake)
compare("server_handshake_traffic_secret", server_handshake)

# %% [markdown]
# And if somebody in between changes a single bit of the ServerHello, say of its random, and leaves the share alone?

# %%
changed = bytearray(rfc8448.SERVER_HELLO[5:])
changed[10] ^= 1
seen_by_client = mine.transcript_hash([rfc8448.CLIENT_HELLO[5:], bytes(changed)], HASH)
clients_own = mine.derive_secret(handshake_stage, b"s hs traffic", seen_by_client, HASH)
print("the server's traffic secret, as the server has it:", server_handshake.hex()[:16], "…")
print("as the client has it:                             ", clients_own.hex()[:16], "…")

# %% [markdown]
# Both have the same Handshake Secret, for no message is in that. Yet the client cannot open the next record. In TLS 1.2 the change would have come out at the very end.
#
# ## From a secret to keys
#
# A traffic secret does not encrypt anything. It gives two things, with an **empty** context (RFC 8446 §7.3):
#
# ```
# [sender]_write_key = HKDF-Expand-Label(Secret, "key", "", key_length)
# [sender]_write_iv  = HKDF-Expand-Label(Secret, "iv", "", iv_length)
# ```
#
# The IV has 12 bytes with every suite. Here `""` is really empty: this is HKDF-Expand-Label, and no transcript is in play.
#
# ### Exercise 9


# %% exercise="15.traffic_keys"
def traffic_keys(traffic_secret, key_length, hash_name):
    """The key and the IV of one side (RFC 8446 §7.3): (key, iv).

    key_length: how many bytes the key of the suite has. The IV has 12.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    key = mine.hkdf_expand_label(traffic_secret, b"key", b"", key_length, hash_name)
    iv = mine.hkdf_expand_label(traffic_secret, b"iv", b"", 12, hash_name)
    return key, iv
    ### END SOLUTION


# %% check="15.traffic_keys"
lab.check(traffic_keys)

# %% [markdown]
# With them the server's flight opens. Nonce, header and inner plaintext are those of notebook 14:

# %%
from tlslab.crypto.suites import CipherType

mine = lab.primitives()


def opened(secret, number, record):
    """The type and the content of a protected record."""
    key, iv = mine.traffic_keys(secret, 16, HASH)
    plaintext = mine.aead_unprotect(CipherType.GCM, key, iv, number, record[5:])
    return mine.open_inner_plaintext(plaintext)


def split_messages(content):
    """One message after the other: a type, three bytes of length, and so many bytes."""
    while content:
        end = 4 + int.from_bytes(content[1:4], "big")
        yield content[:end]
        content = content[end:]


inner_type, flight = opened(server_handshake, 0, rfc8448.SERVER_FLIGHT)
for message in split_messages(flight):
    messages.append(("server", message))
    print(f"type {message[0]:2}, {len(message):3} bytes  {message[:12].hex(' ')} …")

# %% [markdown]
# 8 is EncryptedExtensions, 11 Certificate, 15 CertificateVerify, 20 Finished. All in one record: where a message ends, its own header says.
#
# ## Finished
#
# A Finished is an HMAC over the transcript hash, with a key of its own (RFC 8446 §4.4.4):
#
# ```
# finished_key = HKDF-Expand-Label(BaseKey, "finished", "", Hash.length)
#
# verify_data = HMAC(finished_key,
#                    Transcript-Hash(Handshake Context,
#                                    Certificate*, CertificateVerify*))
# ```
#
# `BaseKey` is the handshake traffic secret **of the side that sends it**. So the labels `client finished` and `server finished` of TLS 1.2 are not needed: the secrets are different. And nothing is cut to 12 bytes.
#
# ### Exercise 10


# %% exercise="15.finished_key"
def finished_key(base_key, hash_name):
    """The finished_key of RFC 8446 §4.4.4: as many bytes as the hash has."""
    mine = lab.primitives()
    ### BEGIN SOLUTION
    length = hashlib.new(hash_name).digest_size
    return mine.hkdf_expand_label(base_key, b"finished", b"", length, hash_name)
    ### END SOLUTION


# %% check="15.finished_key"
lab.check(finished_key)

# %% [markdown]
# ### Exercise 11


# %% exercise="15.finished_mac"
def finished_mac(base_key, transcript_hash, hash_name):
    """The verify_data of a Finished (RFC 8446 §4.4.4): as many bytes as the hash has.

    base_key: the sender's handshake traffic secret. transcript_hash: bytes.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    key = mine.finished_key(base_key, hash_name)
    return hmac.digest(key, transcript_hash, hash_name)
    ### END SOLUTION


# %% check="15.finished_mac"
lab.check(finished_mac)

# %% [markdown]
# The server's Finished covers everything before it. Is it right? And what does the client have to answer? We make its *whole record* and lay it beside the published one:

# %%
mine = lab.primitives()
everything = [message for _, message in messages]

transcript_hash = mine.transcript_hash(everything[:-1], HASH)
verify_data = mine.finished_mac(server_handshake, transcript_hash, HASH)
print("the server's Finished is right:", verify_data == everything[-1][4:])

transcript_hash = mine.transcript_hash(everything, HASH)
verify_data = mine.finished_mac(client_handshake, transcript_hash, HASH)
finished = bytes([20]) + len(verify_data).to_bytes(3, "big") + verify_data
key, iv = mine.traffic_keys(client_handshake, 16, HASH)
inner = mine.inner_plaintext(finished, 22, 0)
encrypted = mine.aead_protect(CipherType.GCM, key, iv, 0, inner)
record = mine.tls13_additional_data(len(encrypted)) + encrypted
print("our record:", record[:16].hex(" "), "…")
print("it is the one in RFC 8448:", record == rfc8448.CLIENT_FINISHED)
messages.append(("client", finished))

# %% [markdown]
# ## To the last record
#
# Now the third stage. From the Main Secret come the two traffic secrets of the data, one secret for applications that want a key of their own (the *exporter*), and one for tickets (the *resumption secret*):

# %%
client_data = derived(main, b"c ap traffic")
server_data = derived(main, b"s ap traffic")
compare("client_application_traffic_secret_0", client_data)
compare("server_application_traffic_secret_0", server_data)
compare("exporter_secret", derived(main, b"exp master"))
compare("resumption_secret", derived(main, b"res master"))

# %% [markdown]
# With a new key the count begins again at 0. Every record that is left:

# %%
for name, secret, number in (
    ("NEW_SESSION_TICKET", server_data, 0),
    ("CLIENT_DATA", client_data, 0),
    ("SERVER_DATA", server_data, 1),
    ("CLIENT_CLOSE", client_data, 1),
    ("SERVER_CLOSE", server_data, 2),
):
    inner_type, content = opened(secret, number, wire[name])
    print(f"{name:18} type {inner_type}, {len(content):3} bytes  {content[:12].hex(' ')} …")

# %% [markdown]
# The data is `00 01 02 …`, 50 bytes each way; `01 00` is the alert close_notify. **From two private numbers to the last byte of the connection, with your own functions.**
#
# ## One wrong step
#
# Each of these is easily made, and each time all secrets still look like secrets. How far does the published session stay right, and who notices?

# %%
from tlslab.crypto.hkdf import hkdf_expand as reference_expand
from tlslab.primitives import Primitives

reference = Primitives()


def without_prefix(secret, label, context, length, hash_name):
    info = length.to_bytes(2, "big") + bytes([len(label)]) + label
    return reference_expand(secret, info + bytes([len(context)]) + context, length, hash_name)


def without_derived(early_secret, shared_secret, hash_name):
    return reference.hkdf_extract(early_secret, shared_secret, hash_name)


def swapped(salt, ikm, hash_name):
    return reference.hkdf_extract(ikm, salt, hash_name)


wrong_ones = {
    'the prefix "tls13 " is missing': {"hkdf_expand_label": without_prefix},
    '"derived" is left out': {"handshake_secret": without_derived},
    "salt and secret are swapped": {"hkdf_extract": swapped},
}
for what, wrong in wrong_ones.items():
    theirs = reference.using(**wrong)
    stage = theirs.handshake_secret(theirs.early_secret(b"", HASH), shared_secret, HASH)
    print(what)
    print("    early_secret:    ", theirs.early_secret(b"", HASH) == early)
    print("    handshake_secret:", stage == handshake_stage)
    print("    among ourselves: ", lab.handshake(seed=15, suite=NEW, primitives=theirs).completed)
    print("    with OpenSSL:    ", lab.peers.openssl(suite=NEW, primitives=theirs).completed)

# %% [markdown]
# The Early Secret is right even where salt and secret are swapped: both are zeros. A vector that everything passes proves little.
#
# ## OpenSSL judges
#
# OpenSSL writes a **key log** with the secrets that it has derived itself. We take from our connection only the shared secret and the messages, and derive the rest with your functions, for both hash functions:

# %%
LABELS = {
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET": b"c hs traffic",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET": b"s hs traffic",
    "CLIENT_TRAFFIC_SECRET_0": b"c ap traffic",
    "SERVER_TRAFFIC_SECRET_0": b"s ap traffic",
    "EXPORTER_SECRET": b"exp master",
}
NO_HANDSHAKE_MESSAGES = ("change_cipher_spec", "alert")


def schedule(trace, hash_name):
    """The secrets by their names in a key log, from the shared secret and the messages."""
    sent = [
        (each.sender, each.raw)
        for each in trace.messages()
        if each.name not in NO_HANDSHAKE_MESSAGES
    ]
    early = mine.early_secret(b"", hash_name)
    stage_2 = mine.handshake_secret(early, trace.value("shared_secret"), hash_name)
    stage_3 = mine.main_secret(stage_2, hash_name)
    found = {}
    for name, label in LABELS.items():
        source = stage_2 if b"hs" in label else stage_3
        transcript_hash = mine.transcript_hash(covered(sent, label), hash_name)
        found[name] = mine.derive_secret(source, label, transcript_hash, hash_name)
    return found


for suite, hash_name in ((NEW, "sha256"), ("TLS_AES_256_GCM_SHA384", "sha384")):
    live = lab.peers.openssl(role="client", suite=suite, primitives=mine)
    logged = {}
    for line in live.peer_key_log.splitlines():
        name, _, secret = line.split()
        logged[name] = bytes.fromhex(secret)
    print(suite)
    for name, secret in schedule(live.trace, hash_name).items():
        same = "the same" if logged[name] == secret else "different"
        print(f"    {name:32} {len(secret)} bytes, {same}")

# %% [markdown]
# And the other way round, with OpenSSL as the client. (If it refuses, `lab.find_fault(mine, suite=NEW)` says which of your functions to look at.)

# %%
live = lab.peers.openssl(role="server", suite=NEW, server="ecdsa", primitives=mine)
print("OpenSSL received:", live.peer_received.decode())

# %% [markdown]
# ## What one secret tells
#
# All arrows of the diagram go down, and there is no way up: from an HMAC nobody computes its key. So a single secret that gets out tells what is *below* it, and nothing else. Who has `server_application_traffic_secret_0` reads what the server sends. Not what the client sends, not the certificate, and nothing of
# any other connection. Try it in the explorer at the top: select a secret, and follow what hangs on it.
#
# That is why a program may give an application a key out of the connection (`exporter_secret`), or keep one for the next (`resumption_secret`), and does not give away anything else with it.
#
# ## What an eavesdropper sees now
#
# Nothing new: deriving sends nothing.

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# Everything hangs on the shared secret. The messages that go into the hashes can be recorded by anybody, the hellos in the clear and all others encrypted.
#
# ## What you built
#
# The whole key schedule of TLS 1.3, from HMAC upwards, and with notebook 14 everything that TLS 1.3 computes besides the ciphers themselves. You have recomputed a session that others published, and OpenSSL derives what you derive.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("15")

# %% [markdown]
# ## What comes next
#
# Two entrances of the diagram were empty: the pre-shared key at the top, and everything that hangs on the Early Secret. Notebook 16 fills them: sessions that go on, data in the very first flight, and what that costs.
