"""(c) The usual way with Powertools for AWS Lambda: its logger and its metrics beside boto3."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics  # type: ignore[import-not-found]
from aws_lambda_powertools.metrics import MetricUnit  # type: ignore[import-not-found]

BUCKET = os.environ["FACE_COMPARE_BUCKET"]

logger = Logger(service="face-compare")
metrics = Metrics(namespace="FaceCompare", service="face-compare")
rekognition = boto3.client("rekognition")


@logger.inject_lambda_context  # type: ignore[untyped-decorator]
@metrics.log_metrics(capture_cold_start_metric=True)  # type: ignore[untyped-decorator]
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Compare two photos of the bucket, log the outcome and count it."""
    response = rekognition.compare_faces(
        SourceImage={"S3Object": {"Bucket": BUCKET, "Name": event["source"]}},
        TargetImage={"S3Object": {"Bucket": BUCKET, "Name": event["target"]}},
        SimilarityThreshold=80,
    )
    similarities = [match["Similarity"] for match in response["FaceMatches"]]
    logger.info("compared", extra={"similarity": max(similarities, default=None)})
    metrics.add_metric(name="Comparisons", unit=MetricUnit.Count, value=1)
    return {"match": bool(similarities), "similarity": max(similarities, default=None)}
