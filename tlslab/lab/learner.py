"""What a learner has done so far, and the seed that makes their questions their own.

Kept in the folder `.tlslab` beside the notebooks, or in the one that TLSLAB_STATE names. With
TLSLAB_STATE=off nothing is read and nothing is kept: so the notebooks of the course are built. The
seed is then that of TLSLAB_SEED, or the course's own.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from tlslab.errors import LocalError
from tlslab.lab.exercises import answers, exercises
from tlslab.view.tables import Table, counted

OFFICIAL_SEED = "the course's own"
FILE = "progress.json"


@dataclass
class State:
    """seed: this learner's. done: the ids of the exercises that passed, in that order."""

    seed: str = field(default_factory=lambda: os.environ.get("TLSLAB_SEED", OFFICIAL_SEED))
    done: list[str] = field(default_factory=list)


_unsaved = State()


def folder() -> Path | None:
    """Where it is kept; None if it is not."""
    wanted = os.environ.get("TLSLAB_STATE", "")
    if wanted == "off":
        return None
    return Path(wanted or ".tlslab")


def load() -> State:
    """What is known about this learner. Raises LocalError if the file was damaged."""
    place = folder()
    if place is None:
        return _unsaved
    path = place / FILE
    if not path.exists():
        return State(secrets.token_hex(8))
    try:
        kept = json.loads(path.read_text("utf-8"))
        return State(str(kept["seed"]), [str(id) for id in kept["done"]])
    except (ValueError, KeyError, TypeError):
        aside = path.with_suffix(".damaged.json")
        path.replace(aside)
        raise LocalError(
            f"{path} could not be read, and is now {aside}. Run the cell again: your progress "
            "starts anew, and what you wrote in the notebooks is untouched"
        ) from None


def save(state: State) -> None:
    """Keep it: the whole file or nothing."""
    place = folder()
    if place is None:
        return
    place.mkdir(parents=True, exist_ok=True)
    new = place / f"{FILE}.new"
    new.write_text(json.dumps({"seed": state.seed, "done": state.done}, indent=1) + "\n", "utf-8")
    new.replace(place / FILE)


def done(id: str) -> None:
    """Note that an exercise passed."""
    state = load()
    if id not in state.done:
        state.done.append(id)
    save(state)


def seed() -> str:
    """The learner's seed; made and kept when it is first asked for."""
    state = load()
    save(state)
    return state.seed


def progress() -> Table:
    """What of the whole course is done, a line for each notebook, and where to go on."""
    finished = set(load().done)
    every = {**exercises(), **answers()}
    rows, left = [], []
    for number in sorted({id[:2] for id in every}):
        here = [id for id in every if id.startswith(number)]
        to_do = [id for id in here if id not in finished]
        left += to_do
        marks = ", ".join(id.partition(".")[2] for id in to_do)
        rows.append((number, f"{len(here) - len(to_do)} of {len(here)}", marks or "✓"))
    place = folder()
    notes = [
        f"{len(every) - len(left)} of {counted(len(every), 'exercise')} done.",
        f"Go on with {left[0]}, in notebook {left[0][:2]}." if left else "All of it is done.",
        "Nothing of this is kept: TLSLAB_STATE is off."
        if place is None
        else f"It is kept in {place / FILE}. lab.start_over() forgets it.",
    ]
    return Table(
        "Your progress",
        ("notebook", "done", "still to do"),
        tuple(rows),
        frozenset({"still to do"}),
        tuple(notes),
    )


def forget() -> None:
    """Forget what was done, and the seed."""
    _unsaved.done.clear()
    place = folder()
    if place is not None:
        (place / FILE).unlink(missing_ok=True)
