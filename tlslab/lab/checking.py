"""`lab.check`: is this function right, and if not, what is the mistake?

It calls the learner's function with published vectors, edge cases and seeded values, and compares
with the reference. A mistake that many make is named; for any other the first difference is shown.
A function that passes runs in the handshakes that follow.
"""

import os
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import tlslab
from tlslab.errors import LocalError, ProtocolError
from tlslab.lab import learner, my_tls
from tlslab.lab.comparing import difference, same, shape
from tlslab.lab.exercises import Answer, Case, Exercise, Refusal, exercises, find
from tlslab.lab.limiting import TooSlow, time_limit
from tlslab.lab.randomness import SeededRandom
from tlslab.primitives import REFERENCE, Primitives
from tlslab.view.tables import counted, escape

PRINTED = 10
"""Most lines that are shown of what a function printed."""
PACKAGE = Path(tlslab.__file__).parent
RESULT_TYPE = "application/vnd.tlslab.result+json"
MARKS = {"passed": "✓", "not written": "…", "wrong": "✗", "crashed": "✗", "too slow": "✗"}

_installed: dict[str, Callable[..., Any]] = {}
_asked: Counter[str] = Counter()


class NotPassedError(Exception):
    """What nbgrader sees of an exercise that did not pass. The text is the diagnosis."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check.

    status: "passed", "wrong", "crashed", "too slow" or "not written". message: what to say of it.
    """

    exercise: str
    status: str
    message: str

    def __repr__(self) -> str:
        return f"{MARKS[self.status]} {self.message}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """For programs that read a notebook's outputs; a browser shows the HTML."""
        return {RESULT_TYPE: {"exercise": self.exercise, "status": self.status}}

    def _repr_html_(self) -> str:
        first, *more = self.message.split("\n")
        lines = [f"<p><b>{MARKS[self.status]} {self.exercise}</b>: {escape(first, 2000)}</p>"]
        if more:
            lines.append(f"<pre>{'<br>'.join(escape(line, 2000) for line in more)}</pre>")
        return "".join(lines)


def check(function: Callable[..., Any], *, limit: float = 5.0) -> Result:
    """Check a function of yours; its name says which exercise it belongs to.

    limit: seconds for all cases together. Raises LocalError for a name that is no exercise.
    """
    exercise = _exercise_of(function)
    result = _for_nbgrader(_check(exercise, function, limit))
    if result.status == "passed":
        learner.done(exercise.id)
        if exercise.primitive:
            _installed[exercise.primitive] = function
        if saved := my_tls.save(exercise, function):
            return replace(result, message=f"{result.message} {saved}")
    return result


class Hint(str):
    """A hint, shown without the marks of a string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def hint(id: str) -> Hint:
    """The next hint for an exercise; each says more. Raises LocalError for an unknown id."""
    hints = find(id).hints
    number = min(_asked[id], len(hints) - 1)
    _asked[id] += 1
    return Hint(f"Hint {number + 1} of {len(hints)}: {hints[number]}")


def answer(id: str, value: Any) -> Result:
    """Check a value that you found. Raises LocalError for an unknown id."""
    return _for_nbgrader(_answer(id, value))


def _answer(id: str, value: Any) -> Result:
    question = find(id)
    if not isinstance(question, Answer):
        raise LocalError(f"{id} asks for a function: use lab.check({question.name})")
    if value is None or value is ...:
        return Result(id, "not written", f"{id} has no answer yet.")
    own = learner.seed()
    if same(question.expected(own), value):
        learner.done(id)
        return Result(id, "passed", f"{id} is right.")
    for sentence, mistaken in question.mistakes:
        if same(mistaken(own), value):
            return Result(id, "wrong", sentence)
    return Result(id, "wrong", f"Not that. {shape(question.expected(own), value)}")


def primitives() -> Primitives:
    """The primitives with every function of yours that passed; the reference for the others.

    What passed in another notebook comes from `my_tls.py`. Raises LocalError if that file cannot
    be run.
    """
    mine = my_tls.functions()
    saved = {
        exercise.primitive: mine[exercise.name]
        for exercise in exercises().values()
        if exercise.primitive and exercise.name in mine
    }
    return REFERENCE.using(**{**saved, **_installed})


def start_over() -> str:
    """Forget what was done, and the seed, and put `my_tls.py` aside. Says where it is now.

    The notebooks themselves stay as they are.
    """
    _installed.clear()
    _asked.clear()
    learner.forget()
    aside = my_tls.put_aside()
    kept = f" Your functions are now in {aside}, where nothing uses them." if aside else ""
    return f"Nothing is done, and the questions are new ones.{kept}"


def _for_nbgrader(result: Result) -> Result:
    """The result; where nbgrader is at work, which counts errors alone, an error if need be."""
    if os.environ.get("NBGRADER_EXECUTION") and result.status != "passed":
        raise NotPassedError(f"{result.exercise}, {result.status}: {result.message}")
    return result


# -- one check ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a call came to: a value, or an exception. printed: what it printed meanwhile."""

    value: Any = None
    raised: BaseException | None = None
    printed: str = ""

    def fits(self, expected: Any) -> bool:
        if isinstance(expected, Refusal):
            return expected.fits(self.raised)
        if isinstance(expected, type) and issubclass(expected, BaseException):
            return isinstance(self.raised, expected)
        return self.raised is None and same(expected, self.value)

    def equals(self, other: "_Outcome", expected: Any) -> bool:
        """Whether both come to the same: an alert that is right is none that is wrong."""
        if self.raised is not None or other.raised is not None:
            alike = type(self.raised) is type(other.raised)
            return alike and self.fits(expected) == other.fits(expected)
        return same(self.value, other.value)


def _check(exercise: Exercise, function: Callable[..., Any], limit: float) -> Result:
    name = exercise.name
    cases = list(exercise.cases(SeededRandom(exercise.id, "check")))
    outcomes: list[_Outcome] = []
    try:
        with time_limit(limit):
            for case in cases:
                outcomes.append(_call(function, case))
                if isinstance(outcomes[-1].raised, NotImplementedError):
                    return Result(exercise.id, "not written", _not_written(exercise))
    except TooSlow:
        what = cases[len(outcomes)].what
        message = f"{name} was stopped: not done after {limit:g} s ({what}). Does a loop end?"
        return Result(exercise.id, "too slow", message)
    expected = [_expected(exercise, case) for case in cases]
    wrong = [i for i, outcome in enumerate(outcomes) if not outcome.fits(expected[i])]
    if not wrong:
        runs = " It now runs in the handshakes below." if exercise.primitive else ""
        return Result(
            exercise.id, "passed", f"{name} is right in {counted(len(cases), 'case')}.{runs}"
        )
    # A mistake that explains everything, or else one that explains what is wrong.
    for explained in (range(len(cases)), wrong):
        for mistake in exercise.mistakes:
            if all(
                outcomes[i].equals(_call(mistake.function, cases[i]), expected[i])
                for i in explained
            ):
                return Result(exercise.id, "wrong", mistake.sentence)
    first = wrong[0]
    return _unknown_mistake(exercise, cases[first], expected[first], outcomes[first])


def _unknown_mistake(exercise: Exercise, case: Case, expected: Any, outcome: _Outcome) -> Result:
    name, error, status = exercise.name, outcome.raised, "wrong"
    if isinstance(expected, Refusal) and isinstance(error, ProtocolError):
        message = f"{name} refused with {error.alert}. Expected is a {expected} ({case.what})."
    elif isinstance(error, BaseException):
        status = "crashed"
        message = f"{name} raised {_named(error)} ({case.what}).\n{_own_lines(error)}".rstrip()
    elif isinstance(expected, Refusal):
        message = f"{name} has to raise a {expected} here, and returned ({case.what})."
    elif isinstance(expected, type) and issubclass(expected, BaseException):
        message = f"{name} has to raise {expected.__name__} here, and returned ({case.what})."
    else:
        message = f"{name} is not right yet ({case.what}). {difference(expected, outcome.value)}"
    return Result(exercise.id, status, f"{message}{_printed(outcome.printed)}")


def _call(function: Callable[..., Any], case: Case) -> _Outcome:
    # A list may be changed by whoever gets it.
    arguments = [list(each) if isinstance(each, list) else each for each in case.arguments]
    with redirect_stdout(StringIO()) as printed:
        try:
            return _Outcome(function(*arguments), printed=printed.getvalue())
        except (Exception, SystemExit) as error:
            return _Outcome(raised=error, printed=printed.getvalue())


def _printed(text: str) -> str:
    """What the function printed in the case that is shown: the first lines of it."""
    if not text:
        return ""
    lines = text.rstrip("\n").split("\n")
    more = [f"  … {counted(len(lines) - PRINTED, 'line')} more"] if len(lines) > PRINTED else []
    return "\n".join(["\nIt printed:", *(f"  {line}" for line in lines[:PRINTED]), *more])


def _expected(exercise: Exercise, case: Case) -> Any:
    if case.expected is not None:
        return case.expected
    outcome = _call(exercise.reference, case)
    return outcome.value if outcome.raised is None else type(outcome.raised)


def _not_written(exercise: Exercise) -> str:
    if exercise.primitive in _installed:
        return f"{exercise.name} is not written here. The version of yours that passed stays."
    return f"{exercise.name} is not written yet. The reference stands in: everything below works."


def _exercise_of(function: Callable[..., Any]) -> Exercise:
    name = getattr(function, "__name__", repr(function))
    for exercise in exercises().values():
        if exercise.name == name:
            return exercise
    known = ", ".join(exercise.name for exercise in exercises().values())
    raise LocalError(f"no exercise asks for a function called {name!r}; they ask for: {known}")


def _named(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _own_lines(error: BaseException) -> str:
    """Where it happened in the learner's code, without this package's own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not Path(frame.filename).is_relative_to(PACKAGE)]
    return "\n".join(f"  in {frame.name}, line {frame.lineno}: {frame.line}" for frame in own)
