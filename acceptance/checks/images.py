"""Images that are not as they should be, and S3's answers about them. On examples/minimal."""

from __future__ import annotations

import functools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError
from PIL import Image

from acceptance.model import Scene, Verdict, check
from local import use
from local.photos import astronaut, encoded


def _code(call: object, **arguments: object) -> str:
    """The error's code of a call, or "200"."""
    try:
        call(**arguments)  # type: ignore[operator]
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "200"


def _of_version(scene: Scene, key: str, version: str) -> tuple[str, str, str]:
    """What Rekognition, S3 and the function say to a version of an object."""
    where = {"Bucket": scene.bucket, "Name": use.EILEEN}
    target = {"Bucket": scene.bucket, "Name": key, "Version": version}
    return (
        _code(
            scene.client("rekognition").compare_faces,
            SourceImage={"S3Object": where},
            TargetImage={"S3Object": target},
        ),
        _code(scene.client("s3").head_object, Bucket=scene.bucket, Key=key, VersionId=version),
        str(scene.compare(use.EILEEN, {"key": key, "version_id": version}).error_type),
    )


@check(
    "unknown-version",
    "A version that does not exist is told from one that may not be read.",
    "InvalidS3ObjectException, HeadObject 400 or 404, ImageNotFoundError",
    on="minimal",
    row=7,
)
def unknown_version(scene: Scene) -> Verdict:
    """Ask for a version that was never there."""
    seen = _of_version(scene, use.DARK, "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY")
    heads = {"400", "404", "NoSuchVersion"}
    good = seen[0] == "InvalidS3ObjectException" and seen[1] in heads
    return good and seen[2] == "ImageNotFoundError", seen


@check(
    "delete-marker",
    "The version of a delete marker is not an image.",
    "InvalidS3ObjectException, HeadObject 405, ImageNotFoundError",
    on="minimal",
    row=7,
)
def delete_marker(scene: Scene) -> Verdict:
    """Delete an image, and ask for the version of the marker."""
    key, s3 = "challenge/deleted.jpg", scene.client("s3")
    use.upload(s3, scene.bucket, key, scene.album.challenges[0])
    marker = s3.delete_object(Bucket=scene.bucket, Key=key)["VersionId"]
    seen = _of_version(scene, key, marker)
    good = seen[0] == "InvalidS3ObjectException" and seen[1] in {"405", "MethodNotAllowed"}
    return good and seen[2] == "ImageNotFoundError", seen


def _odd(scene: Scene, name: str, content: bytes, wanted: set[str]) -> Verdict:
    key = f"challenge/odd/{name}"
    scene.client("s3").put_object(Bucket=scene.bucket, Key=key, Body=content)
    outcome = scene.compare(use.EILEEN, key)
    seen = outcome.error_type or f"{(outcome.answer or {}).get('decision')}"
    return seen in wanted, f"{seen} (request {outcome.request_id})"


@check(
    "empty-image",
    "A file without content is told as a format error.",
    "ImageFormatError",
    on="minimal",
    row=21,
)
def empty_image(scene: Scene) -> Verdict:
    """Compare with an empty file."""
    return _odd(scene, "empty.jpg", b"", {"ImageFormatError"})


@check(
    "half-an-image",
    "A JPEG that was cut off has a decision or a format error, and no other error.",
    "match, ImageFormatError or NoFaceInTargetError",
    on="minimal",
    row=21,
)
def half_an_image(scene: Scene) -> Verdict:
    """Compare with a third of a file."""
    content = encoded(astronaut(), "JPEG", quality=92)
    wanted = {"match", "ImageFormatError", "NoFaceInTargetError"}
    return _odd(scene, "half.jpg", content[: len(content) // 3], wanted)


@check(
    "cmyk-image",
    "A JPEG for print (CMYK) has a decision or a format error, and no other error.",
    "match or ImageFormatError",
    on="minimal",
    row=21,
)
def cmyk_image(scene: Scene) -> Verdict:
    """Compare with a CMYK photo."""
    content = encoded(astronaut().convert("CMYK"), "JPEG", quality=92)
    return _odd(scene, "cmyk.jpg", content, {"match", "ImageFormatError"})


@check(
    "image-of-108-megapixels",
    "A photo of a phone with 108 megapixels has a decision, or an error about its size.",
    "match, ImageTooLargeError or ImageFormatError",
    on="minimal",
    row=21,
)
def large_image(scene: Scene) -> Verdict:
    """Compare with a photo of 12,000 by 9,000 pixels."""
    wanted = {"match", "ImageTooLargeError", "ImageFormatError"}
    return _odd(scene, "large.jpg", _large(), wanted)


@functools.cache
def _large() -> bytes:
    large = Image.new("RGB", (12_000, 9_000), "gray")
    large.paste(astronaut().resize((6_000, 6_000)), (3_000, 1_500))
    return encoded(large, "JPEG", quality=40)


def _race(scene: Scene, key: str) -> Counter[str]:
    def put(number: int) -> str:
        body = f"{number}".encode()
        s3 = scene.client("s3")
        return _code(s3.put_object, Bucket=scene.bucket, Key=key, Body=body, IfNoneMatch="*")

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(put, range(8)))


def _one_won(codes: Counter[str]) -> bool:
    lost = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
    return codes["200"] == 1 and set(codes) - {"200"} <= lost


@check(
    "one-claim",
    "Of several writes with If-None-Match at the same time, exactly one succeeds.",
    "one 200, the others 412 or 409",
    on="minimal",
    row=20,
)
def one_claim(scene: Scene) -> Verdict:
    """Write the same object eight times at once."""
    codes = _race(scene, "results/acceptance.json.claim")
    return _one_won(codes), dict(codes)


@check(
    "one-claim-over-a-delete-marker",
    "The same holds for an object that was deleted.",
    "one 200, the others 412 or 409",
    on="minimal",
    row=20,
)
def one_claim_over_a_delete_marker(scene: Scene) -> Verdict:
    """Write, delete, and write the object eight times at once."""
    s3, key = scene.client("s3"), "results/deleted.json.claim"
    s3.put_object(Bucket=scene.bucket, Key=key, Body=b"0")
    s3.delete_object(Bucket=scene.bucket, Key=key)
    codes = _race(scene, key)
    return _one_won(codes), dict(codes)
