"""Programs that end with the thread that starts them: the kernel of Linux sees to it."""

import shutil
from collections.abc import Sequence


def bound(command: Sequence[str], signal: str) -> list[str]:
    """The command, so that the program then gets this signal; elsewhere the command as it is."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal, "--", *command] if setpriv else [*command]
