"""Toolchain, virtual environments and checks for people who work on the module.

Standard library only: these modules run before anything is installed. This
file keeps to syntax that an old Python can read, so that the sentence below
is what its user sees.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "tools: this needs Python 3.11 or newer, and "
        + sys.executable
        + " is "
        + ".".join(map(str, sys.version_info[:2]))
        + ": put a newer python3 first on PATH."
    )
