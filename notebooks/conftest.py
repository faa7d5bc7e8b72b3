"""nbval compares with what the notebooks print for somebody who has not written anything yet."""

import os

os.environ["TLSLAB_STATE"] = "off"
