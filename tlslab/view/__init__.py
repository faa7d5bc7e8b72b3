"""What people look at. Reads traces and nothing else; never a connection.

from tlslab import view
view.text.steps(trace)        the handshake step by step
view.text.messages(trace)     who said what, in order
view.plot_ladder(trace)       the same as a picture, to keep; so plot_secrets, plot_bytes,
                              plot_record_overhead, plot_round_trips, plot_share_sizes
"""

from typing import TYPE_CHECKING, Any

from tlslab.view import text

if TYPE_CHECKING:
    from tlslab.view.plots import (
        Picture,
        plot_bytes,
        plot_ladder,
        plot_record_overhead,
        plot_round_trips,
        plot_secrets,
        plot_share_sizes,
    )

__all__ = [
    "Picture",
    "plot_bytes",
    "plot_ladder",
    "plot_record_overhead",
    "plot_round_trips",
    "plot_secrets",
    "plot_share_sizes",
    "text",
]


def __getattr__(name: str) -> Any:
    # matplotlib takes longer to load than all the rest: only for somebody who wants a picture.
    if name in __all__:
        from tlslab.view import plots

        return getattr(plots, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
