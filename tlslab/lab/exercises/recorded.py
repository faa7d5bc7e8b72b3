"""A session of OpenSSL with OpenSSL, as it was on the wire; nobody here had a part in it.

Client and server were OpenSSL 3.0.19, the suite TLS_RSA_WITH_AES_128_GCM_SHA256, and the server's
key that of the lab's `server-rsa`. Its Certificate is put together from the lab's chain, to the
same bytes. PREMASTER_SECRET and MASTER_SECRET are what OpenSSL's key log says of it.
"""

from tlslab.lab import pki

CLIENT = bytes.fromhex(
    "16030100800100007c0303511ee9e2a505c7011ba4cbde5e0b7e295569c28cc3288b84820cdbbeb251788800"
    "0004009c00ff0100004f0000001700150000127365727665722e746c736c61622e74657374000d0030002e04"
    "0305030603080708080809080a080b0804080508060401050106010303020303010201030202020402050206"
    "0216030301061000010201004fa1371b03b15fbee041346dde34a4a1fe615c95b50bb3d07cb86646fb48538b"
    "1a1f2a7d2ac1f017fc824e1d9df9316816cc5d08dde8b81a2e61b77f419891dd3c61802b3509a2e908f88d44"
    "23e02f79447639cabd322c01603c1b90310edc3e8fa60a585126a10cca26cd80379a8fa9967dcf83ce507f6e"
    "c46f01b5694d0372da3cad59c15b164970f39b46c8eda71e35e735741bd304bde54ed0ac34c44d18ef27b975"
    "34d2b8a13db47ffd2f3de779f0affbceda0cab32553c1229f0b2bd26c9baf172747936a8b32da3092a977b36"
    "c3408e855be66e842a7c5ef9e7a4a1c9b2e36bff3a8eb6a7ac701efcc47e3d9d28e44af77cd325353a90f985"
    "a9c9ccba1403030001011603030028187c0d2d9787ba798c33e48aadb215ff43f7c0ad1d29fece351e526401"
    "32376d6f03bc40866c5c6d170303002a187c0d2d9787ba7ad6acccd6bdd3b848f7d4bbf72f3c1c72045037c6"
    "e84043dc612b1376b7dc826e7625150303001a187c0d2d9787ba7b32eb0433ec431cd4aba16149bbf8093ab3"
    "c0"
)
_SERVER_HELLO = bytes.fromhex(
    "16030300510200004d0303e89bb557ae1f9df92bd658cac1a303c5c1143c84795f20423b44de0897acbab220"
    "2a8ef284ecd594f4854b04d6910ab94291c630b10da36cf431f23c35d1c95ece009c000005ff01000100"
)
_AFTER_THE_CERTIFICATE = bytes.fromhex(
    "16030300040e000000140303000101160303002869ea5045706dec7a2e272a07712bb923f1ba771c34eb58cc"
    "86537cdc917bf5aec76f5af30a1641e3170303002c69ea5045706dec7b4ea0666bc55860f6aa14b118def7f6"
    "5ce120891cad71c52ce718d6de1d7c01259f963bfe150303001a69ea5045706dec7ce0af2ded4685e10b7ea2"
    "bdc553af0cf147a1"
)
PREMASTER_SECRET = bytes.fromhex(
    "03035b6c45881a887f6795a132b75ff06c1d4d5d5a44bb62a257351f591766452003deb9dd2d6fc8984e8036"
    "553f5c33"
)
MASTER_SECRET = bytes.fromhex(
    "5068dbcd41f52bd3fc79df5c8c79a8c629c9bd521ae5ba81d14807ab2fe8702baa8ef1bed157632a79635782"
    "dfc595d2"
)
FROM_CLIENT, FROM_SERVER = b"Is this line safe?", b"Ask again in a year."
"""The application data."""


def server() -> bytes:
    """All that the server sent."""
    chain = pki.server_rsa().certificate_chain
    certificates = _with_length(b"".join(map(_with_length, chain)))
    message = b"\x0b" + _with_length(certificates)
    record = b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message
    return _SERVER_HELLO + record + _AFTER_THE_CERTIFICATE


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + data
