"""The session of RFC 8448 §3, "Simple 1-RTT Handshake": what was drawn, sent and derived.

TLS_AES_128_GCM_SHA256 with x25519; the server has an RSA key, and no compatibility mode was used.
Records stand as they went over the wire, with their headers. The names of `PUBLISHED` are those of
RFC 8446 §7.1 and §7.3, the values are those of RFC 8448.
"""

from tlslab.crypto.suites import CipherType
from tlslab.crypto.tls13_ciphers import aead_unprotect, open_inner_plaintext
from tlslab.wire.framing import RECORD_HEADER_LENGTH

HASH_NAME = "sha256"
KEY_LENGTH = 16
"""Of AES-128, in bytes."""

# -- what was drawn -----------------------------------------------------------------------------

CLIENT_PRIVATE = bytes.fromhex("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005")
SERVER_PRIVATE = bytes.fromhex("b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e")

# -- what was sent ------------------------------------------------------------------------------

CLIENT_HELLO = bytes.fromhex(
    "16030100c4010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006"
    "130113031302010000910000000b0009000006736572766572ff01000100000a00140012001d0017001800190100"
    "010101020103010400230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d"
    "5413691e529aaf2c002b0003020304000d0020001e04030503060302030804080508060401050106010201040205"
    "0206020202002d00020101001c00024001"
)
SERVER_HELLO = bytes.fromhex(
    "160303005a020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928001301"
    "00002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00"
    "020304"
)
SERVER_FLIGHT = bytes.fromhex(
    "17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35edf7869fcf40aa40aa2b8ea73f848"
    "a7ca07612ef9f945cb960b4068905123ea78b111b429ba9191cd05d2a389280f526134aadc7fc78c4b729df828b5"
    "ecf7b13bd9aefb0e57f271585b8ea9bb355c7c79020716cfb9b1183ef3ab20e37d57a6b9d7477609aee6e122a4cf"
    "51427325250c7d0e509289444c9b3a648f1d71035d2ed65b0e3cdd0cbae8bf2d0b227812cbb360987255cc744110"
    "c453baa4fcd610928d809810e4b7ed1a8fd991f06aa6248204797e36a6a73b70a2559c09ead686945ba246ab66e5"
    "edd8044b4c6de3fcf2a89441ac66272fd8fb330ef8190579b3684596c960bd596eea520a56a8d650f563aad27409"
    "960dca63d3e688611ea5e22f4415cf9538d51a200c27034272968a264ed6540c84838d89f72c24461aad6d26f59e"
    "caba9acbbb317b66d902f4f292a36ac1b639c637ce343117b659622245317b49eeda0c6258f100d7d961ffb13864"
    "7e92ea330faeea6dfa31c7a84dc3bd7e1b7a6c7178af36879018e3f252107f243d243dc7339d5684c8b0378bf302"
    "44da8c87c843f5e56eb4c5e8280a2b48052cf93b16499a66db7cca71e4599426f7d461e66f99882bd89fc50800be"
    "cca62d6c74116dbd2972fda1fa80f85df881edbe5a37668936b335583b599186dc5c6918a396fa48a181d6b6fa4f"
    "9d62d513afbb992f2b992f67f8afe67f76913fa388cb5630c8ca01e0c65d11c66a1e2ac4c85977b7c7a6999bbf10"
    "dc35ae69f5515614636c0b9b68c19ed2e31c0b3b66763038ebba42f3b38edc0399f3a9f23faa63978c317fc9fa66"
    "a73f60f0504de93b5b845e275592c12335ee340bbc4fddd502784016e4b3be7ef04dda49f4b440a30cb5d2af9398"
    "28fd4ae3794e44f94df5a631ede42c1719bfdabf0253fe5175be898e750edc53370d2b"
)
"""EncryptedExtensions, Certificate, CertificateVerify and Finished, in one record."""
CLIENT_FINISHED = bytes.fromhex(
    "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384"
    "bd1caeacab6867d726c40546"
)
NEW_SESSION_TICKET = bytes.fromhex(
    "17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d41d6af8f6b580dcf3d11d63c758db"
    "289a015940252f55713e061dc13e078891a38efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0d4a3"
    "d03f75e09c30ba1e62972ac46f75f7b981be63439b2999ce13064615139891d5e4c5b406f16e3fc181a77ca47584"
    "0025db2f0a77f81b5ab05b94c01346755f69232c86519d86cbeeac87aac347d143f9605d64f650db4d023e70e952"
    "ca49fe5137121c74bc2697687e248746d6df353005f3bce18696129c8153556b3b6c6779b37bf15985684f"
)
CLIENT_DATA = bytes.fromhex(
    "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a2044"
    "1e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4"
)
SERVER_DATA = bytes.fromhex(
    "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a"
    "59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d"
)
CLIENT_CLOSE = bytes.fromhex("1703030013c9872760655666b74d7ff1153efd6db6d0b0e3")
SERVER_CLOSE = bytes.fromhex("1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9")

DATA = bytes(range(50))
"""What both sides send."""

# -- what was derived ---------------------------------------------------------------------------

_VALUES = {
    "client_share": "99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c",
    "server_share": "c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f",
    "shared_secret": "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d",
    "early_secret": "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a",
    "handshake_secret": "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac",
    "client_handshake_traffic_secret": (
        "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"
    ),
    "server_handshake_traffic_secret": (
        "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"
    ),
    "client_handshake_write_key": "dbfaa693d1762c5b666af5d950258d01",
    "client_handshake_write_iv": "5bd3c71b836e0b76bb73265f",
    "server_handshake_write_key": "3fce516009c21727d0f2e4e86ee403bc",
    "server_handshake_write_iv": "5d313eb2671276ee13000b30",
    "server_finished_key": "008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8cdc19fc8",
    "server_verify_data": "9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718",
    "main_secret": "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919",
    "client_application_traffic_secret_0": (
        "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
    ),
    "server_application_traffic_secret_0": (
        "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
    ),
    "exporter_secret": "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50",
    "client_finished_key": "b80ad01015fb2f0bd65ff7d4da5d6bf83f84821d1f87fdc7d3c75b5a7b42d9c4",
    "client_verify_data": "a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61",
    "client_application_write_key_0": "17422dda596ed5d9acd890e3c63f5051",
    "client_application_write_iv_0": "5b78923dee08579033e523d9",
    "server_application_write_key_0": "9f02283b6c9c07efc26bb9f2ac92e356",
    "server_application_write_iv_0": "cf782b88dd83549aadf1e984",
    "resumption_secret": "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c",
    "resumption_psk": "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3",
}
PUBLISHED = {name: bytes.fromhex(value) for name, value in _VALUES.items()}
"""Each value by its name. RFC 9846 has main_secret, exporter_secret and resumption_secret for the
"master" secrets of RFC 8446; so has this package."""


def messages() -> tuple[tuple[str, bytes], ...]:
    """All messages of the handshake: who sent each, and the message with its header of four bytes.

    Those that were protected are opened with the published keys.
    """
    hellos = (("client", _content(CLIENT_HELLO)), ("server", _content(SERVER_HELLO)))
    flight = _opened("server", SERVER_FLIGHT)
    sent = [("server", each) for each in _split(flight)]
    return (*hellos, *sent, ("client", _opened("client", CLIENT_FINISHED)))


def _content(record: bytes) -> bytes:
    return record[RECORD_HEADER_LENGTH:]


def _opened(sender: str, record: bytes) -> bytes:
    key, iv = (PUBLISHED[f"{sender}_handshake_write_{what}"] for what in ("key", "iv"))
    inner = aead_unprotect(CipherType.GCM, key, iv, 0, _content(record))
    return open_inner_plaintext(inner)[1]


def _split(flight: bytes) -> list[bytes]:
    found = []
    while flight:
        end = 4 + int.from_bytes(flight[1:4], "big")
        found.append(flight[:end])
        flight = flight[end:]
    return found
