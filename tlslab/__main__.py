"""`python -m tlslab` is the command `tlslab`."""

import sys

from tlslab.cli import main

if __name__ == "__main__":
    sys.exit(main())
