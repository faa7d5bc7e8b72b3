# %% [markdown]
# # 04 · The premaster secret
#
# **Afterwards you can** encrypt a premaster secret to a server as TLS 1.2 does it, take it apart again, and say why there is a version inside and why a server
# must not say what it found wrong.
#
# **Time:** about 40 minutes. **You need:** notebook 00. RSA is used here like a tool; you need no mathematics beyond powers and remainders.

# %% [markdown]
# ## The question
#
# The client has verified the server's certificate, and so has the server's public key. Now it makes up a secret of 48 bytes, and has to get it to the server past everybody who
# listens. **How does a secret travel in public? And what can go wrong if it is only encrypted "somehow"?**
#
# This way of doing it is history: TLS 1.3 removed it, and today's servers are being told to. You will see the reasons from inside.

# %%
from tlslab import lab, view

handshake = lab.handshake(seed=4)
value = handshake.trace.value
view.text.steps(handshake.trace)[4]

# %% [markdown]
# ## The secret itself
#
# ```
# struct {
#     ProtocolVersion client_version;
#     opaque random[46];
# } PreMasterSecret;
# ```
#
# (RFC 5246 §7.4.7.1.) Two bytes of version, 46 random ones. The version is the highest that the client **offered** in its ClientHello, not the one that was chosen in the end.

# %%
premaster = value("premaster_secret")
print(premaster[:2].hex(), "and", len(premaster[2:]), "random bytes")

# %% [markdown]
# **Why is a version in a secret?** Somebody in between could change the ClientHello, so that both sides settle for an older, weaker version. The encrypted copy of the version is
# one that they cannot change without the server noticing: it does not match the ClientHello any more.
#
# ### Exercise 1
#
# Put it together. Both versions are given, as numbers such as `0x0303`. Only one of them goes in.


# %% exercise="04.build_premaster"
def build_premaster(offered_version, chosen_version, random):
    """The premaster secret, 48 bytes (RFC 5246 §7.4.7.1).

    offered_version: of the ClientHello. chosen_version: of the ServerHello. random: 46 bytes.
    """
    ### BEGIN SOLUTION
    return offered_version.to_bytes(2, "big") + random
    ### END SOLUTION


# %% check="04.build_premaster"
lab.check(build_premaster)

# %% [markdown]
# ## RSA, in three lines
#
# RSA calculates with big whole numbers. The public key is two of them, `n` (here 2048 bits, 256 bytes) and `e`. To encrypt a number `m` is to compute `m` to the
# power `e`, and keep the remainder of a division by `n`. Only who knows the private key gets back.

# %%
from cryptography import x509

certificate = x509.load_der_x509_certificate(lab.pki.server_rsa().certificate_chain[0])
public_key = certificate.public_key()
n, e = public_key.public_numbers().n, public_key.public_numbers().e
print("e =", e)
print("n =", str(n)[:20], "...", f"({n.bit_length()} bits)")

# %% [markdown]
# Encrypting a small number shows two problems at once:

# %%
print(pow(5, 3, n), "is 5 to the power 3: with a small e and a small m, anybody takes the root")
print(
    pow(5, e, n) == pow(5, e, n),
    ": the same m gives the same result, so anybody can try candidates",
)

# %% [markdown]
# So the secret is not encrypted as it is. First it becomes a number as long as `n`, and a different one each time. That is what *padding* is for.
#
# ## PKCS #1 v1.5
#
# ```
# EM = 0x00 || 0x02 || PS || 0x00 || M
# ```
#
# (RFC 8017 §7.2.1.) `EM` is as long as the modulus `n`: 256 bytes here. `M` is the message. `PS` is the padding string: random bytes, **none of them zero**, at least eight. The zero byte after it
# is how the receiver finds the end of the padding. The first zero byte makes sure that the number is smaller than `n`.
#
# ### Exercise 2
#
# The random bytes come as an argument, so that the result can be checked. Refuse what cannot be right with a `ValueError`.


# %% exercise="04.pkcs1_v15_pad"
def pkcs1_v15_pad(message, modulus_length, padding_string):
    """EM = 00 02 PS 00 M, `modulus_length` bytes (RFC 8017 §7.2.1).

    padding_string: the PS, bytes. Raises ValueError if it has a zero in it, has fewer than 8
    bytes, or does not give the right length.
    """
    ### BEGIN SOLUTION
    if 0 in padding_string or len(padding_string) < 8:
        raise ValueError("at least eight bytes of padding, none of them zero")
    if len(padding_string) + len(message) + 3 != modulus_length:
        raise ValueError("the padding string has the wrong length")
    return b"\x00\x02" + padding_string + b"\x00" + message
    ### END SOLUTION


# %% check="04.pkcs1_v15_pad"
lab.check(pkcs1_v15_pad)

# %% [markdown]
# ## Encrypt
#
# Pad, take the bytes as one big number (the most significant byte first), compute `m` to the power `e` modulo `n`, and write the result as bytes again, as many as `n` has.
# `int.from_bytes(data, "big")` and `number.to_bytes(256, "big")` go there and back.
#
# ### Exercise 3


# %% exercise="04.encrypt_premaster"
def encrypt_premaster(public_key, premaster_secret, padding_string):
    """The EncryptedPreMasterSecret (RFC 5246 §7.4.7.1): as many bytes as the modulus.

    public_key.public_numbers() has n and e, public_key.key_size the bits of n.
    padding_string: 205 bytes for a key of 2048 bits.
    """
    ### BEGIN SOLUTION
    numbers = public_key.public_numbers()
    length = (public_key.key_size + 7) // 8
    padded = lab.primitives().pkcs1_v15_pad(premaster_secret, length, padding_string)
    number = pow(int.from_bytes(padded, "big"), numbers.e, numbers.n)
    return number.to_bytes(length, "big")
    ### END SOLUTION


# %% check="04.encrypt_premaster"
lab.check(encrypt_premaster)

# %% [markdown]
# Does it give what the handshake sent? The trace has the padding string that was drawn:

# %%
computed = lab.primitives().encrypt_premaster(public_key, premaster, value("padding_string"))
print(computed == value("encrypted_premaster_secret"))

# %% [markdown]
# In the message it stands behind a length of two bytes. SSL 3.0 left these out, and programs that did the same could not talk to the others:

# %%
key_exchange = handshake.trace.messages("client_key_exchange")[0]
view.text.bytes_of(key_exchange)

# %% [markdown]
# ## Decrypt
#
# The server computes the other way with its private key, and takes the padding apart. We look at the block that comes out:

# %%
from tlslab.crypto.rsa import rsadp

private_key = lab.pki.server_rsa().private_key
block = rsadp(private_key, int.from_bytes(computed, "big")).to_bytes(256, "big")
print(block[:10].hex(), "...", block[-50:-48].hex(), block[-48:-40].hex(), "...")

# %% [markdown]
# There it is: `0002`, random bytes, a zero byte, `0303`, the secret.
#
# ## What a server must not say
#
# Suppose the server answers "the padding was wrong" when it was, and goes on otherwise. Sounds helpful. In 1998 Daniel Bleichenbacher showed what comes of it: an attacker
# with a recorded handshake sends the server about a million changed copies of its ciphertext. Each answer says whether the changed number began with `0002`. Little by little
# the answers give away the secret, although nobody ever took the private key. The same attack came back in 2017 against big web sites, as ROBOT. You will run it in notebook 19.
#
# So RFC 5246 §7.4.7.1 makes the server behave as if nothing had happened:
#
# 1. draw 48 random bytes first, whatever will come;
# 2. decrypt; if anything is wrong (padding, length, version), take the random bytes as the premaster secret;
# 3. go on. The keys are then wrong, and the handshake ends at Finished, as for any other wrong secret.
#
# ### Exercise 4
#
# `private_key.decrypt(encrypted, padding.PKCS1v15())` of the library takes care of the padding: for wrong padding it returns bytes that look random, and for a ciphertext of the
# wrong length it raises `ValueError`. The rest is yours.

# %% exercise="04.decrypt_premaster"
from cryptography.hazmat.primitives.asymmetric import padding


def decrypt_premaster(private_key, encrypted_premaster, client_version, random_premaster):
    """The premaster secret, 48 bytes (RFC 5246 §7.4.7.1).

    If anything about it is wrong, `random_premaster` instead.

    client_version: what the ClientHello offered, a number such as 0x0303. random_premaster:
    48 random bytes. Never raises.
    """
    ### BEGIN SOLUTION
    try:
        premaster_secret = private_key.decrypt(encrypted_premaster, padding.PKCS1v15())
    except ValueError:
        return random_premaster
    if len(premaster_secret) != 48 or premaster_secret[:2] != client_version.to_bytes(2, "big"):
        return random_premaster
    return premaster_secret
    ### END SOLUTION


# %% check="04.decrypt_premaster"
lab.check(decrypt_premaster)

# %% [markdown]
# A real server has to go further: not even the *time* that it takes may depend on what was wrong. Python cannot promise that. It is one reason why this
# package protects nothing, and a reason why TLS 1.3 gave the whole exchange up.
#
# ## OpenSSL judges, twice
#
# As the server it decrypts what your function encrypted. As the client it encrypts, and your function decrypts.

# %%
for role in ("client", "server"):
    live = lab.peers.openssl(role=role, primitives=lab.primitives())
    print(f"we are the {role}:", view.text.steps(live.trace).headline)

# %% [markdown]
# ## What an eavesdropper sees now

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# The last two columns are the other reason why it is history. The public key in the certificate is the same for years. Whoever gets the private key, at any time, opens every connection that
# was ever recorded.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("04")

# %% [markdown]
# ## What comes next
#
# Both sides have the premaster secret. Notebook 05 makes keys of it.
