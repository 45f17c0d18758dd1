"""`python -m local.demo` (`make demo`): apply, compare real photos, destroy."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console

from local.demo.report import ReportError
from local.demo.run import demonstrate
from local.photos import PhotoError, default_album, own_album
from local.stack import StackError


def main() -> int:
    """Run the demo.

    REFERENCE and CHALLENGE in the environment name photos of the user's own; nothing is asserted
    about those. Returns 0 when all was as it should be, 1 when not, 2 for unusable photos
    or a folder that the report cannot be written into, 130 after Ctrl-C.
    """
    console = Console(highlight=False)
    reference, challenge = os.environ.get("REFERENCE", ""), os.environ.get("CHALLENGE", "")
    try:
        own = bool(reference.strip() or challenge.strip())
        album = own_album(reference, challenge) if own else default_album()
    except PhotoError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return demonstrate(album, console, Path.cwd())
    except ReportError as error:
        print(error, file=sys.stderr)
        return 2
    except StackError as error:
        console.print()
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted. Everything that was started has ended and is removed.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
