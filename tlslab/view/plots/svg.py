"""matplotlib's SVG, tidied: smaller, and the same with any font.

Letters stay letters, so that they can be found, copied and edited. Each text says how long it is;
a browser that has another font fits that to it, and nothing overlaps.
"""

import re
import xml.etree.ElementTree as ET

from tlslab.view.plots.sheet import width

SVG = "http://www.w3.org/2000/svg"

_SANS = "'DejaVu Sans',Verdana,sans-serif"
_MONO = "'DejaVu Sans Mono',Menlo,Consolas,monospace"
_STYLE = (
    "*{stroke-linejoin:round;stroke-linecap:butt}"
    f"text{{font-family:{_SANS};white-space:pre}}"
    f".m{{font-family:{_MONO}}}.b{{font-weight:bold}}"
)
_SIZE = re.compile(r"([\d.]+)px")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")


def tidied(svg: bytes) -> bytes:
    """The SVG without what nobody needs. svg: as matplotlib wrote it, letters as text."""
    root = ET.fromstring(svg)
    for element in list(root):
        if element.tag == f"{{{SVG}}}metadata":
            root.remove(element)
    used = set(re.findall(r"#([\w-]+)", svg.decode()))
    _tidy(root, used)
    for style in root.iter(f"{{{SVG}}}style"):
        style.text = _STYLE
    # ElementTree writes `<ns0:path`, unless told otherwise for all its users in the program.
    text = ET.tostring(root, encoding="unicode").replace(" xmlns:ns0=", " xmlns=", 1)
    return re.sub("(</?)ns0:", r"\1", text).encode() + b"\n"


def _tidy(element: ET.Element, used: set[str]) -> None:
    """An element and what is in it. used: the ids that something refers to."""
    for name, value in list(element.attrib.items()):
        if name == "id" and value not in used:
            del element.attrib[name]
        elif name in ("d", "style", "transform", "x", "y"):
            element.set(name, _rounded(" ".join(value.split())))
    if element.tag == f"{{{SVG}}}text":
        _tidy_text(element)
    elif element.tag not in (f"{{{SVG}}}title", f"{{{SVG}}}style"):
        element.text = "\n" if len(element) else None
    element.tail = "\n"
    children: list[ET.Element] = []
    for child in element:
        _tidy(child, used)
        # A group that says nothing about its members is no group.
        plain = child.tag == f"{{{SVG}}}g" and not child.attrib
        children += list(child) if plain else [child]
    element[:] = children


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), text)


def _tidy_text(element: ET.Element) -> None:
    """A text: its font as a class, and its length."""
    entries = [entry.split(":", 1) for entry in element.attrib.pop("style", "").split(";")]
    style = {entry[0].strip(): entry[1].strip() for entry in entries if len(entry) == 2}
    font = " ".join(style.pop(name, "") for name in ("font", "font-family", "font-size"))
    font += " " + style.pop("font-weight", "")
    mono, bold = "DejaVu Sans Mono" in font, re.search(r"\b(bold|[6-9]00)\b", font) is not None
    classes = ("m" if mono else "") + (" b" if bold else "")
    found = _SIZE.search(font)
    size = float(found[1]) if found else 10.0
    if classes:
        element.set("class", classes.strip())
    element.set("font-size", f"{size:g}")
    if style.get("text-anchor") == "start":
        del style["text-anchor"]
    for name, value in style.items():
        element.set(name, value)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    text = element.text or ""
    if len(text) > 3:
        element.set("textLength", f"{width(text, size, mono, bold):.1f}")
        element.set("lengthAdjust", "spacingAndGlyphs")
