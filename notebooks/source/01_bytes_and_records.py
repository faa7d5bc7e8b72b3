# %% [markdown]
# # 01 · Bytes and records
#
# **Afterwards you can** read any TLS record: you know the small language in which the standard describes bytes, you can say what a record is from
# its first five, and your own functions cut a connection into records and messages.
#
# **Time:** about 40 minutes. **You need:** [notebook 00](00_start_here.ipynb), and Python's `bytes`. No cryptography yet: not one byte here is computed with a key.

# %% [markdown]
# ## The question
#
# In notebook 00 you saw messages, fields and values in neat tables. That is not what goes over the wire. This is what the server sent in that handshake:

# %%
from tlslab import lab, view
from tlslab.trace import Record

handshake = lab.handshake(seed=1)
records = handshake.trace.of(Record)
from_server = b"".join(record.raw for record in records if record.sender == "server")

print(len(from_server), "bytes. The first of them:")
print(from_server[:80].hex(" "))

# %% [markdown]
# One row of bytes, with no marks in it. TCP, which carries them, makes no marks either: it may deliver them in one piece or in a hundred.
#
# **How does the client know where one thing ends, where the next begins, and what each of them is?** At the end of this notebook you take this row apart with three functions of your own.

# %% [markdown]
# ## A byte
#
# A byte is a number from 0 to 255. We write it in *hex*, with two digits from `0` to `f`: the first counts sixteen times, the second once. So `16` in hex is
# 1 × 16 + 6 = 22. Python does this for you:

# %%
header = bytes.fromhex("16 03 03")
list(header)

# %% [markdown]
# `bytes.fromhex` goes from hex to bytes, and `.hex(" ")` goes back. The hex text is for us. On the wire there are only the bytes: three of them here, and not eight characters.

# %%
header.hex(" "), len(header), len(header.hex(" "))

# %% [markdown]
# ## A number: `uint8`, `uint16`, `uint24`
#
# The standard, [RFC 5246](https://www.rfc-editor.org/rfc/rfc5246#section-4), begins with a *presentation language*: a handful of words that say what stands where. The first of them are numbers,
# called after how many bits they have. A byte has 8 bits.
#
# | word | bytes | largest value |
# |---|---|---|
# | `uint8` | 1 | 255 |
# | `uint16` | 2 | 65,535 |
# | `uint24` | 3 | 16,777,215 |
#
# Which byte of several counts most? In TLS the **first** one, as with our decimal numbers. This order is called *big-endian* or *network byte order*. Your computer's processor most likely keeps its numbers the other way
# round, *little-endian*, so mistaking one for the other is easily done, and the result is a number too:

# %%
length = bytes.fromhex("00 00 61")
print("big-endian:   ", int.from_bytes(length, "big"))
print("little-endian:", int.from_bytes(length, "little"))

# %% [markdown]
# ### Exercise: `decode_uint24`
#
# Python has no ready word for "three bytes". Write it: with `int.from_bytes`, or by hand with multiplication.


# %% exercise="01.decode_uint24"
def decode_uint24(data):
    """The number that three bytes say, the first byte counting most.

    data: bytes. Returns an int from 0 to 16,777,215.
    Raises ValueError if `data` is not exactly 3 bytes long.
    """
    ### BEGIN SOLUTION
    if len(data) != 3:
        raise ValueError(f"a uint24 has 3 bytes, not {len(data)}")
    return int.from_bytes(data, "big")
    ### END SOLUTION


# %% check="01.decode_uint24"
lab.check(decode_uint24)

# %% [markdown]
# `lab.check` runs your function on many inputs and compares. If something is wrong it says what, and `lab.hint("01.decode_uint24")` gives a hint, a clearer one each time you ask.
# You may leave an exercise and go on: as long as a function of yours does not pass, the lab uses its own.

# %% [markdown]
# ## Bytes without a meaning of their own: `opaque`
#
# `opaque random[32]` means: 32 bytes, called `random`, and nobody looks into them at this point. The number in **square brackets** is fixed. Everybody knows it, so nothing on the wire says it.
#
# ## Bytes of varying number: the vector
#
# `opaque session_id<0..32>` means: from 0 to 32 bytes. The number can vary, so it has to be said. It stands **in front**, and the bytes follow. That is a *vector*, and **angle brackets** mark it.
#
# How many bytes does the length itself take? As many as the **upper bound** needs. Not as many as this length needs, for the reader has to know before reading it.

# %%
from tlslab.wire.codec import length_size

for bound in (32, 2**8 - 1, 2**16 - 2, 2**24 - 1):
    print(f"<0..{bound}>".ljust(15), "a length of", length_size(bound), "byte(s)")

# %% [markdown]
# So an empty `session_id` is not nothing. It is one byte, `00`.
#
# A vector may hold something else than single bytes: `CipherSuite cipher_suites<2..2^16-2>` holds suites, of two bytes each. Its length still counts **bytes**, not suites. Read one by hand:

# %%
vector = bytes.fromhex("00 04 00 9c 00 2f")

length = int.from_bytes(vector[:2], "big")
content = vector[2 : 2 + length]
suites = [content[at : at + 2].hex() for at in range(0, length, 2)]
print(length, "bytes, so", len(suites), "suites:", suites)

# %% [markdown]
# ## Fields one behind the other: `struct`
#
# A `struct` lists fields. On the wire they stand one behind the other with nothing in between: no names, no marks, no gaps. Reader and writer both know the list, so the order is enough.
#
# That is nearly the whole language: numbers, `opaque`, vectors, `struct`. There is also `enum`, a list of names for numbers; `ContentType`, below, is one. Everything in TLS is written in it.

# %% [markdown]
# ## The record
#
# Everything that TLS sends travels in **records**. A record is this struct ([RFC 5246 §6.2.1](https://www.rfc-editor.org/rfc/rfc5246#section-6.2.1)):
#
# ```
# struct {
#     ContentType type;           one byte
#     ProtocolVersion version;    two bytes
#     uint16 length;
#     opaque fragment[TLSPlaintext.length];
# } TLSPlaintext;
# ```
#
# The first three fields are the *header*, always five bytes. The *fragment* is the content, `length` bytes of it. The length does **not** count the header.
#
# The type says what kind of content it is. TLS 1.2 has four:

# %%
from tlslab.wire.registry import ContentType

for number in range(20, 24):
    print(number, f"{number:02x}", ContentType(number))

# %% [markdown]
# Now read a real one by hand, the first that the client sent:

# %%
first = records[0].raw

print("header: ", first[:5].hex(" "))
print("type:   ", first[0], ContentType(first[0]))
print("version:", first[1], first[2])
print("length: ", int.from_bytes(first[3:5], "big"))
print("There are", len(first) - 5, "bytes behind the header.")

# %% [markdown]
# You can see this in the explorer. Select a byte of the header and the tree shows its field; step through the ladder with <kbd>↓</kbd>, and watch the first five bytes of each record.

# %%
lab.explore(handshake, parts=("ladder", "bytes"))

# %% [markdown]
# ## "The record's version says which TLS it is"
#
# It looks like that, and many people believe it. TLS 1.0 was the successor of SSL 3.0, so it calls itself `3.1`; TLS 1.1 is `3.2` and TLS 1.2 is `3.3`. Here is what the records of our connection say:

# %%
for version in ("3.1", "3.3"):
    number = bytes(int(digit) for digit in version.split("."))
    sent = [f"{r.sender} {r.number}" for r in records if r.raw[1:3] == number]
    print(version, "in", len(sent), "record(s), the first:", sent[0])

# %% [markdown]
# The client's very first record says `3.1`, and the connection is TLS 1.2. When it was sent nothing had been agreed on, and there were servers that gave up when they saw a higher number. So clients write an old one, and
# servers are told to ignore it. Does OpenSSL? We send it the same ClientHello in records of four versions, one of which never existed:

# %%
from tlslab.lab.first_answer import first_answer

client_hello = handshake.trace.messages("client_hello")[0]
versions = (0x0300, 0x0301, 0x0303, 0x03FF)
answers = [first_answer(client_hello.raw, record_version=version) for version in versions]
for version, answer in zip(versions, answers, strict=True):
    print(f"{version:04x}", answer)

# %% [markdown]
# Which version is used is settled *inside* the messages; that is notebook 02. In TLS 1.3 the record's version means nothing at all: it says `3.3`, or `3.1` on the first one, for ever.

# %% [markdown]
# ### Exercise: `split_records`
#
# Now the tool. Bytes come in, records come out. Since the network delivers in pieces, the last record may not be whole yet. Its bytes have to be kept until the rest has come, so you return them too.


# %% exercise="01.split_records"
def split_records(data):
    """The records in `data`, and the bytes that are left over.

    data: bytes, of any length, that begin with a record header.
    Returns two values: a list of tuples (type, version, fragment), one for each whole record,
    and bytes. type is an int, version an int of two bytes such as 0x0303, fragment bytes without
    the header. The bytes are what is left: the beginning of a record that is not whole yet, or b"".
    Raises nothing.
    """
    ### BEGIN SOLUTION
    records = []
    while len(data) >= 5:
        end = 5 + int.from_bytes(data[3:5], "big")
        if len(data) < end:
            break
        records.append((data[0], int.from_bytes(data[1:3], "big"), data[5:end]))
        data = data[end:]
    return records, data
    ### END SOLUTION


# %% check="01.split_records"
lab.check(split_records)

# %% [markdown]
# Here it takes apart the row of bytes from the beginning. (`usable` gives your function once it passes its check, and the lab's until then.)

# %%
from tlslab.lab.usable import usable

cut = usable(split_records)
split, rest = cut(from_server)
for kind, version, fragment in split:
    print(
        f"{ContentType(kind)!s:18} {version:04x} {len(fragment):5} bytes  {fragment[:8].hex(' ')}"
    )
print("left over:", len(rest))

# %% [markdown]
# And if the network stops one byte before the end? The last record has to wait:

# %%
split, rest = cut(from_server[:-1])
print(len(split), "whole records, and", len(rest), "bytes that wait for the rest")

# %% [markdown]
# ## Messages in records
#
# In the records of type `handshake` there are messages. A handshake message has a header of its own, of four bytes ([RFC 5246 §7.4](https://www.rfc-editor.org/rfc/rfc5246#section-7.4)):
#
# ```
# struct {
#     HandshakeType msg_type;     one byte
#     uint24 length;              of the body alone
#     …                           the body
# } Handshake;
# ```
#
# So a ServerHello begins with nine bytes of header: five of the record, four of the message. Each header has its own length, and the message's is four less, because each counts what stands behind its own header:

# %%
server_hello = next(record.raw for record in records if record.sender == "server")
for header, length in (
    (server_hello[:5], server_hello[3:5]),
    (server_hello[5:9], server_hello[6:9]),
):
    print(header.hex(" ").ljust(16), "length", int.from_bytes(length, "big"))

# %% [markdown]
# Why does a message need a length of its own? Because **records and messages do not have to agree**. A record holds at most 16,384 bytes, and a message may be longer: it goes on in the next record. Several short messages may share one record. Every
# sender does as it likes. Our server gives each message a record of its own; others put all of them into one. Here are the same three messages in both ways, and in records of 700 bytes:

# %%
names = ("server_hello", "certificate", "server_hello_done")
messages = [handshake.trace.messages(name)[0].raw for name in names]
stream = b"".join(messages)

ways = {
    "each its own": messages,
    "all in one": [stream],
    "700 at most": [stream[at : at + 700] for at in range(0, len(stream), 700)],
}
for name, fragments in ways.items():
    print(f"{name:13}", [len(fragment) for fragment in fragments])

# %% [markdown]
# Think of the records as the pages of a book and of the messages as its chapters. A page may end in the middle of a word, and you read on.
#
# ### Exercise: `split_messages`
#
# The fragments of handshake records go in, messages come out, wherever the records were cut.


# %% exercise="01.split_messages"
def split_messages(fragments):
    """The whole handshake messages in the fragments of consecutive handshake records.

    fragments: a list of bytes, in the order in which they came, without record headers.
    Returns a list of bytes: each message whole, with its header of 4 bytes. A last message that
    has not come to its end is left out. Raises nothing.
    """
    ### BEGIN SOLUTION
    data = b"".join(fragments)
    messages = []
    while len(data) >= 4:
        end = 4 + int.from_bytes(data[1:4], "big")
        if len(data) < end:
            break
        messages.append(data[:end])
        data = data[end:]
    return messages
    ### END SOLUTION


# %% check="01.split_messages"
lab.check(split_messages)

# %% [markdown]
# However the three messages were cut, the same come out:

# %%
join = usable(split_messages)
for name, fragments in ways.items():
    print(f"{name:13}", join(fragments) == messages)

# %% [markdown]
# ## ChangeCipherSpec is no handshake message
#
# Between the handshake messages stood a record of another type, `change_cipher_spec`. It is part of every handshake of TLS 1.2, so many people count it among the handshake messages. Its bytes say otherwise: it has no handshake header, and its type is not 22.

# %%
change_cipher_spec = next(r for r in records if r.content_type == "change_cipher_spec")
view.text.bytes_of(change_cipher_spec)

# %% [markdown]
# This will matter: the Finished messages hash all *handshake messages*, and this one is not hashed (notebook 06). A trap lies beside it, for the same number means different things in the two lists:

# %%
from tlslab.wire.registry import HandshakeType

print("20 as the type of a record: ", ContentType(20))
print("20 as the type of a message:", HandshakeType(20))

# %% [markdown]
# Behind ChangeCipherSpec the fragments are encrypted. The record headers stay readable, and nothing else does. `split_messages` cannot know that. It reads a header where there is none, and finds "messages" that nobody sent:

# %%
finished = next(r for r in records if r.sender == "server" and r.protection != "none")
print("record header:", finished.raw[:5].hex(" "), ContentType(finished.raw[0]))
print("fragment:     ", finished.raw[5:].hex(" "))
print("what comes out:", [message.hex() for message in join([finished.raw[5:]])])

# %% [markdown]
# The eight zeros are a counter that belongs to the encryption (notebook 07); the single message that is in there, the server's Finished, comes out only with the key. So whoever reads records has to note when ChangeCipherSpec comes.
#
# ## Exercise: a hidden message
#
# The next cell makes a record for you; other learners get other ones. A whole message is in it, and behind it **the beginning of a second one**, which would go on in the next record. The bodies are made up; the headers are not.
#
# **Which message is the second one, and how many bytes will its body have altogether?** Use your functions, or count by hand.

# %% tags=["own-seed"]
from tlslab.lab.exercises import n01
from tlslab.lab.learner import seed as my_seed

record = n01.hidden_record(my_seed())
print(record.hex(" "))

# %% [markdown]
# The types of the messages that you may meet:

# %%
for kind in HandshakeType:
    if kind in (1, 2, 4, 11, 12, 13, 14, 15, 16, 20, 22):
        print(f"{kind:2d} {kind:02x}", kind)

# %% [markdown]
# Put the name and the number in place of `None`, such as `("finished", 12)`. While it says `None`, nothing is counted as wrong.

# %% exercise="01.hidden_message"
hidden_message = None
### BEGIN SOLUTION
fragment = record[5:]
second = 4 + decode_uint24(fragment[1:4])
hidden_message = (
    HandshakeType(fragment[second]).name,
    decode_uint24(fragment[second + 1 : second + 4]),
)
### END SOLUTION

# %% check="01.hidden_message"
lab.answer("01.hidden_message", hidden_message)

# %% [markdown]
# ## What an eavesdropper sees now
#
# You have just become one. Somebody who listens to our connection has its bytes and needs only your functions to get the second, third and fourth column of this table. The last one takes the
# insides of the messages, from the next notebook on.

# %%
view.text.eavesdropper(handshake.trace)

# %% [markdown]
# Look at the lengths of the encrypted records. The headers are never encrypted, so *how much* is said, and when, is public in every version of TLS.
#
# ## Who knows what
#
# Reading records opens no secret. Cutting and counting need no key, and the values that do are where they were:

# %%
view.text.knowledge(handshake.trace)

# %% [markdown]
# ## Questions
#
# Wrong answers are explained too, and nobody counts them.

# %%
lab.questions("01")

# %% [markdown]
# ## What comes next
#
# You can open every envelope. [Notebook 02](02_hello.ipynb) reads the first letter in it, the ClientHello, and writes one. OpenSSL will answer it.
