"""The process that the local stack starts."""

import subprocess
import sys
from typing import Any

from tests.unit.rekognition.serving import StandIn
from tools.places import REPOSITORY


def test_it_says_where_it_is_and_serves_with_the_settings_it_was_given() -> None:
    command = [sys.executable, "-m", "local.rekognition", "--engine", "scripted", "--tps", "0.01"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            client = StandIn(url).client(retries={"total_max_attempts": 2, "mode": "standard"})
            image: Any = {"S3Object": {"Bucket": "images", "Name": "reference/alice.jpg"}}
            assert client.compare_faces(SourceImage=image, TargetImage=image)["FaceMatches"]
        finally:
            process.kill()
