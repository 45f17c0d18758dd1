"""Command line: ``python -m local.rekognition --s3-endpoint URL --iam-endpoint URL …``.

Prints one line of JSON, ``{"endpoint": "http://127.0.0.1:PORT"}``, when it answers; ends with 0 on
SIGTERM or SIGINT, and by itself when the process that started it ends.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from local.rekognition.control import Settings
from local.rekognition.lifetime import end_with_parent
from local.rekognition.server import EngineKind, Options, run


def parse_arguments(arguments: Sequence[str]) -> Options:
    """Return the options; exits with 2 and a sentence when they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m local.rekognition", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free one")
    parser.add_argument("--region", default="eu-west-1", help="of the S3 and IAM clients")
    parser.add_argument("--s3-endpoint", metavar="URL", help="where S3Object images are read")
    parser.add_argument(
        "--iam-endpoint", metavar="URL", help="asked for rights; without it all is allowed"
    )
    parser.add_argument("--principals", type=Path, metavar="FILE", help="access keys, as JSON")
    parser.add_argument("--engine", type=EngineKind, default=EngineKind.DLIB, choices=EngineKind)
    parser.add_argument("--preload", action="store_true", help="load the models at once")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to every call")
    parser.add_argument("--tps", type=float, help="calls per second that are served")
    given = parser.parse_args(arguments)
    if given.engine is EngineKind.DLIB and given.s3_endpoint is None:
        parser.error("--s3-endpoint is needed, or --engine scripted, which knows photos by key")
    try:
        settings = Settings(given.latency_ms, given.tps)
    except ValueError as problem:
        parser.error(str(problem))
    return Options(
        port=given.port,
        region=given.region,
        s3_endpoint=given.s3_endpoint,
        iam_endpoint=given.iam_endpoint,
        principals=given.principals,
        engine=given.engine,
        preload=given.preload,
        settings=settings,
    )


def main(arguments: Sequence[str]) -> int:
    """Run the stand-in; returns the exit code."""
    end_with_parent()
    options = parse_arguments(arguments)
    try:
        run(options, lambda url: print(json.dumps({"endpoint": url}), flush=True))
    except OSError as problem:
        print(f"The stand-in cannot listen on port {options.port}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
