# %% [markdown]
# # 03 · Certificates
#
# **Afterwards you can** verify a server step by step: its chain, its issuers, its dates, its name and what its key is for. And you can say what a certificate
# does *not* do.
#
# **Time:** about 75 minutes. **You need:** [notebook 00](00_start_here.ipynb). You need no cryptography: signatures are explained below.

# %% [markdown]
# ## The question
#
# The client wanted `server.tlslab.test`. It sent a ClientHello, and somebody answered. It may be the server. It may just as well be a machine on the way that
# caught the message and answers in its place: in a café, at a provider, in a company.
#
# **How does a client that has never met the server find out who it talks to?**
#
# The answer is the third step of the handshake. At the end of this notebook your own function takes it, and OpenSSL's server has to pass.

# %%
from tlslab import lab, view

handshake = lab.handshake(seed=3)
view.text.steps(handshake.trace)[3]

# %% [markdown]
# All of it is in one message, **Certificate**, which comes right after the ServerHello. In the explorer, select it and look at its bytes:

# %%
lab.explore(handshake, parts=("ladder", "bytes"))

# %% [markdown]
# ```
# opaque ASN.1Cert<1..2^24-1>;
#
# struct {
#     ASN.1Cert certificate_list<0..2^24-1>;
# } Certificate;
# ```
#
# ([RFC 5246 §7.4.2](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.2).) A list of certificates, each with a length of three bytes in front. TLS does not
# look inside: certificates are older than TLS, have a format of their own (X.509, written in *DER*), and an RFC of their own, [RFC
# 5280](https://www.rfc-editor.org/rfc/rfc5280). The library `cryptography` reads them for us.

# %%
from cryptography import x509

certificate_list = list(lab.pki.server_rsa().certificate_chain)
print([len(der) for der in certificate_list], "bytes")
leaf, intermediate = [x509.load_der_x509_certificate(der) for der in certificate_list]

# %% [markdown]
# ## A look into one
#
# A certificate is a **signed statement: this public key belongs to this name**. Everything else in it says who signed, and within which limits the statement
# holds. Some of the fields are always there. The others are *extensions*, which a certificate may have or not, so we need a small function for these:


# %%
def extension(certificate, kind):
    """What an extension says; None if the certificate does not have it."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def names_of(certificate):
    """The names that a certificate is for: a list of text."""
    return [str(name.value) for name in extension(certificate, x509.SubjectAlternativeName) or ()]


names_of(leaf)

# %% [markdown]
# And now all that we need of it:

# %%
from cryptography.x509.oid import ExtendedKeyUsageOID

PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "servers",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clients",
}


def common_name(name):
    return name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value


def describe(certificate):
    """Print what a certificate says."""
    basic = extension(certificate, x509.BasicConstraints)
    usages = extension(certificate, x509.ExtendedKeyUsage)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    print("subject       ", common_name(certificate.subject))
    print("issuer        ", common_name(certificate.issuer))
    print("valid         ", f"{first:%Y-%m-%d} to {last:%Y-%m-%d}")
    print("names         ", ", ".join(names_of(certificate)) or "none")
    print("is for        ", ", ".join(PURPOSES[each] for each in usages or ()) or "anything")
    print("is authority  ", bool(basic and basic.ca))
    print("public key    ", f"{certificate.public_key().key_size} bits")
    print("signature     ", certificate.signature[:16].hex(" "), "…")


describe(leaf)

# %% [markdown]
# - **subject** is whom the certificate is about, and **issuer** is who signed it. Both are names for people to read.
# - **names** are what counts: the *subject alternative names*. They are for machines, and there may be several. Clients of today take the server's name from
#   here alone.
# - **public key** is the server's. It is what the whole thing is about.
# - **signature** is the issuer's, over everything above.
#
# ### "The certificate contains the private key", "the certificate encrypts"
#
# It contains the *public* key and no other, and it does nothing: it is a document. Every server sends its certificate to everybody who calls. We have the
# private key of this one, since the lab's keys are public for once, and so we can look for its number in the bytes:

# %%
private = lab.pki.server_rsa().private_key.private_numbers()
for what, number in (("n, public", private.public_numbers.n), ("d, private", private.d)):
    print(f"{what:10}", "in the certificate:", number.to_bytes(256, "big") in certificate_list[0])

# %% [markdown]
# ## The signature
#
# Anybody can write a document with your name and my key. The signature is what makes it worth something. With a *key pair* it works like this: who has the
# private key makes a signature from some bytes; who has the public key checks whether that signature belongs to these very bytes. Change one bit of either, and
# it does not.
#
# With RSA we can open a signature and look inside. The public key is two numbers, `n` and `e`. Take the signature as one big number, to the power `e`, modulo
# `n`:

# %%
import hashlib

numbers = intermediate.public_key().public_numbers()
opened = pow(int.from_bytes(leaf.signature, "big"), numbers.e, numbers.n).to_bytes(256, "big")
print("opened with the issuer's key:", opened[:8].hex(" "), "…")
print("and at its end:", opened[-32:].hex())
print("SHA-256 of it: ", hashlib.sha256(leaf.tbs_certificate_bytes).hexdigest())

# %% [markdown]
# What comes out is some filling and, at the end, the hash of the certificate: a fingerprint of 32 bytes. Nobody can make a number that opens to the right hash
# without the private key. The hash is that of `tbs_certificate_bytes`, the part **t**o **b**e **s**igned: everything but the signature and a note on how it was made.
#
# That was a look, and no check: a check also has to see that every byte of the filling is right. `verify` does all of it. It returns nothing if the signature
# is good, and raises `InvalidSignature` if not:

# %%
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

issuer_key = intermediate.public_key()
issuer_key.verify(
    leaf.signature, leaf.tbs_certificate_bytes, PKCS1v15(), leaf.signature_hash_algorithm
)
print("good")

# %% [markdown]
# ### Exercise 1: `signed_by`
#
# Did this issuer sign this certificate? Two things have to fit: the name, since a certificate says who its issuer is (`certificate.issuer`, which has to equal
# `issuer.subject`), and the signature.

# %% exercise="03.signed_by"
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15


def signed_by(certificate, issuer):
    """Whether `issuer` signed `certificate` (RFC 5280 §6.1.3): True or False.

    certificate, issuer: x509 certificates; the issuer has an RSA key. Raises nothing.
    """
    ### BEGIN SOLUTION
    if certificate.issuer != issuer.subject:
        return False
    try:
        issuer.public_key().verify(
            certificate.signature,
            certificate.tbs_certificate_bytes,
            PKCS1v15(),
            certificate.signature_hash_algorithm,
        )
    except InvalidSignature:
        return False
    return True
    ### END SOLUTION


# %% check="03.signed_by"
lab.check(signed_by)

# %% [markdown]
# If you are stuck: `lab.hint("03.signed_by")`, a little more each time. You may also go on. What is not written yet, the reference does in its place.
#
# ## The chain
#
# The intermediate authority signed the server's certificate. Good. But who is the intermediate authority? Its public key came in a certificate too, in the same
# message, from the same stranger. So we ask again: who signed *that* one?
#
# ```
#     root  ·······················  the client had it before: a trust anchor
#      │ signed
#      ▼
#     intermediate  ···············  sent along, the second in the list
#      │ signed
#      ▼
#     leaf  ·······················  the server's own, the first in the list
# ```
#
# It has to end somewhere. It ends with a **trust anchor**: an authority that the client trusts without a proof. Browsers and operating systems come with a list
# of them. Ours knows one, the lab's root:

# %%
from tlslab.lab.usable import usable

root = lab.pki.root()
is_signed_by = usable(signed_by)
for certificate, issuer in ((leaf, intermediate), (intermediate, root), (leaf, root), (root, root)):
    fits = is_signed_by(certificate, issuer)
    print(f"{common_name(certificate.subject)} signed by {common_name(issuer.subject)}: {fits}")

# %% [markdown]
# (`usable` gives your function once it passes its check, and the lab's until then.)
#
# Look at the last line. A root has signed itself. That proves nothing: anybody can make a certificate that signed itself, under any name. A root is trusted
# **because it is in the list**, and for no other reason. So the server need not send it, and ours does not. If it did, that would change nothing.
#
# Why an authority in between? The root's private key signs a few intermediate ones and is then locked away. The intermediate one signs every day. If it is
# stolen, it can be replaced without touching the lists in a billion devices.
#
# ## Is it valid today?
#
# A certificate has a first and a last second. Keys get lost and names change hands, so a statement about them should not hold for ever. The lab's certificates
# run for a hundred years, so that this notebook will work; public ones run for months. The lab's clock stands still, so that everybody sees the same:

# %%
from datetime import UTC, datetime

now = datetime(2026, 1, 1, tzinfo=UTC)
print(leaf.not_valid_before_utc)
print(now)
print(leaf.not_valid_after_utc)

# %% [markdown]
# ### Exercise 2: `valid_at`


# %% exercise="03.valid_at"
def valid_at(certificate, time):
    """Whether `time` lies in the certificate's period (RFC 5280 §4.1.2.5): True or False.

    time: a datetime in UTC. Both ends belong to the period.
    """
    ### BEGIN SOLUTION
    return certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc
    ### END SOLUTION


# %% check="03.valid_at"
lab.check(valid_at)

# %% [markdown]
# ## Is it the right one?
#
# Now suppose that the chain is perfect and the dates are good. Is this the server that we called? **We do not know yet.** Here is another chain. The same
# authority signed it, and there is nothing wrong with it:

# %%
other = x509.load_der_x509_certificate(lab.pki.server_other().certificate_chain[0])
describe(other)
print("signed by the intermediate authority:", is_signed_by(other, intermediate))

# %% [markdown]
# Whoever owns this one owns `other.tlslab.test`, and got a certificate for it like everybody else. **A valid chain means that somebody is who they say they
# are. It does not mean that they are whom you called.** Only a comparison of the names tells. Programs that leave it out seem to work, for years, with
# everybody, attackers included.
#
# The names follow the rules of the DNS, and one more ([RFC 6125 §6.4.3](https://www.rfc-editor.org/rfc/rfc6125#section-6.4.3), made stricter in RFC 9525 §6.3):
#
# - Upper and lower case are the same.
# - A *label* is what stands between the dots. A `*` in a certificate stands for **exactly one label**, the leftmost, and the whole of it. `*.wild.tlslab.test`
#   is for `any.wild.tlslab.test`, and neither for `wild.tlslab.test` nor for `a.b.wild.tlslab.test`. A `*` and nothing
#   else is for nobody.
# - Anything else has to be equal. That one name is a part of the other means nothing: `myserver.tlslab.test` is another machine, and
#   `server.tlslab.test.example` belongs to somebody else altogether.
#
# ### Exercise 3: `name_matches`


# %% exercise="03.name_matches"
def name_matches(pattern, server_name):
    """Whether a name in a certificate is for the server that the client wanted: True or False.

    pattern: a name from the certificate, such as "*.tlslab.test". server_name: what the client
    wanted, such as "server.tlslab.test"; it has no wildcard. Both are text.
    """
    ### BEGIN SOLUTION
    pattern, server_name = pattern.lower(), server_name.lower()
    if pattern == server_name:
        return True
    first, _, rest = pattern.partition(".")
    label, _, wanted = server_name.partition(".")
    return first == "*" and label != "" and rest != "" and rest == wanted
    ### END SOLUTION


# %% check="03.name_matches"
lab.check(name_matches)

# %% [markdown]
# ## May it?
#
# Two questions are left. They are about what a key may be used for.
#
# **Was the issuer allowed to sign certificates?** Every server has a private key, and could sign with it whatever it likes: a certificate for your bank, for
# example. That certificate would be signed, by a server whose own certificate is fine, up to a root that you trust. What prevents it is a single bit in the
# extension *basic constraints*: `ca` is true for authorities and for nobody else. In 2002 somebody found that the most used browser of the time did not look at
# it.
#
# **Is the certificate for a server?** The extension *extended key usage* lists what it is for. One for a client, which a person or a device logs in with, must
# not be good enough to pose as a server. If the extension is missing, nothing is excluded.


# %%
def is_authority(certificate):
    """Whether this one may sign certificates (RFC 5280 §4.2.1.9)."""
    basic = extension(certificate, x509.BasicConstraints)
    return basic is not None and basic.ca


def is_for_servers(certificate):
    """Whether this one may be used by a server (RFC 5280 §4.2.1.12)."""
    usages = extension(certificate, x509.ExtendedKeyUsage)
    return usages is None or ExtendedKeyUsageOID.SERVER_AUTH in usages


for certificate in (leaf, intermediate, root):
    print(f"{common_name(certificate.subject):27} {is_authority(certificate)}")

# %% [markdown]
# There is a third extension, *key usage*, which says what may be done with the key itself. It matters here for a reason of its own. TLS 1.2 with the RSA key
# exchange, as in this handshake, lets the client encrypt something to the server's key, and RFC 5246 §7.4.2 wants to see `keyEncipherment` for that. The lab's
# client looks at it when it gets there, in notebook 04.

# %%
usage = extension(leaf, x509.KeyUsage)
print("may sign:", usage.digital_signature, "· may decipher:", usage.key_encipherment)

# %% [markdown]
# ## All of it together
#
# Now you have every piece. Begin with the leaf and go up:
#
# 1. Is this certificate valid now?
# 2. Did one of the trust anchors sign it? Then you have arrived, and go on with 5.
# 3. Otherwise the next one in the list must have signed it. If there is no next one, the chain does not lead to anybody you trust.
# 4. That next one must be an authority. It is now the certificate in question: go on with 1.
# 5. The leaf must be for servers.
# 6. One of the leaf's names must match the server that the client wanted.
#
# When something is wrong, say it to the server, with an *alert*. `ProtocolError(alert, reason)` carries it: the lab's client sends the alert and ends the
# connection. The names are from RFC 5246 §7.2.2:
#
# | what is wrong | alert |
# |---|---|
# | it is not valid now | `certificate_expired`, also if it is not valid *yet* |
# | the list ends and no trust anchor was reached | `unknown_ca` |
# | it is not for servers | `unsupported_certificate` |
# | anything else: no certificate, a wrong signature, an issuer that is no authority, another name | `bad_certificate` |
#
# (For a wrong name RFC 5246 has no alert of its own. OpenSSL sends `bad_certificate`, and so do we.)
#
# ### Exercise 4: `verify_chain`
#
# Call your own functions and the small ones from above. If one of the three is not written yet, the lab's `verify_chain` takes over for this one too.

# %% exercise="03.verify_chain"
from tlslab.errors import ProtocolError


def verify_chain(certificate_list, trust_anchors, server_name, time):
    """The server's certificate, after everything about its chain was found good.

    certificate_list: bytes (DER), the server's own certificate first. trust_anchors: a list of
    x509 certificates. server_name: text. time: a datetime in UTC. Returns the first certificate,
    as x509. Raises ProtocolError("certificate_expired", "why"), and so on, if it is not good.
    """
    ### BEGIN SOLUTION
    if not certificate_list:
        raise ProtocolError("bad_certificate", "the server sent no certificate")
    certificates = [x509.load_der_x509_certificate(der) for der in certificate_list]
    leaf = certificates[0]
    for position, certificate in enumerate(certificates):
        if not valid_at(certificate, time):
            raise ProtocolError("certificate_expired", f"not valid on {time:%Y-%m-%d}")
        if any(signed_by(certificate, anchor) for anchor in trust_anchors):
            break
        if position + 1 == len(certificates):
            raise ProtocolError("unknown_ca", "the chain does not lead to a trust anchor")
        issuer = certificates[position + 1]
        if not signed_by(certificate, issuer):
            raise ProtocolError("bad_certificate", "the next certificate has not signed it")
        if not is_authority(issuer):
            raise ProtocolError("bad_certificate", "the issuer is no authority")
    if not is_for_servers(leaf):
        raise ProtocolError("unsupported_certificate", "it is not for servers")
    if not any(name_matches(name, server_name) for name in names_of(leaf)):
        raise ProtocolError("bad_certificate", f"it is not for {server_name}")
    return leaf
    ### END SOLUTION


# %% check="03.verify_chain"
lab.check(verify_chain)

# %% [markdown]
# A browser does all of this, and more. Yours leaves out, among other things: how long a chain may be below an authority, whether an authority may sign for this
# name at all (the lab's root may not go beyond `tlslab.test`), issuers with other keys than RSA, other ways through an unordered list, and revocation, which we
# come to. So learn from it, and use a library.
#
# ## Seven broken certificates
#
# Here are seven servers. Each has one thing wrong, and only one. They come in an order that was made for you; others have another one.

# %% tags=["own-seed"]
from tlslab.lab.exercises import n03
from tlslab.lab.learner import seed as my_seed

chains = n03.seven_chains(my_seed())
print("how many certificates each has:", [len(chain) for chain in chains])
describe(x509.load_der_x509_certificate(chains[0][0]))

# %% [markdown]
# These are the seven things that can be wrong, in no particular order:

# %%
for words in n03.FAULTS:
    print(f'"{words}"')

# %% [markdown]
# ### Exercise 5
#
# **What is wrong with each?** Look into them with `describe`, change the cell above to look at others, ask your functions. The client wants
# `server.tlslab.test`, the time is `now`, and the only trust anchor is `root`. Do not trust the subject. Put seven of the words into a list, in the order of
# `chains`.

# %% exercise="03.seven"
seven = None
### BEGIN SOLUTION


def fault(chain):
    leaf, *above = [x509.load_der_x509_certificate(der) for der in chain]
    if not above:
        return "self-signed"
    if now > leaf.not_valid_after_utc:
        return "expired"
    if now < leaf.not_valid_before_utc:
        return "not yet valid"
    if not is_for_servers(leaf):
        return "wrong usage"
    if "server.tlslab.test" not in names_of(leaf):
        return "wrong name"
    return "changed after signing" if is_authority(above[0]) else "issuer is no authority"


seven = [fault(chain) for chain in chains]
### END SOLUTION

# %% check="03.seven"
lab.answer("03.seven", seven)

# %% [markdown]
# One of them is a small forgery: somebody took the certificate that has expired and gave it twenty more years, by changing one digit. This is all that is
# different:

# %%
expired, tampered = (lab.pki.broken(what).certificate_chain[0] for what in ("expired", "tampered"))
changed = [at for at, (a, b) in enumerate(zip(expired, tampered, strict=True)) if a != b]
(at,) = changed
print(len(expired), "bytes, and number", at, "is different")
print(expired[at : at + 13].decode(), "became", tampered[at : at + 13].decode())

# %% [markdown]
# Every field of it looks good. Only the signature tells.
#
# ## What others say about the seven
#
# OpenSSL's client now meets seven servers, each with one of these certificates, and says in its own words why it leaves. Beside it stand your alert and what
# the browser chromium shows on its page "Your connection is not private". (OpenSSL is asked now. The browser was asked when this notebook was written, and is
# asked again whenever the lab is tested.)

# %% tags=["nbval-ignore-output"]
verify = lab.primitives().verify_chain
alerts, from_openssl = [], []
for words, short in n03.FAULTS.items():
    chain = lab.pki.broken(short).certificate_chain
    try:
        verify(chain, [root], "server.tlslab.test", now)
        alerts.append("accepted")
    except ProtocolError as error:
        alerts.append(error.alert)
    from_openssl.append(n03.openssl_says(words))
    print(words.upper())
    print("  your alert  ", alerts[-1])
    print("  OpenSSL     ", from_openssl[-1])
    print("  chromium    ", n03.CHROMIUM_SAYS[words])

# %%
for who, said in (
    ("OpenSSL", from_openssl),
    ("chromium", n03.CHROMIUM_SAYS.values()),
    ("the alerts", alerts),
):
    print(f"{who:10}", len(set(said)), "different answers")

# %% [markdown]
# So an alert, and the browser's line too, tell less than the program knew. Two of the browser's lines may surprise you. `ERR_CERT_COMMON_NAME_INVALID` is
# called after the common name, which the browser no longer looks at: here the common name is right, and the names that count are not. And for the forged one
# chromium does not say "forged". It looks for *any* way from this leaf to a root it trusts, finds none, and says that it does not know the authority.
#
# One common mistake of servers is not among the seven: they forget to send the intermediate certificate. Then there is no way up, and the alert is:

# %%
try:
    verify(certificate_list[:1], [root], "server.tlslab.test", now)
except ProtocolError as error:
    print(error.alert)

# %% [markdown]
# The trap is that it often *works* in browsers, which remember intermediate certificates from other sites or fetch them from an address in the leaf. The same
# server then fails with programs such as `curl`. Whoever looks at it with a browser alone never sees why.
#
# ## OpenSSL's server, verified by you
#
# A live handshake. The server is OpenSSL's. Your function decides whether to go on:

# %%
live = lab.peers.openssl(role="client", seed=3, primitives=lab.primitives())
print(live)
print("OpenSSL answered:", live.received.decode())

# %% [markdown]
# And the same server, same certificate, but we wanted another name:

# %%
refused = lab.peers.openssl(
    role="client", seed=3, server_name="other.tlslab.test", primitives=lab.primitives()
)
print(refused.error)
view.text.messages(refused.trace)

# %% [markdown]
# The client says one thing more, in an alert, and is gone. Not a byte of a secret has been sent. The alert has two bytes: how bad, and what.

# %%
view.text.bytes_of(refused.trace.messages("alert")[0])

# %% [markdown]
# ## What happens without it: somebody in between
#
# Mallory owns `other.tlslab.test` and sits between a client and the world. The client wants `server.tlslab.test`; Mallory catches the ClientHello and answers
# herself, with her own certificate, which is a good one. Two clients meet her. The first one verifies as you do. The second verifies the whole chain too, and
# forgets the name.

# %%
from dataclasses import replace

from tlslab.endpoints import server
from tlslab.lab.configs import credential, server_config
from tlslab.lab.handshake import Ours, converse, start_client
from tlslab.trace import Trace

hers = replace(server_config(seed=3), credentials=(credential(lab.pki.server_other()),))


def forgets_the_name(certificate_list, trust_anchors, server_name, time):
    first = x509.load_der_x509_certificate(certificate_list[0])
    return verify(certificate_list, trust_anchors, names_of(first)[0], time)


for who, function in (("the first", verify), ("the second", forgets_the_name)):
    using = lab.primitives().using(verify_chain=function)
    client, mallory = start_client(Trace("client"), seed=3, primitives=using), Ours(server(hers))
    converse(client, mallory, b"my password is tulip", b"thank you")
    print(f"{who} client: completed: {client.completed}, Mallory reads {mallory.received}")

# %% [markdown]
# The second handshake is perfect. Keys were agreed on, both Finished messages are right, every record is encrypted: for Mallory. Now she calls the real server,
# passes everything on, and nobody notices. **A key exchange gives you a secret with whoever answers. It does not tell you who that is.** Keeping off a man in
# the middle takes both: a secret, and a verified name.
#
# ## What a certificate does not do
#
# **It does not prove that the sender is the owner.** Certificates are public. Anybody can send a copy:

# %%
mine = lab.primitives()


def with_another_key(private_key, *more):
    return mine.decrypt_premaster(lab.pki.server_other().private_key, *more)


copied = lab.handshake(seed=3, primitives=mine.using(decrypt_premaster=with_another_key))
view.text.messages(copied.trace)

# %% [markdown]
# This impostor shows the right certificate and has another private key. The client verifies and is content: the chain *is* good. It goes wrong later, when the
# private key is needed. In this handshake the client encrypts a secret to the public key (step 5). The impostor cannot decrypt it, has other keys than the
# client, and cannot even open the client's Finished (step 7). The alert at the end is the impostor's, and it never gets to a Finished of its own (step 8). Only
# then is a server proven.
#
# **It does not say that the site is honest.** The authority checked that somebody controls a name, mostly by an automatic procedure that takes seconds. Who
# they are and what they sell, nobody asked. A site made for stealing passwords has a valid certificate too, for its own name. The padlock means: you talk to
# that name, and nobody in between can read.
#
# **It does not say that the key is still safe.** If it was stolen yesterday, the certificate looks as before. An authority can *revoke* a certificate, but
# somebody has to ask: in lists (CRL) or a service (OCSP). Our client does not, and many programs do not. That is one reason why certificates run for ever
# shorter times.
#
# **It does not hide whom you call.** See for yourself.
#
# ## What an eavesdropper sees now
#
# "HTTPS hides which site I visit" is a belief that this table ends. The name is there twice: in the ClientHello, and in the certificate.

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# TLS 1.3 encrypts the certificate. The name in the ClientHello stays in the clear there as well, unless both sides can do Encrypted Client Hello.
#
# ## Who knows what
#
# Up to here the two sides have exchanged nothing but public values. This is how far a client has got that refuses:

# %%
view.text.knowledge(refused.trace)

# %% [markdown]
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("03")

# %% [markdown]
# ## What comes next
#
# The client knows a public key, and knows whose it is. What it does not have yet is a secret. In notebook 04 it makes one up and sends it to the owner of that
# key.
