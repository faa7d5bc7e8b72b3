"""`tlslab check`: are the exercises in this notebook right?"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import tlslab
from tlslab.cli.arguments import UsageError
from tlslab.errors import LocalError

PROGRESS = Path(".tlslab") / "progress.json"


def register(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check",
        help="check the exercises in a notebook of the course",
        description="Put the exercises of your notebook into the course's own one, run it in a new "
        "kernel with nbval, and say what came of each exercise. Exit status: 0 if all passed, 1 if "
        "not. It runs the code in the notebook with your rights. It is a self-check, and no "
        "examination.",
    )
    parser.set_defaults(run=run, parser=parser)
    parser.add_argument(
        "notebooks", nargs="+", type=Path, metavar="NOTEBOOK", help="such as 05_master_secret.ipynb"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report too")
    parser.add_argument(
        "--course",
        type=Path,
        metavar="DIR",
        help="the folder of the course's own notebooks (by default it is looked for)",
    )
    parser.add_argument(
        "--seed",
        metavar="TEXT",
        help="the learner's seed, for the questions that are different for each (by default from "
        "progress.json beside the notebook)",
    )


def run(options: argparse.Namespace) -> int:
    """Check each notebook; 0 if every exercise passed."""
    try:
        from tlslab.classroom.self_check import WHAT_IT_IS, junit, self_check
    except ImportError as error:
        raise UsageError(
            f"{error.name} is not installed; the course needs it: pip install 'tlslab[lab]'"
        ) from error
    reports = []
    try:
        for notebook in options.notebooks:
            course = options.course or _find_course(notebook)
            seed = options.seed if options.seed is not None else _seed(notebook)
            reports.append(self_check(notebook, course, seed))
            if not options.json:
                print(reports[-1])
    except LocalError as error:
        raise UsageError(str(error)) from error
    if options.json:
        print(json.dumps([report.as_json() for report in reports], indent=1, ensure_ascii=False))
    else:
        print(WHAT_IT_IS)
    if options.junit is not None:
        try:
            options.junit.write_text(junit(reports), "utf-8")
        except OSError as error:
            raise UsageError(f"--junit {options.junit}: {error.strerror}") from error
    return 0 if all(report.passed for report in reports) else 1


def _find_course(notebook: Path) -> Path:
    """The folder of the course: that of the installed package, or one around the notebook."""
    for above in (Path(tlslab.__file__).parent, *(notebook.absolute().parents), Path.cwd()):
        for folder in (above, above.parent / "notebooks", above / "notebooks"):
            if (folder / "solutions").is_dir() and (folder / "source").is_dir():
                return folder
    raise UsageError("the course's notebooks are not here: say where they are, with --course DIR")


def _seed(notebook: Path) -> str | None:
    """The learner's seed as it is kept beside the notebook; None if there is none."""
    state = os.environ.get("TLSLAB_STATE", "")
    if state == "off":
        return None
    path = Path(state) / PROGRESS.name if state else notebook.parent / PROGRESS
    try:
        return str(json.loads(path.read_text("utf-8"))["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
