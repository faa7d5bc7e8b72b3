# %% [markdown]
# # 02 · Hello
#
# **Afterwards you can** read and write a ClientHello byte by byte, say what it gives away, and settle version and cipher suite as a server does.
#
# **Time:** about 45 minutes. **You need:** [notebook 01](01_bytes_and_records.ipynb): numbers, vectors, the two headers.

# %% [markdown]
# ## The question
#
# Two programs meet for the first time. One was written last month, the other ten years ago. They have not one key in common, and whoever stands between them hears every word.
#
# **How do they find out what both can do, and what does it tell those who listen?**
#
# The answer takes two messages: the client *offers*, and the server *chooses*. At the end of this notebook you write an offer yourself, byte by byte, and OpenSSL answers it.

# %% [markdown]
# ## The offer
#
# The **ClientHello** is the first message of every handshake. This is the one from notebook 00, every byte of it:

# %%
from tlslab import lab, view

handshake = lab.handshake(seed=1)
client_hello = handshake.trace.messages("client_hello")[0]
view.text.bytes_of(client_hello)

# %% [markdown]
# And this is the struct behind it ([RFC 5246 §7.4.1.2](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.1.2)). You can read all of it: square brackets are a fixed length, angle brackets a vector.
#
# ```
# struct {
#     ProtocolVersion client_version;                      2 bytes
#     opaque random[32];
#     opaque session_id<0..32>;
#     CipherSuite cipher_suites<2..2^16-2>;                2 bytes each
#     CompressionMethod compression_methods<1..2^8-1>;     1 byte each
#     Extension extensions<0..2^16-1>;
# } ClientHello;
# ```
#
# Compare it with the table. `session_id` is empty here, and its length, `00`, is there all the same. We go through the fields one by one. In the explorer you can select them:

# %%
lab.explore(handshake, parts=("ladder", "bytes"))

# %% [markdown]
# ## `client_version`: the highest that I can do
#
# Two bytes, `03 03`: TLS 1.2. It does not mean "this one". It means "**at most** this one". We come back to it.
#
# ## `random`: never twice
#
# 32 bytes, new for every connection. Other seeds stand for other connections here:

# %%
for other in [lab.handshake(seed=seed) for seed in (1, 2, 3)]:
    print(other.trace.value("client_random").hex())

# %% [markdown]
# Everybody can read it, so it is **no secret**. What is it good for? Imagine somebody who has recorded a connection in which you told your bank to pay, and who now sends your records again, byte by byte. If nothing were different this
# time, the bank would compute the same keys, all records would fit, and the bank would pay again.
#
# But the server draws a new random of its own, and both randoms go into the keys. Notebook 05 builds this function; here is only what it does. The secret is the same twice, and one
# bit of the server's random is not:

# %%
from tlslab.crypto.prf import master_secret

value = handshake.trace.value
other_random = value("server_random")[:-1] + bytes([value("server_random")[-1] ^ 1])
for server_random in (value("server_random"), other_random):
    secret = master_secret(
        value("premaster_secret"), value("client_random"), server_random, "sha256"
    )
    print(secret[:24].hex(" "), "…")

# %% [markdown]
# Nothing is alike any more. The recorded records fit no longer. Each side adds a random of its own so that neither has to trust the other to bring something new.
#
# (RFC 5246 has the first four bytes say the time. Hardly anybody does this today: it was of no use, and it gave away how wrong the clock was.)
#
# ## `session_id`: do you remember me?
#
# A client that has talked to this server before may name that session here, and both skip most of the handshake. Empty means: we begin anew. Notebook 12 is about it.
#
# ## `cipher_suites`: the menu
#
# Each suite is a number of two bytes, and the number says which methods go together. The numbers are names: a registry at IANA gives them out, and a higher one is **not** a better one. These are the ones that the first part of the course needs. All of them begin with `TLS_RSA`; part 2 says what else there is, and why it is better:

# %%
from tlslab.crypto.suites import SUITES

for code in SUITES:
    if code.name.startswith("TLS_RSA"):
        print(f"{code:04x}", code.name)

# %% [markdown]
# The list is in order: what the client would like best comes first. A suite named `NULL` does not encrypt at all. It is there for lessons, and a client that offers it has to want it.
#
# ## `compression_methods`: nothing, for good reason
#
# TLS could compress the data before encrypting. Since 2012 nobody does. Encryption hides what is said and not *how long* it is, and what is repeated compresses better. So somebody who can slip guesses in beside a secret sees from
# the length alone which guess was right. This attack is called CRIME:

# %%
from zlib import compress

wrong = compress(b"password=Gx7Qp2Lm; guess: password=Rv4Tz9Ks")
right = compress(b"password=Gx7Qp2Lm; guess: password=Gx7Qp2Lm")
print("the right guess makes it shorter:", len(right) < len(wrong))

# %% [markdown]
# So the list holds one method, `00`, which is called *null* and does nothing. TLS 1.3 keeps the field and allows only this.
#
# ## `extensions`: how TLS grows
#
# An extension is a type of two bytes, and data, as a vector with a length of two bytes:
#
# ```
# struct {
#     ExtensionType extension_type;          2 bytes
#     opaque extension_data<0..2^16-1>;
# } Extension;
# ```
#
# Whoever does not know a type reads its length and skips it. Nothing breaks. That is why a ClientHello of today can be answered by a server from 2008, and why nearly everything new in TLS came as an extension. Ours has three:

# %%
from tlslab.wire.framing import decode_handshake
from tlslab.wire.hello import ClientHello

for extension in decode_handshake(ClientHello, client_hello.raw).extensions:
    kind, size = extension.extension_type, len(extension.encode())
    print(f"{kind:04x} {kind!s:22} {size:2} byte(s) of data")

# %% [markdown]
# - `server_name`: which site the client wants. One machine often serves many, and has to know which certificate to show.
# - `signature_algorithms`: which signatures the client can verify. Notebook 03 needs it.
# - `renegotiation_info`: a defence against an attack of 2009. Notebook 13.
#
# ## "HTTPS hides which site I visit"
#
# It hides what you read there. The site itself stands in `server_name`, before anything is encrypted, in every ordinary connection of TLS 1.2 **and** of TLS 1.3:

# %%
at = client_hello.raw.index(b"server.tlslab.test")
print("bytes", at, "to", at + 18, "of the ClientHello:", client_hello.raw[at : at + 18])

# %% [markdown]
# Firewalls block sites by these bytes, and providers count them. There is a remedy, *Encrypted Client Hello* (RFC 9849), which works with TLS 1.3 only and is young.
#
# ## Exercises: be the eavesdropper
#
# Here is the first record of somebody's connection. It was made for you; others get another one.

# %% tags=["own-seed"]
from tlslab.lab.exercises import n02
from tlslab.lab.learner import seed as my_seed

record = n02.hidden_client_hello(my_seed())
print(record.hex(" "))

# %% [markdown]
# **Which site does it want?** Put the name in place of `None`, as text. You may look for it, or decode your way to it.

# %% exercise="02.server_name"
server_name = None
### BEGIN SOLUTION
from tlslab.wire.extensions import ServerName

extension = decode_handshake(ClientHello, record[5:]).extension(ServerName)
server_name = extension.server_name_list[0].host_name.decode()
### END SOLUTION

# %% check="02.server_name"
lab.answer("02.server_name", server_name)

# %% [markdown]
# **What is its `random`?** Cut it out of `record`: something like `record[0:32]`, but not there. Record header, handshake header and version stand before it.

# %% exercise="02.client_random"
client_random = None
### BEGIN SOLUTION
client_random = record[5 + 4 + 2 :][:32]
### END SOLUTION

# %% check="02.client_random"
lab.answer("02.client_random", client_random)

# %% [markdown]
# ## Write one
#
# Reading is half of it. Python's word for the other half is `to_bytes`:

# %%
(0x0303).to_bytes(2, "big").hex(" ")

# %% [markdown]
# A vector is its length and then its bytes. Here is a session ID of five bytes, whose length takes one byte, and the vector of two suites, whose length takes two:

# %%
session_id = bytes.fromhex("aa bb cc dd ee")
print((len(session_id).to_bytes(1, "big") + session_id).hex(" "))

suites = b"".join(suite.to_bytes(2, "big") for suite in (0x009C, 0x002F))
print((len(suites).to_bytes(2, "big") + suites).hex(" "))

# %% [markdown]
# ### Exercise: `encode_client_hello`
#
# Put all fields together, in the order of the struct, and the handshake header in front: type 1, and the length of the body in three bytes. No record header; the record layer adds that.


# %% exercise="02.encode_client_hello"
def encode_client_hello(
    client_version, random, session_id, cipher_suites, compression_methods, extensions
):
    """The ClientHello as bytes: a whole handshake message, with its header of 4 bytes.

    client_version: an int of two bytes, such as 0x0303. random: 32 bytes. session_id: 0 to 32
    bytes. cipher_suites: a list of ints, each written in two bytes. compression_methods: a list
    of ints, each written in one byte. extensions: a list of tuples (type, data), an int and bytes;
    an empty list is written too, as its length 00 00.
    Raises ValueError if random is not 32 bytes long, session_id is longer than 32, or there is
    no cipher suite or no compression method.
    """
    ### BEGIN SOLUTION
    if len(random) != 32 or len(session_id) > 32 or not cipher_suites or not compression_methods:
        raise ValueError("out of bounds")

    def vector(size, data):
        return len(data).to_bytes(size, "big") + data

    body = client_version.to_bytes(2, "big")
    body += random
    body += vector(1, session_id)
    body += vector(2, b"".join(suite.to_bytes(2, "big") for suite in cipher_suites))
    body += vector(1, bytes(compression_methods))
    body += vector(2, b"".join(kind.to_bytes(2, "big") + vector(2, d) for kind, d in extensions))
    return b"\x01" + vector(3, body)
    ### END SOLUTION


# %% check="02.encode_client_hello"
lab.check(encode_client_hello)

# %% [markdown]
# ## Send it
#
# Now the test that nobody here wrote. The next cell makes an offer with your function (or with the lab's, until yours passes) and sends it to OpenSSL:

# %%
from tlslab.lab.first_answer import first_answer
from tlslab.lab.randomness import SeededRandom
from tlslab.lab.usable import usable

encode = usable(encode_client_hello)
GCM, CBC = 0x009C, 0x002F  # TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA
random = SeededRandom(2, "client")("client_random", 32)

mine = encode(0x0303, random, b"", [CBC, GCM], [0], [])
print(mine.hex(" "))
first_answer(mine)

# %% [markdown]
# That is a ServerHello, a certificate, and the end of OpenSSL's turn, in answer to bytes put together one by one.
#
# What if a single one is wrong? Suppose the length in the header counted the header too, and so were 4 too high:

# %%
longer = mine[:1] + (len(mine)).to_bytes(3, "big") + mine[4:]
first_answer(longer)

# %% [markdown]
# No error, no alert: OpenSSL waits for four more bytes, and if nobody sends them, for ever. A wrong length is often found as a connection that hangs. And without the header at all?

# %%
first_answer(mine[4:])

# %% [markdown]
# It took the first byte of the version, 3, for the type of a message, and that message has no business here.

# %% [markdown]
# ## The choice: cipher suite
#
# The server now takes **one** suite from the menu. Which one, if several would do? RFC 5246 leaves it to the server. Most go by their own order, since they know what they can do fast and what they trust. Some go by the client's. OpenSSL can do both:

# %%
both = ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA")
by_own_order = first_answer(mine, suites=both)
by_the_clients = first_answer(mine, suites=both, own_order=False)
print("its own order:", by_own_order.server_hello.cipher_suite)
print("the client's: ", by_the_clients.server_hello.cipher_suite)

# %% [markdown]
# The offer was the same in both lines, CBC first. So a client cannot force a suite. It can only leave out what it does not want.
#
# And if nothing is in common? Then the server refuses, with an *alert*. `c02f` is a suite that OpenSSL knows and is told here not to use:

# %%
first_answer(encode(0x0303, random, b"", [0xC02F], [0], []))

# %% [markdown]
# ### Exercise: `choose_cipher_suite`
#
# Be the server. Your own order decides.


# %% exercise="02.choose_cipher_suite"
def choose_cipher_suite(offered, supported):
    """The cipher suite that the server chooses.

    offered: the client's suites, a list of ints in the client's order. supported: the server's,
    a list of ints, the dearest first.
    Returns the first of `supported` that was offered, or None if none was. Raises nothing.
    """
    ### BEGIN SOLUTION
    for suite in supported:
        if suite in offered:
            return suite
    return None
    ### END SOLUTION


# %% check="02.choose_cipher_suite"
lab.check(choose_cipher_suite)

# %% [markdown]
# A function that has passed is put into the lab's own server. Here it chooses in earnest, twice from the same offer:

# %%
primitives = lab.primitives()
for order in (both, both[::-1]):
    answer = first_answer(mine, server="ours", suites=order, seed=2, primitives=primitives)
    print("server's first:", order[0], "chosen:", answer.server_hello.cipher_suite)

# %% [markdown]
# ## The choice: version
#
# The client has said the highest version that it can do. The server answers with the highest of its own that is not above it. If it has none, it refuses. So each side may be newer than the other.
#
# ### Exercise: `negotiate_version`


# %% exercise="02.negotiate_version"
def negotiate_version(client_version, server_versions):
    """The version that the server answers with.

    client_version: an int such as 0x0303, the highest that the client can do.
    server_versions: a list of ints in any order, those that the server can do.
    Returns the highest of the server's versions that is not above the client's.
    Raises ValueError if there is none.
    """
    ### BEGIN SOLUTION
    common = [version for version in server_versions if version <= client_version]
    if not common:
        raise ValueError("protocol_version")
    return max(common)
    ### END SOLUTION


# %% check="02.negotiate_version"
lab.check(negotiate_version)

# %% [markdown]
# Does OpenSSL think so too? This server of OpenSSL's is set to TLS 1.2 alone. We say that we can do at most TLS 1.1, then 1.2, then a version that will never exist:

# %%
versions = (0x0302, 0x0303, 0x0399)
answers = [first_answer(encode(version, random, b"", [GCM], [0], [])) for version in versions]
for version, answer in zip(versions, answers, strict=True):
    print(f"{version:04x}", answer)

# %% [markdown]
# The first client is too old and gets the alert `protocol_version`. The last one is from the future and gets TLS 1.2, which it surely still knows. It is a good rule. Sadly many servers did not keep it, and broke when a higher
# number came. So TLS 1.3 left this field at `03 03` for ever, and offers itself in an extension, `supported_versions`.
#
# **Could somebody in between change the offer?** Take the good suites out, or lower the version? Nothing prevents it so far, since nothing is protected. But both sides will compare what was said and what was heard, at the end, in Finished (notebook 06). Only then can they be sure.

# %% [markdown]
# ## The answer
#
# The **ServerHello** has the same form, with one suite in place of the list. This one answers your offer, from our own server, so that it is the same each time:

# %%
answer = first_answer(mine, server="ours", suites=both, seed=2)
view.text.bytes_of(answer.trace.messages("server_hello")[0])

# %% [markdown]
# A server may answer only the extensions that the client sent. Your offer had none, so the answer has none.

# %% [markdown]
# ## What an eavesdropper sees now
#
# So far: everything. This is your offer and the answer to it.

# %%
view.text.eavesdropper(answer.trace)

# %% [markdown]
# Your offer names no site. The answer does: a certificate is sent in the clear in TLS 1.2, with the name in it.
#
# Even without a name an offer says a lot. Which suites, which extensions, in which order: that is different for each program and version, so it is a *fingerprint*. Notebook 20 reads some.
#
# ## Who knows what
#
# Two values have been exchanged, and everybody has them. There is no secret yet.

# %%
view.text.knowledge(answer.trace)

# %% [markdown]
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("02")

# %% [markdown]
# ## What comes next
#
# The two sides agree on how to talk. The client does not know yet *with whom*: anybody could have sent that ServerHello. In notebook 03, Certificates, the server proves its name, and you find out what such a proof is worth.
