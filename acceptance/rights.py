"""The policy that a run needs: enough, and no more; and whether the caller has it.

Resources are limited to names that begin as those of runs do, so the policy does not reach anything
else. Actions that take no resource (lists, Rekognition) are in statements of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from acceptance.names import PREFIX, TAG
from acceptance.site import Site

_LIMIT = 6144
"""Characters of a managed policy, without spaces: "IAM and AWS STS quotas" in the user guide."""
_MAX_NAMES = 100
"""Actions in one call of SimulatePrincipalPolicy: safely below its limit."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Actions on resources of runs."""

    sid: str
    service: str
    actions: str
    """Names without the service, separated by spaces."""
    resources: tuple[str, ...] = ("*",)
    """ARNs, with {p} for the partition, {r} for region and account, {n} for the prefix of names."""
    condition: Mapping[str, Any] | None = None

    def names(self) -> list[str]:
        """The actions in full."""
        return [f"{self.service}:{each}" for each in self.actions.split()]


_FOR_RUNS = {"StringLike": {f"aws:RequestTag/{TAG}": f"{PREFIX}*"}}
_OF_RUNS = {"StringLike": {f"aws:ResourceTag/{TAG}": f"{PREFIX}*"}}

STATEMENTS = (
    Statement(
        "Bucket",
        "s3",
        "CreateBucket DeleteBucket DeleteBucketPolicy DeleteObjectVersion"
        " GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging"
        " GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls"
        " GetBucketPolicy GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging"
        " GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration"
        " GetLifecycleConfiguration GetObject GetObjectVersion GetReplicationConfiguration"
        " ListBucket ListBucketVersions ListTagsForResource PutBucketNotification"
        " PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging"
        " PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration PutObject"
        " DeleteObject TagResource",
        ("arn:{p}:s3:::{n}*",),
    ),
    Statement(
        "Function",
        "lambda",
        "CreateFunction CreateFunctionUrlConfig DeleteFunction DeleteFunctionEventInvokeConfig"
        " DeleteFunctionUrlConfig GetFunction GetFunctionCodeSigningConfig"
        " GetFunctionConfiguration GetFunctionEventInvokeConfig GetFunctionUrlConfig"
        " InvokeFunction ListTags ListVersionsByFunction PutFunctionEventInvokeConfig TagResource"
        " UpdateFunctionCode UpdateFunctionConfiguration",
        ("arn:{p}:lambda:{r}:function:{n}*",),
    ),
    Statement(
        "EventSource",
        "lambda",
        "CreateEventSourceMapping",
        condition={"ArnLike": {"lambda:FunctionArn": "arn:{p}:lambda:{r}:function:{n}*"}},
    ),
    Statement(
        "OwnEventSource",
        "lambda",
        "DeleteEventSourceMapping GetEventSourceMapping",
        ("arn:{p}:lambda:{r}:event-source-mapping:*",),
        {"ArnLike": {"lambda:FunctionArn": "arn:{p}:lambda:{r}:function:{n}*"}},
    ),
    Statement(
        "EventSourceTags",
        "lambda",
        "ListTags TagResource",
        ("arn:{p}:lambda:{r}:event-source-mapping:*",),
    ),
    Statement(
        "Role",
        "iam",
        "CreateRole DeleteRole DeleteRolePolicy GetRole GetRolePolicy"
        " ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags"
        " PassRole PutRolePolicy TagRole",
        ("arn:{p}:iam::{a}:role/{n}*",),
    ),
    Statement(
        "Policy",
        "iam",
        "CreatePolicy DeletePolicy GetPolicy GetPolicyVersion ListPolicyTags ListPolicyVersions"
        " TagPolicy",
        ("arn:{p}:iam::{a}:policy/{n}*",),
    ),
    Statement(
        "Caller",
        "iam",
        "CreateAccessKey CreateUser DeleteAccessKey DeleteUser ListAccessKeys"
        " ListAttachedUserPolicies ListUserTags TagUser",
        ("arn:{p}:iam::{a}:user/{n}*",),
    ),
    Statement(
        "CallerPolicy",
        "iam",
        "AttachUserPolicy DetachUserPolicy",
        ("arn:{p}:iam::{a}:user/{n}*",),
        {"ArnLike": {"iam:PolicyARN": "arn:{p}:iam::{a}:policy/{n}*"}},
    ),
    Statement(
        "LogGroup",
        "logs",
        "CreateLogGroup DeleteLogGroup DeleteMetricFilter DescribeMetricFilters FilterLogEvents"
        " GetQueryResults ListTagsForResource PutMetricFilter PutRetentionPolicy StartQuery"
        " TagResource",
        (
            "arn:{p}:logs:{r}:log-group:/aws/lambda/{n}*",
            "arn:{p}:logs:{r}:log-group:/aws/vendedlogs/states/{n}*",
        ),
    ),
    Statement(
        "Queue",
        "sqs",
        "CreateQueue DeleteMessage DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags"
        " ReceiveMessage SendMessage SetQueueAttributes StartMessageMoveTask TagQueue",
        ("arn:{p}:sqs:{r}:{n}*",),
    ),
    Statement(
        "Topic",
        "sns",
        "CreateTopic DeleteTopic GetTopicAttributes ListTagsForResource SetTopicAttributes"
        " TagResource",
        ("arn:{p}:sns:{r}:{n}*",),
    ),
    Statement(
        "Rule",
        "events",
        "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets"
        " RemoveTargets TagResource",
        ("arn:{p}:events:{r}:rule/{n}*",),
    ),
    Statement(
        "StateMachine",
        "states",
        "CreateStateMachine DeleteStateMachine DescribeStateMachine ListExecutions"
        " ListStateMachineVersions ListTagsForResource StartExecution TagResource",
        ("arn:{p}:states:{r}:stateMachine:{n}*",),
    ),
    Statement(
        "Execution",
        "states",
        "DescribeExecution GetExecutionHistory ListMapRuns RedriveExecution StopExecution",
        ("arn:{p}:states:{r}:execution:{n}*",),
    ),
    Statement(
        "MapRun", "states", "DescribeMapRun ListExecutions", ("arn:{p}:states:{r}:mapRun:{n}*",)
    ),
    Statement(
        "Alarm",
        "cloudwatch",
        "DeleteAlarms DescribeAlarmHistory ListTagsForResource PutMetricAlarm TagResource",
        ("arn:{p}:cloudwatch:{r}:alarm:{n}*",),
    ),
    Statement(
        "Dashboard",
        "cloudwatch",
        "DeleteDashboards GetDashboard PutDashboard",
        ("arn:{p}:cloudwatch::{a}:dashboard/{n}*",),
    ),
    Statement(
        "WriteMetric",
        "cloudwatch",
        "PutMetricData",
        condition={"StringLike": {"cloudwatch:namespace": "FaceCompare/{n}*"}},
    ),
    Statement(
        "MakeKey",
        "kms",
        "CreateKey",
        condition=_FOR_RUNS,
    ),
    Statement("TagKey", "kms", "TagResource", ("arn:{p}:kms:{r}:key/*",), _FOR_RUNS),
    Statement(
        "Key",
        "kms",
        "Decrypt DescribeKey DisableKey EnableKey EnableKeyRotation GenerateDataKey"
        " GetKeyPolicy GetKeyRotationStatus ListResourceTags ScheduleKeyDeletion",
        ("arn:{p}:kms:{r}:key/*",),
        _OF_RUNS,
    ),
    Statement("CompareFaces", "rekognition", "CompareFaces"),
    Statement(
        "Queries",
        "logs",
        "DeleteQueryDefinition DescribeLogGroups DescribeQueryDefinitions"
        " PutQueryDefinition TestMetricFilter",
    ),
    Statement("Metrics", "cloudwatch", "GetMetricData GetMetricStatistics ListDashboards"),
    Statement("ListAlarms", "cloudwatch", "DescribeAlarms", ("arn:{p}:cloudwatch:{r}:alarm:*",)),
    Statement("ValidateDefinition", "states", "ListStateMachines ValidateStateMachineDefinition"),
    Statement("ListBuckets", "s3", "ListAllMyBuckets"),
    Statement("ListFunctions", "lambda", "ListEventSourceMappings ListFunctions"),
    Statement("ListIam", "iam", "ListPolicies ListRoles ListUsers"),
    Statement("ListQueues", "sqs", "ListQueues"),
    Statement("ListTopics", "sns", "ListTopics"),
    Statement("ListRules", "events", "ListRules"),
    Statement("FindByTag", "tag", "GetResources"),
    Statement("ReadTrail", "cloudtrail", "LookupEvents"),
    Statement(
        "CheckRights",
        "iam",
        "SimulatePrincipalPolicy",
        ("arn:{p}:iam::{a}:role/*", "arn:{p}:iam::{a}:user/*"),
    ),
)


EXTRA: Mapping[str, tuple[Statement, ...]] = {
    "network": (
        # EC2 makes the ids, so no name can limit this.
        Statement(
            "Network",
            "ec2",
            "AssociateRouteTable AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress"
            " CreateRouteTable CreateSecurityGroup CreateSubnet CreateTags CreateVpc"
            " CreateVpcEndpoint DeleteNetworkInterface DeleteRouteTable DeleteSecurityGroup"
            " DeleteSubnet DeleteVpc DeleteVpcEndpoints DetachNetworkInterface"
            " DescribeVpcAttribute DisassociateRouteTable ModifyVpcAttribute"
            " RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
            ("arn:{p}:ec2:{r}:*/*",),
        ),
        Statement(
            "SeeNetwork",
            "ec2",
            "DescribeAvailabilityZones DescribeNetworkAcls DescribeNetworkInterfaces"
            " DescribePrefixLists DescribeRouteTables DescribeSecurityGroupRules"
            " DescribeSecurityGroups DescribeSubnets DescribeVpcEndpoints"
            " DescribeVpcs",
        ),
    ),
    "many": (),
    "quota": (Statement("ReadQuota", "servicequotas", "ListServiceQuotas"),),
    "regions": (),
}
"""What a group of checks needs beyond that. The group "regions" needs the functions everywhere."""

_WITHOUT_RESOURCE = (
    *("cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:DescribeAlarms"),
    *("cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource", "cloudwatch:PutDashboard"),
    "cloudwatch:PutMetricAlarm",
    *("events:DeleteRule", "events:DescribeRule", "events:ListTagsForResource"),
    *("events:ListTargetsByRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"),
    *("iam:AttachUserPolicy", "iam:CreatePolicy", "iam:DetachUserPolicy"),
    *("lambda:CreateEventSourceMapping", "lambda:CreateFunction"),
    *("lambda:DeleteEventSourceMapping", "lambda:GetEventSourceMapping", "logs:GetQueryResults"),
    *("sns:ListTagsForResource", "states:DescribeMapRun", "states:ListExecutions"),
    "states:ListTagsForResource",
)
"""The emulator asks IAM about these without the resource or the condition key that AWS gives."""


def policies(site: Site, extras: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The rights for this account and region, in as many policies as IAM's limit asks for."""
    found: list[dict[str, Any]] = []
    size = _LIMIT
    for each in statements(site, extras):
        length = len(json.dumps(each, separators=(",", ":"))) + 1
        if size + length > _LIMIT:
            found.append({"Version": "2012-10-17", "Statement": []})
            size = len(json.dumps(found[-1]))
        found[-1]["Statement"].append(each)
        size += length
    return found


def statements(site: Site, extras: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The statements for this account and region, with those of groups of checks."""
    region = "*" if "regions" in extras else site.region
    places = {
        "p": site.partition,
        "r": f"{region}:{site.number}",
        "a": site.number,
        "n": PREFIX,
    }
    more = [each for name in sorted(extras) for each in EXTRA[name]]
    written = [_written(each, places) for each in (*STATEMENTS, *more)]
    if site.stack:
        network = [name for each in more if each.service == "ec2" for name in each.names()]
        actions = [*_WITHOUT_RESOURCE, *network]
        written += [{"Sid": "Emulator", "Effect": "Allow", "Action": actions, "Resource": "*"}]
    return written


def _written(statement: Statement, places: Mapping[str, str]) -> dict[str, Any]:
    resources = [each.format(**places) for each in statement.resources]
    written: dict[str, Any] = {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": statement.names(),
        "Resource": resources if len(resources) > 1 else resources[0],
    }
    if statement.condition:
        text = json.dumps(statement.condition)
        for name, value in places.items():
            text = text.replace(f"{{{name}}}", value)
        written["Condition"] = json.loads(text)
    return written


def missing(site: Site, extras: Iterable[str] = ()) -> list[str]:
    """Actions that IAM would deny the caller.

    Raises:
        ClientError: the caller may not ask, or is nobody whose policies can be simulated.
    """
    source = _principal(site)
    asked = statements(site, extras)
    return [denied for each in asked for denied in _denied(site, source, each)]


def _principal(site: Site) -> str:
    """The ARN of the user or the role behind the caller."""
    kind, _, rest = site.caller.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        role: str = site.client("iam").get_role(RoleName=rest.partition("/")[0])["Role"]["Arn"]
        return role
    return site.caller


def _denied(site: Site, source: str, statement: Mapping[str, Any]) -> Iterator[str]:
    resource = statement["Resource"]
    resources = resource if isinstance(resource, list) else [resource]
    context = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
        for conditions in statement.get("Condition", {}).values()
        for key, value in conditions.items()
    ]
    actions = statement["Action"]
    for start in range(0, len(actions), _MAX_NAMES):
        answer = site.client("iam").simulate_principal_policy(
            PolicySourceArn=source,
            ActionNames=actions[start : start + _MAX_NAMES],
            ResourceArns=resources[:1],
            ContextEntries=context,
        )
        for each in answer["EvaluationResults"]:
            if each["EvalDecision"] != "allowed":
                yield str(each["EvalActionName"])


ASKING = (BotoCoreError, ClientError)
"""What `missing` raises where IAM cannot be asked."""
