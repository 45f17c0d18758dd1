"""Other spellings of a key that does not exist: keys that a reader can mistake for it.

macOS writes an accent as its own character (NFD), most other systems do not (NFC), and both look
the same. S3's notifications URL-encode keys. A space at the end cannot be seen.
"""

import unicodedata
from typing import NamedTuple
from urllib.parse import unquote_plus


class Spelling(NamedTuple):
    """Another key, and how it differs."""

    key: str
    difference: str


def other_spellings(key: str) -> list[Spelling]:
    """Return the keys that may be meant by a key. Usually there is none."""
    composed = unicodedata.normalize("NFC", key)
    decomposed = unicodedata.normalize("NFD", key)
    found = (
        Spelling(composed, "The same name exists in the other Unicode form (NFC, composed)"),
        Spelling(decomposed, "The same name exists in the other Unicode form (NFD, decomposed)"),
        Spelling(unquote_plus(key), "The same name exists without URL-encoding"),
        Spelling(key.rstrip(), "The same name exists without white space at its end"),
    )
    # The same key may be another spelling in two ways.
    return list({each.key: each for each in reversed(found) if each.key != key}.values())[::-1]
