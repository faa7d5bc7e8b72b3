"""Vectors for Diffie-Hellman and signatures that others published."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tlslab.crypto.groups import FiniteField

# RFC 5114 §2.1: a prime of 1024 bits; Appendix A.1: two private numbers, a share, the secret.
RFC_5114 = FiniteField(
    int(
        "b10b8f96a080e01dde92de5eae5d54ec52c99fbcfb06a3c69a6a9dca52d23b616073e28675a23d18"
        "9838ef1e2ee652c013ecb4aea906112324975c3cd49b83bfaccbdd7d90c4bd7098488e9c219a7372"
        "4effd6fae5644738faa31a4ff55bccc0a151af5f0dc8b4bd45bf37df365c1a65e68cfda76d4da708"
        "df1fb2bc2e4a4371",
        16,
    ),
    int(
        "a4d1cbd5c3fd34126765a442efb99905f8104dd258ac507fd6406cff14266d31266fea1e5c41564b"
        "777e690f5504f213160217b4b01b886a5e91547f9e2749f4d7fbd7d3b9a92ee1909d0d2263f80a76"
        "a6a24c087a091f531dbf0a0169b6a28ad662a4d18e73afa32d779d5918d08bc8858f4dcef97c2a24"
        "855e6eeb22b3b2e5",
        16,
    ),
)
PRIVATE_A = 0xB9A3B3AE8FEFC1A2930496507086F8455D48943E
PRIVATE_B = 0x9392C9F9EB6A7A6A9022F7D83E7223C6835BBDDA
PUBLIC_A = bytes.fromhex(
    "2a853b3d92197501b9015b2deb3ed84f5e021dcc3e52f109d3273d2b7521281cbabe0e76ff5727fa"
    "8acce26956ba9a1fca26f20228d8693feb10841d84a7360054ece5a7f5b7a61ad3dfb3c60d2e4310"
    "6d8727da37df9cce95b478755d06bcea8f9d45965f75a5f3d1df3701165fc9e50c4279ceb07f9895"
    "40ae96d5d88ed776"
)
SECRET = bytes.fromhex(
    "5c804f454d30d9c4df85271f93528c91df6b48ab5f80b3b59caac1b28f8acba9cd3e39f3cb614525"
    "d9521d2e644c53b807b810f340062f257d7d6fbfe8d5e8f072e9b6e9afda9413eafb2e8b0699b1fb"
    "5a0caceddeaead7e9cfbb36ae2b420835bd83a19fb0b5e96bf8fa4d09e345525167ecd9155416f46"
    "f408ed31b63c6e6d"
)

# RFC 6979 A.2.5: ECDSA on P-256 with SHA-256, of the messages "sample" and "test".
RFC_6979_KEY = ec.derive_private_key(
    0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1()
)
RFC_6979_SAMPLE = encode_dss_signature(
    0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
    0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
)
RFC_6979_TEST = encode_dss_signature(
    0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
    0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
)
# openssl dgst -sha256 -sign server-rsa.key.pem, of "sample".
OPENSSL_SAMPLE = bytes.fromhex(
    "80e9629122647cf1474b2c0f10edff515f9cebd757b93ed02243db186bd32b2e381433f8c1856106"
    "cd831298c0b6e50269fbf008640fbf63d318546fe8b44a41b9413b18e0a12b5b7d2f5ec2bde046ab"
    "4fafb39da4dc606b13dad73e7252856e2e0e77f6c785757f9b0ba6eab4e74f2d082cc0cb8d5a6a31"
    "0fb9eb279f041cd54f18632d1a7605035db7e0b0fbc3200e6d9096f589bb34304643177fd835f1e6"
    "3e215f80015b89cf917c93b7361086767bee044a2ec0058c2e79068129f2c9b6ef7b92a9d696230b"
    "9c52b737876010dfccdf8568d793926cfe4c7a72b039d35f55f5d7eb3c1bd9283115a753237dfa15"
    "89a01b9dff65b009f47eb14fb7d4dd93"
)
