"""The pictures: they say what the trace says, can be read, are the same each time, hide nothing."""

import base64
import importlib.util
import itertools
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest
from every_handshake import HANDSHAKES
from in_memory import RSA_SUITES, SIDES
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from nbclient import NotebookClient

from tlslab import LocalError, lab, view
from tlslab.crypto.suites import SUITES, CipherType
from tlslab.lab.measuring import TCP, flights, flights_without_tls, record_sizes, share_sizes
from tlslab.trace import Message, Negotiated, RandomDrawn, Record, SecretDerived, Span, Trace
from tlslab.view.ladder import bytes_of, ladder
from tlslab.view.plots import ladder_parts, sheet
from tlslab.view.plots.bytes import MAX_ROWS
from tlslab.view.plots.ladder import MAX_ARROWS
from tlslab.view.plots.picture import plain_style
from tlslab.view.story import steps

ROOT = Path(__file__).parents[2]
every_handshake = pytest.mark.parametrize("name", HANDSHAKES)
GCM, CBC = "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"
NULL = "TLS_RSA_WITH_NULL_SHA256"
ECDHE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
MAC_LENGTHS = {"": 0, "MD5": 16, "SHA1": 20, "SHA256": 32, "SHA384": 48}
EVIL = '$\\frac{1}{0}$ \x1b[31m\u202e<b onload=x>&" \u4f60 \U0001f600 \u05e9 e\u0301 ' + 300 * "W"


@pytest.fixture(scope="module")
def handshake():
    return lab.handshake(seed=1)


def hostile(trace):
    """The same trace with a name of a stranger's wherever one fits."""
    found = Trace(trace.role)
    for event in trace:
        match event:
            case Message(name="certificate"):
                event = replace(event, name=EVIL)
            case Message(name="client_hello", spans=spans):
                event = replace(event, spans=tuple(s._replace(value=EVIL) for s in spans))
            case SecretDerived(name="master_secret"):
                event = replace(event, operation=EVIL, label=EVIL)
            case RandomDrawn(name="padding_string"):
                event = replace(event, name=EVIL)
            case Negotiated():
                event = replace(event, value=EVIL)
        found._keep(event)
    return found


def every_picture(client, server):
    yield from (view.plot_ladder(trace) for trace in (client, server))
    yield from (view.plot_secrets(trace) for trace in (client, server))
    messages = {message.name: message for message in client.messages()}
    yield from (view.plot_bytes(message) for message in messages.values())
    yield view.plot_bytes(client.of(Record)[-1])


def cases():
    yield from (pytest.param(("good", suite), id=suite) for suite in (GCM, CBC, NULL))
    yield pytest.param(("failed", GCM), id="failed")
    yield pytest.param(("hostile", GCM), id="hostile")
    for name in ("user", "gives a ticket", "DHE"):
        yield pytest.param((name, ECDHE), id=name)


@pytest.fixture(scope="module", params=cases())
def pictures(request):
    kind, suite = request.param
    name = "nobody.tlslab.test" if kind == "failed" else "server.tlslab.test"
    made = HANDSHAKES.get(kind)
    h = made() if made else lab.handshake(seed=1, suite=suite, server_name=name)
    traces = (h.trace, h.server_trace)
    if kind == "hostile":
        traces = tuple(map(hostile, traces))
    name = EVIL if kind == "hostile" else suite
    return [
        *every_picture(*traces),
        view.plot_record_overhead({name: [(1, 30), (9, 38)], "$b$": [(1, 50)]}),
        view.plot_round_trips({name: TCP, "$b$": [*TCP, ("client", 16_384), ("server", 9)]}),
        view.plot_share_sizes({name: ((32, 1184), (32, 1088)), "$b$": ((65, 0), (65, 0))}),
    ]


def texts(picture):
    """What is written in it, from the SVG."""
    root = ET.fromstring(picture.svg())
    return [element.text or "" for element in root.iter() if element.tag.endswith("}text")]


def drawn_texts(figure):
    """All texts of a figure with the boxes that they take, in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    # matplotlib keeps labels for ticks beyond the ends of an axis, and does not draw them.
    beyond = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not axis.get_view_interval()[0] <= tick.get_loc() <= axis.get_view_interval()[1]
    }
    return [
        (text, text.get_window_extent(renderer))
        for text in figure.findobj(match=Text)
        if text.get_text().strip() and text.get_visible() and text not in beyond
    ]


# -- all of them can be read --------------------------------------------------------------------


def test_no_text_overlaps_another_and_none_is_cut_off(pictures):
    for picture in pictures:
        with plain_style():
            found = drawn_texts(picture.figure)
        page = picture.figure.bbox
        boxes = np.array([box.extents for _, box in found])
        assert (boxes[:, :2] >= 0).all(), picture
        assert (boxes[:, 2:] <= (page.x1, page.y1)).all(), picture
        low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
        # Letters' boxes include the room above and below them; a pixel of it may be common.
        common = np.triu(((high - low) > 1.0).all(axis=2), 1)
        pairs = [(found[i][0], found[j][0]) for i, j in np.argwhere(common)]
        assert not pairs, picture


def test_no_text_crosses_the_border_of_its_box(handshake):
    for trace in (handshake.trace, hostile(handshake.trace)):
        figure = view.plot_secrets(trace).figure
        boxes = [box for box in secret_boxes(figure) if box.height > 20]
        with plain_style():
            found = drawn_texts(figure)
        inside = 0
        for text, extent in found:
            # The ink: a text's box has the full height of its font.
            ink = extent.transformed(figure.axes[0].transData.inverted())
            for box in boxes:
                if box.x0 < (ink.x0 + ink.x1) / 2 < box.x1 and box.y0 < ink.y0 < box.y1:
                    assert box.x0 + 2 < ink.x0, text
                    assert ink.x1 < box.x1 - 2, text
                    inside += 1
        assert inside > 30


def test_letters_are_of_eight_points_or_more(pictures):
    for picture in pictures:
        assert min(text.get_fontsize() for text in picture.figure.findobj(match=Text)) >= 8


def luminance(color):
    """WCAG 2.2's relative luminance."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("ink", ["INK", "QUIET"])
@pytest.mark.parametrize(
    "ground", ["PAPER", "FAINT", "LIGHT_BLUE", "LIGHT_ORANGE", "LIGHT_GREEN", "LIGHT_PURPLE"]
)
def test_text_contrasts_with_every_ground_that_it_stands_on(ink, ground):
    dark, light = luminance(getattr(sheet, ink)), luminance(getattr(sheet, ground))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_every_protection_has_a_line_of_its_own_even_in_grey():
    patterns = {}
    for meaning, _, dashes, double in ladder_parts._STYLES.values():
        patterns.setdefault((dashes, double), set()).add(meaning)
    assert all(len(meanings) == 1 for meanings in patterns.values())
    assert len(patterns) == 5


# -- a stranger's names -------------------------------------------------------------------------


def test_a_strangers_name_is_drawn_letter_by_letter_and_obeyed_by_nobody(handshake):
    picture = view.plot_ladder(hostile(handshake.trace))
    written = " ".join(texts(picture))
    # No mathematics, no control characters, no other direction, no letter that the font lacks.
    assert "$\\frac{1}{0}$" in written
    assert '\\x1b[31m\\u202e<b onload=x>&" \\u4f60 \\U0001f600 \\u05e9 e\\u0301' in written
    shown = picture._repr_mimebundle_()["text/html"]
    assert "<b onload" not in shown
    assert "\x1b" not in shown + str(picture)
    assert "\u202e" not in shown + str(picture)


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_a_strangers_name_can_be_saved(kind, handshake, tmp_path):
    path = tmp_path / f"picture.{kind}"
    for picture in (
        view.plot_ladder(hostile(handshake.trace)),
        view.plot_record_overhead({EVIL: [(1, 2)]}),
        view.plot_round_trips({EVIL: TCP}),
        view.plot_share_sizes({EVIL: ((1, 2), (3, 0))}),
    ):
        picture.save(path)
        assert path.read_bytes().startswith(
            {"svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG"}[kind]
        )


# -- the ladder ---------------------------------------------------------------------------------


@every_handshake
def test_the_ladder_has_an_arrow_for_each_message_in_order(name):
    trace = HANDSHAKES[name]().trace
    expected = [
        (event.name, f"{len(event.raw):,} byte{'s' * (len(event.raw) > 1)}", event.sender)
        if isinstance(event, Message)
        else ("application_data", f"{len(event.plaintext)} bytes", event.sender)
        for event in trace
        if isinstance(event, Message)
        or (isinstance(event, Record) and event.content_type == "application_data")
    ]
    figure = view.plot_ladder(trace).figure
    names = {name for name, _, _ in expected}
    between = [t for t in figure.axes[0].texts if t.get_position()[0] > ladder_parts.CLIENT]
    found = sorted((text.get_position()[1], text.get_text()) for text in between)
    written = [text for _, text in found if text in names]
    sizes = [text for _, text in found if re.fullmatch(r"[\d,]+ bytes?", text)]
    assert written == [name for name, _, _ in expected]
    assert sizes == [size for _, size, _ in expected]
    heads = sorted(
        (patch.get_xy()[0][1], "client" if patch.get_xy()[0][0] > 300 else "server")
        for patch in figure.axes[0].patches
        if isinstance(patch, Polygon)
    )
    assert [sender for _, sender in heads][: len(expected)] == [s for _, _, s in expected]


@every_handshake
@pytest.mark.parametrize("role", ["client", "server"])
def test_the_ladder_names_the_steps_of_the_handshake_at_hand(name, role):
    h = HANDSHAKES[name]()
    trace = h.trace if role == "client" else h.server_trace
    picture = view.plot_ladder(trace)
    told = [line.partition(": ")[0] for line in picture.lines if line.startswith("Step ")]
    expected = [f"Step {step.number}, {step.title}" for step in steps(trace)]
    assert told == [line.partition(": ")[0] for line in expected]
    written = " ".join(texts(picture))
    assert all(step.title in written for step in steps(trace))


def test_the_ladder_marks_nine_steps_eight_flights_and_four_round_trips(handshake):
    picture = view.plot_ladder(handshake.trace)
    written = texts(picture)
    for number in range(1, 10):
        # Steps are bold. Flights and round trips stand beside brackets.
        times = (number <= 9) + (number <= 8) + (number <= 4)
        assert written.count(str(number)) == times
    assert sum(line.startswith("Step ") for line in picture.lines) == 9
    assert "13 arrows in 8 flights and 4 round trips" in picture.alt


def line_styles(picture, middle):
    """Dashed or not, and how thick, of the horizontal lines at half the width, from the top."""
    found = []
    for patch in picture.figure.axes[0].patches:
        if isinstance(patch, PathPatch):
            (x, y), *_, (to_x, to_y) = patch.get_path().vertices
            if y == to_y and min(x, to_x) < middle < max(x, to_x):
                found.append((y, patch.get_linestyle(), patch.get_linewidth()))
    return [entry[1:] for entry in sorted(found, key=lambda entry: entry[0])]


def test_what_is_encrypted_looks_other_than_what_is_in_the_clear_or_only_authenticated():
    trace = lab.handshake(seed=1).trace
    middle = (ladder_parts.CLIENT + ladder_parts.SERVER) / 2
    clear = line_styles(view.plot_ladder(trace, last=5), middle)
    assert set(clear) == {("solid", 1.5)}
    encrypted = line_styles(view.plot_ladder(trace, first=10), middle)
    assert {thick for _, thick in encrypted} == {4.2, 1.6}  # a double line: thick, white inside
    null = lab.handshake(seed=1, suite=NULL).trace
    authenticated = line_styles(view.plot_ladder(null, first=10), middle)
    assert len(set(authenticated)) == 1
    assert authenticated[0][0] != "solid"
    assert "authenticated, not encrypted" in texts(view.plot_ladder(null))
    assert "under the session keys" not in texts(view.plot_ladder(null))


def test_a_handshake_that_broke_off_shows_where_and_what_was_not_reached():
    trace = lab.handshake(seed=1, server_name="nobody.tlslab.test").trace
    picture = view.plot_ladder(trace)
    written = texts(picture)
    assert written.count("✗ failed") == 1
    assert written.count("not reached") == 6
    assert "bad_certificate" in " ".join(written)
    assert "bad_certificate" in picture.alt


def test_a_part_of_the_ladder_can_be_drawn(handshake):
    written = texts(view.plot_ladder(handshake.trace, first=5, last=7))
    assert [t for t in written if "_" in t or t == "finished"][1:] == [
        "client_key_exchange",
        "change_cipher_spec",
        "finished",
    ]
    assert "Shown are the rungs 5 to 7 of 13." in written
    # Steps 5 and 6 send nothing, and happen before step 7.
    assert written.count("nothing is sent") == 2
    for first, last in ((0, 3), (4, 3), (1, 14), (14, None)):
        with pytest.raises(LocalError, match="the ladder has the rungs 1 to 13"):
            view.plot_ladder(handshake.trace, first=first, last=last)


def test_a_message_in_several_records_and_a_trace_without_any():
    trace = lab.handshake(seed=1).trace
    (certificate,) = trace.messages("certificate")
    cut = Trace("client")
    for event in trace:
        if isinstance(event, Record) and event.plaintext == certificate.raw:
            half = len(event.plaintext) // 2
            for number, part in enumerate((event.plaintext[:half], event.plaintext[half:])):
                cut._keep(replace(event, number=70 + number, plaintext=part))
        elif event == certificate:
            cut._keep(replace(event, records=(70, 71)))
        else:
            cut._keep(event)
    written = " ".join(texts(view.plot_ladder(cut)))
    assert f"bytes 0 to {half:,} of {len(certificate.raw):,}" in written
    assert f"bytes {half:,} to {len(certificate.raw):,} of" in written
    empty = view.plot_ladder(Trace("server"))
    assert texts(empty).count("not reached") == 9


def test_many_records_in_a_row_are_one_arrow_and_a_long_ladder_is_drawn_in_parts():
    h = lab.handshake(seed=1, request=bytes(200_000), reply=bytes(50_000))
    records = [r for r in h.trace.of(Record) if r.content_type == "application_data"]
    sent = [r for r in records if r.sender == "client"]
    written = texts(view.plot_ladder(h.trace))
    assert f"{len(sent)} × application_data" in written
    assert f"{sum(len(r.plaintext) for r in sent):,} bytes" in written
    talk = Trace("client")
    for number in range(60):
        for record in (sent[0], records[-1]):
            talk._keep(replace(record, number=number))
    picture = view.plot_ladder(talk)
    assert texts(picture).count("application_data") == MAX_ARROWS
    assert f"Shown are the rungs 1 to {MAX_ARROWS} of 120." in texts(picture)


def test_a_trace_with_a_gap_says_so(handshake):
    gap = Trace.from_json(handshake.trace.to_json())
    gap.dropped = 7
    assert "The trace was full: 7 events in the middle are missing." in texts(view.plot_ladder(gap))


# -- the secrets --------------------------------------------------------------------------------


def secret_boxes(figure):
    """The boxes of the graph, in points."""
    found = []
    for patch in figure.axes[0].patches:
        if isinstance(patch, FancyBboxPatch | Rectangle):
            x, y, wide, high = (
                patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()
            )  # fmt: skip
            found.append(Bbox.from_extents(x, y, x + wide, y + high))
    return found


def curves(figure):
    return [
        patch.get_path()
        for patch in figure.axes[0].patches
        if isinstance(patch, PathPatch) and patch.get_path().codes is not None
    ]


@every_handshake
@pytest.mark.parametrize("role", ["client", "server"])
def test_a_line_joins_each_secret_to_what_it_was_made_from_and_passes_beside_all_others(name, role):
    h = HANDSHAKES[name]()
    trace = h.trace if role == "client" else h.server_trace
    figure = view.plot_secrets(trace).figure
    names = {event.name for event in trace if hasattr(event, "value") and hasattr(event, "section")}
    names -= {event.name for event in trace.of(Negotiated)}
    boxes = [box for box in secret_boxes(figure) if box.height > 20]
    assert len(boxes) == len(names)
    edges = {(e.name, i) for e in trace.of(SecretDerived) for i in e.inputs if i in names}
    lines = curves(figure)
    assert len(lines) == len(edges)
    for line in lines:
        (x, y), *_, (to_x, to_y) = line.vertices
        source = [box for box in boxes if box.x0 < x < box.x1 and abs(box.y1 - y) < 0.01]
        target = [box for box in boxes if box.x0 < to_x < box.x1 and 0 < box.y0 - to_y < 8]
        assert len(source) == len(target) == 1
        assert not any(line.intersects_bbox(box.padded(-1), filled=False) for box in boxes)


@every_handshake
@pytest.mark.parametrize("role", ["client", "server"])
def test_each_secret_says_what_made_it_how_long_it_is_and_whether_it_is_secret(name, role):
    h = HANDSHAKES[name]()
    trace = h.trace if role == "client" else h.server_trace
    picture = view.plot_secrets(trace)
    for event in trace.of(SecretDerived):
        (line,) = [line for line in picture.lines if line.startswith(f"{event.name}: ")]
        assert f"{len(event.value)} bytes" in line
        assert event.operation in line
        assert all(name in line for name in event.inputs)
    words = {line.split(":")[0]: line.split(" · ")[1].split(";")[0] for line in picture.lines}
    public = {"encrypted_premaster_secret", "session_hash", "ticket", "ticket_iv", "session_id"}
    public |= {f"{side}_{what}" for side in SIDES for what in ("random", "share", "signature")}
    public |= {f"{side}_record_IV" for side in SIDES}
    found = {name for name, word in words.items() if word == "public"}
    assert found == public & words.keys()
    assert {"client_random", "server_random"} <= found
    assert words["master_secret"] == "secret"
    written = " ".join(texts(picture)).replace("_ ", "_")
    assert all(name in written for name in words)


@every_handshake
def test_the_picture_of_the_secrets_shows_none_of_their_bytes(name):
    trace = HANDSHAKES[name]().trace
    picture = view.plot_secrets(trace)
    everything = (picture.svg() + str(picture)).replace(" ", "")
    for event in trace.of(SecretDerived):
        assert event.value[:4].hex() not in everything


def test_a_trace_without_secrets_is_a_picture_too():
    assert "The trace has none." in texts(view.plot_secrets(Trace("client")))


# -- the bytes ----------------------------------------------------------------------------------


def read_back(figure):
    """The bytes in a picture: each pair of digits by the row and the column that it stands in."""
    letters = figure.axes[0].texts
    mono = [t for t in letters if "Mono" in t.get_fontproperties().get_name()]
    left = min(t.get_position()[0] for t in mono)
    step = 3 * sheet.width("0", sheet.SMALL, mono=True)
    first = left + 2 * step + step / 6
    rows = {t.get_position()[1]: t.get_text() for t in mono if t.get_position()[0] == left}
    found = {}
    for text in mono:
        column = (text.get_position()[0] - first) / step
        digits = text.get_text()
        if re.fullmatch("[0-9a-f]{2}( [0-9a-f]{2})*", digits) and -0.1 < column < 15.9:
            assert abs(column - round(column)) < 0.01
            start = int(rows[text.get_position()[1]], 16)
            assert start % 16 == round(column)
            for at, byte in enumerate(bytes.fromhex(digits)):
                assert start + at not in found
                found[start + at] = byte
    return found


@pytest.mark.parametrize("suite", [GCM, CBC])
def test_every_byte_of_every_message_stands_in_its_column(suite):
    for message in lab.handshake(seed=1, suite=suite).trace.messages():
        found = read_back(view.plot_bytes(message, limit=4096).figure)
        assert bytes(found[at] for at in range(len(message.raw))) == message.raw
        assert len(found) == len(message.raw)


def test_every_field_is_named_with_its_value_inside_what_it_belongs_to(handshake):
    (hello,) = handshake.trace.messages("client_hello")
    picture = view.plot_bytes(hello)
    written = texts(picture)
    for span in hello.spans:
        if span.leaf and span.value and span.value != hello.raw[span.start : span.end].hex():
            assert span.value in written
    place = {t.get_text(): t.get_position()[0] for t in picture.figure.axes[0].texts}
    nested = ["client_hello.extensions", "server_name", "server_name_list", "host_name"]
    assert [place[name] for name in nested] == sorted({place[name] for name in nested})


def test_neighbours_differ_in_tint_and_have_a_border(handshake):
    (hello,) = handshake.trace.messages("client_hello")
    boxes = [
        p for p in view.plot_bytes(hello).figure.axes[0].patches
        if isinstance(p, Rectangle) and p.get_linewidth()
    ]  # fmt: skip
    fields = [s for s in hello.spans if s.leaf and s.end > s.start]
    tints = [to_rgb(box.get_facecolor()) for box in boxes]
    changes = sum(one != other for one, other in itertools.pairwise(tints))
    assert changes == len(fields) - 1


def test_a_long_field_is_cut_short_and_says_by_how_much(handshake):
    (certificate,) = handshake.trace.messages("certificate")
    picture = view.plot_bytes(certificate)
    fields = [s for s in certificate.spans if s.leaf and s.end - s.start > 64]
    written = texts(picture)
    assert fields
    for span in fields:
        assert f"… and {span.end - span.start - 32:,} bytes more" in written
    whole = view.plot_bytes(certificate, limit=2000)
    assert not any("more" in line for line in whole.lines)
    large = replace(certificate, raw=bytes(9000), spans=(Span("x", 0, 9000, ""),))
    tall = view.plot_bytes(large, limit=9000)
    left = -(-9000 // 16) - MAX_ROWS
    assert tall.lines[-1] == f"… and {left} rows more. Ask for a part with field=…"


def test_one_field_can_be_shown_alone(handshake):
    (hello,) = handshake.trace.messages("client_hello")
    picture = view.plot_bytes(hello, field="client_hello.extensions")
    (span,) = [s for s in hello.spans if s.path == "client_hello.extensions"]
    found = read_back(picture.figure)
    assert sorted(found) == list(range(span.start, span.end))
    with pytest.raises(LocalError, match="no field 'client_hello.extension'"):
        view.plot_bytes(hello, field="client_hello.extension")


def test_bytes_that_no_field_covers_are_shown_as_such(handshake):
    (hello,) = handshake.trace.messages("client_hello")
    broken = replace(hello, spans=hello.spans[:3])
    picture = view.plot_bytes(broken, limit=500)
    assert "(not decoded)" in texts(picture)
    assert len(read_back(picture.figure)) == len(hello.raw)


def test_a_protected_record_has_a_second_part_which_only_the_keys_open():
    h = lab.handshake(seed=1, suite=CBC)
    record = next(r for r in h.trace.of(Record) if r.content_type == "application_data")
    picture = view.plot_bytes(record)
    at = picture.lines.index(f"What the keys open, {len(record.inner)} bytes")
    rows = [re.match("[0-9a-f]{4}((?: [0-9a-f]{2})*)", line) for line in picture.lines]
    outer = "".join(row[1] for row in rows[:at] if row)
    inner = "".join(row[1] for row in rows[at:] if row)
    assert bytes.fromhex(outer) == record.raw
    assert bytes.fromhex(inner) == record.inner
    assert record.inner.startswith(b"Can anybody read this?")
    assert "fragment.MAC" in texts(picture)


def test_a_record_with_the_fields_of_its_messages_inside(handshake):
    rungs = ladder(handshake.trace)
    (whole,) = bytes_of(rungs, rungs.rungs[0])
    picture = view.plot_bytes(whole)
    assert {"record.type", "client_hello.random"} <= set(texts(picture))
    assert len(read_back(picture.figure)) == len(rungs.rungs[0].record.raw)
    with pytest.raises(LocalError, match="a Message or a Record, not bytes"):
        view.plot_bytes(b"\x16\x03\x03")


# -- what protection adds -----------------------------------------------------------------------


def expected_length(suite, payload):
    """RFC 5246 §6.2.3, RFC 5288 §3: header 5; GCM nonce 8 and tag 16; CBC IV 16, MAC, padding."""
    if suite.cipher_type is CipherType.GCM:
        return 5 + 8 + payload + 16
    mac = MAC_LENGTHS[suite.mac_hash.upper()]
    if suite.cipher_type is CipherType.MAC:
        return 5 + payload + mac
    return 5 + 16 + -(-(payload + mac + 1) // 16) * 16


def test_measured_records_are_as_long_as_the_rfcs_say():
    measured = record_sizes(payloads=range(1, 70))
    assert set(measured) == {suite.name for suite in RSA_SUITES}
    for suite in map(SUITES.__getitem__, RSA_SUITES):
        assert measured[suite.name] == [(n, expected_length(suite, n)) for n in range(1, 70)]


def test_more_than_a_record_holds_takes_two_and_nothing_takes_none():
    (sizes,) = record_sizes([GCM], [0, 2**14, 2**14 + 1]).values()
    assert sizes == [(0, 0), (2**14, 2**14 + 29), (2**14 + 1, 2**14 + 1 + 2 * 29)]
    with pytest.raises(LocalError, match="0 bytes or more"):
        record_sizes([GCM], [-1])
    with pytest.raises(LocalError, match="not implemented"):
        record_sizes(["TLS_RSA_WITH_RC4_128_MD5"])


def test_the_chart_draws_what_was_measured_and_suites_with_equal_sizes_once():
    measured = record_sizes(payloads=range(1, 40))
    picture = view.plot_record_overhead(measured)
    wire, added = picture.figure.axes
    expected = {tuple(pairs) for pairs in measured.values()}
    curves = [line.get_xydata() for line in wire.get_lines()][: len(expected)]
    assert {tuple((int(x), int(y)) for x, y in curve) for curve in curves} == expected
    below = {
        tuple((int(x), int(x + y)) for x, y in line.get_xydata()) for line in added.get_lines()
    }
    assert below == expected
    written = texts(picture)
    assert all(name in written for name in measured)
    styles = {(str(line.get_linestyle()), line.get_marker()) for line in added.get_lines()}
    assert len(styles) == len(expected)
    assert any(GCM in line and ": 29 bytes more" in line for line in picture.lines)
    for nothing in ({}, {GCM: []}):
        with pytest.raises(LocalError, match="nothing was measured"):
            view.plot_record_overhead(nothing)


# -- what a round trip costs --------------------------------------------------------------------


def kinds_of_connection():
    first = lab.handshake(seed=1, suite=ECDHE, resumption="ticket")
    return first, lab.handshake(resume=first)


def test_flights_are_those_of_the_ladder_and_have_all_bytes_of_the_records():
    """The ladder counts them by itself, for the pages that show it; TCP's two are not in it."""
    for handshake, expected in zip(kinds_of_connection(), (6, 4), strict=True):
        found = flights(handshake.trace)[len(TCP) :]
        rungs = list(ladder(handshake.trace))
        (answer,) = (r for r in rungs if (r.name, r.sender) == ("application_data", "server"))
        assert len(found) == answer.flight == expected
        assert [flight.sender for flight in found] == ["client", "server"] * (expected // 2)
        for number, flight in enumerate(found, 1):
            sent = {r.record.number: r.record.raw for r in rungs if r.flight == number}
            if number == expected:
                sent = {answer.record.number: answer.record.raw}
            assert flight.length == sum(map(len, sent.values()))


def test_a_resumed_handshake_saves_a_round_trip_with_openssl_too():
    first = lab.peers.openssl("client", suite=ECDHE, resumption="session id")
    second = lab.peers.openssl("client", resume=first)
    assert (len(flights(first.trace)), len(flights(second.trace))) == (8, 6)


def test_tls_1_3_takes_one_round_trip_less_and_nobody_waits_for_its_tickets():
    first = lab.handshake(seed=1, version="TLS 1.3", resumption="ticket")
    for handshake in (first, lab.handshake(resume=first)):
        for trace in (handshake.trace, handshake.server_trace):
            found = flights(trace)
            assert [each.sender for each in found] == ["client", "server"] * 3
            answer = next(
                number
                for number, record in enumerate(trace.of(Record))
                if record.sender == "server" and record.content_type == "application_data"
            )
            everything = sum(len(record.raw) for record in trace.of(Record)[: answer + 1])
            assert sum(each.length for each in found) == everything


def test_without_tls_there_are_the_data_and_two_flights_of_tcp():
    handshake = lab.handshake(seed=1, request=bytes(100), reply=bytes(7))
    assert flights_without_tls(handshake.trace) == (*TCP, ("client", 100), ("server", 7))


@pytest.mark.parametrize("count", [flights, flights_without_tls])
def test_a_connection_without_an_answer_has_no_end_to_count_to(count):
    with pytest.raises(LocalError, match="sent no application data"):
        count(lab.handshake(seed=1, server_name="nobody.tlslab.test").trace)


def test_the_chart_takes_half_a_round_trip_for_each_flight():
    full, resumed = (flights(each.trace) for each in kinds_of_connection())
    picture = view.plot_round_trips({"full": full, "resumed": resumed, "again": resumed})
    _, chart = picture.figure.axes
    lines = {line.get_label(): line.get_xydata() for line in chart.get_lines()}
    # What takes as long shares a line.
    assert set(lines) == {"full", "resumed\nagain"}
    for label, each in (("full", full), ("resumed\nagain", resumed)):
        assert [tuple(xy) for xy in lines[label]] == [
            (ms, len(each) * ms / 2) for ms in range(1, 301)
        ]
    written = texts(picture)
    assert written.count("→ TCP") == written.count("← TCP") == 3
    assert all(f"→ {f.length:,}" in written for f in full if f.sender == "client" and f.length)
    assert "resumed: 6 flights" in str(picture)
    assert "900 ms where a round trip takes 300 ms" in str(picture)


def test_the_bytes_take_time_on_a_slow_line():
    measured = {"one": [*TCP, ("client", 1_000), ("server", 250)]}
    picture = view.plot_round_trips(measured, milliseconds=(10, 20), bits_per_second=100_000)
    (line,) = picture.figure.axes[1].get_lines()
    assert list(line.get_ydata()) == [120.0, 140.0]


def test_the_chart_in_somebodys_axes_has_the_lines_alone():
    figure = Figure()
    ax = figure.add_subplot()
    picture = view.plot_round_trips({"one": TCP, "two": [*TCP, *TCP]}, ax=ax)
    assert picture.figure is figure
    assert [line.get_label() for line in ax.get_lines()] == ["one", "two"]


@pytest.mark.parametrize("nothing", [{}, {"one": []}])
def test_nothing_to_chart(nothing):
    with pytest.raises(LocalError, match="nothing was measured"):
        view.plot_round_trips(nothing)
    with pytest.raises(LocalError, match="nothing was measured"):
        view.plot_round_trips({"one": TCP}, milliseconds=())


# -- what a key exchange sends ------------------------------------------------------------------

# draft-ietf-tls-ecdhe-mlkem §4 and RFC 8446 §4.2.8: bytes of the client's share and the server's.
PUBLISHED = {"x25519": (32, 32), "X25519MLKEM768": (1216, 1120), "SecP256r1MLKEM768": (1249, 1153)}


def test_the_shares_are_as_long_as_their_specifications_say():
    measured = share_sizes(PUBLISHED)
    assert {name: tuple(map(sum, sizes)) for name, sizes in measured.items()} == PUBLISHED
    assert measured["X25519MLKEM768"] == ((32, 1184), (32, 1088))


def test_the_bars_are_as_long_as_the_shares():
    measured = share_sizes(PUBLISHED)
    picture = view.plot_share_sizes(measured)
    (ax,) = picture.figure.axes
    drawn = {}
    for bar in ax.patches:
        at = round(bar.get_y() + bar.get_height() / 2, 2)
        drawn[at] = max(drawn.get(at, 0), int(bar.get_x() + bar.get_width()))
    expected = [size for sizes in PUBLISHED.values() for size in sizes]
    assert [drawn[at] for at in sorted(drawn)] == expected
    assert "X25519MLKEM768: client 1,216 bytes (1,184 of them ML-KEM's), server 1,120" in str(
        picture
    )
    assert "1,216 client" in texts(picture)
    mine = Figure().add_subplot()
    assert view.plot_share_sizes(measured, ax=mine).figure is mine.figure
    with pytest.raises(LocalError, match="nothing was measured"):
        view.plot_share_sizes({})


# -- a picture to keep --------------------------------------------------------------------------

PROGRAM = """
import hashlib, sys
from tlslab import lab, view
from tlslab.lab.measuring import flights, flights_without_tls, record_sizes, share_sizes
if "style" in sys.argv:
    import matplotlib.style
    matplotlib.style.use(["dark_background", "ggplot"])
    matplotlib.rcParams.update({"font.size": 30, "font.family": "serif", "svg.fonttype": "path"})
h = lab.handshake(seed=1)
for picture in (
    view.plot_ladder(h.trace),
    view.plot_secrets(h.trace),
    view.plot_bytes(h.trace.messages("client_hello")[0]),
    view.plot_record_overhead(record_sizes(payloads=range(1, 20))),
    view.plot_round_trips({"TLS": flights(h.trace), "TCP": flights_without_tls(h.trace)}),
    view.plot_share_sizes({"one": ((32, 1184), (32, 1088))}),
):
    print(hashlib.sha256(picture.svg().encode()).hexdigest(), str(picture))
picture.save(sys.argv[1])
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())
print("matplotlib.pyplot" in sys.modules)
"""


def in_another_process(path, hash_seed, *arguments):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": f"UTC{hash_seed}"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_same_trace_gives_the_same_bytes_whatever_style_is_set_and_without_pyplot(tmp_path):
    first = in_another_process(tmp_path / "picture.pdf", "1")
    assert first == in_another_process(tmp_path / "other.pdf", "2", "style")
    assert first.splitlines()[-1] == "False"


def test_svg_says_what_it_shows_and_lets_no_font_change_it(handshake):
    picture = view.plot_ladder(handshake.trace)
    root = ET.fromstring(picture.svg())
    assert root.findtext("{*}title") == picture.alt
    assert "2026" not in picture.svg().replace(picture.alt, "")
    lengths = {
        element.text: float(element.get("textLength"))
        for element in root.iter("{*}text")
        if element.get("textLength")
    }
    with plain_style():
        drawn = {text.get_text(): box.width for text, box in drawn_texts(picture.figure)}
    scale = 72 / picture.figure.dpi
    for text, length in lengths.items():
        assert abs(length - drawn[text] * scale) < 2, text


def test_width_is_as_wide_as_what_matplotlib_draws():
    words = ("client_hello", "Finished", "TLS_RSA_WITH_AES_128_GCM_SHA256", "1,955 bytes", "AVAToi")
    for mono, bold in itertools.product((False, True), repeat=2):
        for word in words:
            drawn = sheet.text_to_path.get_text_width_height_descent(
                word, sheet.font(9.0, mono, bold), ismath=False
            )[0]
            assert drawn - 0.5 <= sheet.width(word, 9.0, mono, bold) <= 1.1 * drawn + 1.5


class Images(HTMLParser):
    """The images of a page, and its other texts."""

    def __init__(self, page):
        super().__init__()
        self.images, self.tags = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))


def test_in_a_notebook_a_picture_is_one_image_with_a_text_alternative(handshake):
    picture = view.plot_ladder(handshake.trace)
    bundle = picture._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/plain", "text/html"}
    (image,) = Images(bundle["text/html"]).images
    assert image["alt"] == picture.alt
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode() == picture.svg()
    assert bundle["text/plain"] == "\n".join((picture.alt, *picture.lines))
    assert repr(picture) == f"<Picture: {picture.alt}>"
    assert Images(bundle["text/html"]).tags.count("li") == len(picture.lines)


def run(source):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook.cells[0].outputs


@pytest.mark.parametrize(
    ("cell", "mime"),
    [
        ("view.plot_ladder(lab.handshake(seed=1).trace)", "text/html"),
        (
            "import matplotlib.pyplot as plt\n"
            "_, ax = plt.subplots()\n"
            "view.plot_ladder(lab.handshake(seed=1).trace, ax=ax)",
            "image/png",
        ),
    ],
    ids=["its own figure", "a figure of pyplot's"],
)
def test_a_cell_that_ends_in_a_picture_shows_it_exactly_once(cell, mime):
    outputs = run(f"from tlslab import lab, view\n{cell}")
    shown = [kind for output in outputs for kind in output.get("data", {}) if kind != "text/plain"]
    assert shown == [mime]


def test_a_picture_goes_into_somebodys_axes_and_is_scaled_to_fit(handshake):
    figure = Figure(figsize=(12, 6))
    left, right = figure.subplots(1, 2)
    picture = view.plot_ladder(handshake.trace, ax=left)
    view.plot_secrets(handshake.trace, ax=right)
    assert picture.figure is figure
    for text, box in drawn_texts(figure):
        axes = text.axes.bbox
        assert axes.x0 - 1 <= box.x0 <= box.x1 <= axes.x1 + 1
        assert axes.y0 - 1 <= box.y0 <= box.y1 <= axes.y1 + 1


def test_the_view_is_light_until_somebody_plots():
    program = (
        "import sys; from tlslab import view; print('matplotlib' in sys.modules); "
        "from tlslab.view import plot_ladder; print('matplotlib' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert answer.stdout.split() == ["False", "True"]
    with pytest.raises(AttributeError, match="no attribute 'plot_nothing'"):
        view.plot_nothing  # noqa: B018
    assert set(view.__all__) <= set(dir(view))


def test_the_readmes_picture_is_what_its_script_makes():
    path = ROOT / "docs" / "make_pictures.py"
    spec = importlib.util.spec_from_file_location("make_pictures", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.pictures()
    assert "handshake.svg" in made
    for name, picture in made.items():
        committed = (ROOT / "docs" / name).read_text("utf-8")
        assert committed == picture.svg(), "run: python docs/make_pictures.py"
