# %% [markdown]
# # 09 · Steal the key
#
# **Afterwards you can** read a recorded session with nothing but the recording and the server's private key, step by step with your own functions; and say which recordings a
# stolen key opens, and which it does not.
#
# **Time:** about 45 minutes. **You need:** part 1. It also runs without your functions: then the reference does the work.

# %% [markdown]
# ## The question
#
# Every notebook so far ended with the table "who knows what", and its last column said: *key thief later*, yes, yes, yes. **Is that so?** Somebody records what goes over the
# wire, and understands nothing of it. A year later the server's private key comes into their hands. The session is long over, and its keys are forgotten on both sides. Can they
# read it?
#
# You will be that somebody. RSA key exchange, which makes it possible, is history: TLS 1.3 has removed it, and it is being forbidden for TLS 1.2. This notebook is
# the reason.
#
# ## Day 1: the wiretap
#
# Here is a session with OpenSSL as the server. The client sends a form with a password. We do not sit at the client, and not at the server: we hold the cable.

# %%
from tlslab import lab, view

SUITE = "TLS_RSA_WITH_AES_128_GCM_SHA256"
FORM = b"user=alice&password=tulip"
REQUEST = (
    b"POST /login HTTP/1.1\r\nHost: server.tlslab.test\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(FORM), FORM)
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nWelcome, Alice"

session = lab.peers.openssl(role="client", suite=SUITE, request=REQUEST, reply=ANSWER)
session

# %% [markdown]
# What passed goes into a file, without the key log. So the file holds what was on the wire and nothing else:

# %%
from tlslab import capture

path = capture.save_pcapng(session.trace, "recorded.pcapng", with_key_log=False)
print(path, "has", f"{path.stat().st_size:,} bytes")

# %% [markdown]
# From here on **we forget the session**, and have the file. It is a *capture*, as Wireshark makes them: packets, with addresses and times. `load_pcapng` puts the
# bytes of the packets together again, and gives what each side sent:

# %%
(recording,) = capture.load_pcapng("recorded.pcapng")
recording

# %% [markdown]
# Is the password in there?

# %%
for word in (b"password", b"tulip", b"Alice"):
    print(f"{word.decode():9}", word in recording.client + recording.server)

# %% [markdown]
# No. A million such files fit on a disk that costs little, and nobody has to decide today which of them will matter. That is all that the eavesdropper does for now: **keep the
# file.**
#
# ## A year later: the key
#
# Private keys do get lost. They lie in backups, and on disks that somebody throws away. In 2014 a fault in OpenSSL, *Heartbleed*, let anybody on the Internet read
# pieces of a server's memory, and the key could be among them. A court can ask for a key, and somebody who leaves the company can take it along. The file on the server is this:

# %%
from cryptography.hazmat.primitives.serialization import load_pem_private_key

pem = lab.pki.server_rsa().key_path.read_bytes()
print(pem.decode().splitlines()[0])

stolen_key = load_pem_private_key(pem, password=None)
print(stolen_key.key_size, "bits")

# %% [markdown]
# (The lab's keys are public. For a real server this file is what it has to guard best.)
#
# ## First: is it the right key?
#
# The recording itself tells. The server sent its certificate in the clear, and there is a public key in it. So we need the messages. Your functions from notebook 01 cut a recording
# into records, and records into messages; `lab.my_function` fetches them, or the reference if you have not written them.

# %%
split_records = lab.my_function("split_records")
split_messages = lab.my_function("split_messages")

records, rest = split_records(recording.server)
for content_type, _, fragment in records:
    print(f"type {content_type}, {len(fragment):5,} bytes")

# %% [markdown]
# 22 is a handshake record, 20 ChangeCipherSpec, 23 application data, 21 an alert. Up to ChangeCipherSpec everything is in the clear, also for us. In the Certificate (message 11) the first
# certificate begins at byte 10: four bytes of header, three of the length of the list, three of its own length.

# %%
from cryptography import x509

messages = split_messages([fragment for _, _, fragment in records[:3]])
certificate_message = next(message for message in messages if message[0] == 11)
length = int.from_bytes(certificate_message[7:10], "big")
certificate = x509.load_der_x509_certificate(certificate_message[10 : 10 + length])
print("the stolen key fits:", certificate.public_key() == stolen_key.public_key())

# %% [markdown]
# ## The encrypted premaster secret
#
# Everything in the session follows from the premaster secret (notebook 05), and that travelled in the message ClientKeyExchange, encrypted to this key (notebook 04). It lies
# in what the client sent:
#
# ```
# type  length    length  EncryptedPreMasterSecret
# 10    00 01 02  01 00   ...
# ```
#
# The type is 16, in hex `10`. Then come three bytes of the length of the message, and two of the length of the ciphertext.
#
# Three things are worth a thought before you look for it. **A record is no message**: there may be several messages in one, or a message in several. **The message need not be the second one**:
# a client that has a certificate (notebook 11) sends that first. And **what comes behind ChangeCipherSpec is encrypted**: its records say type 22 too, but what is inside only looks
# like a message, by chance.
#
# ### Exercise 1


# %% exercise="09.find_encrypted_premaster"
def find_encrypted_premaster(client_bytes):
    """The EncryptedPreMasterSecret that a client sent, without its length: bytes.

    client_bytes: all that the client sent, record after record. None if there is no
    ClientKeyExchange before ChangeCipherSpec. (RFC 5246 §7.4.7.1)
    """
    split_records = lab.my_function("split_records")
    split_messages = lab.my_function("split_messages")
    ### BEGIN SOLUTION
    fragments = []
    records, _ = split_records(client_bytes)
    for content_type, _, fragment in records:
        if content_type == 20:
            break
        if content_type == 22:
            fragments.append(fragment)
    for message in split_messages(fragments):
        if message[0] == 16:
            return message[6:]
    return None
    ### END SOLUTION


# %% check="09.find_encrypted_premaster"
lab.check(find_encrypted_premaster)

# %% [markdown]
# If it is not right yet, `lab.hint("09.find_encrypted_premaster")` helps, a little more each time. What is not written, the reference does in its place.
#
# ## The one step that needs the key
#
# The thief now does what the server did. Your `decrypt_premaster` from notebook 04 does not ask who calls it. Its last argument is what comes out if the decryption fails: here 48 zeros. And the same with a key that does not fit:

# %%
from tlslab.lab.usable import usable

mine = lab.primitives()
encrypted = usable(find_encrypted_premaster)(recording.client)
premaster_secret = mine.decrypt_premaster(stolen_key, encrypted, 0x0303, bytes(48))
print(len(encrypted), "bytes became", len(premaster_secret))
print("it begins with", premaster_secret[:2].hex(), "which is the version")

other_key = lab.pki.server_other().private_key
nothing = mine.decrypt_premaster(other_key, encrypted, 0x0303, bytes(48))
print("with another key it begins with", nothing[:2].hex())

# %% [markdown]
# The version is the sign that it worked. And our client, which drew the secret a year ago, had noted the same one:

# %%
print("the same premaster secret:", premaster_secret == session.trace.value("premaster_secret"))

# %% [markdown]
# **From here on the private key is not needed any more.** What is left is what both sides computed, from this secret and from values that went over the wire in the clear.
#
# ### "The public key encrypts the rest"
#
# Many believe that all of HTTPS is encrypted to the server's public key, and that the thief now decrypts one record after the other with the private one. RSA encrypted exactly one thing in this session, 48
# bytes. Everything else is AES, with keys that neither the certificate nor the thief's file contains. The thief computes them.
#
# ## The randoms
#
# The keys need two more values, `client_random` and `server_random`. Each is in a hello, the first message of each side: behind a header of four bytes, and a version of two.
#
# ### Exercise 2


# %% exercise="09.hello_randoms"
def hello_randoms(client_bytes, server_bytes):
    """(client_random, server_random), 32 bytes each (RFC 5246 §7.4.1.2, §7.4.1.3).

    client_bytes, server_bytes: all that each side sent, record after record.
    """
    split_records = lab.my_function("split_records")
    split_messages = lab.my_function("split_messages")
    ### BEGIN SOLUTION
    randoms = []
    for data in (client_bytes, server_bytes):
        records, _ = split_records(data)
        hello = split_messages([fragment for _, _, fragment in records])[0]
        randoms.append(hello[6:38])
    return tuple(randoms)
    ### END SOLUTION


# %% check="09.hello_randoms"
lab.check(hello_randoms)

# %% [markdown]
# ## Everything
#
# Now put it together. After ChangeCipherSpec each side counts its records from 0, and Finished is the first (notebook 07). Those of type 23 hold the data. The suite is
# `TLS_RSA_WITH_AES_128_GCM_SHA256`.
#
# `all_keys(premaster_secret, client_random, server_random)` is yours from notebook 08: it gives the master secret, the client's key, the server's key, the client's IV and the server's IV.
# `mine.gcm_unprotect(key, iv, seq_num, type, version, fragment)` opens a record. And call the two functions from above.
#
# ### Exercise 3


# %% exercise="09.open_recording"
def open_recording(client_bytes, server_bytes, private_key):
    """The application data of a recorded session: (what the client sent, what the server sent).

    client_bytes, server_bytes: all that each side sent, record after record. private_key: the
    server's. Both results are bytes. Raises what gcm_unprotect raises if the key does not fit.
    """
    mine = lab.primitives()
    all_keys = lab.my_function("all_keys")
    split_records = lab.my_function("split_records")
    ### BEGIN SOLUTION
    encrypted = find_encrypted_premaster(client_bytes)
    premaster_secret = mine.decrypt_premaster(private_key, encrypted, 0x0303, bytes(48))
    randoms = hello_randoms(client_bytes, server_bytes)
    _, client_key, server_key, client_iv, server_iv = all_keys(premaster_secret, *randoms)

    def opened(data, key, iv):
        content, seq_num, protected = b"", 0, False
        for type, version, fragment in split_records(data)[0]:
            if protected:
                plaintext = mine.gcm_unprotect(key, iv, seq_num, type, version, fragment)
                seq_num += 1
                if type == 23:
                    content += plaintext
            protected = protected or type == 20
        return content

    from_client = opened(client_bytes, client_key, client_iv)
    from_server = opened(server_bytes, server_key, server_iv)
    return from_client, from_server
    ### END SOLUTION


# %% check="09.open_recording"
lab.check(open_recording)

# %% [markdown]
# And now the file from day 1:

# %%
from_client, from_server = usable(open_recording)(recording.client, recording.server, stolen_key)
print(from_client.decode().replace("\r", ""))
print("---")
print(from_server.decode().replace("\r", ""))

# %% [markdown]
# **That is the whole attack.** No cipher was broken, nothing was guessed, and nobody was in between. AES-128 is as good as ever; the session was lost through one file, a year later.
#
# ## Wireshark does the same
#
# It is no secret art. Wireshark reads a capture with RSA key exchange if one gives it the server's private key, and administrators have long used that to look into their own traffic. If `tshark`,
# Wireshark without windows, is on this machine, it opens your file with the same two things that you had:

# %% tags=["nbval-ignore-output"]
import shutil
import subprocess

if shutil.which("tshark"):
    key_file = str(lab.pki.server_rsa().key_path)
    command = ["tshark", "-r", str(path), "-o", f'uat:rsa_keys:"{key_file}",""', "-Y", "http"]
    command += ["-T", "fields", "-e", "_ws.col.Info", "-e", "urlencoded-form.value"]
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout if done.returncode == 0 else "this tshark cannot do it")
else:
    print("tshark is not installed")

# %% [markdown]
# ## What would have helped?
#
# **A new certificate, after the theft?** The certificate of then is in the recording, and the key that was stolen belongs to it. A new one helps for new sessions alone:

# %%
from tlslab.errors import ProtocolError

try:
    usable(open_recording)(recording.client, recording.server, lab.pki.server_other().private_key)
except ProtocolError as error:
    print("with another key:", error.alert)
print("with the stolen one:", len(from_client), "bytes, today as ever")

# %% [markdown]
# **A stronger cipher?** The thief has the keys of it. **A longer RSA key?** The thief has it. **To revoke the certificate?** That tells clients not to trust it any more, and takes nothing
# away from those who have recorded. **To delete the session's keys?** Both sides did. They can be computed again.
#
# One secret that lives for years opens all sessions of all those years, and that is the fault. A key exchange in which a key that is stolen later opens *nothing* of what was recorded has **forward
# secrecy**. This one has none.
#
# ## Which of these would open?
#
# An archive of six sessions, recorded on different days. They lie here in an order that was made for you. You have the one stolen key.

# %% tags=["own-seed"]
from tlslab.lab.exercises.recordings import archive
from tlslab.lab.learner import seed as my_seed
from tlslab.wire.registry import CipherSuite


def describe(number, recording):
    """Print what the server said in the clear."""
    records, _ = split_records(recording.server)
    types = [content_type for content_type, _, _ in records]
    clear = [fragment for _, _, fragment in records[: types.index(20)]]
    messages = split_messages(clear)
    hello = messages[0]
    position = 39 + hello[38]  # behind the session ID, which has a length in front
    suite = CipherSuite(int.from_bytes(hello[position : position + 2], "big"))
    length = int.from_bytes(messages[1][7:10], "big")
    leaf = x509.load_der_x509_certificate(messages[1][10 : 10 + length])
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    print(f"{number}. {suite.name}")
    print(f"   certificate for {names[0].value}, messages {[each[0] for each in messages]}")


for number, each in enumerate(archive(my_seed())):
    describe(number, each)

# %% [markdown]
# The messages of the server: 2 is ServerHello, 11 Certificate, 14 ServerHelloDone. 12 is ServerKeyExchange, which you have not met yet.
#
# ### Exercise 4
#
# **Which of them can be read with the stolen key?** Think first, then try. Your `open_recording` knows a single suite, so where it fails you still have to say whether a better one
# would succeed. Give a list of six, each `True` or `False`.

# %% exercise="09.which_open"
which_open = None
### BEGIN SOLUTION
which_open = []
for each in archive(my_seed()):
    encrypted = find_encrypted_premaster(each.client)
    fits = len(encrypted) == 256
    if fits:
        premaster = mine.decrypt_premaster(stolen_key, encrypted, 0x0303, bytes(48))
        fits = premaster != bytes(48)
    which_open.append(fits)
### END SOLUTION

# %% check="09.which_open"
lab.answer("09.which_open", which_open)

# %% [markdown]
# Two of the six have the certificate of the stolen key, and stay closed all the same. Their server sent one message more. That is notebook 10.
#
# ## What an eavesdropper sees now
#
# The same as ever, and it is enough: the line with 256 encrypted bytes is what was kept for later.

# %%
view.text.eavesdropper(session.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(session.trace)

# %% [markdown]
# The *key thief today* has the key while the session runs, and reads along. The *key thief later* has a recording and gets the key long after. For RSA key exchange there is no difference
# between the two columns: **it does not matter when the key is stolen.**
#
# ## What you built
#
# A program that takes a capture and a private key, and gives the plaintext: three functions of its own, and the rest is what you wrote for your own handshakes. Whoever can build a protocol can read it.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("09")

# %% [markdown]
# ## What comes next
#
# In notebook 10 the same wiretap meets the same theft, and it fails: ephemeral Diffie-Hellman.
