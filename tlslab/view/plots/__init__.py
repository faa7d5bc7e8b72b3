"""Pictures to keep: for a slide, a handout, a page. Each function returns a `Picture`.

    plot_ladder(trace)                 who sent what, step by step
    plot_secrets(trace)                what was made from what
    plot_bytes(message)                every byte of a message or record, named
    plot_record_overhead(measured)     what protection adds to a record, by suite
    plot_round_trips(measured)         what a round trip costs, by kind of connection
    plot_share_sizes(measured)         how many bytes a key exchange sends, by group

What they say comes from the trace, what they look like from here: no style and no setting of
matplotlib changes them, and pyplot has no part in them.
"""

from tlslab.view.plots.bytes import plot_bytes
from tlslab.view.plots.ladder import plot_ladder
from tlslab.view.plots.overhead import plot_record_overhead
from tlslab.view.plots.picture import Picture
from tlslab.view.plots.round_trips import plot_round_trips
from tlslab.view.plots.secrets import plot_secrets
from tlslab.view.plots.share_sizes import plot_share_sizes

__all__ = [
    "Picture",
    "plot_bytes",
    "plot_ladder",
    "plot_record_overhead",
    "plot_round_trips",
    "plot_secrets",
    "plot_share_sizes",
]
