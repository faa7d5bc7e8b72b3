# %% [markdown]
# # 07 · Application data
#
# **Afterwards you can** protect data and open it again in the two ways of TLS 1.2: CBC with HMAC, and GCM. You can say what the sequence number, the IV and the
# nonce are for, predict how long a record becomes, and say how one side knows that the other has finished and was not cut off.
#
# **Time:** about 50 minutes. **You need:** notebook 06, or at least its MAC of a record: an HMAC over sequence number, type, version, length and content.

# %% [markdown]
# ## The question
#
# The handshake is over, and both sides have keys. Now the data. Somebody in between still holds the cable: they can read, change, repeat, reorder and drop
# whatever passes, and pull the plug at any moment. **How do two sides send data so that nobody else can read it, and that every one of these attacks is
# noticed?**
#
# It happens record by record. Here are those of a connection whose suite has CBC, which is explained below:

# %%
from tlslab import lab, view

CBC_SUITE = "TLS_RSA_WITH_AES_128_CBC_SHA256"
handshake = lab.handshake(seed=7, suite=CBC_SUITE)
value = handshake.trace.value
view.text.records(handshake.trace)

# %% [markdown]
# The client's data has 22 bytes, and its record 85. You will know where each of the other 63 comes from.
#
# ## Count
#
# The column *sequence* is the **sequence number**. Each side counts the records that it sends, and those that it receives. With new keys it begins at 0: the
# Finished of each side is number 0 under its keys, and the data is number 1. The number has eight bytes and **is never sent** (RFC 5246 §6.1). It goes into the
# checksum of every record, so both sides have to be at the same number, or the record does not open.
#
# What does that prevent? Three records are sent, and we sit in between and decide which of them arrive:

# %%
from tlslab.lab.handshake import start_client, start_server
from tlslab.trace import Trace


def connected(suite):
    """A client and a server that have completed a handshake."""
    client = start_client(Trace("client"), seed=7, suite=suite)
    server = start_server(Trace("server"), seed=7, suite=suite)
    for _ in range(2):
        server.receive(client.data_to_send())
        client.receive(server.data_to_send())
    return client, server


def deliver(*order):
    """What the server gets of three records, by their numbers, and which error it finds."""
    client, server = connected(CBC_SUITE)
    records = []
    for text in (b"one ", b"two ", b"three"):
        client.send(text)
        records.append(client.data_to_send())
    for number in order:
        server.receive(records[number])
    return server.received.decode(), server.error and server.error.alert


for what, order in {
    "as sent": (0, 1, 2),
    "repeated": (0, 0, 1, 2),
    "dropped": (0, 2),
    "reordered": (1, 0, 2),
}.items():
    print(f"{what:10}", deliver(*order))

# %% [markdown]
# Every record was genuine, and none was changed. The first one that is out of turn ends the connection, with the **alert** `bad_record_mac`. (An alert is the
# message that says why one side gives up.)
#
# But what if the *last* record is dropped? Nothing comes after it that could be out of turn. We come back to that at the end.
#
# ## CBC: the historic way
#
# AES encrypts a **block** of 16 bytes under a key: the same block always becomes the same ciphertext. For longer data there are *modes*. In **CBC** (*cipher
# block chaining*) each block is first mixed with the ciphertext of the block before it, by XOR (bit by bit, 1 where the two differ; the same once more undoes
# it). So equal blocks look different. The first block has none before it. It is mixed with an **IV** (*initialization vector*), 16 random bytes.
#
# TLS 1.2 puts a record together in this order (RFC 5246 §6.2.3.2):
#
# ```
#  IV          ┌ content ─────────┬ MAC ────────────────┬ padding ─┬ padding_length ┐
#  16 bytes,   └──────────────────┴─────────────────────┴──────────┴────────────────┘
#  not           encrypted with AES-CBC, a whole number of blocks
#  encrypted
# ```
#
# First the MAC over the content, then padding, then encryption: *MAC-then-encrypt*. It was the usual way for twenty years. It is history now: TLS 1.3 has
# removed CBC, and you will see what was wrong with it. We begin with it because everything lies open.
#
# **"TLS 1.2 CBC derives an IV"** is a common belief, and wrong. Each record carries a new random one, in the clear. TLS 1.0 took the last block of the record
# before as the next IV. Everybody on the wire knew it in advance, and in 2011 an attack called BEAST made use of that. Since TLS 1.1 it is sent, and nobody can
# predict it.
#
# ## The padding
#
# Content and MAC rarely fill whole blocks, so bytes are added. The last byte of all is `padding_length`, and it is **always there**. It says how many bytes of
# padding stand *before* it; it does not count itself. And each of those bytes has the same value. So 3 bytes of padding are `03 03 03`, and then comes `03`,
# the `padding_length`.
#
# (Many programs use another padding, PKCS#7, where the value counts all of the bytes. Theirs would be `04 04 04 04`. That is not TLS.)
#
# ### Exercise 1


# %% exercise="07.cbc_padding"
def cbc_padding(length):
    """Padding and padding_length: the fewest bytes that fill the last block (RFC 5246 §6.2.3.2).

    length: how many bytes content and MAC have together. Returns 1 to 16 bytes.
    """
    ### BEGIN SOLUTION
    padding_length = -(length + 1) % 16
    return bytes([padding_length]) * (padding_length + 1)
    ### END SOLUTION


# %% check="07.cbc_padding"
lab.check(cbc_padding)

# %% [markdown]
# How many bytes does it add to 14, 15, 16 and 17?

# %%
for length in (14, 15, 16, 17):
    padding = lab.primitives().cbc_padding(length)
    print(f"{length} and {len(padding):2}: {padding.hex(' ')}")

# %% [markdown]
# ## Protect
#
# The library has AES and CBC. It takes two lines to use them, so here they are as functions. `data` is a whole number of blocks.

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
# ### Exercise 2
#
# `mine.record_mac(mac_key, seq_num, type, version, content, hash_name)` is the MAC of notebook 06, and `mine.cbc_padding(length)` the function above: your own
# if they passed, and the reference otherwise.


# %% exercise="07.cbc_protect"
def cbc_protect(enc_key, mac_key, iv, seq_num, type, version, content, hash_name):
    """The fragment of a record: IV, and content + MAC + padding encrypted (RFC 5246 §6.2.3.2).

    enc_key, mac_key: bytes. iv: 16 bytes. seq_num, type, version: numbers, as for record_mac.
    content: bytes. hash_name: "sha1" or "sha256". Returns bytes, without the record header.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    inner = content + mine.record_mac(mac_key, seq_num, type, version, content, hash_name)
    inner += mine.cbc_padding(len(inner))
    return iv + aes_cbc_encrypt(enc_key, iv, inner)
    ### END SOLUTION


# %% check="07.cbc_protect"
lab.check(cbc_protect)

# %% [markdown]
# Does it make the very record that the client sent? It was number 1 under its keys, its type is 23 (`application_data`), and its IV stands in the record behind
# the header of five bytes:

# %%
from tlslab.trace import Record


def data_records(trace):
    return [record for record in trace.of(Record) if record.content_type == "application_data"]


record = data_records(handshake.trace)[0]
keys = value("client_write_key"), value("client_write_MAC_key")
made = lab.primitives().cbc_protect(
    *keys, record.raw[5:21], 1, 23, 0x0303, b"Can anybody read this?", "sha256"
)
print(made == record.raw[5:])

# %% [markdown]
# These are its bytes. The lines below them say what is inside. What they call *nonce* is the IV here, and *additional data* is what the MAC covers besides the
# content.

# %%
view.text.bytes_of(record)

# %% [markdown]
# So the 63 bytes that were added are:

# %%
added = {"header": 5, "IV": 16, "MAC": 32, "padding": 9, "padding_length": 1}
print(added, "together", sum(added.values()))

# %% [markdown]
# ## "Encryption without authentication would do"
#
# It is encrypted: why a MAC as well? Whoever cannot read it cannot change it in any useful way, one might think. Here is a block without a MAC. Somebody in
# between has no key, but knows what such an order looks like:

# %%
from tlslab.lab.randomness import SeededRandom

random = SeededRandom(7, "demonstration")
key, iv = random("key", 16), random("iv", 16)
ciphertext = aes_cbc_encrypt(key, iv, b"Pay 100 to Alice")

changed_iv = bytearray(iv)
changed_iv[4] ^= ord("1") ^ ord("9")
print(aes_cbc_decrypt(key, bytes(changed_iv), ciphertext))

# %% [markdown]
# One byte of the IV, which is in the clear, and the receiver reads nine times the amount. Encryption hides; it does not hold things in place. With the MAC this
# record would have been refused.
#
# ## Open
#
# The receiver goes backwards: decrypt, look at the padding, cut it off, compute the MAC again and compare. Anything can be wrong: the length, the padding, the
# MAC. **What may the receiver say about it?**
#
# TLS 1.0 had two alerts, `decryption_failed` for a bad padding and `bad_record_mac` for a bad MAC. In 2002 Serge Vaudenay saw what that gives away. Somebody in
# between changes the block before the one that they want to read, sends it, and watches. For one of the 256 values of a byte the padding happens to be right,
# and the answer is another one. That value tells a byte of the content. Byte by byte everything comes out, without any key. Whoever answers such a question is
# called a **padding oracle**. You will build one, and ask it, in notebook 19.
#
# So there is one answer to everything: the alert `bad_record_mac` (RFC 5246 §7.2.2). Not even the *time* may differ, so the MAC is computed in any case, even
# if the padding is bad already.
#
# "The receiver MUST check this padding": all of it, not just its last byte. SSL 3.0 could not, since its padding had any value. An attack of 2014, POODLE, came
# of it, and was the end of SSL. A sender may use more padding than it needs, up to 255 bytes of it in front of `padding_length`, to hide how long the content
# is.
#
# ### Exercise 3
#
# Raise `bad_record_mac()` for everything that is wrong, and nothing else. `hmac.compare_digest(a, b)` compares, and takes the same time wherever the first
# difference is, which `==` does not.

# %% exercise="07.cbc_unprotect"
import hmac

from tlslab.crypto.ciphers import MAC_LENGTHS, bad_record_mac


def cbc_unprotect(enc_key, mac_key, seq_num, type, version, fragment, hash_name):
    """The content of what cbc_protect made. Raises bad_record_mac() if anything is wrong.

    fragment: IV and ciphertext, or whatever somebody sent in their place.
    MAC_LENGTHS[hash_name] says how long the MAC is.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    mac_length = MAC_LENGTHS[hash_name]
    if len(fragment) % 16 or len(fragment) < 16 + mac_length + 1:
        raise bad_record_mac()
    inner = aes_cbc_decrypt(enc_key, fragment[:16], fragment[16:])
    padding_length = inner[-1]
    good = len(inner) > padding_length + mac_length
    good = good and inner[-padding_length - 1 :] == bytes([padding_length]) * (padding_length + 1)
    if not good:
        padding_length = 0  # the MAC is computed all the same
    end = len(inner) - padding_length - 1 - mac_length
    content, mac = inner[:end], inner[end : end + mac_length]
    expected = mine.record_mac(mac_key, seq_num, type, version, content, hash_name)
    if not hmac.compare_digest(mac, expected) or not good:
        raise bad_record_mac()
    return content
    ### END SOLUTION


# %% check="07.cbc_unprotect"
lab.check(cbc_unprotect)

# %% [markdown]
# The record from above, and what becomes of it if it is damaged in four ways:

# %%
from tlslab.errors import ProtocolError

fragment = record.raw[5:]
flip_first, flip_last = bytearray(fragment), bytearray(fragment)
flip_first[0] ^= 1
flip_last[-1] ^= 1

for what, received, seq_num in (
    ("as it was sent", fragment, 1),
    ("a bit of the IV", bytes(flip_first), 1),
    ("a bit of the last block", bytes(flip_last), 1),
    ("without its last block", fragment[:-16], 1),
    ("a second time", fragment, 2),
):
    try:
        opened = lab.primitives().cbc_unprotect(*keys, seq_num, 23, 0x0303, received, "sha256")
        print(f"{what:24}", opened)
    except ProtocolError as error:
        print(f"{what:24}", error.alert)

# %% [markdown]
# One answer to everything: is CBC safe now? Not quite. A MAC over more bytes takes a little longer. In 2013 an attack called Lucky Thirteen measured that over
# a local network, and it was oracle enough. Great care prevents it, and Python is not the place for that. Another remedy is to turn the order around,
# *encrypt-then-MAC*: an extension, in notebook 13. The third is to leave CBC alone.
#
# ## Exercise 4: predict
#
# How long does a record with CBC become? This one is for you; others get another suite or another *payload*, which is the content that an application sends.
# The MAC of a suite that ends in `SHA` is made with SHA-1 and has 20 bytes.

# %% tags=["own-seed"]
from tlslab.lab.exercises import n07
from tlslab.lab.learner import seed as my_seed

suite, payload = n07.cbc_question(my_seed())
print(f"{suite}: a payload of {payload:,} bytes, in one record")

# %% [markdown]
# **How many bytes stand on the wire, with the record header?** Put a number, or an expression, in place of `None`.

# %% exercise="07.cbc_length"
cbc_length = None
### BEGIN SOLUTION
inner = payload + (32 if suite.endswith("SHA256") else 20)
cbc_length = 5 + 16 + inner + len(cbc_padding(inner))
### END SOLUTION

# %% check="07.cbc_length"
lab.answer("07.cbc_length", cbc_length)

# %% [markdown]
# ## AEAD: encryption and authentication in one
#
# How to put a cipher and a MAC together went wrong so often that nobody should have to do it again. **AEAD** (*authenticated encryption with associated data*)
# is one function for both. It takes four things:
#
# - a **key**;
# - a **nonce**: a number that is used *once* with this key;
# - the **content**, which is encrypted and protected;
# - **additional data**, which is protected and not sent along.
#
# Out comes the ciphertext, as long as the content, and a **tag**, the checksum, of 16 bytes. There is nothing to pad. To open it, one gives the same key, nonce
# and additional data. If anything is different, nothing comes out at all.
#
# **GCM** (*Galois/counter mode*) is the AEAD made of AES. With it there is one key for each direction instead of two, and four bytes for the nonce:

# %%
GCM_SUITE = "TLS_RSA_WITH_AES_128_GCM_SHA256"
with_gcm = lab.handshake(seed=7, suite=GCM_SUITE)

for run, kinds in (
    (handshake, ("write_MAC_key", "write_key")),
    (with_gcm, ("write_key", "write_IV")),
):
    print(f"key block of {len(run.trace.value('key_block'))} bytes, for each side:")
    for kind in kinds:
        print("    client_" + kind, len(run.trace.value("client_" + kind)), "bytes")

# %% [markdown]
# So "session keys are used for hashing" does not hold. A MAC key is the key of an HMAC over each record, and with GCM there is not even a MAC key. No session
# key goes into the transcript's hash or the PRF.
#
# ## Additional data
#
# What has to be protected and need not be sent? What both sides know anyway: the sequence number, and the record's header (RFC 5246 §6.2.3.3).
#
# ```
# additional_data = seq_num + TLSCompressed.type +
#                   TLSCompressed.version + TLSCompressed.length;
# ```
#
# That is what the MAC of CBC begins with, too. The length is that **of the content**. The length in the record's header is another one, since it also counts
# what protection added.
#
# ### Exercise 5


# %% exercise="07.additional_data"
def additional_data(seq_num, type, version, length):
    """The additional data of a record, 13 bytes (RFC 5246 §6.2.3.3).

    seq_num, type, version, length: numbers, of 8, 1, 2 and 2 bytes, the most significant first.
    """
    ### BEGIN SOLUTION
    data = seq_num.to_bytes(8, "big") + type.to_bytes(1, "big")
    return data + version.to_bytes(2, "big") + length.to_bytes(2, "big")
    ### END SOLUTION


# %% check="07.additional_data"
lab.check(additional_data)

# %% [markdown]
# ## The nonce
#
# In TLS 1.2 it has 12 bytes: four from the key block, which are secret and stay the same (the *fixed IV*), and eight that are different for each record and
# **stand in the record**, in front of the ciphertext (the *explicit nonce*, RFC 5288 §3). Most senders simply take the sequence number for these eight, but a
# receiver must not count on that. (TLS 1.3 sends none: there the whole nonce is computed from the sequence number.)
#
# ```
#  explicit nonce   ┌ content ──────────┐ tag
#  8 bytes,         └───────────────────┘ 16 bytes
#  not encrypted      encrypted
# ```
#
# **Never use a nonce twice** with the same key. GCM makes a stream of bytes from key and nonce, and mixes it with the content by XOR. The same nonce makes the
# same stream, and then the stream drops out:

# %%
from cryptography.hazmat.primitives.ciphers import aead

key, nonce = random("key", 16), random("nonce", 12)
one = aead.AESGCM(key).encrypt(nonce, b"attack at dawn", b"")[:14]
two = aead.AESGCM(key).encrypt(nonce, b"retreat at six", b"")[:14]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


print("whoever knows the first reads the second:", xor(xor(one, two), b"attack at dawn"))

# %% [markdown]
# No key was needed. And it is worse: from two such records one can compute the key of the checksum, or a few candidates for it, and then make tags for
# anything. In notebook 19 you do it.
#
# ### Exercise 6
#
# `aead.AESGCM(key).encrypt(nonce, content, header)` returns ciphertext and tag, one after the other. `mine.additional_data` is your function from above.

# %% exercise="07.gcm_protect"
from cryptography.hazmat.primitives.ciphers import aead


def gcm_protect(enc_key, fixed_iv, nonce_explicit, seq_num, type, version, content):
    """The fragment of a record: explicit nonce, ciphertext, tag (RFC 5288 §3).

    fixed_iv: 4 bytes. nonce_explicit: 8 bytes. seq_num, type, version: numbers.
    content: bytes. Returns bytes, without the record header.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    header = mine.additional_data(seq_num, type, version, len(content))
    return nonce_explicit + aead.AESGCM(enc_key).encrypt(fixed_iv + nonce_explicit, content, header)
    ### END SOLUTION


# %% check="07.gcm_protect"
lab.check(gcm_protect)

# %% [markdown]
# ### Exercise 7
#
# `aead.AESGCM(key).decrypt(nonce, data, header)` takes ciphertext and tag together, and raises `InvalidTag` if anything is wrong. The length in the additional
# data is that of the content, so compute it from the fragment.

# %% exercise="07.gcm_unprotect"
from cryptography.exceptions import InvalidTag


def gcm_unprotect(enc_key, fixed_iv, seq_num, type, version, fragment):
    """The content of what gcm_protect made. Raises bad_record_mac() if anything is wrong.

    fragment: explicit nonce, ciphertext and tag, or whatever somebody sent in their place.
    """
    mine = lab.primitives()
    ### BEGIN SOLUTION
    length = len(fragment) - 8 - 16
    if length < 0:
        raise bad_record_mac()
    header = mine.additional_data(seq_num, type, version, length)
    try:
        return aead.AESGCM(enc_key).decrypt(fixed_iv + fragment[:8], fragment[8:], header)
    except InvalidTag:
        raise bad_record_mac() from None
    ### END SOLUTION


# %% check="07.gcm_unprotect"
lab.check(gcm_unprotect)

# %% [markdown]
# Look at the two data records in the explorer: <kbd>▶|</kbd> goes to the last message, and <kbd>◀</kbd> three times back is the client's `application_data`.
# Click its bytes. Then choose, at the top right, to see it as *an eavesdropper*.

# %%
lab.explore(with_gcm, parts=("ladder", "bytes"))

# %% [markdown]
# ## Exercise 8: predict again
#
# The same question for GCM. There is less to count.

# %% tags=["own-seed"]
suite, payload = n07.gcm_question(my_seed())
print(f"{suite}: a payload of {payload:,} bytes, in one record")

# %% [markdown]
# **How many bytes stand on the wire, with the record header?**

# %% exercise="07.gcm_length"
gcm_length = None
### BEGIN SOLUTION
gcm_length = 5 + 8 + payload + 16
### END SOLUTION

# %% check="07.gcm_length"
lab.answer("07.gcm_length", gcm_length)

# %% [markdown]
# What protection costs, measured on real records of 1 to 100 bytes:

# %%
from tlslab.lab.measuring import record_sizes
from tlslab.view.plots import plot_record_overhead

plot_record_overhead(record_sizes(["TLS_RSA_WITH_AES_128_CBC_SHA", CBC_SUITE, GCM_SUITE]))

# %% [markdown]
# CBC goes up in steps of 16: the steps hide a little of how long the content is. GCM hides nothing: whoever sees the record knows the length of its content to
# the byte. Encryption hides what is said, not how much.
#
# ## The end
#
# One attack is left: to cut the connection. Every record so far was genuine, none is missing in the middle, and then nothing comes any more. TCP has a packet
# that says "no more from here", and TCP is not protected. Whoever sits in between can send it.
#
# So TLS says itself when it is done, in a protected record: the alert **`close_notify`** (RFC 5246 §7.2.1). It means "I send no more", and the other side
# answers with its own. If the connection ends and no close_notify has come, something is missing, or may be.
#
# Here a client sends an order in two records. Somebody in between lets the first one through, drops the second, and ends the connection:

# %%
client, server = connected(GCM_SUITE)
client.send(b"Sell all my shares")
first = client.data_to_send()
client.send(b" when they are above 50.")
client.close()
second = client.data_to_send()

server.receive(first)
server.receive_eof()  # what TCP says
print("received:", server.received.decode())
print("error:   ", server.error)

# %% [markdown]
# The record is genuine, and the sentence is not what the client said. The error is all that tells. Our server gives it to the program above, which must not act
# before it knows. And if everything comes?

# %%
client, server = connected(GCM_SUITE)
server.receive(first + second)
server.receive_eof()
print("received:", server.received.decode())
print("error:   ", server.error)

# %% [markdown]
# (With one seed both connections have the same keys, so the records fit. Without a seed they never would.)
#
# In practice many programs end without close_notify, and many take no notice if it is missing: HTTP, for one, mostly says in advance how many bytes will come.
# Where nothing says it, close_notify is the only way to know.
#
# ## OpenSSL judges
#
# Your functions carry data to OpenSSL and back, with both suites and in both roles. CBC has to be asked for by name: no server of today should offer it unless
# it must.

# %%
from tlslab.trace import Alert

for suite in (CBC_SUITE, GCM_SUITE):
    print(suite)
    for role in ("client", "server"):
        live = lab.peers.openssl(role=role, suite=suite, primitives=lab.primitives())
        alerts = [f"{alert.description} from the {alert.sender}" for alert in live.trace.of(Alert)]
        print(f"    we are the {role}:")
        print("        we received:     ", live.received.decode())
        print("        OpenSSL received:", live.peer_received.decode())
        print("        the end:         ", ", ".join(alerts))

# %% [markdown]
# Both sides said goodbye each time: one close_notify in each direction, and each was protected like any other record.
#
# ## What an eavesdropper sees now
#
# Nothing of the data, and still something:

# %%
view.text.eavesdropper(with_gcm.trace)

# %% [markdown]
# How long each record is, when it was sent, in which direction, and what type it has. From such lengths alone people have told which page of a site was read.
#
# ## Who knows what

# %%
view.text.knowledge(with_gcm.trace)

# %% [markdown]
# The last two columns are as they were: the keys come from the premaster secret, and that was encrypted with the server's RSA key. No record protection helps
# against that. It is the reason why RSA key exchange is history.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("07")

# %% [markdown]
# ## What comes next
#
# You have written every part: the bytes, the premaster secret, the keys, Finished, and the protection of records. In notebook 08 all of it together talks to
# OpenSSL, with nothing but your own functions.
