"""The two calls to Rekognition.

CompareFaces is called with a threshold of 0, and the rule is applied by this package. Rekognition
returns no similarity for a face below the threshold of the call: a near miss would look like a
stranger, and the audit record would have no score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.parsers import ResponseParserError

from face_compare.model.comparison import BoundingBox, ComparedFaces, Face
from face_compare.model.image import Image, InlineImage

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import (
        BoundingBoxTypeDef,
        CompareFacesResponseTypeDef,
        ImageTypeDef,
    )


def compare_faces(
    client: RekognitionClient, bucket: str, source: Image, target: Image
) -> ComparedFaces:
    """Compare the largest face of ``source`` with the 100 largest of ``target``.

    Raises the errors of botocore in ``clients.AWS_ERRORS``.
    """
    response = client.compare_faces(
        SourceImage=_image_parameter(bucket, source),
        TargetImage=_image_parameter(bucket, target),
        SimilarityThreshold=0,
    )
    try:
        return _compared_faces(response)
    except KeyError as missing:
        # Callers treat it like an answer that botocore cannot read. An answer without
        # SourceImageFace is one of these: it does not show whether the source has a face.
        raise ResponseParserError(f"CompareFaces answered without {missing}.") from missing


def count_faces(client: RekognitionClient, bucket: str, image: Image) -> int:
    """Return how many faces Rekognition sees, 0 to 100.

    Raises the errors of botocore in ``clients.AWS_ERRORS``.
    """
    response = client.detect_faces(Image=_image_parameter(bucket, image))
    return len(response.get("FaceDetails", []))


def _image_parameter(bucket: str, image: Image) -> ImageTypeDef:
    if isinstance(image, InlineImage):
        return {"Bytes": image.content}
    if image.version_id is None:
        return {"S3Object": {"Bucket": bucket, "Name": image.key}}
    return {"S3Object": {"Bucket": bucket, "Name": image.key, "Version": image.version_id}}


def _compared_faces(response: CompareFacesResponseTypeDef) -> ComparedFaces:
    # Landmarks, pose and quality are not read, and so go no further.
    scored = [
        Face(match["Face"]["Confidence"], _box(match["Face"]["BoundingBox"]), match["Similarity"])
        for match in sorted(
            response.get("FaceMatches", []), key=lambda match: match["Similarity"], reverse=True
        )
    ]
    unscored = [
        Face(face["Confidence"], _box(face["BoundingBox"]))
        for face in response.get("UnmatchedFaces", [])
    ]
    source_face = response["SourceImageFace"]
    return ComparedFaces(
        source_face=Face(source_face["Confidence"], _box(source_face["BoundingBox"])),
        target_faces=(*scored, *unscored),
        rekognition_request_id=response.get("ResponseMetadata", {}).get("RequestId"),
    )


def _box(box: BoundingBoxTypeDef) -> BoundingBox:
    return BoundingBox(box["Left"], box["Top"], box["Width"], box["Height"])
