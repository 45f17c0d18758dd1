"""Command line: ``python -m local.rekognition --s3-endpoint URL --iam-endpoint URL …``.

Prints its address when it listens, and serves until it is ended.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.rekognition import scripted_engine
from local.rekognition.authority import everything, rights
from local.rekognition.control import Control
from local.rekognition.faces import Analyze
from local.rekognition.image_store import ImageStore, key_only
from local.rekognition.server import LOOPBACK, make_server
from local.rekognition.service import Service


def main(arguments: Sequence[str]) -> None:
    """Serve until Ctrl-C."""
    given = _parse(arguments)
    client = functools.partial(_root_client, given.region)
    service = Service(
        analyze=_engine(given.engine),
        read=ImageStore(client("s3", given.s3_endpoint)).read if given.s3_endpoint else key_only,
        rights=(rights(client("iam", given.iam_endpoint)) if given.iam_endpoint else everything),
        sessions=given.principals,
    )
    server = make_server(given.port, service, Control())
    print(f"http://{LOOPBACK}:{server.server_port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt), server:
        server.serve_forever()


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.rekognition", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free one")
    parser.add_argument("--region", default="eu-west-1", help="of the S3 and IAM clients")
    parser.add_argument(
        "--s3-endpoint", metavar="URL", help="where images are read; without it all are there"
    )
    parser.add_argument(
        "--iam-endpoint", metavar="URL", help="asked for rights; without it all is allowed"
    )
    parser.add_argument("--principals", type=Path, metavar="FILE", help="sessions, as JSON")
    parser.add_argument("--engine", default="dlib", choices=["dlib", "scripted"])
    return parser.parse_args(arguments)


def _engine(name: str) -> Analyze:
    if name == "scripted":
        return scripted_engine.analyze
    # Imported here: a scripted stand-in needs neither dlib nor its 100 MB.
    from local.rekognition.dlib_engine import DlibEngine  # noqa: PLC0415

    return DlibEngine().analyze


def _root_client(region: str, service: str, endpoint: str) -> Any:
    factory: Any = boto3.client
    return factory(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        config=Config(s3={"addressing_style": "path"}, max_pool_connections=64),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
