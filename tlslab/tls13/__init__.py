"""What belongs to TLS 1.3 alone."""
