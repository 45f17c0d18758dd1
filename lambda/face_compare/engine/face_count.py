"""The call that counts faces. CompareFaces does not count those of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from face_compare.engine.rekognition import image_parameter
from face_compare.model.image import Image

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


def count_faces(client: RekognitionClient, bucket: str, image: Image) -> int:
    """Return how many faces Rekognition sees, 0 to 100.

    Raises the errors of botocore in ``clients.AWS_ERRORS``.
    """
    response = client.detect_faces(Image=image_parameter(bucket, image))
    return len(response.get("FaceDetails", []))
