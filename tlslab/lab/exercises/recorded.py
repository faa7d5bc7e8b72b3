"""A session of OpenSSL with OpenSSL, as it was on the wire; nobody here had a part in it.

Client and server were OpenSSL 3.0.22, the suite TLS_RSA_WITH_AES_128_GCM_SHA256, and the server's
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

# Of a second one, with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: what OpenSSL's server signed with
# rsa_pss_rsae_sha256.
CLIENT_RANDOM = bytes.fromhex("68029aec828ef065eef655bf9c01e14d9d71160ed21522f757922d9f9230f2f8")
SERVER_RANDOM = bytes.fromhex("dd91098782a4993968e8f5955c4045bdf2e7da45e7a07a518e178b43aa51e888")
ECDH_PARAMS = bytes.fromhex(
    "03001d2064bb5ae2dac076c7d83f3bbdb8f18df9f209bfc5c54f2697da2d93e6fa2f0d4a"
)
SIGNATURE = bytes.fromhex(
    "08d6f0f3f2613ede4c0e292b570b6d96adc6795e7ea298aa798dbcc4b9a76c5bd0bcb74adafe87580d8e1f0c"
    "33d48fd47c8b46c9063f08e6cfa05bb4381f77b46b2804f5ed0399c9391da4416f9baea8132dfda1e08a9e1f"
    "a5916522539cf3041f9e0cc178e3cef1b145d898ac28355fe88285bf45891e6316538d4db555ca16f74a8d8b"
    "4748e74fa46f874004730b58961e89dabff50abfcc1d56e3c387595bc7a9b699ec3ebadbc9dc1310b5fdeff4"
    "584005839bb9f9f14a26cfdeda2201806ad52924b63e9b192cee56511564d13ddd9891803d269fb2b7e1540d"
    "e25c423150c0b8ade47a7e914f5d2d6e20240609fdcdc3aa777e7104bcd248d210b21f99"
)


def server() -> bytes:
    """All that the server sent."""
    chain = pki.server_rsa().certificate_chain
    certificates = _with_length(b"".join(map(_with_length, chain)))
    message = b"\x0b" + _with_length(certificates)
    record = b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message
    return _SERVER_HELLO + record + _AFTER_THE_CERTIFICATE


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + data
