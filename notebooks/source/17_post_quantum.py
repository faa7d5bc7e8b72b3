# %% [markdown]
# # 17 · Post-quantum key exchange
#
# **Afterwards you can** say what a quantum computer would break and what not, and why that matters for what is recorded today; do the key exchange that browsers do, X25519MLKEM768; say how a KEM differs from Diffie-Hellman; and
# say what is not protected yet.
#
# **Time:** about 60 minutes. **You need:** [notebook 10](10_ephemeral_diffie_hellman.ipynb) for X25519 and [notebook 15](15_key_schedule.ipynb) for the key schedule. No physics.

# %% [markdown]
# ## The question
#
# In notebook 10 a private key was stolen, and the recording stayed closed. One worry was left: the *shares* are in the recording, in the clear. Whoever could find the private number that belongs to a share would have everything. Nobody can, with the computers
# that there are.
#
# In 1994 Peter Shor wrote down how a *quantum computer* would do it. There is none yet that is large enough. Nobody knows when there will be one, or whether. But a recording keeps:
#
# > **Harvest now, decrypt later.** Record today what cannot be opened, and wait.
#
# So for whatever has to stay secret for ten or twenty years, the day of the quantum computer is not the day that counts. **It is today.** Here are the recordings of two connections. Yours are not those of others:

# %% tags=["own-seed"]
from tlslab import lab, view
from tlslab.lab.exercises import n17
from tlslab.lab.learner import seed as my_seed
from tlslab.lab.wiretap import read_with, shares_in

recording_1, recording_2 = n17.recordings(my_seed())
for name, recording in (("recording 1", recording_1), ("recording 2", recording_2)):
    shares = shares_in(recording)
    print(f"{name}: {len(recording)} records, the shares are for {shares.group.name}")

# %% [markdown]
# Now suppose that the machine exists. Here is one, for these two recordings: you give it a share of X25519 that a client sent, and it says the private number. (It does not compute anything. The laboratory knows what its
# clients drew. A real one would find the same 32 bytes, and would not have to ask.)

# %% tags=["own-seed"]
quantum_computer = n17.quantum_computer(my_seed())

share = shares_in(recording_1).client
print("the client's share: ", share.hex()[:32], "…")
print("its private number: ", quantum_computer(share).hex()[:32], "…")

# %% [markdown]
# ### Exercise 1
#
# **What did the client say in recording 1?** With its private number you can make the secret that both sides had, as in notebook 10. `read_with(mine, recording, secret)` does the rest with your functions of notebook 15: it
# derives the keys, opens every record, and returns what `"client"` and `"server"` said. Put the client's bytes in place of `None`. `lab.hint("17.harvested")` shows the way.

# %%
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

mine = lab.primitives()

# %% exercise="17.harvested"
harvested = None
### BEGIN SOLUTION
shares = shares_in(recording_1)
private = X25519PrivateKey.from_private_bytes(quantum_computer(shares.client))
secret = private.exchange(X25519PublicKey.from_public_bytes(shares.server))
harvested = read_with(mine, recording_1, secret)["client"]
### END SOLUTION

# %% check="17.harvested"
lab.answer("17.harvested", harvested)

# %% [markdown]
# The keys were ephemeral, the private numbers forgotten, the handshake was perfect. Forward secrecy rests on a problem that is hard to compute, and such a computer would solve it. At the end of this notebook we take the same machine to recording 2.
#
# ## What would break, and what not
#
# Shor's machine is not "a computer that is a million times faster". It can do one thing: **find the period of something that repeats.** What that has to do with keys can be tried with small numbers. The powers of a number repeat, as on the clock of notebook 10:

# %%
N = 3233
print([pow(2, n, N) for n in range(6)], "…")


def period(g, N):
    """After how many steps the powers of g, modulo N, begin again."""
    n, power = 1, g % N
    while power != 1:
        n, power = n + 1, power * g % N
    return n


print("they begin again after", period(2, N), "steps")

# %% [markdown]
# 3233 is an RSA modulus, far too small of course: the product of two primes that only its owner should know. Whoever has the period of the powers has these primes, with a few lines:

# %%
from math import gcd

half = pow(3, period(3, N) // 2, N)
p, q = gcd(half - 1, N), gcd(half + 1, N)
print(p, "times", q, "is", p * q)

# %% [markdown]
# That is all of RSA's secret. (It does not succeed with every number in place of 3; then one takes another.) The line that takes long is `period`, and it takes longer with each bit:

# %%
for N in (15, 3233, 1_022_117, 1_000_036_000_099):
    steps = f"{period(2, N):12,} steps" if N < 10**9 else "too long for this notebook"
    print(f"{N.bit_length():3} bits {steps}")

# %% [markdown]
# A modulus of 2048 bits is out of reach for ever. **A quantum computer would find the period without going through all the steps.** And the private number of a Diffie-Hellman share, in a field or on a curve, comes out of a period just as well. So what rests on such problems would fall, and with longer keys it would fall a little later.
#
# A cipher or a hash has nothing in it that repeats in this way. For them the best way that is known is Grover's, from 1996: to search among N keys in about √N steps. For an AES key of 128 bits that is 2⁶⁴ steps. But each of them is slow, and one has to come after the other, so that many machines together are not much faster than one. NIST,
# the American institute of standards, says that AES-128 will do.
#
# | | rests on | with a large quantum computer |
# |---|---|---|
# | RSA, encryption and signature | two primes | **broken** |
# | Diffie-Hellman, X25519, P-256 | the private number of a share | **broken** |
# | ECDSA, Ed25519 | the private number of a public key | **broken** |
# | AES, ChaCha20 | nobody has the key | safe |
# | SHA-256, HMAC, HKDF | nothing repeats | safe |
#
# So of a handshake the two ends stay as they are: the key schedule and the records. What has to be replaced is what stands between: **the key exchange, and the signatures.** The exchange is urgent, for what is recorded today can be opened later. A signature of today cannot be forged later: by then the handshake is over.
#
# ## A secret among small errors
#
# What else is hard? Something that you can do at school: linear equations. Four unknown numbers, six equations, all modulo 97. Whoever knows `A` and `b = A·s` finds `s` in no time.
#
# **Now add a small error to each equation**, -1, 0 or 1, and do not tell which. The way from school no longer works: at every step the errors grow, until nothing is left but noise. This is called *learning with errors*, and no period is in it. Nobody knows a quick way, with any kind of computer.

# %%
from tlslab.lab.randomness import SeededRandom

random = SeededRandom(17, "small errors")
q = 97


def draw(name, count, smallest, largest):
    """So many numbers, each the next two bytes of the randomness, brought into range."""
    data = random(name, 2 * count)
    numbers = (int.from_bytes(data[i : i + 2], "big") for i in range(0, 2 * count, 2))
    return [smallest + number % (largest - smallest + 1) for number in numbers]


A = [draw(f"row {i}", 4, 0, q - 1) for i in range(6)]
s = draw("secret", 4, -1, 1)
errors = draw("errors", 6, -1, 1)
b = [
    (sum(a * x for a, x in zip(row, s, strict=True)) + e) % q
    for row, e in zip(A, errors, strict=True)
]

print("public:  A =", A[0], "and five rows more")
print("public:  b =", b)
print("private: s =", s)

# %% [markdown]
# A client sends `A` and `b`. The server wants to send it **one bit** that nobody else can read. It picks some of the equations by chance and adds them up. The sum is an equation too, with an error that is still small. To the right side it adds 48, half of 97, if the bit
# is 1.


# %%
def encapsulate_bit(A, b, bit, pick):
    """A sum of some of the equations; half of q is added for a 1."""
    u = [sum(p * row[j] for p, row in zip(pick, A, strict=True)) % q for j in range(4)]
    v = (sum(p * right for p, right in zip(pick, b, strict=True)) + bit * (q // 2)) % q
    return u, v


def decapsulate_bit(s, u, v):
    """Who knows s takes the left side away. What is left is near 0, or near half of q."""
    left = (v - sum(x * y for x, y in zip(u, s, strict=True))) % q
    return int(q // 4 < left < 3 * q // 4)


bits = [1, 0, 1, 1, 0, 0, 1, 0]
sent = [encapsulate_bit(A, b, bit, draw(f"pick {i}", 6, 0, 1)) for i, bit in enumerate(bits)]
print("on the wire:", sent[0], sent[1], "…")
print("the server chose:", bits)
print("the client has:  ", [decapsulate_bit(s, u, v) for u, v in sent])

# %% [markdown]
# That is the idea of *ML-KEM*, the standard of 2024 (FIPS 203). It works with polynomials of 256 numbers modulo 3329 instead of single ones, so that a whole secret of 32 bytes fits into one message, and with noise in the answer too. We do not take that apart: the library has it.
#
# ## A KEM is no Diffie-Hellman
#
# With Diffie-Hellman both sides do the same: each draws a private number and sends a share. Here the sides differ. It is called a *KEM*, a key encapsulation mechanism, and has three functions. This is the client:

# %%
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

decapsulation_key = MLKEM768PrivateKey.generate()
encapsulation_key = decapsulation_key.public_key()
print("the client sends an encapsulation key:", len(encapsulation_key.public_bytes_raw()), "bytes")

# %% [markdown]
# And this the server. It needs nothing but that key:

# %%
server_secret, ciphertext = encapsulation_key.encapsulate()
print("the server sends a ciphertext:        ", len(ciphertext), "bytes")
print("and has a secret:                     ", len(server_secret), "bytes")

# %% [markdown]
# The client again:

# %%
client_secret = decapsulation_key.decapsulate(ciphertext)
print("the same secret:", client_secret == server_secret)

# %% [markdown]
# So the randomness in the secret is **the server's**, and the client's only in so far as it made the key. That looks like RSA key exchange turned round (notebook 04): there the client chose the secret, and encrypted it to the server's key. The difference is what forward secrecy needs: the key is made for one
# handshake, and thrown away.
#
# And if somebody changes the ciphertext on the way? No error comes. The client gets a secret that nobody else has, and its Finished will not fit. ML-KEM has learnt from Bleichenbacher, whom you will meet in notebook 19: an answer that says "this did not open" is a hole.

# %%
changed = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
other_secret = decapsulation_key.decapsulate(changed)
print("a secret of", len(other_secret), "bytes, the same one:", other_secret == server_secret)

# %% [markdown]
# ## Why both
#
# ML-KEM is young. In 2022 SIKE, a scheme that had come far in the same competition, fell within an hour, to an ordinary computer and a clever idea. X25519 has stood for twenty years, but not against a machine that does not exist yet. **So one takes both**, and mixes both secrets into one. Whoever
# wants it has to break the one *and* the other. This is a *hybrid* key exchange, and the one that nearly every browser uses today is *X25519MLKEM768*.

# %%
handshake = lab.handshake(
    seed=17, version="TLS 1.3", groups=("X25519MLKEM768", "x25519"), server="rsa"
)
view.text.messages(handshake.trace)

# %% [markdown]
# The messages are those of notebook 14: nothing is new but a group in the key_share. Two are longer. What it costs, measured in handshakes with each group:

# %%
from tlslab.lab.measuring import share_sizes

view.plot_share_sizes(share_sizes())

# %% [markdown]
# The share of the client is its encapsulation key and its share of X25519, one behind the other. That of the server is the ciphertext, and its share of X25519. No lengths are written in between: the group says how long each is. So one has to know **who** sent it.
#
# | bytes | ML-KEM-768 | X25519 | together |
# |---|---|---|---|
# | from the client | 1184, an encapsulation key | 32 | 1216 |
# | from the server | 1088, a ciphertext | 32 | 1120 |
#
# The name has X25519 first, and **on the wire ML-KEM comes first.** (The order was turned round late, and the name was in use by then.)
#
# ### Exercise 2
#
# Cut a share into its parts. A share of another length is the other side's fault, and it gets the alert `illegal_parameter`.

# %% exercise="17.cut_share"
from tlslab.errors import ProtocolError


def cut_share(share, side):
    """A share of X25519MLKEM768, cut: (ML-KEM's part, X25519's part).

    share: bytes, the key_exchange of a KeyShareEntry. side: "client" or "server", who sent it.
    Raises ProtocolError("illegal_parameter", "why") for any other length
    (draft-ietf-tls-ecdhe-mlkem).
    """
    ### BEGIN SOLUTION
    length = 1184 if side == "client" else 1088
    if len(share) != length + 32:
        raise ProtocolError("illegal_parameter", f"a share of {len(share)} bytes")
    return share[:length], share[length:]
    ### END SOLUTION


# %% check="17.cut_share"
lab.check(cut_share)

# %% [markdown]
# Your function on the shares of the handshake above:

# %%
from tlslab.lab.usable import usable
from tlslab.lab.wiretap import wire_of

cut = usable(cut_share)
shares = shares_in(wire_of(handshake.trace))
for side in ("client", "server"):
    mlkem, ecdh = cut(getattr(shares, side), side)
    print(f"{side}: {len(mlkem):,} and {len(ecdh)} bytes")

# %% [markdown]
# ### Exercise 3
#
# The other way: put a share together. There are three hybrid groups, and their orders differ. Each puts first what was approved by NIST: that is ML-KEM in X25519MLKEM768, and the curve in *SecP256r1MLKEM768* and *SecP384r1MLKEM1024*.

# %% exercise="17.combine_public"
from tlslab.wire.registry import NamedGroup


def combine_public(group, mlkem_public, ecdh_public):
    """The share of a hybrid group, its parts in the group's order (draft-ietf-tls-ecdhe-mlkem).

    group: one of NamedGroup.X25519MLKEM768, .SecP256r1MLKEM768 and .SecP384r1MLKEM1024.
    mlkem_public: the encapsulation key or the ciphertext. ecdh_public: the share of the curve.
    """
    ### BEGIN SOLUTION
    if group == NamedGroup.X25519MLKEM768:
        return mlkem_public + ecdh_public
    return ecdh_public + mlkem_public
    ### END SOLUTION


# %% check="17.combine_public"
lab.check(combine_public)

# %% [markdown]
# ### Exercise 4
#
# And the secrets. Both go into the key schedule, at the place where the (EC)DHE secret alone went in before: as the input of the HKDF-Extract that makes the Handshake Secret. HKDF takes a secret of any length, and mixes all of it. So there is not much to do: **one behind the other, in the order of the shares.**


# %% exercise="17.combine_secrets"
def combine_secrets(group, mlkem_secret, ecdh_secret):
    """The shared secret of a hybrid group (draft-ietf-tls-ecdhe-mlkem).

    mlkem_secret: 32 bytes. ecdh_secret: 32 bytes, or 48 for SecP384r1MLKEM1024.
    """
    ### BEGIN SOLUTION
    if group == NamedGroup.X25519MLKEM768:
        return mlkem_secret + ecdh_secret
    return ecdh_secret + mlkem_secret
    ### END SOLUTION


# %% check="17.combine_secrets"
lab.check(combine_secrets)

# %% [markdown]
# Why not XOR, which would be shorter? With XOR a bad part can undo a good one: if somebody manages that both secrets are equal, the result is zero. Behind one another, nothing is lost of either.
#
# From there on it is notebook 15, with 64 bytes in the place of 32:

# %%
mine = lab.primitives()
value = handshake.trace.value
shared_secret = mine.combine_secrets(
    NamedGroup.X25519MLKEM768, value("mlkem_secret"), value("ecdh_secret")
)
early_secret = mine.early_secret(b"", "sha256")
handshake_secret = mine.handshake_secret(early_secret, shared_secret, "sha256")
print(len(shared_secret), "bytes go in, and", len(handshake_secret), "come out")
print("the Handshake Secret of the handshake:", handshake_secret == value("handshake_secret"))

# %% [markdown]
# In each of these groups both sides run your two functions:

# %%
for group in ("X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"):
    print(f"{group:18}", lab.handshake(version="TLS 1.3", groups=group, primitives=mine))

# %% [markdown]
# But both sides are yours: had you swapped something everywhere, they would still agree. **Somebody else has to judge.** Few systems have an OpenSSL with ML-KEM yet (it came with version 3.5). The library pyOpenSSL comes with a new one. If it is installed, it is the judge:

# %% tags=["nbval-ignore-output"]
import importlib.util


def swapped(group, mlkem_secret, ecdh_secret):
    return ecdh_secret + mlkem_secret


if importlib.util.find_spec("OpenSSL") is not None:
    hybrid = {"version": "TLS 1.3", "groups": "X25519MLKEM768", "primitives": mine}
    print(lab.peers.pyopenssl("client", **hybrid))
    print(lab.peers.pyopenssl("server", **hybrid))
    hybrid["primitives"] = mine.using(combine_secrets=swapped)
    print(lab.peers.pyopenssl("client", **hybrid))
else:
    print("pyOpenSSL is not installed; `pip install pyOpenSSL` gets it.")

# %% [markdown]
# (The last line is what becomes of it if the secrets are swapped.) Without pyOpenSSL the check of exercise 4 stands for it: its first case is the secret of a handshake that OpenSSL 4 completed.
#
# ## What it costs
#
# A client sends its share before it knows what the server can do. So a browser sends two, one for the hybrid and one for X25519 alone, and an old server takes the second:

# %%
new = ("X25519MLKEM768", "x25519")
for name, options in {
    "X25519 alone": {"groups": "x25519"},
    "hybrid": {"groups": new},
    "hybrid, old server": {"groups": new, "server_groups": "x25519"},
}.items():
    trace = lab.handshake(seed=17, version="TLS 1.3", server="rsa", **options).trace
    hellos = [len(trace.messages(each)[0].raw) for each in ("client_hello", "server_hello")]
    packets = -(-(hellos[0] + 5) // 1460)
    group = shares_in(wire_of(trace)).group.name
    print(
        f"{name:18}  {group:14}  ClientHello {hellos[0]:5,} bytes, ServerHello {hellos[1]:5,}",
        end="",
    )
    print(f"; one of {packets} packets" if packets > 1 else "; one packet")

# %% [markdown]
# A packet of TCP holds 1,460 bytes on Ethernet. Ours just fits; the ClientHello of a browser has more extensions, and **takes two packets**. No rule was ever against that. But there were machines on the way that looked for the server's name in the first packet, and did not expect a second. When browsers
# began, in 2024, some connections failed until these machines were mended. A longer name and a few extensions more are enough here:

# %%
name = "a-rather-long-name-for-a-server-" + "x" * 30 + ".tlslab.test"
trace = lab.handshake(
    seed=17, version="TLS 1.3", groups=new, server_name=name, alpn=(b"h2", b"http/1.1"), grease=True
).trace
hello = trace.messages("client_hello")[0].raw
print(f"{len(hello):,} bytes: {-(-(len(hello) + 5) // 1460)} packets")

# %% [markdown]
# The work is small: ML-KEM takes about as long as X25519. There is no round trip more, unless a client guesses wrong: a server that wants the hybrid and gets no share for it has to ask once more (notebook 16). After the handshake nothing is different.
#
# ## Recording 2
#
# Now the second recording, with the same machine. X25519's part of the client's share is in it, and the quantum computer takes that apart as before:

# %%
shares = shares_in(recording_2)
_, client_ecdh = cut(shares.client, "client")
_, server_ecdh = cut(shares.server, "server")
private = X25519PrivateKey.from_private_bytes(quantum_computer(client_ecdh))
ecdh_secret = private.exchange(X25519PublicKey.from_public_bytes(server_ecdh))
print("the secret of X25519:", len(ecdh_secret), "bytes; half of what is needed")

# %% [markdown]
# And the other half? It is in the ciphertext, among small errors. There is no period in it. One could guess:

# %%
from tlslab.errors import LocalError

for guess in (bytes(32), bytes(range(32)), ecdh_secret):
    secret = mine.combine_secrets(NamedGroup.X25519MLKEM768, guess, ecdh_secret)
    try:
        print(read_with(mine, recording_2, secret))
    except LocalError as error:
        print(error)

# %% [markdown]
# 2²⁵⁶ guesses are left. **Recording 2 stays closed.**
#
# ## "Then everything is safe now"
#
# The key exchange is. Look at who signs:

# %%
from tlslab.wire.registry import SignatureScheme

certificate_verify = handshake.trace.messages("certificate_verify")[0].raw
scheme = SignatureScheme(int.from_bytes(certificate_verify[4:6], "big"))
print("signed with", scheme.name)

# %% [markdown]
# That is RSA, and it would be broken. Whoever has a quantum computer **at the time of the handshake** finds the private key from the certificate, signs like the server, and sits in between as Mallory did in notebook 10. The hybrid does not help against that: a secret agreed with Mallory is Mallory's.
#
# But it takes the machine *now*. Nobody forges a signature for a handshake that is over. So signatures have time until such a machine comes near, and exchange has not: that is why it came first.
#
# The new signatures exist, *ML-DSA* is one (FIPS 204). What keeps them away is their size:

# %%
from cryptography.hazmat.primitives.asymmetric import mldsa

chain = lab.pki.server_ecdsa().certificate_chain
rows = [("ECDSA with P-256", 65, 64)]
for name in ("MLDSA44", "MLDSA65", "MLDSA87"):
    key = getattr(mldsa, f"{name}PrivateKey").from_seed_bytes(bytes(32))
    rows.append((name, len(key.public_key().public_bytes_raw()), len(key.sign(b"sample"))))
for name, public, signature in rows:
    # Two certificates, each with a key and a signature, and the signature of CertificateVerify.
    total = 2 * (public + signature) + signature
    print(f"{name:17} key {public:5,}, signature {signature:5,}, in a handshake {total:6,} bytes")
print(f"the lab's whole chain with ECDSA: {sum(map(len, chain)):,} bytes")

# %% [markdown]
# A server may send about 14,000 bytes before it has to wait for the client's first answer, as TCP is usually set up. So a chain with ML-DSA can cost what TLS 1.3 was built to save: a round trip. People are working on shorter chains.
#
# ## What an eavesdropper sees now
#
# What they saw before, and that the hello is longer. Whether a connection is protected against the machine of the future, everybody can see: the group stands in the clear.

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# Imagine one more column, *somebody with a quantum computer, later*. In a handshake with X25519 alone it would say "yes" in nearly every row. In this one it says "yes" at the server's private key and at the secret of the curve, and these two open nothing.
#
# ## What you built
#
# The one step that makes today's key exchange post-quantum: the shares and the secrets of two methods, in the right order. And you have opened a recording that was closed, and failed to open another one.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("17")

# %% [markdown]
# ## What comes next
#
# The handshake of today is complete, and you have built all of it. From now on things go wrong. In notebook 18 you flip bits of a handshake, and see who notices.
