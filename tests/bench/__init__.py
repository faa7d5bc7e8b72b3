"""How fast tlslab is beside its peers. `make bench` runs it and prints the table."""
