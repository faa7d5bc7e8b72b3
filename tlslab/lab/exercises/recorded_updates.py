"""Traffic secrets before and after a KeyUpdate, from the key log of OpenSSL 3.0.

It writes the first as CLIENT_TRAFFIC_SECRET_0, and the next one as CLIENT_TRAFFIC_SECRET_N. The
suite was TLS_AES_256_GCM_SHA384.
"""

HASH_NAME = "sha384"
BEFORE = bytes.fromhex(
    "9ff06bc898906e7575568303bd4b1f7f52eaece490ab1165c035810ebabe526eae6d17f707060287784ea741"
    "b870b0e9"
)
AFTER = bytes.fromhex(
    "d662f5574b1316a6912a974e8dd78c055380d5a70137b4f8e268e8f57786c068d28cedc3494d37abdf932f68"
    "4e299df2"
)
