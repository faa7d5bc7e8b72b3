"""What is shown where a widget cannot be: the same content as HTML and as text."""

from IPython.display import display

WIDGET = "application/vnd.jupyter.widget-view+json"
STATIC = "tlslab-static"
"""The class of the HTML that stands in for a widget; a widget that comes to life hides it."""

IN_WORDS = "Run this cell to look around in it."
"""What stands for the widget itself where there is none."""


class WithStandIn:
    """A widget that is displayed together with the same content as HTML and as text.

    A saved notebook, a printed page and a code host have no kernel, and so no widget. Of one output
    with several forms they would choose the widget and show an error, so there are two outputs.
    """

    model_id: str

    def without_kernel(self) -> str:
        """The content as HTML without scripts."""
        raise NotImplementedError

    def _ipython_display_(self) -> None:
        stand_in = f'<div class="{STATIC}">{self.without_kernel()}</div>'
        widget = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        display({"text/plain": repr(self), "text/html": stand_in}, raw=True)
        display({"text/plain": IN_WORDS, WIDGET: widget}, raw=True)
