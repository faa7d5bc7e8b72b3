# %% [markdown]
# # 08 · Your handshake
#
# **Afterwards you can** complete a handshake with OpenSSL, as its client and as its server, on functions that you wrote yourself; find out which function is wrong when
# it fails; and open the session in Wireshark.
#
# **Time:** about 50 minutes. **You need:** notebooks 01 to 07. It also runs without your functions: then the reference does the work.

# %% [markdown]
# ## The question
#
# Each of your functions passed its check, alone. But a check is made by the people who made the course. **Would somebody who has never heard of this
# course accept what your functions make, all of them together?**
#
# What you wrote so far is in the file `my_tls.py`, beside the notebooks. Open it if you like: it is a Python module like any other, and it is yours. These are the functions a handshake runs on, and whose they are:

# %%
from tlslab import lab, view

lab.my_functions()

# %% [markdown]
# Where it says "the reference", you have not passed that exercise yet, or it was before there was a `my_tls.py`. Run its check again, in its notebook, to put it there.
#
# ## First in memory
#
# Client and server are both on your machine, in this very process, and both run on your functions. No network, no OpenSSL:

# %%
mine = lab.primitives()
handshake = lab.handshake(seed=8, primitives=mine)
handshake

# %% [markdown]
# Completed. That proves less than it seems: if you had swapped the two randoms, then client and server would have swapped them *both*, and agreed. **Two sides that share a mistake get along well.**
# Let us try. Here is a `master_secret` with the randoms the wrong way round:

# %%
from tlslab.crypto.prf import master_secret


def swapped(premaster_secret, client_random, server_random, hash_name):
    return master_secret(premaster_secret, server_random, client_random, hash_name)


wrong = lab.primitives().using(master_secret=swapped)
print("with itself: ", lab.handshake(seed=8, primitives=wrong))
print("with OpenSSL:", lab.peers.openssl(role="client", primitives=wrong, seed=8))

# %% [markdown]
# That is why every lesson ends with a stranger.
#
# ## OpenSSL as the server
#
# Your client says hello; OpenSSL decides.

# %%
client = lab.peers.openssl(role="client", primitives=mine)
print(client)
print("OpenSSL got:     ", client.peer_received.decode())
print("OpenSSL answered:", client.received.decode())

# %% [markdown]
# ## OpenSSL as the client
#
# The other way round your functions have other work: `choose_cipher_suite`, `decrypt_premaster`, and of the two Finished the other one is yours.

# %%
server = lab.peers.openssl(role="server", primitives=mine)
print(server)
print("OpenSSL asked:   ", server.received.decode())
print("OpenSSL got:     ", server.peer_received.decode())

# %% [markdown]
# And do both sides have the same secrets? OpenSSL's own key log says it:

# %%
ours, theirs = server.trace.key_log().split(), server.peer_key_log.split()
print("the same secrets:", sorted(ours) == sorted(theirs))

# %% [markdown]
# ## Anybody may call
#
# Up to now OpenSSL was called from Python. Now your server listens on a port of this machine, and whatever speaks TLS 1.2 can call it. It listens on `127.0.0.1`: nobody else on the
# network can reach it.

# %% tags=["nbval-ignore-output"]
open_server = lab.open_server(primitives=mine)
open_server

# %% [markdown]
# **The program `openssl`**, as administrators use it to see what a server does. The next cell calls it for you; `Verify return code: 0 (ok)` means that it accepted the
# certificate, and a `Cipher` in the session means that it accepted the handshake:

# %% tags=["nbval-ignore-output"]
lab.s_client(open_server)

# %% [markdown]
# **Your browser.** Open the address that is printed below. The browser does not know the lab's certificate authority, so it warns, and rightly: *the certificate is not trusted* (notebook 03). Go on
# all the same; this is your own server. The page that comes shows the handshake that your functions just did with the browser. (Some browsers have given up RSA key exchange, and will say that
# no cipher suite is common to both. That is good news for the web, and notebook 10 is the answer.)

# %% tags=["nbval-ignore-output"]
print(open_server.url)

# %% [markdown]
# Who came, and how it went. Run the cell again after each visit:

# %% tags=["nbval-ignore-output"]
open_server.visits

# %% [markdown]
# The server goes on until the notebook's kernel ends, or until you say `open_server.close()`.
#
# ## If it does not work
#
# When a handshake fails, the side that noticed sends an **alert**: a record with two bytes, level and description. It is terse on purpose, since an attacker reads it too. But with the source on one's own
# side one can do better: replace one function after the other by the reference, and see with which one OpenSSL is content. `lab.find_fault` does that. First with your functions:

# %%
lab.find_fault(mine)

# %% [markdown]
# And with the swapped randoms from above:

# %%
lab.find_fault(wrong)

# %% [markdown]
# The alert alone did not say "master secret". It said `bad_record_mac`: *I could not open your record.* Wrong keys are noticed where they are first used, and that is several steps after they were made.
#
# ### Exercise 1: all at once
#
# From the premaster secret to the keys, in one function, for the suite `TLS_RSA_WITH_AES_128_GCM_SHA256`. Use `lab.primitives()`: its methods are your functions.


# %% exercise="08.all_keys"
def all_keys(premaster_secret, client_random, server_random):
    """The secrets of a connection with TLS_RSA_WITH_AES_128_GCM_SHA256.

    Returns five bytes objects: (master_secret, client_write_key, server_write_key,
    client_write_IV, server_write_IV),
    of 48, 16, 16, 4 and 4 bytes. The hash is "sha256"; the suite has no MAC keys.
    """
    ### BEGIN SOLUTION
    functions = lab.primitives()
    master = functions.master_secret(premaster_secret, client_random, server_random, "sha256")
    block = functions.key_block(master, server_random, client_random, 2 * (16 + 4), "sha256")
    return (master, block[:16], block[16:32], block[32:36], block[36:])
    ### END SOLUTION


# %% check="08.all_keys"
lab.check(all_keys)

# %% [markdown]
# With it, one can open the records of the session with OpenSSL above. This is the first record of data that your client sent there, opened again with nothing but the premaster secret and what went over the wire:

# %%
from tlslab.lab.usable import usable
from tlslab.trace import Record

value = client.trace.value
inputs = (value("premaster_secret"), value("client_random"), value("server_random"))
secrets = usable(all_keys)(*inputs)
data = [each for each in client.trace.of(Record) if each.content_type == "application_data"]
sent = next(each for each in data if each.sender == "client")
opened = mine.gcm_unprotect(secrets[1], secrets[3], 1, 23, 0x0303, sent.raw[5:])
print(opened.decode())

# %% [markdown]
# The sequence number is 1, since record 0 under these keys was Finished. 23 is the type of application data.
#
# ### Exercise 2: find the fault
#
# Here is a handshake of a server of ours with OpenSSL's client. **One function of the server is wrong.** Which one is another for each learner. All that you have is what an engineer has: how it ended, the server's trace, and
# OpenSSL's key log.

# %% tags=["own-seed"]
from tlslab.lab.exercises import n08
from tlslab.lab.faults import what_happened
from tlslab.lab.learner import seed as my_seed

faulty = n08.faulty_handshake(my_seed())
print(what_happened(faulty))

# %% [markdown]
# The key log has a line `RSA` with the premaster secret, and a line `CLIENT_RANDOM` with the master secret. Ours beside OpenSSL's:

# %% tags=["own-seed"]
for ours, theirs in zip(
    faulty.trace.key_log().splitlines(), faulty.peer_key_log.splitlines(), strict=True
):
    label, _, secret = ours.split()
    print(f"{label:14}", "the same" if secret == theirs.split()[2] else "different")

# %% [markdown]
# The rest is in the trace: `faulty.trace.value("key_block")` and so on, to compare with what `tlslab.crypto.prf` makes of the same inputs. Or look at it:

# %% tags=["own-seed"]
view.text.messages(faulty.trace)

# %% [markdown]
# The candidates:

# %%
print(", ".join(n08.FAULTS))

# %% [markdown]
# `lab.hint("08.faulty_function")` shows how to go about it. Put the name in place of `None`, as text.

# %% exercise="08.faulty_function"
faulty_function = None
### BEGIN SOLUTION
faulty_function = n08.faulty_function(my_seed())
### END SOLUTION

# %% check="08.faulty_function"
lab.answer("08.faulty_function", faulty_function)

# %% [markdown]
# ## In Wireshark
#
# *Wireshark* is the program with which people look at network traffic. It reads captures: files of packets. The next cell writes your session with OpenSSL as such a file, `my_handshake.pcapng`, with the key log inside, so that Wireshark can
# decrypt it. **Whoever has the file can read everything in it.** For a session of the laboratory that is no harm.

# %%
from tlslab import capture

path = capture.save_pcapng(client.trace, "my_handshake.pcapng")
print(path)

# %% [markdown]
# Open it: *File → Open*. Click a packet that says *TLSv1.2*, and unfold *Transport Layer Security*: there are the fields that you have encoded and decoded yourself, under the same names. The data appears as *Decrypted TLS* in a tab below
# the bytes. The addresses and times in the file are made up; the bytes of TLS are those that went to OpenSSL.
#
# The program `tshark` is Wireshark without windows. If it is on this machine, this is what it sees:

# %% tags=["nbval-ignore-output"]
import shutil
import subprocess

if shutil.which("tshark"):
    command = ["tshark", "-r", str(path), "-Y", "tls", "-T", "fields", "-e", "_ws.col.Info"]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
else:
    print("tshark is not installed")

# %% [markdown]
# ## What an eavesdropper sees now

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# ## Who knows what

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# The last column is the price of this key exchange, and notebook 09 collects it.
#
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("08")

# %% [markdown]
# ## What comes next
#
# You have built a handshake that the world accepts. Part 2 asks how good it is. In notebook 09 you record a session of yours, steal the server's key a year later, and read every word.
