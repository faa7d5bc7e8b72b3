"""The hash of the transcript is kept as long as the messages that it is over stay the same."""

from hashlib import sha256, sha384

from tlslab.connection.transcript import Transcript
from tlslab.primitives import Primitives


def transcript(*messages):
    one = Transcript(Primitives())
    one.choose_hash("sha256")
    for message in messages:
        one.add(message)
    return one


def test_the_hash_follows_the_messages():
    one = transcript(b"first")
    assert one.hash() == sha256(b"first").digest()
    one.add(b"second")
    assert one.hash() == sha256(b"firstsecond").digest()
    assert one.hash_before_last() == sha256(b"first").digest()


def test_a_message_that_is_replaced_is_hashed_anew():
    one = transcript(b"first")
    assert one.hash() == sha256(b"first").digest()
    one.replace_first(b"its hash")
    assert one.hash() == sha256(b"its hash").digest()


def test_another_hash_function_is_used_from_when_it_is_chosen():
    one = transcript(b"first")
    assert one.hash() == sha256(b"first").digest()
    one.choose_hash("sha384")
    assert one.hash() == sha384(b"first").digest()
