"""`my_tls.py`: the learner's functions that passed their checks, kept as a module.

Each has a section of its own between two marks, in the order of the course, with the imports,
helpers and plain values that it uses. What stands outside of the marks is the learner's and stays.
A section that was changed by hand stays too: its mark says what it was when it was written.

The file lies where the notebooks run, or in the folder that TLSLAB_STATE names; with
TLSLAB_STATE=off there is none.
"""

import builtins
import hashlib
import inspect
import linecache
import os
import re
import symtable
import sys
import textwrap
import traceback
import types
from ast import literal_eval
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tlslab.errors import LocalError
from tlslab.lab.exercises import Exercise, exercises

FILE = "my_tls.py"
NEW = '''"""My TLS: the functions that I wrote and that passed their checks.

A section between two marks is written by lab.check. Change one by hand, and it is left alone from
then on; delete it, and the next check that passes writes it anew. What you write outside of the
marks stays as it is.
"""

from tlslab.lab.stand_ins import *  # the reference, for what is not written below
'''
BEGIN = re.compile(r"# === (?P<id>\S+), written by lab\.check, (?P<digest>[0-9a-f]{8}) ===")
END = "# === end of {id} ==="


@dataclass(frozen=True, slots=True)
class Section:
    """A function with what it needs. digest: of the body as lab.check wrote it."""

    id: str
    digest: str
    body: str

    @property
    def changed_by_hand(self) -> bool:
        return digest_of(self.body) != self.digest

    def __str__(self) -> str:
        begin = f"# === {self.id}, written by lab.check, {self.digest} ==="
        return f"{begin}\n{self.body}{END.format(id=self.id)}\n"


class CannotSaveError(Exception):
    """Why a function cannot stand in a file by itself: the end of a sentence."""


def path() -> Path | None:
    """Where the file is, or will be; None if nothing is kept."""
    state = os.environ.get("TLSLAB_STATE", "")
    return None if state == "off" else Path(state) / FILE


def functions() -> dict[str, Callable[..., Any]]:
    """Every function of the course that the file defines, by its name.

    Raises LocalError if the file cannot be run, with the line.
    """
    place = path()
    if place is None or not place.exists():
        return {}
    status = place.stat()
    return _loaded(str(place.resolve()), status.st_mtime_ns, status.st_size)


@cache
def _loaded(name: str, _time: int, _size: int) -> dict[str, Callable[..., Any]]:
    """The functions of this file; read again when it has changed."""
    return _run(Path(name).read_text("utf-8"), name)


def save(exercise: Exercise, function: Callable[..., Any]) -> str:
    """Keep a function that passed: the whole file or nothing. Returns a sentence, or nothing."""
    place = path()
    if place is None:
        return ""
    text = place.read_text("utf-8") if place.exists() else NEW
    pieces = list(parse(text))
    before = next((piece for piece in pieces if _is_section(piece, exercise.id)), None)
    if isinstance(before, Section) and before.changed_by_hand:
        return (
            f"{place} has a version of {exercise.name} that was changed by hand. It stays; delete "
            "its section there if this one shall take its place."
        )
    try:
        body = source_of(function)
        new = Section(exercise.id, digest_of(body), body)
        joined = "".join(map(str, _with_section(pieces, new)))
        if exercise.name not in _run(joined, str(place)):
            raise CannotSaveError("it would be replaced by what stands below it")
    except (CannotSaveError, LocalError) as error:
        return f"It could not be saved in {place}: {error}."
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{FILE}.new")
    fresh.write_text(joined, "utf-8")
    fresh.replace(place)
    return f"It is saved in {place}."


def put_aside() -> Path | None:
    """Give the file another name, so that nothing of it is used. None: there is no file."""
    place = path()
    if place is None or not place.exists():
        return None
    number = 1
    while (aside := place.with_name(f"my_tls.before-{number}.py")).exists():
        number += 1
    return place.rename(aside)


# -- the file -----------------------------------------------------------------------------------


def parse(text: str) -> Iterator[str | Section]:
    """The sections, and what stands between them. Raises LocalError for one without an end."""
    lines = iter(text.splitlines(keepends=True))
    free: list[str] = []
    for line in lines:
        mark = BEGIN.match(line)
        if mark is None:
            free.append(line)
            continue
        yield "".join(free)
        free = []
        body: list[str] = []
        for inner in lines:
            if inner.rstrip() == END.format(id=mark["id"]):
                break
            body.append(inner)
        else:
            raise LocalError(
                f"the section {mark['id']} of {path()} has lost its last line, "
                f'"{END.format(id=mark["id"])}". Write it again where the section ends'
            )
        yield Section(mark["id"], mark["digest"], "".join(body))
    yield "".join(free)


def digest_of(body: str) -> str:
    """A short fingerprint of a section: 8 hex digits."""
    return hashlib.sha256(body.encode()).hexdigest()[:8]


def _is_section(piece: str | Section, id: str) -> bool:
    return isinstance(piece, Section) and piece.id == id


def _with_section(pieces: list[str | Section], new: Section) -> list[str | Section]:
    """The pieces with `new` in its place in the order of the course."""
    if any(_is_section(piece, new.id) for piece in pieces):
        return [new if _is_section(piece, new.id) else piece for piece in pieces]
    order = list(exercises())
    after = 0  # the first piece is never a section
    for index, piece in enumerate(pieces):
        known = isinstance(piece, Section) and piece.id in order
        if known and order.index(piece.id) < order.index(new.id):  # type: ignore[union-attr]
            after = index
    head = pieces[: after + 1]
    if not str(head[-1]).endswith("\n"):
        head.append("\n")
    return [*head, "\n", new, *pieces[after + 1 :]]


def _run(text: str, name: str) -> dict[str, Callable[..., Any]]:
    """What the text defines: the functions of the course that are not the reference."""
    space: dict[str, Any] = {"__name__": "my_tls", "__file__": name}
    # So that an error in a function shows its line.
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    try:
        exec(compile(text, name, "exec"), space)  # the learner's own file
    except Exception as error:
        line = _line_of(error, name)
        raise LocalError(f"{name}{line}: {type(error).__name__}: {error}") from error
    return {
        each.name: space[each.name]
        for each in exercises().values()
        if callable(space.get(each.name)) and space[each.name] is not each.reference
    }


def _line_of(error: Exception, name: str) -> str:
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    frames = [at for at in traceback.extract_tb(error.__traceback__) if at.filename == name]
    return f", line {frames[-1].lineno}" if frames else ""


# -- a function and what it uses ----------------------------------------------------------------


@dataclass
class _Needed:
    """What has to stand above a function, each by its name, in the order in which it is needed."""

    imports: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)


def source_of(function: Callable[..., Any]) -> str:
    """The source of a function, below its imports, values and helpers. Raises CannotSaveError."""
    if not isinstance(function, types.FunctionType):
        raise CannotSaveError("it is not made by def")
    if str(function.__module__).partition(".")[0] == "tlslab":
        raise CannotSaveError("it is the lab's own function")
    if function.__closure__:
        raise CannotSaveError("it is defined inside of another function")
    needed = _Needed()
    _collect(function, needed)
    own = needed.definitions.pop(function.__name__)
    parts = ["\n".join(sorted(needed.imports)), "\n".join(needed.values.values())]
    head = "\n\n".join(part for part in parts if part)
    return "\n\n\n".join(filter(None, [head, *needed.definitions.values(), own])) + "\n\n"


def _collect(function: types.FunctionType, needed: _Needed) -> None:
    try:
        source = textwrap.dedent(inspect.getsource(function)).rstrip()
        names = sorted(_global_names(source))
    except (OSError, SyntaxError):
        raise CannotSaveError(f"Python does not know the source of {function.__name__}") from None
    # Its place is kept while its helpers are collected: two functions may call each other.
    needed.definitions[function.__name__] = source
    theirs = {each.name for each in exercises().values()}
    for name in names:
        if name in needed.definitions or name in needed.values:
            continue
        if name not in function.__globals__ or name in theirs:
            continue  # a builtin; or it has a section of its own, or stands in
        _need(name, function.__globals__[name], needed)
    needed.definitions[function.__name__] = needed.definitions.pop(function.__name__)


def _need(name: str, value: Any, needed: _Needed) -> None:
    if isinstance(value, types.ModuleType):
        needed.imports.add(_import_module(name, value.__name__))
    elif statement := _import_from(name, value):
        needed.imports.add(statement)
    elif isinstance(value, types.FunctionType) and not value.__closure__:
        _collect(value, needed)
    elif _is_plain(value):
        needed.values[name] = f"{name} = {value!r}"
    else:
        raise CannotSaveError(
            f"it uses {name}, which is neither imported, nor a function, nor a plain value. Give "
            "it as an argument, or make it inside of the function"
        )


def _import_module(name: str, module: str) -> str:
    parent, _, last = module.rpartition(".")
    if parent:
        return f"from {parent} import {last}" + (f" as {name}" if name != last else "")
    return f"import {module}" + (f" as {name}" if name != module else "")


def _import_from(name: str, value: Any) -> str:
    """The import that gives this value, if there is one."""
    module, real = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(real, str) or module == "__main__":
        return ""
    if vars(sys.modules.get(module, object)).get(real) is not value:
        # Compiled classes name a module that cannot be imported; some public one offers them.
        package = module.partition(".")[0]
        offering = [
            each
            for each, loaded in sorted(sys.modules.items())
            if re.fullmatch(rf"{package}(\.[a-z]\w*)*", each) and vars(loaded).get(real) is value
        ]
        if not offering:
            return ""
        module = min(offering, key=len)
    return f"from {module} import {real}" + (f" as {name}" if name != real else "")


def _is_plain(value: Any) -> bool:
    try:
        return bool(literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError):
        return False


def _global_names(source: str) -> set[str]:
    """The names that a function takes from outside: globals, and builtins, which are left out."""
    whole = symtable.symtable(source, "<source>", "exec")
    found: set[str] = set()
    tables = [whole]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            outside = symbol.is_global() or (table is whole and not symbol.is_assigned())
            if outside and symbol.is_referenced():
                found.add(symbol.get_name())
    return {name for name in found if not hasattr(builtins, name)}
