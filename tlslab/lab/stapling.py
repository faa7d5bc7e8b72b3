"""What the lab's authority says of a certificate, for a server to staple (RFC 6066 §8)."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp

from tlslab.lab import pki

GOOD_FOR = timedelta(days=7)
"""How long a response holds. Real ones hold for some days, so that a stolen key does not."""


def ocsp_response(identity: pki.Identity, now: datetime) -> bytes:
    """The word of the lab's intermediate authority that the certificate is good, in DER.

    now: since when it is so, in UTC. The same time gives the same bytes.
    """
    key = load_pem_private_key(pki.pem_path("intermediate.key").read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the intermediate authority signs with RSA, which draws no randomness")
    now = now.replace(microsecond=0)
    issuer = pki.intermediate()
    made = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=x509.load_der_x509_certificate(identity.certificate_chain[0]),
            issuer=issuer,
            algorithm=hashes.SHA1(),
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + GOOD_FOR,
            revocation_time=None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
        .sign(key, hashes.SHA256())
    )
    # The library takes the time of its making from the computer's clock alone, so put ours in its
    # place, which is as long, and sign again.
    signed = made.tbs_response_bytes.replace(_time(made.produced_at_utc), _time(now), 1)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    response = made.public_bytes(Encoding.DER)
    return response.replace(made.tbs_response_bytes, signed).replace(made.signature, signature)


def _time(moment: datetime) -> bytes:
    """A GeneralizedTime (X.690 §11.7)."""
    return f"{moment:%Y%m%d%H%M%SZ}".encode("ascii")
