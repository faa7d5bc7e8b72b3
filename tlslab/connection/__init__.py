"""The engine without input and output: bytes in, bytes and events out."""
