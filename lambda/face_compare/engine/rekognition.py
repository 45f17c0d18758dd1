"""The call that compares faces.

CompareFaces is called with a threshold of 0, and the rule is applied by this package. Rekognition
returns no similarity for a face below the threshold of the call: a near miss would look like a
stranger, and the audit record would have no score.

CompareFaces measures brightness, sharpness and pose of the target's faces, not of the source's.
They are read only on request. Landmarks are never read, so they are never passed on.
"""

from typing import TYPE_CHECKING

from botocore.parsers import ResponseParserError

from face_compare.model.comparison import BoundingBox, ComparedFaces, Face
from face_compare.model.image import Image, InlineImage
from face_compare.model.rule import QualityFilter

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import (
        BoundingBoxTypeDef,
        ComparedFaceTypeDef,
        CompareFacesResponseTypeDef,
        ImageTypeDef,
    )


def compare_faces(
    client: "RekognitionClient",
    bucket: str,
    source: Image,
    target: Image,
    quality_filter: QualityFilter,
    *,
    explain: bool = False,
) -> ComparedFaces:
    """Compare the largest face of ``source`` with the 100 largest of ``target``.

    Faces below ``quality_filter`` are left out. With ``explain``, the target's faces have their
    quality.

    Raises the errors of botocore in ``clients.AWS_ERRORS``.
    """
    response = client.compare_faces(
        SourceImage=image_parameter(bucket, source),
        TargetImage=image_parameter(bucket, target),
        SimilarityThreshold=0,
        QualityFilter=quality_filter,
    )
    try:
        return _compared_faces(response, explain=explain)
    except KeyError as missing:
        # Callers treat it like an answer that botocore cannot read. This includes an answer without
        # SourceImageFace: it does not show whether the source has a face.
        raise ResponseParserError(f"CompareFaces answered without {missing}.") from missing


def image_parameter(bucket: str, image: Image) -> "ImageTypeDef":
    """Return an image as a parameter of a call."""
    if isinstance(image, InlineImage):
        return {"Bytes": image.content}
    if image.version_id is None:
        return {"S3Object": {"Bucket": bucket, "Name": image.key}}
    return {"S3Object": {"Bucket": bucket, "Name": image.key, "Version": image.version_id}}


def _compared_faces(response: "CompareFacesResponseTypeDef", *, explain: bool) -> ComparedFaces:
    scored = [
        _target_face(match["Face"], match["Similarity"], explain=explain)
        for match in sorted(
            response.get("FaceMatches", []), key=lambda match: match["Similarity"], reverse=True
        )
    ]
    unscored = [
        _target_face(face, None, explain=explain) for face in response.get("UnmatchedFaces", [])
    ]
    source_face = response["SourceImageFace"]
    return ComparedFaces(
        source_face=Face(source_face["Confidence"], _box(source_face["BoundingBox"])),
        target_faces=(*scored, *unscored),
        rekognition_request_id=response.get("ResponseMetadata", {}).get("RequestId"),
    )


def _target_face(face: "ComparedFaceTypeDef", similarity: float | None, *, explain: bool) -> Face:
    box = _box(face["BoundingBox"])
    if not explain:
        return Face(face["Confidence"], box, similarity)
    # Imported here because most environments never explain anything.
    from face_compare.engine.face_quality import quality_of  # noqa: PLC0415

    return Face(face["Confidence"], box, similarity, quality_of(face))


def _box(box: "BoundingBoxTypeDef") -> BoundingBox:
    return BoundingBox(box["Left"], box["Top"], box["Width"], box["Height"])
