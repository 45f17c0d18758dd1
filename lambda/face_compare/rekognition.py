"""The call to CompareFaces.

It is called with a threshold of 0 and the rule is applied here, because a face under the
call's threshold comes back without its similarity: a near miss could not be told from a
stranger, and the audit record would have no score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from face_compare.comparison import BoundingBox, Face, Sighting
from face_compare.request import ImageReference

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import (
        BoundingBoxTypeDef,
        CompareFacesResponseTypeDef,
        ImageTypeDef,
    )


def image_parameter(bucket: str, image: ImageReference) -> ImageTypeDef:
    """Return the ``Image`` parameter of a Rekognition call for a photo in the bucket."""
    if image.version_id is None:
        return {"S3Object": {"Bucket": bucket, "Name": image.key}}
    return {"S3Object": {"Bucket": bucket, "Name": image.key, "Version": image.version_id}}


def compare_faces(
    client: RekognitionClient, bucket: str, source: ImageReference, target: ImageReference
) -> Sighting:
    """Compare the largest face of ``source`` with the 100 largest of ``target``.

    Raises:
        botocore's errors, see ``aws_errors.AWS_ERRORS``.
    """
    response = client.compare_faces(
        SourceImage=image_parameter(bucket, source),
        TargetImage=image_parameter(bucket, target),
        SimilarityThreshold=0,
    )
    return sighting(response)


def sighting(response: CompareFacesResponseTypeDef) -> Sighting:
    """Read a CompareFaces response. Landmarks, pose and quality are dropped here, unread."""
    scored = [
        Face(
            confidence=match["Face"]["Confidence"],
            bounding_box=_box(match["Face"]["BoundingBox"]),
            similarity=match["Similarity"],
        )
        for match in response.get("FaceMatches", [])
    ]
    scored.sort(key=lambda face: -(face.similarity or 0))
    unscored = [
        Face(confidence=face["Confidence"], bounding_box=_box(face["BoundingBox"]))
        for face in response.get("UnmatchedFaces", [])
    ]
    source_face = response["SourceImageFace"]
    return Sighting(
        source_face=Face(source_face["Confidence"], _box(source_face["BoundingBox"])),
        target_faces=(*scored, *unscored),
        rekognition_request_id=response.get("ResponseMetadata", {}).get("RequestId"),
    )


def _box(box: BoundingBoxTypeDef) -> BoundingBox:
    return BoundingBox(box["Left"], box["Top"], box["Width"], box["Height"])
