"""(b) The usual way: boto3, and its client at module level."""

import os
from typing import Any

import boto3

BUCKET = os.environ["FACE_COMPARE_BUCKET"]

rekognition = boto3.client("rekognition")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Compare two photos of the bucket."""
    response = rekognition.compare_faces(
        SourceImage={"S3Object": {"Bucket": BUCKET, "Name": event["source"]}},
        TargetImage={"S3Object": {"Bucket": BUCKET, "Name": event["target"]}},
        SimilarityThreshold=80,
    )
    similarities = [match["Similarity"] for match in response["FaceMatches"]]
    return {"match": bool(similarities), "similarity": max(similarities, default=None)}
