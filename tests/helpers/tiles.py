"""What every annotation of bytes has to keep: its leaves cover them without a hole or an overlap."""

from collections.abc import Iterable

from tlslab.trace import Span


def assert_tiled(spans: Iterable[Span], data: bytes, start: int = 0) -> None:
    position = start
    for span in spans:
        if span.leaf:
            assert span.start == position, span
            position = span.end
    assert position == len(data)
