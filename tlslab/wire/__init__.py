"""The bytes of TLS: records, messages, extensions and the numbers they are made of."""
