"""What an account holds, listed kind by kind, so that what a destroy forgot is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.stack import AwsClient


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource and the call that lists it."""

    name: str
    service: str
    operation: str
    members: str
    """Member of the answer that holds the list."""
    identity: str
    """Member of each entry that names it; "" when entries are strings."""
    arguments: Mapping[str, Any] | None = None


KINDS = (
    Kind("S3 bucket", "s3", "list_buckets", "Buckets", "Name"),
    Kind("IAM role", "iam", "list_roles", "Roles", "RoleName"),
    Kind("IAM policy", "iam", "list_policies", "Policies", "PolicyName", {"Scope": "Local"}),
    Kind("IAM user", "iam", "list_users", "Users", "UserName"),
    Kind("Lambda function", "lambda", "list_functions", "Functions", "FunctionName"),
    Kind(
        "event source mapping",
        "lambda",
        "list_event_source_mappings",
        "EventSourceMappings",
        "UUID",
    ),
    Kind("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    Kind("metric filter", "logs", "describe_metric_filters", "metricFilters", "filterName"),
    Kind("saved query", "logs", "describe_query_definitions", "queryDefinitions", "name"),
    Kind("SQS queue", "sqs", "list_queues", "QueueUrls", ""),
    Kind("SNS topic", "sns", "list_topics", "Topics", "TopicArn"),
    Kind("event bus", "events", "list_event_buses", "EventBuses", "Name"),
    Kind("event rule", "events", "list_rules", "Rules", "Name"),
    Kind("state machine", "stepfunctions", "list_state_machines", "stateMachines", "name"),
    Kind("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Kind("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    Kind("KMS alias", "kms", "list_aliases", "Aliases", "AliasName"),
    Kind("VPC", "ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Kind("VPC endpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    Kind("security group", "ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
)


def inventory(
    client: Callable[[str], AwsClient], kinds: tuple[Kind, ...] = KINDS
) -> frozenset[str]:
    """Return everything that exists, as "kind: name".

    Take it before and after: an account is not empty to begin with (default VPC, default bus).

    Raises:
        ClientError: a kind cannot be listed; it must not look empty.
    """
    return frozenset(entry for kind in kinds for entry in _entries(client(kind.service), kind))


def _entries(service: AwsClient, kind: Kind) -> Iterator[str]:
    for entry in listed(service, kind):
        yield f"{kind.name}: {entry[kind.identity] if kind.identity else entry}"


def listed(service: AwsClient, kind: Kind) -> Iterator[Any]:
    """Every entry of a kind, as the service lists it.

    Raises:
        ClientError: the kind cannot be listed.
    """
    arguments = dict(kind.arguments or {})
    try:
        if service.can_paginate(kind.operation):
            pages = service.get_paginator(kind.operation).paginate(**arguments)
        else:
            pages = [getattr(service, kind.operation)(**arguments)]
        for page in pages:
            for entry in page.get(kind.members) or []:
                # EC2 lists VPC endpoints for a while after they are gone.
                if not (kind.identity and entry.get("State") == "deleted"):
                    yield entry
    except ClientError as error:
        error.add_note(f"while listing every {kind.name}")
        raise


def versions(s3: AwsClient, bucket: str) -> Iterator[tuple[str, str]]:
    """Key and identity of every version and delete marker."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            yield each["Key"], each["VersionId"]


def empty_bucket(s3: AwsClient, bucket: str) -> None:
    """Remove every version and delete marker."""
    for key, version in list(versions(s3, bucket)):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
