"""The explorer: a widget that shows one trace, all of it or some parts.

    Explorer(trace)                          everything
    Explorer(trace, parts=("secrets",))      one part, for a lesson that speaks about it

What is looked at is in the browser already. The kernel is asked for one thing alone: what the
values would be if one of them were different.
"""

from typing import Any

import anywidget
import traitlets

from tlslab.errors import LocalError
from tlslab.trace import Trace
from tlslab.view.document import document
from tlslab.view.ladder import ladder
from tlslab.view.modules import joined, stylesheet
from tlslab.view.page import PARTS, static_html
from tlslab.view.recompute import recompute
from tlslab.view.stand_in import WithStandIn

__all__ = ["PARTS", "Explorer"]


class Explorer(WithStandIn, anywidget.AnyWidget):
    """A trace to look into: ladder, bytes, secrets, transcript, who knows what.

    parts: which of `PARTS`, in any order. Raises LocalError for any other.
    """

    _esm = joined("explorer")
    _css = stylesheet("explorer")

    document = traitlets.Bytes().tag(sync=True)
    parts = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, trace: Trace, parts: tuple[str, ...] = PARTS) -> None:
        unknown = [part for part in parts if part not in PARTS]
        if unknown or not parts:
            raise LocalError(f"parts are some of {', '.join(PARTS)}; not {', '.join(unknown)}")
        self._trace = trace
        self._ladder = ladder(trace)
        super().__init__(document=document(trace, self._ladder).encode(), parts=list(parts))
        self.on_msg(self._answer)

    @property
    def trace(self) -> Trace:
        """What is shown. Set it to show another trace, marked where it differs from this one."""
        return self._trace

    @trace.setter
    def trace(self, trace: Trace) -> None:
        self._trace = trace
        self._ladder = ladder(trace)
        self.document = document(trace, self._ladder).encode()

    def _answer(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """What the browser asked for: recompute with some values changed."""
        if not isinstance(content, dict) or content.get("ask") != "recompute":
            return
        reply: dict[str, Any] = {"id": content.get("id")}
        try:
            changes = {name: bytes.fromhex(value) for name, value in content["changes"].items()}
            result = recompute(self._trace, changes)
        except (LocalError, AttributeError, KeyError, TypeError, ValueError) as error:
            reply["error"] = str(error)
        else:
            reply["values"] = {name: value.hex() for name, value in result.values.items()}
            reply["changed"] = sorted(result.changed)
            reply["unknown"] = dict(result.unknown)
        self.send(reply)

    def __repr__(self) -> str:
        rungs = self._ladder
        return f"<Explorer: {rungs.headline}; {len(rungs)} messages; {', '.join(self.parts)}>"

    def without_kernel(self) -> str:
        """The trace as HTML without scripts; see `tlslab.view.page`."""
        return static_html(self._trace, tuple(self.parts), self._ladder)
