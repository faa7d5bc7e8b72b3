# %% [markdown]
# # 00 · Start here: one handshake, nine steps
#
# **Afterwards you can** say what a TLS handshake is for and when one happens, name its nine steps, find every random number and every secret of a real
# one, and say what somebody who listens in learns from it.
#
# **Time:** about 15 minutes. **You need:** Python. You need no cryptography: every term is explained where it first appears.
#
# Run the cells from top to bottom: click the first one, press <kbd>Shift</kbd>+<kbd>Enter</kbd>, and go on. Later, `lab.glossary("hash")` brings back what a word means, and
# `lab.progress()` shows what you have done.

# %% [markdown]
# ## The question
#
# Two computers that have never met want to talk in private. All that they send passes through other people's machines, and these can read every byte.
# So whatever the two agree on, they agree on in front of everybody. **How do they come to share a secret that nobody else knows?**
#
# The next cell does it. The *client*, the side that calls, is ours: a small TLS written in Python to be read. The *server*, the side that
# answers, is OpenSSL, a library that much of the web runs on. Nobody who wrote this course wrote it.
# Both run on your machine, and no network is needed.

# %%
from tlslab import lab, view

live = lab.peers.openssl(role="client")
live

# %% [markdown]
# It is done. Both sides then sent a sentence through the protected connection:

# %%
print("our client asked:", live.peer_received.decode())
print("OpenSSL answered:", live.received.decode())

# %% [markdown]
# What came before these two sentences is the **handshake**: the messages at the beginning of a connection by which both sides agree on how to protect
# what follows. This one went through nine steps, and you will see each of them from inside. In the end both sides had computed the same secrets. Is that so?
# OpenSSL can write its secrets into a file, called a *key log*, for people who look for faults. We compare it with ours:

# %%
ours, theirs = live.trace.key_log().splitlines(), live.peer_key_log.splitlines()
[master_secret] = [line for line in theirs if line.startswith("CLIENT_RANDOM")]
print("the same master secret, says OpenSSL's own key log:", master_secret in ours)

# %% [markdown]
# Every handshake is different, because both sides draw random numbers. Run the next cell a few times and watch: no value ever comes back.
# (The values are written in *hex*: two digits from `0` to `f` for each byte.)

# %% tags=["nbval-ignore-output"]
again = lab.peers.openssl(role="client")
print(again.peer_version)
for name in ("client_random", "server_random", "master_secret"):
    print(f"{name:14}", again.trace.value(name).hex())

# %% [markdown]
# ## What a handshake is for
#
# A handshake settles four questions:
#
# 1. **How do we protect the data?** Both sides agree on a *cipher suite*, a set of methods.
# 2. **Who is the server?** It proves its name with a *certificate*.
# 3. **Who is the client?** The server may ask, and usually does not: web sites use passwords for this, later. Nobody asks in this notebook.
# 4. **With which keys?** A *key* is a secret number that a method works with: whoever has the key can read, and whoever has not cannot. Both sides
#    come to have the same keys.
#
# These are the four **tasks** of a handshake: *suite negotiation*, *server authentication*, *user authentication* and *key exchange*. The nine steps below do three of them.
#
# ## When one happens
#
# You take part in thousands of handshakes every day, and see none of them. Here are three, live, on this machine. Each time our client connects to OpenSSL, the two shake hands, and only then does the errand begin:
#
# - a browser opens an `https` **page**;
# - a program calls an **API**: it asks another program over the web, and gets data that it can compute with;
# - a computer asks for the **address** that belongs to a name, by *DNS over TLS*. That comes before almost everything else.

# %%
from tlslab.lab import services

page = services.https_page()
page

# %%
prices = services.json_api("/prices/apples")
prices

# %%
address = services.dns_over_tls("www.example.tlslab.test")
address

# %% [markdown]
# Three errands, three handshakes, and the same nine steps each time: TLS does not care what it carries. What an eavesdropper saw of the three is how much was said, and not what. These are the sizes of all records that carried data:

# %%
from tlslab.trace import Record

for call in (page, prices, address):
    records = [each for each in call.trace.of(Record) if each.content_type == "application_data"]
    print([f"{each.sender} {len(each.raw)} bytes" for each in records])

# %% [markdown]
# **SSL and TLS.** SSL is what Netscape published in 1995; TLS is what it became in 1999 as a standard of the Internet, and every version of SSL is forbidden
# today because it can be broken. People still say "SSL certificate"; what runs is TLS.
#
# **This handshake is history, and still the best first lesson.** It is TLS 1.2 with *RSA key exchange*. TLS 1.3, the version of 2018, removed that exchange, and
# servers that still offer it are being told to stop; at the end of this notebook you will see why. It comes first because it has the fewest parts: one secret, made by one
# side, sent in one message. Everything newer is an answer to what is wrong with it.

# %% [markdown]
# ## A handshake that holds still
#
# To look at values at leisure we need a handshake that is always the same. So client and server now draw their random numbers from a *seed*: a
# starting number that fixes all the others. That is good for learning and fatal for secrecy, since whoever knows the seed knows everything.
#
# While the two talk, each notes what it does in a *trace*. This is the client's, shown as a ladder: who said what, in order.

# %%
handshake = lab.handshake(seed=1)
view.text.messages(handshake.trace)

# %% [markdown]
# Three columns need a word:
#
# - **record**: messages travel in *records*, the envelopes of TLS. Each has a header that says what is inside and how long it is.
# - **protection**: up to a certain point everybody can read along. After it, nobody can.
# - **transcript**: both sides keep the list of all handshake messages so far. You will see what for in step 7.
#
# The same as nine steps:

# %%
steps = view.text.steps(handshake.trace)
steps.overview

# %% [markdown]
# One step is only *inferred*: it happens inside the server, where the client cannot look. We will look there for it.
#
# ## The explorer
#
# The tables below show one thing at a time. The **explorer** shows all of it. Run the next cell and try four things:
#
# 1. Press <kbd>▶</kbd> to go through the messages one by one. The text below the ladder says what each is for.
# 2. Click any byte. The tree beside it shows which field it belongs to, and the text says what the field means.
# 3. Under *Secrets*, select `client_random` and press *Flip the last bit*. Everything that is made from it becomes something else.
# 4. At the top right, choose to see it as *an eavesdropper*, and go through the messages again.
#
# You need none of it to go on. Come back whenever a step below makes you curious.

# %%
lab.explore(handshake)

# %% [markdown]
# ## Step 1: the client says what it can do
#
# The client opens with a **ClientHello**. It holds a random number, made for this connection alone, and the cipher suites that the client can do.
# Ours offers just one.

# %%
steps[1]

# %% [markdown]
# Read the name of the suite from left to right:
#
# | part | means |
# |---|---|
# | `TLS_RSA` | the secret travels encrypted with RSA, and the server proves itself by being able to decrypt it |
# | `WITH_AES_128_GCM` | the data will be encrypted with AES, the usual *cipher* (method of encryption), and protected against changes |
# | `SHA256` | the function that mixes keys and makes fingerprints |
#
# "In the clear" means what it says. *HTTPS hides which site you visit* is a common belief, and here is the site's name, for everybody to read:

# %%
client_hello = handshake.trace.messages("client_hello")[0]
b"server.tlslab.test" in client_hello.raw

# %% [markdown]
# ## Step 2: the server chooses
#
# The **ServerHello** is the answer: one suite from the offer, and a random number of the server's own. Both random numbers are public.
# Their purpose is that no two connections are alike, even if everything else were the same.

# %%
steps[2]

# %% [markdown]
# Nothing in a message is mysterious. Here is every byte of this ServerHello, each with the name that the standard gives it
# (the standard of TLS 1.2 is [RFC 5246](https://www.rfc-editor.org/rfc/rfc5246)):

# %%
view.text.bytes_of(handshake.trace.messages("server_hello")[0])

# %% [markdown]
# ## Step 3: the client verifies the certificate
#
# Anybody can claim to be `server.tlslab.test`. So the server shows a **certificate**. To understand it you need one idea, the *key pair*: two keys that belong together. What the
# **public key** encrypts, only the **private key** decrypts. The public key may be given to everybody; the private key stays with its owner.
#
# A certificate is a statement: *this public key belongs to this name*. An *authority* that the client already trusts has signed it. The certificate
# is public, it does **not** contain the private key, and it encrypts nothing. Everybody can copy it, so showing it proves nothing yet.

# %%
steps[3]

# %% [markdown]
# The client checks who issued it, whether today lies between its dates, and **whether it is for the name that the client wanted**. The last check is easily
# forgotten: a perfectly valid certificate may be that of another server. Let us call this server by a name that its certificate does not have:

# %%
refused = lab.handshake(seed=1, server_name="wrong.tlslab.test")
view.text.steps(refused.trace).overview

# %% [markdown]
# The client broke off and said why in an **alert**, the message of TLS for "no". No secret had been sent yet.
#
# ## Step 4: the premaster secret, encrypted
#
# Now the secret. The client makes it up: the **premaster secret**, two bytes of version and the rest random. It encrypts it with the public key from the certificate and
# sends the result. The line `encrypted_premaster_secret` is what everybody sees; the line `premaster_secret` never leaves the client in this form.

# %%
steps[4]

# %% [markdown]
# "The public key encrypts the connection" is another common belief. It encrypts this one small secret and nothing else, ever.
#
# ## Step 5: the premaster secret, decrypted
#
# The server decrypts it with its private key. The client cannot see that:

# %%
steps[5]

# %% [markdown]
# But we own both sides here, and the server has kept a trace too. This is the same step as the server saw it:

# %%
view.text.steps(handshake.server_trace)[5]

# %%
handshake.trace.value("premaster_secret") == handshake.server_trace.value("premaster_secret")

# %% [markdown]
# **That is the answer to the question.** Everything was said in public, and two sides share a secret. It also hides the proof that was missing in step 3:
# only the owner of the private key can go on from here. An impostor with a copied certificate is stuck.
#
# ## Step 6: from one secret to the keys
#
# Nothing is sent now. Both sides put the premaster secret and the two random numbers through the same function, the **PRF** (*pseudorandom function*). It mixes its inputs into
# bytes that look random. The same inputs always give the same bytes, and nobody can compute backwards. The result is the
# **master secret**. The PRF stretches it in turn into the *key block*, which is cut into the **session keys**.

# %%
steps[6]

# %% [markdown]
# Each direction has a key of its own: the client encrypts with `client_write_key`, and the server decrypts with it. (The two short values go into the
# *nonce*, a number that makes each record's encryption different.) AES now does the work: it needs the same key on both sides and is fast.
#
# You can do this step yourself. It takes one line:

# %%
from tlslab.crypto import prf

value = handshake.trace.value
mine = prf.master_secret(
    value("premaster_secret"), value("client_random"), value("server_random"), "sha256"
)
mine == value("master_secret")

# %% [markdown]
# ## Steps 7 and 8: Finished
#
# Up to here somebody in between could have changed messages; for example, removed the better suites from an offer. So each side ends with two messages. **ChangeCipherSpec** is one byte and means: from my
# next record on, the keys are in use. It is no handshake message, which is why the ladder says "no" under transcript.
#
# **Finished** is the first protected message. A *hash* is a fingerprint of bytes: change one bit and it is another. Finished is **not** just the hash of the messages, since anybody could compute that.
# It is the PRF of the master secret, a label, and the hash of the whole transcript. So it proves both: *I have the secret* and *I saw the same messages as you*.

# %%
steps[7]

# %%
steps[8]

# %% [markdown]
# The two differ: each side has its own label, and the server's transcript also contains the client's Finished. The check of step 8 is the moment at which the
# client knows whom it talks to. Step 5 is proved with it.
#
# A handshake is thus more than agreeing on a secret. It is also finding out with whom. A secret shared with an impostor is worth nothing.

# %%
from tlslab.crypto.prf import CLIENT_FINISHED, SERVER_FINISHED, verify_data

finished = handshake.trace.messages("finished")
transcript_hash = finished[0].transcript_hash  # of all messages up to the client's Finished
print(verify_data(value("master_secret"), SERVER_FINISHED, transcript_hash, "sha256").hex())
print(verify_data(value("master_secret"), CLIENT_FINISHED, transcript_hash, "sha256").hex())

# %% [markdown]
# The first line is the value that the server sent. The second is what the wrong label would have made of the same input.
#
# ## Step 9: application data
#
# Now the two sentences can travel.

# %%
steps[9]

# %% [markdown]
# This is the record with the client's sentence, every byte of it. The *ciphertext* is the sentence, encrypted. The *tag* is a checksum under the key: whoever changes a bit on the way
# cannot make a matching tag, and the record is refused. Encryption alone would not notice.

# %%
records = handshake.trace.of(Record)
data = [record for record in records if record.content_type == "application_data"]
view.text.bytes_of(data[0])

# %% [markdown]
# ## What an eavesdropper sees
#
# Somebody on the wire has every record. This is what can be read in them without any key:

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# So they learn with whom, when, how much, and which methods. Do they learn what was said? We search all bytes that went over the wire:

# %%
wire = b"".join(record.raw for record in records)
for secret in (b"server.tlslab.test", b"Can anybody read this?", value("master_secret")):
    print(f"{secret[:24]!r:60}", "on the wire" if secret in wire else "not to be found")

# %% [markdown]
# ## Who knows what
#
# The next table is computed: a value is known to everybody if its bytes are on the wire, and whoever knows all inputs of a computation knows its result.
# The last two columns are for a *thief* with a copy of the server's private key: one who steals it today, and one who records the connection today and steals the key years later.

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# Look at the last column. Every recorded connection can be opened by whoever gets this one key, at any time. That is why TLS 1.3 removed this
# exchange. What replaced it has *forward secrecy*: stealing the key later opens nothing. You will build both, and try the theft on both.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("00")

# %% [markdown]
# ## What comes next
#
# You have seen a whole handshake from inside: nine steps, each with its bytes. In the notebooks to come you write these steps yourself, from the bytes of a record up to Finished. In notebook 08 your own functions
# complete a handshake with OpenSSL. If one of them is wrong, OpenSSL refuses it with an alert, and you will know how to read that.
