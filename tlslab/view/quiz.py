"""Small questions that check themselves: choose, order, match.

    Quiz((Choose("Which is secret?", (Choice("the random", "It is sent."), …)),))

Everything is in the browser from the start, explanations too, and the kernel is never asked. `code`
in a text stands between backticks.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets

from tlslab.errors import LocalError
from tlslab.view.modules import joined, stylesheet
from tlslab.view.stand_in import WithStandIn
from tlslab.view.tables import escape, wrapped

LETTERS = "abcdefgh"


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible answer, and why it is right, or what is wrong with it."""

    text: str
    because: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Choose:
    """A question with one right answer among several."""

    question: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        if len(self.choices) < 2 or sum(choice.right for choice in self.choices) != 1:
            raise LocalError(f"one choice of several is right: {self.question}")


@dataclass(frozen=True, slots=True)
class Order:
    """Things to put in order. items: in the right order, each with why it stands there."""

    question: str
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Pairs to find. pairs: what is given, what belongs to it, and why."""

    question: str
    pairs: tuple[tuple[str, str, str], ...]


Question = Choose | Order | Match


class Quiz(WithStandIn, anywidget.AnyWidget):
    """Questions, one below the other."""

    _esm = joined("quiz")
    _css = stylesheet("quiz")

    questions = traitlets.Unicode().tag(sync=True)

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = tuple(questions)
        super().__init__(questions=json.dumps([_as_data(each) for each in questions]))

    def __repr__(self) -> str:
        lines: list[str] = []
        for number, question in enumerate(self._questions, 1):
            lines += wrapped(f"{number}. {question.question}".replace("`", ""))
            for letter, text in zip(LETTERS, _offered(question), strict=False):
                lines += wrapped(f"{letter}) {text}".replace("`", ""), indent=3)
        return "\n".join(lines)

    def without_kernel(self) -> str:
        """The questions as HTML; each explanation unfolds."""
        return "".join(
            f"<p><b>{number}. {_marked(question.question)}</b></p>{_folded(question)}"
            for number, question in enumerate(self._questions, 1)
        )


def _as_data(question: Question) -> dict[str, Any]:
    """What the browser needs."""
    match question:
        case Choose(text, choices):
            return {
                "kind": "choose",
                "question": text,
                "choices": [[each.text, each.because, each.right] for each in choices],
            }
        case Order(text, items):
            return {"kind": "order", "question": text, "items": items, "first": _offered(question)}
        case Match(text, pairs):
            return {"kind": "match", "question": text, "pairs": pairs, "first": _offered(question)}


def _offered(question: Question) -> list[str]:
    """What the learner sees at first: choices as they are, everything else by the alphabet."""
    match question:
        case Choose(_, choices):
            return [choice.text for choice in choices]
        case Order(_, items):
            offered = sorted((text for text, _ in items), key=str.lower)
            # The alphabet must not be the answer.
            return offered[::-1] if offered == [text for text, _ in items] else offered
        case Match(_, pairs):
            return sorted({right for _, right, _ in pairs}, key=str.lower)


def _folded(question: Question) -> str:
    """The answers, each below what has to be clicked to see it."""
    match question:
        case Choose(_, choices):
            rows = [
                (each.text, f"{'Right' if each.right else 'No'}. {each.because}")
                for each in choices
            ]
        case Order(_, items):
            first = "".join(f"<li>{_marked(text)}</li>" for text in _offered(question))
            right = "".join(f"<li>{_marked(text)}: {_marked(why)}</li>" for text, why in items)
            order = f"<details><summary>The right order</summary><ol>{right}</ol></details>"
            return f"<ul>{first}</ul>{order}"
        case Match(_, pairs):
            rows = [(given, f"{belongs}. {why}") for given, belongs, why in pairs]
    return "".join(
        f"<details><summary>{_marked(text)}</summary><p>{_marked(why)}</p></details>"
        for text, why in rows
    )


def _marked(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, 2000))
