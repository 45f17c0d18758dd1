"""A certificate for loopback, and a bundle with its authority among all that botocore trusts."""

from __future__ import annotations

import subprocess
from importlib.resources import files
from pathlib import Path


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """Write two PEM files into ``folder``: the server's key and certificate, and the authorities.

    The certificate is for 127.0.0.1 and for one day. It needs the openssl command.
    """
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-days", "1", "-noenc"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-subj", "/CN=benchmarks on loopback", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    server, bundle = folder / "server.pem", folder / "bundle.pem"
    server.write_bytes(key.read_bytes() + certificate.read_bytes())
    trusted = files("botocore").joinpath("cacert.pem").read_bytes()
    bundle.write_bytes(trusted + certificate.read_bytes())
    return server, bundle
