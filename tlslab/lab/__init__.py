"""What the notebooks call: peers, the PKI, seeded randomness, exercises and checks."""
