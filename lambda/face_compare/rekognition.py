"""The calls to Rekognition.

CompareFaces is called with a threshold of 0 and the rule is applied here, because a face under
the call's threshold comes back without its similarity: a near miss could not be told from a
stranger, and the audit record would have no score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.parsers import ResponseParserError

from face_compare.comparison import BoundingBox, Face, Sighting
from face_compare.images import Image, InlineImage

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import (
        BoundingBoxTypeDef,
        CompareFacesResponseTypeDef,
        ImageTypeDef,
    )


def compare_faces(client: RekognitionClient, bucket: str, source: Image, target: Image) -> Sighting:
    """Compare the largest face of ``source`` with the 100 largest of ``target``.

    Raises botocore's errors, see ``aws_errors.AWS_ERRORS``.
    """
    response = client.compare_faces(
        SourceImage=_image_parameter(bucket, source),
        TargetImage=_image_parameter(bucket, target),
        SimilarityThreshold=0,
    )
    try:
        return _sighting(response)
    except KeyError as missing:
        # To the caller the same as an answer that botocore cannot read: none.
        raise ResponseParserError(f"CompareFaces answered without {missing}.") from missing


def count_faces(client: RekognitionClient, bucket: str, image: Image) -> int:
    """Return how many faces Rekognition sees, 0 to 100.

    Raises botocore's errors, see ``aws_errors.AWS_ERRORS``.
    """
    response = client.detect_faces(Image=_image_parameter(bucket, image))
    return len(response.get("FaceDetails", []))


def _image_parameter(bucket: str, image: Image) -> ImageTypeDef:
    if isinstance(image, InlineImage):
        return {"Bytes": image.content}
    if image.version_id is None:
        return {"S3Object": {"Bucket": bucket, "Name": image.key}}
    return {"S3Object": {"Bucket": bucket, "Name": image.key, "Version": image.version_id}}


def _sighting(response: CompareFacesResponseTypeDef) -> Sighting:
    # Landmarks, pose and quality are dropped here, unread.
    scored = [
        (
            match["Similarity"],
            Face(
                match["Face"]["Confidence"], _box(match["Face"]["BoundingBox"]), match["Similarity"]
            ),
        )
        for match in response.get("FaceMatches", [])
    ]
    scored.sort(key=lambda each: each[0], reverse=True)
    unscored = [
        Face(face["Confidence"], _box(face["BoundingBox"]))
        for face in response.get("UnmatchedFaces", [])
    ]
    source_face = response["SourceImageFace"]
    return Sighting(
        source_face=Face(source_face["Confidence"], _box(source_face["BoundingBox"])),
        target_faces=(*(face for _, face in scored), *unscored),
        rekognition_request_id=response.get("ResponseMetadata", {}).get("RequestId"),
    )


def _box(box: BoundingBoxTypeDef) -> BoundingBox:
    return BoundingBox(box["Left"], box["Top"], box["Width"], box["Height"])
