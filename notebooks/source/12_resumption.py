# %% [markdown]
# # 12 · Resumption
#
# **Afterwards you can** go on with an earlier session, by session ID and by ticket; say what such a handshake leaves out and what it still proves; open a ticket; and say what a round trip costs,
# and what a stolen ticket key does.
#
# **Time:** about 60 minutes. **You need:** [notebook 05](05_master_secret.ipynb), [notebook 06](06_finished.ipynb) and, for the theft, [notebook 07](07_application_data.ipynb).

# %% [markdown]
# ## The question
#
# A handshake is expensive. Certificates of some thousand bytes go over the wire, both sides compute with long numbers, and above all, they wait: the client for the server, the server for the client, twice. Then a phone loses its
# network for a second, or a program opens the next of fifty connections to the same server, and everything begins anew. **Can two that agreed on a secret a minute ago not go on from there?**
#
# They can. What they have in common is the master secret. If both keep it, the next handshake needs no certificate and no key exchange. This is *resumption*; what both keep is a *session*. A session is not a connection: one
# session may serve many connections.
#
# Here is a full handshake, with a server that remembers:

# %%
from tlslab import lab, view

SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
first = lab.handshake(seed=12, suite=SUITE, resumption="ticket")
print(first)
view.text.messages(first.trace)

# %% [markdown]
# And here the same client comes back:

# %%
second = lab.handshake(resume=first)
print(second)
view.text.messages(second.trace)

# %% [markdown]
# RFC 5246 calls it the *abbreviated handshake* (§7.3). What is gone, and what is new?

# %%
names = {}
for which, handshake in (("full", first), ("abbreviated", second)):
    names[which] = {message.name for message in handshake.trace.messages()}
print("gone:", ", ".join(sorted(names["full"] - names["abbreviated"])))
print("new: ", ", ".join(sorted(names["abbreviated"] - names["full"])) or "nothing")

# %% [markdown]
# Look at the order, too. In the full handshake the client sends its Finished first. In the abbreviated one **the server's comes first**, right behind its ServerHello: it has all it needs. So the client, which gets it, can send its own Finished and
# its first data together. That is the round trip that is saved.
#
# ## What is skipped, and what is proved
#
# | | full handshake | abbreviated handshake |
# |---|---|---|
# | who the server is | certificate, verified | not asked again: it was verified when the session began |
# | that it has the key of its certificate | signature on its share | not asked again |
# | a secret | new, by key exchange | the old master secret |
# | that the other side has the secret | Finished | **Finished** |
# | that nobody changed the messages | Finished | **Finished** |
# | keys | new | **new** |
#
# An impostor does not have the master secret, and without it there is no right Finished. So nobody can go on with a session but the two that were there when it began. What is *not* proved again is all that may have changed since: that the certificate has not expired
# or been revoked. So a session lives for a day at most (RFC 5246 §F.1.4), and the lab's servers keep to that.
#
# Both Finished are those of notebook 06. Here they are computed, from the messages that went before:

# %%
mine = lab.primitives()
master_secret = first.trace.value("master_secret")
print("the same master secret:", second.trace.value("master_secret") == master_secret)

covered = [message.raw for message in second.trace.messages() if message.name.endswith("_hello")]
for message in second.trace.messages("finished"):
    label = f"{message.sender} finished".encode()
    transcript = mine.transcript_hash(covered, "sha256")
    computed = mine.verify_data(master_secret, label, transcript, "sha256")
    print(f"{label.decode()}, over {len(covered)} messages:", computed == message.raw[4:])
    covered.append(message.raw)

# %% [markdown]
# ## New keys from an old secret
#
# "A resumed connection goes on with the old keys" is a common belief. It would be a disaster: the sequence numbers begin at 0 again, so the same key would meet the same nonce twice. With GCM whoever listens then learns
# about the content of both records, and can forge others. But both sides have sent a new random, and the key block is made from master secret **and** randoms. So the keys are new. In the picture the master secret now stands at the top: nothing in this
# connection made it. Select `key_block`, then flip a bit of one random.

# %%
lab.explore(second, parts=("secrets",))

# %% [markdown]
# ### Exercise 1
#
# The keys of the abbreviated handshake, for our suite: AES-128-GCM, SHA-256, no MAC keys. You get the randoms of both connections. Which do you need?


# %% exercise="12.resumed_keys"
def resumed_keys(master_secret, first_randoms, new_randoms):
    """The keys of a resumed connection with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (RFC 5246 §6.3).

    master_secret: of the session. first_randoms, new_randoms: (client_random, server_random) of the
    first connection and of this one. Returns (client_write_key, server_write_key, client_write_IV,
    server_write_IV), of 16, 16, 4 and 4 bytes.
    """
    ### BEGIN SOLUTION
    client_random, server_random = new_randoms
    block = lab.primitives().key_block(master_secret, server_random, client_random, 40, "sha256")
    return block[:16], block[16:32], block[32:36], block[36:]
    ### END SOLUTION


# %% check="12.resumed_keys"
lab.check(resumed_keys)

# %% [markdown]
# With the secret of the first connection, and the randoms of the second, they open a record of the second:

# %%
from tlslab.lab.usable import usable
from tlslab.trace import Record


def randoms_of(handshake):
    return handshake.trace.value("client_random"), handshake.trace.value("server_random")


keys = usable(resumed_keys)(master_secret, randoms_of(first), randoms_of(second))
sent = next(
    record
    for record in second.trace.of(Record)
    if record.sender == "client" and record.content_type == "application_data"
)
print(mine.gcm_unprotect(keys[0], keys[2], 1, 23, 0x0303, sent.raw[5:]).decode())

# %% [markdown]
# ## Where does the server keep it?
#
# The client has few sessions to remember. A server may have a million. There are two ways.
#
# **Session ID.** The server keeps the session in its own memory, and calls it by a name of up to 32 bytes, the *session ID*. It is in the ServerHello. The client puts the same ID into its next ClientHello, and a server that still knows it says it again:

# %%
by_id = lab.handshake(seed=12, suite=SUITE, resumption="session id")
again = lab.handshake(resume=by_id)


def session_id_of(message):
    """Behind the header, the version and the random comes the ID, with its length in front."""
    length = message.raw[38]
    return message.raw[39 : 39 + length].hex() or "(none)"


for handshake in (by_id, again):
    print(handshake)
    for name in ("client_hello", "server_hello"):
        print(f"  {name}  {session_id_of(handshake.trace.messages(name)[0])[:32]}")

# %% [markdown]
# (The first half of each ID.) That an ID is sent in the clear does no harm: it is a name and no secret. But a million sessions take a lot of memory. And a big site has many servers: the client comes back to another one, and that one has never heard of this ID.
#
# **Ticket.** So the server lets the *client* keep the session (RFC 5077). It packs everything it will want to know, encrypts it with a key that it alone has, and sends the parcel: this is the *ticket*, in the message
# **NewSessionTicket**. It keeps nothing itself but that one key, and all servers of the site may have the same.

# %%
(message,) = first.trace.messages("new_session_ticket")
view.text.bytes_of(message)

# %% [markdown]
# The client cannot read it, and need not. Next time it puts the ticket into its ClientHello, into the extension *session_ticket*. (It also makes up a session ID. If the server takes the ticket, it echoes that ID: so the client knows at the ServerHello which
# handshake this is, RFC 5077 §3.4.)
#
# ## Inside a ticket
#
# What is in it, is the server's own business. RFC 5077 §4 recommends a form, and the lab's server uses it:
#
# ```
# struct {
#     opaque key_name[16];
#     opaque iv[16];
#     opaque encrypted_state<0..2^16-1>;
#     opaque mac[32];
# } ticket;
# ```
#
# The state is encrypted with AES-128 in CBC mode. Before that it is padded as PKCS #7 says: `n` bytes of the value `n`, with 1 ≤ n ≤ 16. The MAC is HMAC-SHA-256 over **all that stands before it**, under a second key. The name says which key it is, for servers that have several.
#
# ### Exercise 2
#
# Open it. A ticket that is not good is no error: somebody comes with an old one, or with one of another server. Then there is a full handshake. So return `None` for it, and do it *before* you decrypt anything. Comparing is for
# `hmac.compare_digest`, which takes as long for a nearly right MAC as for any other.

# %% exercise="12.open_ticket"
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC


def open_ticket(key, ticket):
    """The state in a ticket (RFC 5077 §4); None if it was not sealed with this key, or changed.

    key: has key.enc_key of 16 bytes, and key.mac_key of 32. ticket: bytes, of any length.
    """
    ### BEGIN SOLUTION
    sealed, mac = ticket[:-32], ticket[-32:]
    if not hmac.compare_digest(hmac.digest(key.mac_key, sealed, "sha256"), mac):
        return None
    decryptor = Cipher(AES(key.enc_key), CBC(sealed[16:32])).decryptor()
    padded = decryptor.update(sealed[34:]) + decryptor.finalize()
    return padded[: -padded[-1]]
    ### END SOLUTION


# %% check="12.open_ticket"
lab.check(open_ticket)

# %% [markdown]
# The server of the lab is ours, so we have its key. What does it give to its clients to keep?

# %%
from tlslab.lab.configs import SEEDED_TIME
from tlslab.tls12.resumption import SessionState

mine = lab.primitives()
ticket = message.raw[10:]  # behind 4 bytes of header, 4 of lifetime and 2 of length
ticket_key = first.options.ticket_keys.sealing(SEEDED_TIME)
opened = mine.open_ticket(ticket_key, ticket)
state = SessionState.decode(opened)
print("suite:        ", state.cipher_suite.name)
print("server name:  ", state.server_name.decode())
print("master secret:", state.master_secret.hex()[:32], "…")
print("it is the one:", state.master_secret == master_secret)

# %% [markdown]
# The master secret itself. Remember this.
#
# ## OpenSSL judges
#
# OpenSSL gives tickets too, in a form of its own, and takes those of others as they come. First OpenSSL is the server. Your client comes twice:

# %%
for kind in ("ticket", "session id"):
    one = lab.peers.openssl(role="client", suite=SUITE, resumption=kind, primitives=mine)
    two = lab.peers.openssl(role="client", resume=one)
    print(f"{kind:10}", two)
    print("           OpenSSL says that it was resumed:", two.peer_resumed)

# %% [markdown]
# And OpenSSL as the client, twice at your server. It brings back the ticket it was given, and your `open_ticket` opens it:

# %%
one = lab.peers.openssl(role="server", suite=SUITE, resumption="ticket", primitives=mine)
two = lab.peers.openssl(role="server", resume=one)
print(two)
print("OpenSSL says that it was resumed:", two.peer_resumed)

# %% [markdown]
# What if the server has lost its keys, say because it was started anew? Nothing bad:

# %%
from tlslab.connection.session import TicketKeys

lost = lab.handshake(resume=first, ticket_keys=TicketKeys(lab.SeededRandom(1, "other keys")))
print(lost)

# %% [markdown]
# A full handshake. The client offered, and the server did not take it up. Resumption is an offer that may always be declined.
#
# ## What a round trip costs
#
# A *round trip* is the way there and back. A *flight* is what one side sends before it has to wait for the other: half a round trip. How long until a client has its answer, is mostly a matter of counting flights, and we count them in what was recorded:

# %%
from tlslab.lab.measuring import flights, flights_without_tls

measured = {
    "no TLS, TCP alone": flights_without_tls(first.trace),
    "TLS 1.2, full": flights(first.trace),
    "TLS 1.2, resumed": flights(second.trace),
}
for kind, found in measured.items():
    total = sum(flight.length for flight in found)
    print(f"{kind:18} {len(found)} flights, {len(found) // 2} round trips, {total:5,} bytes")

# %% [markdown]
# Two flights each time are TCP's own handshake, which comes first and carries no byte of TLS. The rest are records: all until the first answer to a request.
#
# How long is a round trip? In glass fibre light goes some 200,000 kilometres in a second. So no round trip can be shorter than this:

# %%
for where, kilometres in (
    ("in the same city", 20),
    ("to the next country", 1_000),
    ("across an ocean", 6_000),
    ("to the other side of the Earth", 20_000),
):
    print(f"{where:30} {2 * kilometres / 200_000 * 1000:6.1f} ms")

# %% [markdown]
# Cables take detours and machines on the way take time, so really it is more. No faster computer will ever change these numbers. Here is what they do to the time until the answer:

# %%
view.plot_round_trips(measured)

# %%
rtt = 100
for kind, found in measured.items():
    print(f"{kind:18} {len(found) * rtt // 2:4} ms until the answer, at {rtt} ms a round trip")

everything = sum(flight.length for flight in measured["TLS 1.2, full"])
print(
    f"{everything:,} bytes take {8 * everything / 10_000_000 * 1000:.1f} ms at 10 million bits a second"
)

# %% [markdown]
# Half of the waiting that TLS costs is gone. Of the bytes even more, but bytes are cheap, as the last line shows. **Far away, what counts is the number of flights.** That is
# why TLS 1.3 was built around it: notebooks 14 and 16 add two lines to this picture, and one of them lies on the lowest.
#
# ## The stolen ticket key
#
# Now the price. The first connection used ephemeral Diffie-Hellman: both sides threw their private numbers away, and nobody who steals the server's private key can read the recording later. This is *forward secrecy*. But then the server
# packed the master secret into a ticket, and sent it over the wire.
#
# Somebody recorded two connections of a client, the second one resumed. A year later the **ticket key** is stolen. Yours are other connections than those of others:

# %% tags=["own-seed"]
from tlslab.lab.exercises import n12
from tlslab.lab.learner import seed as my_seed

connection_1, connection_2 = n12.recording(my_seed())
stolen_key = n12.stolen_key(my_seed())
for sender, record_type, record in connection_2:
    print(f"{sender:6}  {record_type}  {len(record):4} bytes  {record[:12].hex(' ')} …")

# %% [markdown]
# Types 22, 20, 23 and 21 are handshake, ChangeCipherSpec, data and alert. These two help with the first records:

# %%
from tlslab.wire.extensions import SessionTicket
from tlslab.wire.hello import ClientHello


def random_in(record):
    """The random of a ClientHello or ServerHello: behind record header, header and version."""
    return record[11:43]


def ticket_in(record):
    """The ticket that a ClientHello brings along."""
    return ClientHello.decode(record[9:]).extension(SessionTicket).ticket


print("ticket:", len(ticket_in(connection_2[0].record)), "bytes")

# %% [markdown]
# ### Exercise 3
#
# **What did the client say in the second connection?** You have the records and `stolen_key`, and no secret of either side. Your two functions do most of it, and `mine.gcm_unprotect` opens records as above. Put the bytes in place of `None`. `lab.hint("12.stolen")` shows the way.

# %% exercise="12.stolen"
stolen = None
### BEGIN SOLUTION


def randoms_in(connection):
    hellos = {}
    for sender, _, record in connection:
        hellos.setdefault(sender, record)
    return random_in(hellos["client"]), random_in(hellos["server"])


found = SessionState.decode(open_ticket(stolen_key, ticket_in(connection_2[0].record)))
client_key, _, client_iv, _ = resumed_keys(
    found.master_secret, randoms_in(connection_1), randoms_in(connection_2)
)
data = next(each.record for each in connection_2 if (each.sender, each.type) == ("client", 23))
stolen = mine.gcm_unprotect(client_key, client_iv, 1, 23, 0x0303, data[5:])
### END SOLUTION

# %% check="12.stolen"
lab.answer("12.stolen", stolen)

# %% [markdown]
# And the **first** connection, the one with forward secrecy? It has the same master secret. With its own randoms the same steps open it. In the handshake at the top of this notebook:

# %%
from_ticket = SessionState.decode(opened).master_secret
keys = usable(resumed_keys)(from_ticket, randoms_of(second), randoms_of(first))
sent = next(
    record
    for record in first.trace.of(Record)
    if record.sender == "client" and record.content_type == "application_data"
)
print(mine.gcm_unprotect(keys[0], keys[2], 1, 23, 0x0303, sent.raw[5:]).decode())

# %% [markdown]
# So a ticket key undoes the forward secrecy of every connection for which a ticket was given out under it, resumed or not. The ephemeral numbers were thrown away; the ticket key was not. Many servers read it from a file and keep it for as long as they run, for months.
#
# The defence is to throw it away too. "Ticket keys MUST be changed regularly" (RFC 9325 §3.4). The lab's server takes a new key every twelve hours, and opens tickets under the one before for twelve more. A ticket of hour 0, later:

# %%
from datetime import timedelta

server_keys = TicketKeys(lab.SeededRandom(12, "rotation"))
old = server_keys.sealing(SEEDED_TIME)
for hours in (0, 11, 13, 23, 25):
    now = SEEDED_TIME + timedelta(hours=hours)
    opens = server_keys.opening(old.name, now) is not None
    seals = server_keys.sealing(now) == old
    print(f"hour {hours:2}  seals with that key: {seals!s:5}  opens tickets under it: {opens}")

# %% [markdown]
# From then on the key is nowhere any more, and what was sealed with it stays closed for ever. A session ID has the same weakness for as long as the session is in the server's memory. A server that cannot change its key should give no tickets.
#
# ## What an eavesdropper sees now
#
# That somebody came back. The ticket is in the clear in both directions, and it is the same bytes: whoever listens can tell that these two connections belong to one client, even if its address has changed meanwhile.

# %%
view.text.eavesdropper(second.trace)

# %% [markdown]
# TLS 1.3 sends its tickets encrypted, and gives several, so that none need be used twice.
#
# ## Who knows what
#
# The "key thief" of this table has the server's *private key*, and reads nothing. It is the thief of the *ticket key* who reads everything, as you did.

# %%
view.text.knowledge(second.trace)

# %% [markdown]
# ## What you built
#
# The keys of a resumed connection, and a server's way to open tickets. And you have read a recording that seemed to be safe.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("12")

# %% [markdown]
# ## What comes next
#
# In notebook 13 your functions are right, and OpenSSL disagrees with them all the same.
