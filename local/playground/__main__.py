"""`python -m local.playground` (`make playground`): compare photos on a page, until Ctrl-C."""

from __future__ import annotations

import os
import sys

from rich.console import Console

from local.loopback import listening
from local.playground.run import play
from local.stack import StackError


def main() -> int:
    """Run the playground; PORT in the environment chooses where its page is.

    Returns 0 after Ctrl-C, 130 if that came before the page was there, 1 after a failure, 2 for an
    unusable port.
    """
    console = Console(highlight=False)
    port = os.environ.get("PORT", "").strip() or "0"
    try:
        bound = listening(int(port))
    except (ValueError, OverflowError):
        print(f"PORT must be a number from 1 to 65535, not {port!r}.", file=sys.stderr)
        return 2
    except OSError as error:
        told = f"Port {port} cannot be used ({error.strerror}). Choose another PORT, or none."
        print(told, file=sys.stderr)
        return 2
    try:
        play(console, bound)
        code = 0
    except StackError as error:
        console.print()
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        code = 130
    console.print("\nEverything that was started has ended and is removed.")
    return code


if __name__ == "__main__":
    sys.exit(main())
