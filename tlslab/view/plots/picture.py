"""A picture and the text that says the same."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from tlslab.view.plots.svg import tidied
from tlslab.view.tables import MAX_PARAGRAPH, clean, escape

DPI = 144
"""Dots per inch of a PNG: two for each point."""

# Without these two entries matplotlib writes the date and its own version into the file.
_ANONYMOUS = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None}}


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A matplotlib figure with a text alternative; in a notebook it shows itself, once.

    figure: to be changed or put elsewhere. alt: what it shows, in a sentence. lines: all that it
    says, for somebody who cannot see it. The notebook gets SVG inside HTML, since an image output
    of its own has no text alternative there. A figure of pyplot's is shown by pyplot, and so not
    here.
    """

    figure: Figure
    alt: str
    lines: tuple[str, ...] = field(default=())

    def save(self, path: str | Path, **options: Any) -> None:
        """Write a file; its suffix says the format: `.svg`, `.pdf`, `.png`.

        The same picture gives the same bytes. options: those of `Figure.savefig`. Raises
        ValueError for a format that matplotlib does not know.
        """
        path = Path(path)
        path.write_bytes(self._drawn(path.suffix.removeprefix("."), **options))

    def svg(self) -> str:
        """The picture as SVG, with `alt` as its title. It looks the same with any font."""
        return self._drawn("svg").decode()

    def _drawn(self, kind: str, **options: Any) -> bytes:
        options.setdefault("dpi", DPI)
        metadata: dict[str, Any] = dict(_ANONYMOUS.get(kind, {}))
        if kind in ("svg", "pdf", "png"):
            metadata["Title"] = self.alt
        options.setdefault("metadata", metadata)
        file = io.BytesIO()
        with plain_style():
            self.figure.savefig(file, format=kind, **options)
        return tidied(file.getvalue()) if kind == "svg" else file.getvalue()

    def __str__(self) -> str:
        return "\n".join((self.alt, *self.lines))

    def __repr__(self) -> str:
        return f"<Picture: {self.alt}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        text = {"text/plain": str(self)}
        manager = getattr(self.figure.canvas, "manager", None)
        return text if manager is not None else {**text, "text/html": self._html()}

    def _html(self) -> str:
        data = base64.b64encode(self.svg().encode()).decode()
        width = round(self.figure.get_size_inches()[0] * 96)
        image = (
            f'<img alt="{escape(self.alt, MAX_PARAGRAPH)}" width="{width}" '
            f'style="max-width:100%;height:auto" src="data:image/svg+xml;base64,{data}">'
        )
        if not self.lines:
            return image
        items = "".join(f"<li>{escape(line, MAX_PARAGRAPH)}</li>" for line in self.lines)
        return f"{image}<details><summary>The picture as text</summary><ul>{items}</ul></details>"


@contextmanager
def plain_style() -> Iterator[None]:
    """Matplotlib as it comes, whatever the user set; and the same bytes for the same picture."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "svg.hashsalt": "tlslab",
                "svg.fonttype": "none",
                "pdf.fonttype": 42,
                # Hinted letters are as wide as whole pixels, and not as they were measured.
                "text.hinting": "no_hinting",
            }
        )
        yield


def described(figure: Figure, alt: str, lines: tuple[str, ...] = ()) -> Picture:
    """The picture, its texts cleaned."""
    return Picture(
        figure, clean(alt, MAX_PARAGRAPH), tuple(clean(line, MAX_PARAGRAPH) for line in lines)
    )
