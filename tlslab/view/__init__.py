"""What people look at. Reads traces and nothing else; never a connection.

from tlslab import view
view.text.steps(trace)        the handshake step by step
view.text.messages(trace)     who said what, in order
"""

from tlslab.view import text

__all__ = ["text"]
