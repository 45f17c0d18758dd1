"""Build lambda/face_compare.zip, byte for byte the same on every machine.

Order, time stamps, permissions and the maker's system are fixed. The entries are stored, not
compressed: the bytes of a deflate stream depend on the zlib a Python was built with, and
uncompressed source is also what a reviewer can read with any tool.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

from tools.failure import ToolError, reported
from tools.places import REPOSITORY

SOURCE = REPOSITORY / "lambda"
ZIP = SOURCE / "face_compare.zip"
README = REPOSITORY / "README.md"

_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_READABLE_FILE = 0o100644
_DIGEST_IN_README = re.compile(r"(SHA-256 of `lambda/face_compare\.zip`: `)[0-9a-f]*(`)")


def build(source: Path = SOURCE) -> bytes:
    """Return the zip of the package ``face_compare`` below ``source``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(source.glob("face_compare/**/*.py"), key=lambda path: path.as_posix()):
            entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), _EARLIEST_ZIP_TIME)
            entry.create_system = _UNIX
            entry.external_attr = _READABLE_FILE << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def digest(archive: bytes) -> str:
    """Return the SHA-256 of the zip as 64 hexadecimal digits."""
    return hashlib.sha256(archive).hexdigest()


def readme_with(sha256: str, readme: str) -> str:
    """Return the README's text with this digest in its place.

    Raises:
        ToolError: there is no such place.
    """
    text, count = _DIGEST_IN_README.subn(rf"\g<1>{sha256}\g<2>", readme)
    if not count:
        raise ToolError(
            "README.md has no place for the zip's digest: write "
            '"SHA-256 of `lambda/face_compare.zip`: ``" where it belongs and start again.'
        )
    return text


def problems(archive: bytes) -> list[str]:
    """Return a sentence for each committed file that does not fit the source."""
    found = []
    if not ZIP.exists() or ZIP.read_bytes() != archive:
        found.append("lambda/face_compare.zip is not what its source gives; run `make package`.")
    if f"`{digest(archive)}`" not in README.read_text(encoding="utf-8"):
        found.append("README.md does not name the zip's SHA-256; run `make package`.")
    return found


def main() -> None:
    """Write the zip, and its SHA-256 into README.md."""
    archive = build()
    sha256 = digest(archive)
    with reported():
        # Before anything is written, so that the README always names the zip that is there.
        readme = readme_with(sha256, README.read_text(encoding="utf-8"))
        ZIP.write_bytes(archive)
        README.write_text(readme, encoding="utf-8")
    print(f"{ZIP.relative_to(REPOSITORY)}: {len(archive):,} bytes, SHA-256 {sha256}")


if __name__ == "__main__":
    main()
