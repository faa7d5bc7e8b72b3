# %% [markdown]
# # 05 · From one secret to the keys
#
# **Afterwards you can** derive the master secret and the session keys of TLS 1.2 from nothing but HMAC, say why two random numbers go in, and why the keys
# are six and not one.
#
# **Time:** about 40 minutes. **You need:** Python, and notebook 00. An HMAC is explained below.

# %% [markdown]
# ## The question
#
# After the fourth step of the handshake both sides have the same 48 bytes, the *premaster secret*. OpenSSL, on the other side, now turns them into keys, and
# so must we. Nothing more is sent before the first encrypted record: if one bit of our keys is different from OpenSSL's, that record cannot be
# opened, and the connection ends. **How do two programs that never saw each other compute the same keys, down to the last bit?**
#
# By the end of this notebook your own four functions will do it, and OpenSSL will be the judge.

# %%
from tlslab import lab, view

handshake = lab.handshake(seed=5, suite="TLS_RSA_WITH_AES_128_CBC_SHA256")
value = handshake.trace.value
lab.explore(handshake, parts=("secrets",))

# %% [markdown]
# Read it from top to bottom. You will write the functions that stand between `premaster_secret` and the row of keys at the bottom. Select
# `master_secret`, then flip a bit of `client_random`: everything below changes, nothing beside it does.
#
# ## One tool: HMAC
#
# A *hash function* such as SHA-256 makes a fingerprint of 32 bytes from any bytes. **HMAC** is a fingerprint with a key: whoever has the key computes it in
# an instant, whoever has not can neither compute it nor guess a single bit of it. Python has it:

# %%
import hmac

print(hmac.digest(b"a key", b"some bytes", "sha256").hex())
print(hmac.digest(b"a kez", b"some bytes", "sha256").hex())

# %% [markdown]
# Two things about this are worth keeping. The result looks random, although it is always the same for the same input. And from the result nobody computes
# the key. But it always has 32 bytes, and we shall need more than that.
#
# ## Stretching: P_hash
#
# How do we get any number of bytes from a function that gives 32? We call it again and again, each time with another input. RFC 5246 §5 says with which:
#
# ```
# P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) +
#                        HMAC_hash(secret, A(2) + seed) +
#                        HMAC_hash(secret, A(3) + seed) + ...
#
# A(0) = seed
# A(i) = HMAC_hash(secret, A(i-1))
# ```
#
# Here `+` puts bytes one after the other. The `A(i)` are a chain: each is the HMAC of the one before. They only serve to make each piece of the output
# different. `A(0)` itself is never used for output; the first piece is made with `A(1)`. What is too long at the end is cut off.
#
# As a picture, for 80 bytes with SHA-256:
#
# ```
# seed ──► A(1) ─────────► A(2) ─────────► A(3)
#           │               │               │
#      HMAC(A(1)+seed)  HMAC(A(2)+seed)  HMAC(A(3)+seed)
#        32 bytes     +   32 bytes     +   16 of 32 bytes
# ```
#
# ### Exercise 1
#
# Write it. A loop of four lines is enough.

# %% exercise="05.p_hash"
import hmac


def p_hash(secret, seed, length, hash_name):
    """P_hash of RFC 5246 §5: `length` bytes.

    secret, seed: bytes. length: how many bytes to return.
    hash_name: "sha256" or "sha384", as hmac.digest takes it.
    """
    ### BEGIN SOLUTION
    output = b""
    a = seed
    while len(output) < length:
        a = hmac.digest(secret, a, hash_name)
        output += hmac.digest(secret, a + seed, hash_name)
    return output[:length]
    ### END SOLUTION


# %% check="05.p_hash"
lab.check(p_hash)

# %% [markdown]
# If it is not right yet, `lab.hint("05.p_hash")` helps, a little more each time. If you want to go on first: do. As long as a function is not written, the
# reference does its work, so that the rest of the notebook runs.
#
# ## Labels: the PRF
#
# We shall stretch secrets for several purposes: to make the master secret, the keys, later Finished. The results must have nothing to do with each other, even where
# the inputs are the same. So each purpose has a **label**, a few letters of ASCII that stand in front of the seed:
#
# ```
# PRF(secret, label, seed) = P_hash(secret, label + seed)
# ```
#
# The letters, and nothing else: no length in front, and no zero byte at the end, as C would have one. *PRF* stands for *pseudorandom function*: it looks random to everybody who does not have the secret.
#
# ### Exercise 2
#
# One line. Call your own `p_hash`: if it is not written yet, the reference takes over for this one too.


# %% exercise="05.prf"
def prf(secret, label, seed, length, hash_name):
    """PRF of RFC 5246 §5: `length` bytes.

    secret, label, seed: bytes; the label is such as b"master secret".
    hash_name: "sha256" or "sha384".
    """
    ### BEGIN SOLUTION
    return p_hash(secret, label + seed, length, hash_name)
    ### END SOLUTION


# %% check="05.prf"
lab.check(prf)

# %% [markdown]
# The same secret and the same seed, under two labels:

# %%
from tlslab.crypto.prf import prf as reference_prf

for label in (b"master secret", b"key expansion"):
    print(f"{label.decode():14}", reference_prf(b"secret", label, b"seed", 16, "sha256").hex())

# %% [markdown]
# ## The master secret
#
# The first use (RFC 5246 §8.1):
#
# ```
# master_secret = PRF(pre_master_secret, "master secret",
#                     ClientHello.random + ServerHello.random)
#                     [0..47]
# ```
#
# It has 48 bytes, however long the premaster secret was. **Why do the two random numbers go in?** The server could be sent the same premaster secret twice: somebody who recorded a
# handshake plays the client's messages again. But the server draws a new random number each time, and so everything that follows is different, and the recorded messages fit no more.
# The client's random protects the client in the same way. Both are public, and that does no harm: the secret is in the premaster secret alone.
#
# ### Exercise 3
#
# The client's random comes first.


# %% exercise="05.master_secret"
def master_secret(premaster_secret, client_random, server_random, hash_name):
    """The master secret of RFC 5246 §8.1: 48 bytes.

    premaster_secret: 48 bytes for RSA. client_random, server_random: 32 bytes each.
    """
    ### BEGIN SOLUTION
    return prf(premaster_secret, b"master secret", client_random + server_random, 48, hash_name)
    ### END SOLUTION


# %% check="05.master_secret"
lab.check(master_secret)

# %% [markdown]
# ## The key block
#
# The master secret is stretched once more (RFC 5246 §6.3), to as many bytes as the keys of the suite take together:
#
# ```
# key_block = PRF(SecurityParameters.master_secret,
#                 "key expansion",
#                 SecurityParameters.server_random +
#                 SecurityParameters.client_random)
# ```
#
# **Look at the order.** Here the *server's* random is first. There is no deep reason; it has been so since SSL 3.0, and everybody stumbles over it once.
#
# ### Exercise 4


# %% exercise="05.key_block"
def key_block(master_secret, server_random, client_random, length, hash_name):
    """The key block of RFC 5246 §6.3: `length` bytes.

    master_secret: 48 bytes. server_random, client_random: 32 bytes each.
    """
    ### BEGIN SOLUTION
    return prf(master_secret, b"key expansion", server_random + client_random, length, hash_name)
    ### END SOLUTION


# %% check="05.key_block"
lab.check(key_block)

# %% [markdown]
# ## Six keys, not one
#
# The block is cut, in this order: two MAC keys, two encryption keys, and for some suites two IVs; each time the client's is before the server's. How long each is, the
# suite says. Ours takes 32 bytes for a key of HMAC-SHA256 and 16 for a key of AES-128, and no IV:

# %%
block = value("key_block")
names = ("client_write_MAC_key", "server_write_MAC_key", "client_write_key", "server_write_key")
position = 0
for name in names:
    length = len(value(name))
    print(
        f"{name:21} bytes {position:3} to {position + length:3}",
        block[position : position + length] == value(name),
    )
    position += length
print("all of the block:", position == len(block))

# %% [markdown]
# Why so many? Each key does one thing. If both directions had the same key, somebody in between could send our own records back to us, and they would open. If
# encryption and checksum had the same key, a weakness of the one could become a weakness of the other.
#
# Two beliefs are common here, and both are wrong. "The session keys are used for hashing": a MAC key keys an HMAC over each record, but no session key goes into the
# transcript's hash or into the PRF. And "TLS 1.2 derives the IV for CBC": it does not, each record carries a fresh one. (TLS 1.0 derived one, and was attacked for it.) With
# GCM, in notebook 07, four bytes per side are derived after all.
#
# ## OpenSSL judges
#
# Now your functions run a handshake. `lab.primitives()` has every function that passed its check; for what is missing the reference stands in. OpenSSL is the server: if your
# keys were wrong it would refuse the first record that is protected with them.

# %%
mine = lab.primitives()
live = lab.peers.openssl(role="client", primitives=mine)
live

# %%
print("OpenSSL answered:", live.received.decode())

# %% [markdown]
# To see that it matters: a function with the wrong order of the two randoms, as good as right. In memory both sides are ours and make the same mistake, so nobody notices.
# OpenSSL does:


# %%
def swapped(premaster_secret, client_random, server_random, hash_name):
    return reference_prf(
        premaster_secret, b"master secret", server_random + client_random, 48, hash_name
    )


wrong = lab.primitives().using(master_secret=swapped)
among_us = lab.handshake(seed=5, primitives=wrong)
with_openssl = lab.peers.openssl(role="client", primitives=wrong)
print("among ourselves:", view.text.steps(among_us.trace).headline)
print("with OpenSSL:   ", view.text.steps(with_openssl.trace).headline)

# %% [markdown]
# A handshake that only talks to itself proves nothing. That is why there is always a stranger on the other side in this course.
#
# ## What an eavesdropper sees now
#
# Nothing new: this step sends nothing.

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# Everything below `premaster_secret` stands and falls with it. Whoever finds it, at any time, computes in microseconds what you computed in this notebook.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("05")

# %% [markdown]
# ## What comes next
#
# Both sides have keys. Neither knows yet that the other has the same. In notebook 06 they prove it to each other: Finished.
