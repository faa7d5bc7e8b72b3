"""The browser's side of the views: plain ES modules in `static`, joined into the one that a widget
may have.

Each module becomes a function of its own, so names in different modules do not meet, and what it
exports is what the others import. This understands the two forms of import and export that the
modules use, and refuses any other.
"""

import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"

_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function (\w+)|class (\w+)|const (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)


@cache
def joined(name: str) -> str:
    """The module `name` and all that it imports, as the text of one module."""
    order: list[str] = []
    _visit(name, order, ())
    parts = [_wrapped(module, last=module == name) for module in order]
    return "\n".join(parts)


@cache
def stylesheet(name: str) -> str:
    """The CSS file `name`."""
    return (STATIC / f"{name}.css").read_text(encoding="utf-8")


def _visit(name: str, order: list[str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"modules import each other in a circle: {', '.join((*above, name))}")
    if name in order:
        return
    for _, imported in _IMPORT.findall(_source(name)):
        _visit(imported, order, (*above, name))
    order.append(name)


def _wrapped(name: str, *, last: bool) -> str:
    source = _IMPORT.sub(r"const { \1 } = tlslab_\2;", _source(name))
    exported = [next(filter(None, names)) for names in _EXPORT.findall(source)]
    source = _EXPORT.sub("", source)
    if last:
        source = _DEFAULT.sub("return ", source)
        return f"export default (() => {{\n{source}\n}})();\n"
    for statement in ("import", "export"):
        if re.search(rf"^{statement}\b", source, re.MULTILINE):
            raise ValueError(f"{name}.js has an {statement} of a form that is not understood")
    return f"const tlslab_{name} = (() => {{\n{source}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _source(name: str) -> str:
    return (STATIC / f"{name}.js").read_text(encoding="utf-8")
