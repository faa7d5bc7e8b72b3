"""The command `tlslab`: a plain front to the same engine that the notebooks use.

Each subcommand is a module with a `register` that adds its parser. To add one, write it and enter
it in `COMMANDS`.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import tlslab
from tlslab.cli.arguments import UsageError
from tlslab.cli.check import register as check
from tlslab.cli.connect import register as connect
from tlslab.cli.serve import register as serve

COMMANDS = (serve, connect, check)
INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells give it: 128 and the number of SIGINT."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default those of the process; give its exit status.

    Raises SystemExit with status 2 for wrong usage, and 0 for --help and --version.
    """
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    parsed = parser().parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
    except UsageError as error:
        parsed.parser.error(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as in `tlslab … | head`. Python would say so once more
        # while it ends, if there were still something to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="tlslab",
        description="A TLS server and a TLS client that show the handshake. For learning: "
        "what they say to each other is protected, but by code that is written to be read.",
    )
    whole.add_argument("--version", action="version", version=f"tlslab {tlslab.__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for register in COMMANDS:
        register(commands)
    return whole


def _never_fail_to_encode(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
