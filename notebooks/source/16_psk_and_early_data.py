# %% [markdown]
# # 16 · Pre-shared keys and early data
#
# **Afterwards you can** follow a HelloRetryRequest through the transcript; go on with a ticket of TLS 1.3, and say what its binder proves; send data before the handshake, **replay your own**, and say who has to prevent that; and
# change the keys of a connection while it runs.
#
# **Time:** about 75 minutes. **You need:** [notebook 12](12_resumption.ipynb) for tickets, and [notebook 15](15_key_schedule.ipynb) for the key schedule.

# %% [markdown]
# ## The question
#
# TLS 1.3 needs one round trip before the first request. Across an ocean that is a wait of some 60 milliseconds (notebook 12), in which nothing is said. Two that have never met cannot do with less: they have no secret yet. **But two that have met before?** They could send the request at once, in the first packet.
#
# They can. It is the fastest thing in TLS, and the most dangerous. On the way there are three smaller stops.
#
# ## A guess that goes wrong
#
# In TLS 1.3 the client sends its share before it knows which groups the server can do. It guesses. What if the server wants another group? Here the client sends a share for x25519, and says that it could do P-384 as well. That is all that this server does:

# %%
from tlslab import lab, view

V13 = {"version": "TLS 1.3"}
retried = lab.handshake(
    seed=16, **V13, groups=("x25519", "secp384r1"), server_groups="secp384r1", server="ecdsa"
)
view.text.messages(retried.trace)

# %% [markdown]
# The server answers with a **HelloRetryRequest**: the same hello once more, please, with a share for P-384. It costs the round trip that TLS 1.3 had saved. So clients guess what most servers can do.
#
# On the wire it has the *type* of a ServerHello. What tells it apart is its random, which is always the same: the SHA-256 of the words "HelloRetryRequest".

# %%
import hashlib

hello_retry_request = retried.trace.messages("hello_retry_request")[0].raw
print("type:  ", hello_retry_request[0])
print("random:", hello_retry_request[6:38].hex())
print("hash:  ", hashlib.sha256(b"HelloRetryRequest").hexdigest())

# %% [markdown]
# Why is it not just an answer that one forgets? Somebody in between could send one, to have the client take a weaker group. So it has to be in the transcript, with **both** hellos. But a server with many callers would like to forget the first
# hello at once, and remember it only when the client comes back. The way out: in the transcript, the first ClientHello is replaced by **its hash**. That is short enough to be put into a *cookie*, which the server gives to the client and gets back in the second hello.
#
# ```
# Transcript-Hash(ClientHello1, HelloRetryRequest, ... Mn) =
#     Hash(message_hash ||        /* Handshake type */
#          00 00 Hash.length  ||  /* Handshake message length (bytes) */
#          Hash(ClientHello1) ||  /* Hash of ClientHello1 */
#          HelloRetryRequest  || ... || Mn)
# ```
#
# (RFC 8446 §4.4.1.) So it stands there as if it were a message, with a type of its own: *message_hash* is 254.
#
# ### Exercise 1
#
# Make this message. `hash_name` is `"sha256"` or `"sha384"`; `hashlib.new(hash_name, data).digest()` hashes.


# %% exercise="16.message_hash"
def message_hash(client_hello, hash_name):
    """What stands in the transcript for a ClientHello that was answered by a HelloRetryRequest.

    client_hello: the whole message, bytes. Returns four bytes of header and the hash
    (RFC 8446 §4.4.1).
    """
    ### BEGIN SOLUTION
    digest = hashlib.new(hash_name, client_hello).digest()
    return bytes([254]) + len(digest).to_bytes(3, "big") + digest
    ### END SOLUTION


# %% check="16.message_hash"
lab.check(message_hash)

# %% [markdown]
# If it is not right yet, `lab.hint("16.message_hash")` helps, a little more each time. What is not written, the reference does in its place.
#
# OpenSSL judges. It is told to take P-384 alone as the server; as the client it is asked for it:

# %%
mine = lab.primitives()
for role in ("client", "server"):
    met = lab.peers.openssl(role, **V13, server_groups="secp384r1", primitives=mine)
    names = [message.name for message in met.trace.messages()]
    print(
        f"we are the {role}: a retry: {'hello_retry_request' in names}, error: {met.peer_error or None}"
    )

# %% [markdown]
# And with the plain ClientHello in the transcript? Both sides get other secrets, and the first encrypted record does not open:

# %%
forgetful = mine.using(message_hash=lambda client_hello, hash_name: client_hello)
met = lab.peers.openssl("client", **V13, server_groups="secp384r1", primitives=forgetful)
print("our alert:", met.error.alert)

# %% [markdown]
# ## A key from the last time
#
# The second stop: tickets. In notebook 12 a ticket was the sealed *master secret*, and whoever opened it could read everything, the first connection too. TLS 1.3 does it differently. Let a client make its first visit:

# %%
first = lab.handshake(seed=16, **V13, server="ecdsa", resumption="ticket", max_early_data_size=1000)
view.text.messages(first.trace)

# %% [markdown]
# Two things are new. The tickets come **after the handshake, encrypted**: who listens does not see them, as they did in TLS 1.2. And there are **two**: a client that uses each ticket once cannot be recognised by it.
#
# What does a ticket stand for? Not for the secrets of this connection. From the Main Secret a *resumption secret* is derived, with the label "res master" and over the whole handshake. And from that, one key for each ticket:
#
# ```
# PSK = HKDF-Expand-Label(resumption_secret, "resumption", ticket_nonce, Hash.length)
# ```
#
# (RFC 8446 §4.6.1, which calls it resumption_master_secret.) *PSK* means pre-shared key: one that both had before. The nonce is in the message with the ticket; it only has to differ. Nothing leads back from a PSK to this connection.
#
# ### Exercise 2
#
# Your functions of notebook 15 are in `lab.primitives()`; call `lab.primitives().hkdf_expand_label(secret, label, context, length, hash_name)`.


# %% exercise="16.resumption_psk"
def resumption_psk(resumption_secret, ticket_nonce, hash_name):
    """The pre-shared key that a ticket stands for (RFC 8446 §4.6.1).

    resumption_secret: as long as the hash. ticket_nonce: bytes, in the NewSessionTicket.
    """
    ### BEGIN SOLUTION
    return lab.primitives().hkdf_expand_label(
        resumption_secret, b"resumption", ticket_nonce, len(resumption_secret), hash_name
    )
    ### END SOLUTION


# %% check="16.resumption_psk"
lab.check(resumption_psk)

# %% [markdown]
# The keys of the two tickets above. The client comes back with the first:

# %%
mine = lab.primitives()
resumption_secret = first.trace.value("resumption_secret")
for nonce in (b"\x00", b"\x01"):
    print(nonce.hex(), mine.resumption_psk(resumption_secret, nonce, "sha256").hex()[:32], "…")

second = lab.handshake(resume=first)
print(second)
print("it began with the key", second.trace.value("psk").hex()[:32], "…")

# %%
view.text.messages(second.trace)

# %% [markdown]
# No certificate, no signature, as in notebook 12. The PSK goes into the first stage of the key schedule, where there were only zeros before. And both still sent a share of X25519, which goes into the second stage:

# %%
value = second.trace.value
early_secret = mine.early_secret(value("psk"), "sha256")
handshake_secret = mine.handshake_secret(early_secret, value("shared_secret"), "sha256")
print("the Handshake Secret:", handshake_secret == value("handshake_secret"))

# %% [markdown]
# That is worth a lot. Whoever steals the ticket key later has the PSK, and lacks the shared secret: **a resumed connection has forward secrecy too.** In TLS 1.2 it had none. (TLS 1.3 also knows a way without shares, *psk_ke*. It is for machines that cannot compute X25519, and gives that up.)
#
# ## The binder
#
# The client puts its ticket into the extension *pre_shared_key*. A ticket is only a name, and anybody who saw it go by can send it. So next to it stands a proof that the client has the key, the *binder*:

# %%
hello = second.trace.messages("client_hello")[0]
for span in hello.spans:
    if span.leaf and ".pre_shared_key" in span.path:
        print(f"{span.path.partition('pre_shared_key.')[2]:38} {span.end - span.start:4} bytes")

# %% [markdown]
# It is made like a Finished (notebook 15), with a key that comes from the PSK: a MAC over the ClientHello. So it also proves that **nobody changed the hello**, and that the key belongs to *this* handshake. Hence the name: it binds the two together.
#
# Over the ClientHello, in which the binder itself stands? That cannot be. So the extension with the binders has to be the last one, and the MAC is over everything **up to** the list of binders: the *truncated* hello. The lengths in front stay as they are in the whole message.
#
# ```
#   0 ──► HKDF-Extract ◄── PSK
#              │
#         Early Secret
#              │  Derive-Secret(., "res binder", "")
#         binder_key ──► finished_key ──► HMAC over Hash(truncated ClientHello)
# ```
#
# A key that two sides agreed on in some other way, say typed into both, has "ext binder" there instead. So neither can pass for the other.
#
# ### Exercise 3
#
# The list of binders is the last that stands in the hello: two bytes with its length, then for each binder one byte with its length, and the binder, as long as the hash. Here there is one.
#
# `lab.primitives()` has `early_secret(psk, hash_name)`, `binder_key(early_secret, label, hash_name)`, `transcript_hash(messages, hash_name)` and `finished_mac(base_key, transcript_hash, hash_name)`.


# %% exercise="16.psk_binder"
def psk_binder(psk, client_hello, hash_name):
    """The binder for a key from a ticket (RFC 8446 §4.2.11.2).

    psk: as long as the hash. client_hello: the whole message, bytes; it ends in a list with one
    binder, whatever that is.
    """
    ### BEGIN SOLUTION
    mine = lab.primitives()
    truncated_hello = client_hello[: -(2 + 1 + len(psk))]
    binder_key = mine.binder_key(mine.early_secret(psk, hash_name), b"res binder", hash_name)
    transcript_hash = mine.transcript_hash([truncated_hello], hash_name)
    return mine.finished_mac(binder_key, transcript_hash, hash_name)
    ### END SOLUTION


# %% check="16.psk_binder"
lab.check(psk_binder)

# %% [markdown]
# The binder of the client, computed again; and what does it become for another key, or for a hello with another random?

# %%
from tlslab.lab.usable import usable

compute_binder = usable(psk_binder)
other_hello = hello.raw[:6] + bytes(32) + hello.raw[38:]
for what, key, message in (
    ("the key and the hello:", value("psk"), hello.raw),
    ("another key:", bytes(32), hello.raw),
    ("another random:", value("psk"), other_hello),
):
    print(f"{what:23}", compute_binder(key, message, "sha256") == hello.raw[-32:])

# %% [markdown]
# So nobody can change a bit of the hello. We take the first flight of the client, turn a bit of its random, and hand it to the server:

# %%
from tlslab.lab.handshake import start_server
from tlslab.trace import Trace

changed = bytearray(second.first_flight)
changed[20] ^= 1
server = start_server(Trace("server"), resume=first)
server.receive(bytes(changed))
print(server.error)

# %% [markdown]
# Without the binder, nobody would have noticed before the Finished. For what comes next, that would be too late.
#
# OpenSSL judges the tickets. First we are the client, and come back with a ticket of OpenSSL's; then OpenSSL comes back with one of ours. A wrong key would give a wrong binder, and an alert.

# %%
for role in ("client", "server"):
    one = lab.peers.openssl(role, **V13, resumption="ticket", primitives=mine)
    two = lab.peers.openssl(role, resume=one)
    print(two)
    print("  OpenSSL says that it was resumed:", two.peer_resumed)

# %% [markdown]
# ## Early data
#
# Now all is there. At the ClientHello both sides share a key: the PSK. So from the Early Secret one more secret can be derived, and what is protected with it can go **right behind the ClientHello**, before any answer. This is *early data*, or *0-RTT*: zero round trips. The server says in its ticket how many bytes of it it takes. Here the client asks for a payment:

# %%
PAYMENT = b"POST /pay?to=alice&amount=10"
third = lab.handshake(resume=first, early_data=PAYMENT, anti_replay=False)
print(third)
print("before the handshake was complete, the server had:", third.received_early.decode())
view.text.messages(third.trace)

# %% [markdown]
# The record with data is the third, and the server has not said a word. When the client has seen the server's Finished, it says with *EndOfEarlyData* where the early data end, and goes on under other keys. (A server may decline early data, too; then it skips them, and the client sends them once more after the handshake.)
#
# ### Exercise 4
#
# The secret for it is `Derive-Secret(Early Secret, "c e traffic", ClientHello)`: over the hello alone, and the whole of it this time, binders included. `lab.primitives()` has `derive_secret(secret, label, transcript_hash, hash_name)`.


# %% exercise="16.early_traffic_secret"
def early_traffic_secret(psk, client_hello, hash_name):
    """client_early_traffic_secret (RFC 8446 §7.1).

    psk: as long as the hash. client_hello: the whole message, bytes.
    """
    ### BEGIN SOLUTION
    mine = lab.primitives()
    early_secret = mine.early_secret(psk, hash_name)
    transcript_hash = mine.transcript_hash([client_hello], hash_name)
    return mine.derive_secret(early_secret, b"c e traffic", transcript_hash, hash_name)
    ### END SOLUTION


# %% check="16.early_traffic_secret"
lab.check(early_traffic_secret)

# %% [markdown]
# With it the record opens. The first flight has three: the ClientHello, a ChangeCipherSpec that means nothing, and this one.

# %%
from tlslab.crypto.suites import CipherType
from tlslab.trace import Record


def open_early_data(psk, trace):
    """The early data of a connection, for whoever has the PSK and what was sent."""
    client_hello = trace.messages("client_hello")[0].raw
    secret = usable(early_traffic_secret)(psk, client_hello, "sha256")
    key, iv = mine.traffic_keys(secret, 16, "sha256")
    record = next(each.raw for each in trace.of(Record) if each.raw[0] == 23)
    plaintext = mine.aead_unprotect(CipherType.GCM, key, iv, 0, record[5:])
    return mine.open_inner_plaintext(plaintext)[1]


print(open_early_data(third.trace.value("psk"), third.trace).decode())

# %% [markdown]
# What it saves: a server that answers at once needs two flights, no more than TCP without any TLS. (Ours waits until the client's Finished is there. So we take the length of its flight and of its answer together.)

# %%
from tlslab.lab.measuring import Flight, flights, flights_without_tls

one_round_trip = flights(second.trace)
*tcp, early, answer, _, last = flights(third.trace)
records = [each for each in third.trace.of(Record) if each.sender == "server"]
reply = next(len(each.raw) for each in records if each.content_type == "application_data")
measured = {
    "no TLS, TCP alone": flights_without_tls(third.trace),
    "TLS 1.3": flights(first.trace),
    "TLS 1.3, early data": (*tcp, early, Flight("server", answer.length + reply)),
}
view.plot_round_trips(measured)

# %% [markdown]
# The lines of "no TLS" and of early data are one.
#
# ## What early data do not have
#
# **No forward secrecy.** Their keys come from the PSK alone, and the PSK is in the ticket. A year later the ticket key is stolen:

# %%
from tlslab.lab.configs import SEEDED_TIME
from tlslab.tls13.psk import TicketState
from tlslab.wire.extensions import PreSharedKeyClientHello
from tlslab.wire.hello import ClientHello

stolen_key = first.options.ticket_keys.sealing(SEEDED_TIME)
client_hello = third.trace.messages("client_hello")[0].raw
offered = ClientHello.decode(client_hello[4:]).extension(PreSharedKeyClientHello)
state = TicketState.decode(mine.open_ticket(stolen_key, offered.identities[0].identity))
print("out of a recording:", open_early_data(state.psk, third.trace).decode())

# %% [markdown]
# The rest of that connection stays closed: for it one needs the shared secret, too.
#
# **And nothing in them is new for the server.** A handshake is protected against repetition by the server's random and its share: an old recording does not fit to them. Early data come before the server has said anything. So, what does a server do that gets the very same bytes twice?
#
# ## Replay
#
# Mallory has recorded the first flight of `third`. She does not know what is in it, and cannot open it. She sends it again. The server in this lab is a bank, and does what it is told:

# %%
accounts = {"alice": 0}


def bank(request):
    """Pay, if that is what is asked for."""
    if request.startswith(b"POST /pay?to=alice&amount="):
        accounts["alice"] += int(request.rpartition(b"=")[2])


bank(third.received_early)
print("after the client's own request, Alice has", accounts["alice"])

again = lab.replay(third)
bank(again.received_early)
print(again)
print("after Mallory's, Alice has", accounts["alice"])

# %% [markdown]
# **The server acted twice.** Every check was passed: the ticket is genuine, the binder is right, the record was protected with the right key. Of course: they are the client's own bytes. And Mallory can go on. She can make no Finished, so the handshake never ends, but the bank has paid by then:

# %%
for _ in range(3):
    again = lab.replay(again)
    bank(again.received_early)
print("Alice has", accounts["alice"])

# %% [markdown]
# Nobody has to be an enemy for that to happen. A browser that gets no answer sends its request again, and a phone changes its network in the middle.
#
# ## The defence
#
# The server has to remember (RFC 8446 §8). Three things help, and the lab's server does all three unless it is told not to:
#
# - **Each ticket once** (§8.1): a ticket that was used is struck off.
# - **Each ClientHello once** (§8.2): its binder is remembered. No two have the same.
# - **Only fresh ones** (§8.3): the client says how old its ticket is. If that does not fit to when the hello arrives, it was held back. So the record of hellos can be short: seconds, not days.
#
# The same request with the defence on:

# %%
defended = lab.handshake(resume=first, early_data=PAYMENT)
print("the client's own:", defended.received_early.decode())
print(lab.replay(defended))

# %% [markdown]
# It is no alert: the server goes on with the handshake, without the early data. An honest client would send them again at its end. Mallory cannot get there.
#
# What the memory says about a ticket and a hello, at different times. The last column is when, by the age that it says, the hello should have arrived:

# %%
from datetime import timedelta

from tlslab.connection.session import AntiReplay


def at(seconds):
    return SEEDED_TIME + timedelta(seconds=seconds)


memory = AntiReplay(window=timedelta(seconds=10))
tomorrow = SEEDED_TIME + timedelta(days=1)
for ticket, binder, now, arrival in (
    (b"ticket 1", b"hello 1", 0, 0),
    (b"ticket 1", b"hello 1", 2, 0),
    (b"ticket 1", b"hello 2", 3, 3),
    (b"ticket 2", b"hello 3", 60, 5),
    (b"ticket 3", b"hello 4", 60, 58),
):
    why = memory.why_not(ticket, binder, at(now), at(arrival), tomorrow)
    print(
        f"{ticket.decode()}, {binder.decode()}, at {now:2} s, expected at {arrival:2} s: {why or 'let in'}"
    )

# %% [markdown]
# And with a client that nobody here wrote. Python's `ssl` has no early data, but the program `openssl` has. It fetches a ticket from your server, and then sends the same early data with it twice:

# %% tags=["nbval-ignore-output"]
with lab.open_server(**V13, resumption="ticket", max_early_data_size=100) as open_server:
    said = lab.s_client_twice(open_server, b"GET /early HTTP/1.0\r\n\r\n")
said

# %% [markdown]
# "So a good server makes early data safe"? Only one that has **one memory**. A big site has servers on several continents. If two of them do not know of each other at every moment, the same hello is fresh at each. So TLS does not promise it: "TLS does not provide inherent replay protections for 0-RTT data" (§8). **The application has to decide what it takes early.** HTTP has a rule for it (RFC 8470): what only reads may come early; what does something has to wait, and a
# server can say so with the status 425, *Too Early*.
#
# ### Exercise 5
#
# Which of these requests may be sent as early data? Yours are not the same as those of others.

# %% tags=["own-seed"]
from tlslab.lab.exercises.n16_early_data import requests
from tlslab.lab.learner import seed as my_seed

for number, request in enumerate(requests(my_seed()), 1):
    print(number, request)

# %% [markdown]
# Put a set of their numbers in place of `None`, such as `{1, 4}`. Ask of each: what is different if it comes twice?

# %% exercise="16.safe_early"
safe_early = None
### BEGIN SOLUTION
does_something = ("pay", "add", "toggle", "vote", "open")
safe_early = {
    number
    for number, request in enumerate(requests(my_seed()), 1)
    if not any(word in request for word in does_something)
}
### END SOLUTION

# %% check="16.safe_early"
lab.answer("16.safe_early", safe_early)

# %% [markdown]
# ## New keys on the way
#
# The last stop. A connection may last for days, and a key should not protect too much: with AES-GCM some 2²⁴ records of full size (§5.5). In TLS 1.2 one had to do the whole handshake again inside the connection, *renegotiation*, and notebook 13 told what came of that. TLS 1.3 has **KeyUpdate**: one message, and from then on its sender uses
#
# ```
# application_traffic_secret_N+1 =
#     HKDF-Expand-Label(application_traffic_secret_N, "traffic upd", "", Hash.length)
# ```
#
# ### Exercise 6


# %% exercise="16.next_traffic_secret"
def next_traffic_secret(traffic_secret, hash_name):
    """The traffic secret after a KeyUpdate, as long as the hash (RFC 8446 §7.2)."""
    ### BEGIN SOLUTION
    length = len(traffic_secret)
    return lab.primitives().hkdf_expand_label(
        traffic_secret, b"traffic upd", b"", length, hash_name
    )
    ### END SOLUTION


# %% check="16.next_traffic_secret"
lab.check(next_traffic_secret)

# %% [markdown]
# OpenSSL judges. Our side changes its keys, and asks OpenSSL to change its own. OpenSSL does that before it sends data the next time. (As the client, in the second run, it has nothing more to send.)

# %%
mine = lab.primitives()
for role in ("client", "server"):
    met = lab.peers.openssl(role, **V13, key_update="both", primitives=mine)
    updates = [message.sender for message in met.trace.messages("key_update")]
    print(f"we are the {role}: new keys for {' and '.join(updates)}; we got {met.received!r}")

# %% [markdown]
# Each direction has its own keys, and each changes by itself. What does it protect against? Who steals the secret number 1 cannot find number 0: HKDF has no way back, so what was sent **before** stays closed. But number 2 they can compute as everybody can. A KeyUpdate brings no new randomness. Against that helps only a new handshake with new shares.

# %%
updated = lab.handshake(seed=16, **V13, key_update="both")
name = "client_application_traffic_secret"
zero, one = (updated.trace.value(f"{name}_{number}") for number in (0, 1))
print("number 1 out of number 0:", mine.next_traffic_secret(zero, "sha256") == one)

# %% [markdown]
# ## What an eavesdropper sees now
#
# That somebody came back, and that something was sent before the server's answer. The ticket is in the clear when it is used, and nobody has seen it before: they cannot tell who it is.

# %%
view.text.eavesdropper(third.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(third.trace)

# %% [markdown]
# The *key thief* has the private key of the certificate, and that does not help at all: no certificate was used. The one to fear is the thief of the **ticket key**: they read the early data, as you did above, and nothing else.
#
# ## What you built
#
# The transcript of a second hello, the key behind a ticket, its binder, the secret of early data, and the next keys of a running connection. And you have seen a correct server pay five times for one request.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("16")

# %% [markdown]
# ## What comes next
#
# One thing in this handshake is not fit for the future: the shares. In [notebook 17](17_post_quantum.ipynb) somebody with a computer that does not exist yet opens a recording.
