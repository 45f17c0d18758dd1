"""docs/deploying.md: the actions that Terraform needs exist, and no resource was forgotten."""

from __future__ import annotations

import re

from local.terraform import examples
from tests import deploying
from tools.aws_documents import authorization
from tools.places import REPOSITORY

CREATES = {
    "aws_cloudwatch_dashboard": "cloudwatch:PutDashboard",
    "aws_cloudwatch_log_group": "logs:CreateLogGroup",
    "aws_cloudwatch_log_metric_filter": "logs:PutMetricFilter",
    "aws_cloudwatch_metric_alarm": "cloudwatch:PutMetricAlarm",
    "aws_cloudwatch_query_definition": "logs:PutQueryDefinition",
    "aws_iam_role": "iam:CreateRole",
    "aws_iam_role_policy": "iam:PutRolePolicy",
    "aws_lambda_event_source_mapping": "lambda:CreateEventSourceMapping",
    "aws_lambda_function": "lambda:CreateFunction",
    "aws_lambda_function_event_invoke_config": "lambda:PutFunctionEventInvokeConfig",
    "aws_lambda_function_url": "lambda:CreateFunctionUrlConfig",
    "aws_s3_bucket": "s3:CreateBucket",
    "aws_s3_bucket_lifecycle_configuration": "s3:PutLifecycleConfiguration",
    "aws_s3_bucket_notification": "s3:PutBucketNotification",
    "aws_s3_bucket_ownership_controls": "s3:PutBucketOwnershipControls",
    "aws_s3_bucket_policy": "s3:PutBucketPolicy",
    "aws_s3_bucket_public_access_block": "s3:PutBucketPublicAccessBlock",
    "aws_s3_bucket_server_side_encryption_configuration": "s3:PutEncryptionConfiguration",
    "aws_s3_bucket_versioning": "s3:PutBucketVersioning",
    "aws_sfn_state_machine": "states:CreateStateMachine",
    "aws_sqs_queue": "sqs:CreateQueue",
}
"""The action that creates each kind of resource of the modules."""


def test_aws_has_every_documented_action() -> None:
    """A misspelled action grants nothing, and the apply fails half way."""
    data = authorization()
    assert [name for name in deploying.listed() if not data.actions(name)] == []


def test_no_kind_of_resource_is_forgotten() -> None:
    code = [*REPOSITORY.glob("*.tf"), *REPOSITORY.glob("modules/*/*.tf")]
    kinds = {
        kind
        for file in code
        for kind in re.findall(r'^resource "(aws_\w+)"', file.read_text(), re.MULTILINE)
    }
    assert kinds == set(CREATES)
    assert set(CREATES.values()) <= deploying.listed()


def test_no_example_is_forgotten() -> None:
    assert deploying.examples() == sorted(examples())
