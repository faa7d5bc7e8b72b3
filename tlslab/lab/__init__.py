"""What the notebooks call: handshakes, peers, the PKI, seeded randomness.

from tlslab import lab
h = lab.handshake(seed=1, suite="TLS_RSA_WITH_AES_128_GCM_SHA256")
h = lab.peers.openssl(role="client")
lab.explore(h)
lab.check(my_function)
"""

from tlslab.lab import peers, pki
from tlslab.lab.checking import answer, check, hint, primitives, start_over
from tlslab.lab.configs import client_config, server_config
from tlslab.lab.explore import explore
from tlslab.lab.faults import find_fault
from tlslab.lab.glossary import glossary
from tlslab.lab.handshake import Handshake, handshake
from tlslab.lab.learner import progress
from tlslab.lab.mine import my_function, my_functions
from tlslab.lab.not_run import explain_in_notebooks
from tlslab.lab.questions import questions
from tlslab.lab.randomness import SeededRandom
from tlslab.lab.replaying import Replay, replay
from tlslab.lab.visitable import open_server, s_client, s_client_twice

__all__ = [
    "Handshake",
    "Replay",
    "SeededRandom",
    "answer",
    "check",
    "client_config",
    "explore",
    "find_fault",
    "glossary",
    "handshake",
    "hint",
    "my_function",
    "my_functions",
    "open_server",
    "peers",
    "pki",
    "primitives",
    "progress",
    "questions",
    "replay",
    "s_client",
    "s_client_twice",
    "server_config",
    "start_over",
]

explain_in_notebooks()
