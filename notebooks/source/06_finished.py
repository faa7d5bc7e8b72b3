# %% [markdown]
# # 06 · Finished
#
# **Afterwards you can** say what is hashed in a handshake and what is not, compute both Finished messages, and say what each of them proves. You can also
# compute the checksum of a record.
#
# **Time:** about 40 minutes. **You need:** notebook 05, or at least its idea: a PRF stretches a secret under a label.

# %% [markdown]
# ## The question
#
# Up to now everything went over the wire in the clear, and somebody in between could have changed it. They could have taken the good cipher suites out of the ClientHello, so
# that a weak one was chosen. Client and server cannot see that: each knows only what it sent and what it got. **How do both notice, at the end, that anything was
# changed at the beginning?**
#
# For once we use a suite that encrypts nothing, `TLS_RSA_WITH_NULL_SHA256`: records get a checksum under a key, and their content stays in sight. So we can read the messages that
# are otherwise hidden. No server outside a laboratory should offer it.

# %%
from tlslab import lab, view

handshake = lab.handshake(seed=6, suite="TLS_RSA_WITH_NULL_SHA256")
value = handshake.trace.value
view.text.messages(handshake.trace)

# %% [markdown]
# ## The transcript
#
# Both sides keep a list of all handshake messages, in order, whoever sent them: the **transcript**. In the end each shows the other a fingerprint of its list. If the lists
# differ in a single bit, the fingerprints differ.
#
# What belongs into it has to be exact, for both sides must hash the very same bytes. The last column of the table says it:
#
# - every handshake message, **with** its own header of four bytes (type and length);
# - **without** the header of the record that carried it. Records are envelopes, and a message may be spread over several;
# - **without** ChangeCipherSpec. It is no handshake message but a protocol of its own, of one byte, that says "from my next record on, the keys are in use";
# - as **plaintext**: a Finished is hashed as it was before encryption.

# %%
lab.explore(handshake, parts=("ladder", "transcript"))

# %% [markdown]
# ### Exercise 1
#
# The messages come as a list of bytes, each with its header, and only those that belong into the transcript. Hash them as one, with `hashlib`.

# %% exercise="06.transcript_hash"
import hashlib


def transcript_hash(handshake_messages, hash_name):
    """The hash of all handshake messages, one after the other (RFC 5246 §7.4.9).

    handshake_messages: a list of bytes, each message with its 4-byte header. hash_name: such
    as "sha256", as hashlib.new takes it. Returns bytes.
    """
    ### BEGIN SOLUTION
    return hashlib.new(hash_name, b"".join(handshake_messages)).digest()
    ### END SOLUTION


# %% check="06.transcript_hash"
lab.check(transcript_hash)

# %% [markdown]
# ## Not just a hash
#
# Could Finished be this hash? No: somebody in between has seen all messages too, and would compute it like anybody else. It has to be something that takes the secret:
#
# ```
# verify_data = PRF(master_secret, finished_label, Hash(handshake_messages))
#                   [0..11]
# ```
#
# (RFC 5246 §7.4.9.) The label is `client finished` or `server finished`. Twelve bytes are kept.
#
# So it proves two things at once: *I have the master secret*, and *I saw the same messages as you*. "Finished is a hash of all messages" is a common belief, and half of the truth.
#
# **Which messages?** All before this one. The client's Finished comes first, so its hash ends with ClientKeyExchange. The server's comes later, and its hash includes the client's Finished, as
# plaintext. With the labels, that makes two reasons why the two differ.
#
# ### Exercise 2
#
# Here is everything that went over the wire in the handshake above, as both sides know it in the end: who sent it, the type of the record, the content as plaintext, and the record as it was sent.

# %%
from tlslab.trace import Record

records = handshake.trace.of(Record)
seen = [(each.sender, each.raw[0], each.plaintext, each.raw) for each in records]
print("who     type  content       record")
for who, record_type, content, record in seen:
    start = f"{content[:3].hex(' ')} …" if len(content) > 3 else content.hex(" ")
    print(f"{who:6}  {record_type:4}  {start:11}  {len(record):5} bytes")

# %% [markdown]
# Which of the contents does the Finished of a side cover? The records here have one message each. One kind of handshake message never counts, and does not occur above: a server may send a *HelloRequest* (its first byte is 0) to ask for
# a handshake, and RFC 5246 §7.4.1.1 leaves it out.


# %% exercise="06.covered_messages"
def covered_messages(seen, sender):
    """The handshake messages that the Finished of `sender` covers (RFC 5246 §7.4.9).

    seen: a list of (who, record_type, content, record), as above. sender: "client" or "server".
    Returns a list of bytes.
    """
    ### BEGIN SOLUTION
    covered = []
    for who, record_type, content, _ in seen:
        if record_type != 22 or content[0] == 0:
            continue
        if who == sender and content[0] == 20:
            break
        covered.append(content)
    return covered
    ### END SOLUTION


# %% check="06.covered_messages"
lab.check(covered_messages)

# %% [markdown]
# ### Exercise 3
#
# The PRF is that of notebook 05. Your own is at hand: `lab.primitives().prf(secret, label, seed, length, hash_name)`.


# %% exercise="06.verify_data"
def verify_data(master_secret, finished_label, transcript_hash, hash_name):
    """The 12 bytes of a Finished (RFC 5246 §7.4.9).

    finished_label: b"client finished" or b"server finished". transcript_hash: the hash, not
    the messages.
    """
    ### BEGIN SOLUTION
    return lab.primitives().prf(master_secret, finished_label, transcript_hash, 12, hash_name)
    ### END SOLUTION


# %% check="06.verify_data"
lab.check(verify_data)

# %% [markdown]
# Here is the real one. The messages of the handshake, without what does not belong, hashed up to each Finished:

# %%
from tlslab.lab.usable import usable

covered = usable(covered_messages)
from_client, from_server = handshake.trace.messages("finished")

primitives = lab.primitives()
before_client = primitives.transcript_hash(covered(seen, "client"), "sha256")
before_server = primitives.transcript_hash(covered(seen, "server"), "sha256")
computed = primitives.verify_data(
    value("master_secret"), b"client finished", before_client, "sha256"
)
print("client:", computed.hex(), computed == from_client.raw[4:])
computed = primitives.verify_data(
    value("master_secret"), b"server finished", before_server, "sha256"
)
print("server:", computed.hex(), computed == from_server.raw[4:])

# %% [markdown]
# `[4:]` cuts off the message's own header. What is left are the twelve bytes.
#
# ## The checksum of a record
#
# Finished is the first message under the new keys, and with this suite we can see what protection means, apart from encryption: each record ends with a **MAC**, a *message
# authentication code*. It is an HMAC with the sender's MAC key (RFC 5246 §6.2.3.1):
#
# ```
# MAC(MAC_write_key, seq_num +
#                    TLSCompressed.type +
#                    TLSCompressed.version +
#                    TLSCompressed.length +
#                    TLSCompressed.fragment)
# ```
#
# - `seq_num` counts the records under these keys, from 0, in eight bytes. It is not sent; both sides count. So a record that is dropped, repeated or moved is noticed.
# - `type` (1 byte), `version` (2) and `length` (2) are those of the record header; the length is that of the content, **without** the MAC.
# - `fragment` is the content.
#
# ### Exercise 4

# %% exercise="06.record_mac"
import hmac


def record_mac(mac_key, seq_num, type, version, content, hash_name):
    """The MAC of a record (RFC 5246 §6.2.3.1), as long as the hash.

    seq_num, type, version: numbers, of 8, 1 and 2 bytes, the most significant first. content:
    the plaintext, bytes.
    """
    ### BEGIN SOLUTION
    header = seq_num.to_bytes(8, "big") + bytes([type]) + version.to_bytes(2, "big")
    header += len(content).to_bytes(2, "big")
    return hmac.digest(mac_key, header + content, hash_name)
    ### END SOLUTION


# %% check="06.record_mac"
lab.check(record_mac)

# %% [markdown]
# The record of the client's Finished, the first one under its keys, so number 0. Its last 32 bytes are the MAC:

# %%
record = next(record for record in records if record.protection != "none")
mac = primitives.record_mac(
    value("client_write_MAC_key"), 0, record.raw[0], 0x0303, record.plaintext, "sha256"
)
print(mac.hex())
print(record.raw[-32:].hex())

# %% [markdown]
# ## Somebody changes a byte
#
# We are the somebody. The client offers, and on the way we change one byte of its random. Nothing forbids that value, so the server goes on. Where does it end?

# %%
from tlslab.lab.handshake import start_client, start_server
from tlslab.trace import Trace

seen = Trace("server")
client, server = start_client(Trace("client"), seed=6), start_server(seen, seed=6)
hello = bytearray(client.data_to_send())
hello[20] ^= 1
server.receive(bytes(hello))
for _ in range(3):
    client.receive(server.data_to_send())
    server.receive(client.data_to_send())
print("the server says:", server.error)

# %% [markdown]
# The randoms differ, so the keys differ, and the server cannot even open the record with the client's Finished. Had we changed a byte that goes into no key, such as one of
# an offered suite, the record would open, and the twelve bytes inside would be wrong. Either way the handshake ends before a single byte of data.
#
# ## OpenSSL judges

# %%
live = lab.peers.openssl(role="client", primitives=lab.primitives())
print("OpenSSL answered:", live.received.decode())

# %% [markdown]
# It answered, so it accepted our Finished, and we accepted its own. Only now does the client know to whom it talks: an impostor with a copied certificate
# has no master secret, and no Finished.
#
# ## What an eavesdropper sees now
#
# With this suite, everything:

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# They can read the data, and not change it. "Authenticated, not encrypted" is rarely what one wants. The opposite, encrypted and not authenticated, is worse: nobody reads, and anybody
# changes. Notebook 07 brings both together.
#
# ## Who knows what

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("06")

# %% [markdown]
# ## What comes next
#
# The handshake is over, the connection proved. In notebook 07 data goes through it: encrypted, counted, and ended properly.
