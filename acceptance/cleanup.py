"""Finds and removes what runs have left: by name and by tag, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from acceptance.names import TAG, run_of
from local import inventory, use
from local.stack import AwsClient

Entry = Any
"""As the service lists it."""


@dataclass(frozen=True, slots=True)
class Remover:
    """How one kind of resource is recognized and removed."""

    kind: inventory.Kind
    remove: Callable[[AwsClient, Entry], object]
    tags: Callable[[AwsClient, Entry], object] | None = None
    """Lists its tags; None where there are none, and the name alone decides."""
    name: Callable[[Entry], str] | None = None
    """Where it is not the identity."""

    def named(self, entry: Entry) -> str:
        """The name that says which run it belongs to."""
        if self.name:
            return self.name(entry)
        return str(entry[self.kind.identity] if self.kind.identity else entry)


@dataclass(frozen=True, slots=True)
class Found:
    """A resource of a run."""

    run: str
    remover: Remover
    entry: Entry

    def __str__(self) -> str:
        return f"{self.remover.kind.name}: {self.remover.named(self.entry)}"


def _role(iam: AwsClient, entry: Entry) -> None:
    name = entry["RoleName"]
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def _bucket(s3: AwsClient, entry: Entry) -> None:
    inventory.empty_bucket(s3, entry["Name"])
    s3.delete_bucket(Bucket=entry["Name"])


def _rule(events: AwsClient, entry: Entry) -> None:
    targets = [each["Id"] for each in events.list_targets_by_rule(Rule=entry["Name"])["Targets"]]
    if targets:
        events.remove_targets(Rule=entry["Name"], Ids=targets)
    events.delete_rule(Name=entry["Name"])


def _endpoint(ec2: AwsClient, entry: Entry) -> None:
    ec2.delete_vpc_endpoints(VpcEndpointIds=[entry["VpcEndpointId"]])


def _rules(ec2: AwsClient, entry: Entry) -> None:
    group = entry["GroupId"]
    if rules := entry["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    if rules := entry["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rules)


def _route_table(ec2: AwsClient, entry: Entry) -> None:
    for each in entry["Associations"]:
        ec2.disassociate_route_table(AssociationId=each["RouteTableAssociationId"])
    ec2.delete_route_table(RouteTableId=entry["RouteTableId"])


def _last(arn: str) -> str:
    return arn.rpartition(":")[2]


def _own_tags(_client: AwsClient, entry: Entry) -> object:
    return entry.get("Tags")


def _group_name(entry: Entry) -> str:
    return str(entry["GroupName"])


def _named_by_tag(entry: Entry) -> str:
    return next((each["Value"] for each in entry.get("Tags", []) if each["Key"] == "Name"), "")


_KINDS = {kind.name: kind for kind in inventory.KINDS}
_ROLES = Remover(
    _KINDS["IAM role"],
    _role,
    lambda client, entry: client.list_role_tags(RoleName=entry["RoleName"]),
)
REMOVERS = (
    # What causes others to be made comes first, and what only holds something last.
    Remover(
        _KINDS["event source mapping"],
        lambda client, entry: client.delete_event_source_mapping(UUID=entry["UUID"]),
        lambda client, entry: client.list_tags(Resource=entry["EventSourceMappingArn"]),
        name=lambda entry: _last(entry["FunctionArn"]),
    ),
    Remover(
        _KINDS["state machine"],
        lambda client, entry: client.delete_state_machine(stateMachineArn=entry["stateMachineArn"]),
        lambda client, entry: client.list_tags_for_resource(resourceArn=entry["stateMachineArn"]),
    ),
    Remover(
        _KINDS["event rule"],
        _rule,
        lambda client, entry: client.list_tags_for_resource(ResourceARN=entry["Arn"]),
    ),
    Remover(
        _KINDS["Lambda function"],
        lambda client, entry: client.delete_function(FunctionName=entry["FunctionName"]),
        lambda client, entry: client.list_tags(Resource=entry["FunctionArn"]),
    ),
    Remover(
        _KINDS["alarm"],
        lambda client, entry: client.delete_alarms(AlarmNames=[entry["AlarmName"]]),
        lambda client, entry: client.list_tags_for_resource(ResourceARN=entry["AlarmArn"]),
    ),
    Remover(
        _KINDS["dashboard"],
        lambda client, entry: client.delete_dashboards(DashboardNames=[entry["DashboardName"]]),
    ),
    Remover(
        _KINDS["saved query"],
        lambda client, entry: client.delete_query_definition(
            queryDefinitionId=entry["queryDefinitionId"]
        ),
    ),
    Remover(
        _KINDS["SQS queue"],
        lambda client, entry: client.delete_queue(QueueUrl=entry),
        lambda client, entry: client.list_queue_tags(QueueUrl=entry),
        lambda entry: entry.rpartition("/")[2],
    ),
    Remover(
        _KINDS["SNS topic"],
        lambda client, entry: client.delete_topic(TopicArn=entry["TopicArn"]),
        lambda client, entry: client.list_tags_for_resource(ResourceArn=entry["TopicArn"]),
        lambda entry: _last(entry["TopicArn"]),
    ),
    Remover(
        _KINDS["log group"],
        lambda client, entry: client.delete_log_group(logGroupName=entry["logGroupName"]),
        lambda client, entry: client.list_tags_for_resource(
            resourceArn=entry["arn"].removesuffix(":*")
        ),
    ),
    Remover(
        _KINDS["S3 bucket"],
        _bucket,
        lambda client, entry: client.get_bucket_tagging(Bucket=entry["Name"]),
    ),
    _ROLES,
    Remover(
        _KINDS["IAM user"],
        lambda client, entry: use.remove_user(client, entry["UserName"]),
        lambda client, entry: client.list_user_tags(UserName=entry["UserName"]),
    ),
    Remover(
        _KINDS["IAM policy"],
        lambda client, entry: client.delete_policy(PolicyArn=entry["Arn"]),
        lambda client, entry: client.list_policy_tags(PolicyArn=entry["Arn"]),
    ),
    Remover(
        inventory.Kind("KMS key", "kms", "list_keys", "Keys", "KeyId"),
        lambda client, entry: client.schedule_key_deletion(
            KeyId=entry["KeyId"], PendingWindowInDays=7
        ),
    ),
)
"""In the order of removal."""

_GROUP = _KINDS["security group"]
NETWORK_REMOVERS = (
    Remover(_KINDS["VPC endpoint"], _endpoint, _own_tags, _named_by_tag),
    # Groups that name each other can only be deleted when none has rules any more.
    Remover(replace(_GROUP, name="rules of security group"), _rules, _own_tags, _group_name),
    Remover(
        _GROUP,
        lambda client, entry: client.delete_security_group(GroupId=entry["GroupId"]),
        _own_tags,
        _group_name,
    ),
    Remover(
        inventory.Kind(
            "route table", "ec2", "describe_route_tables", "RouteTables", "RouteTableId"
        ),
        _route_table,
        _own_tags,
        _named_by_tag,
    ),
    Remover(
        inventory.Kind("subnet", "ec2", "describe_subnets", "Subnets", "SubnetId"),
        lambda client, entry: client.delete_subnet(SubnetId=entry["SubnetId"]),
        _own_tags,
        _named_by_tag,
    ),
    Remover(
        _KINDS["VPC"],
        lambda client, entry: client.delete_vpc(VpcId=entry["VpcId"]),
        _own_tags,
        _named_by_tag,
    ),
)
"""What the group of checks "network" makes besides, in the order of removal."""

NETWORK_SECONDS = 40 * 60
"""Lambda removes its network interfaces about 20 minutes after the function, and EC2 keeps what
they are in until then."""


def find(account: use.Account, only: str | None = None) -> Iterator[Found]:
    """What runs have left, in the order in which it is removed.

    Args:
        account: where to look.
        only: the name of one run; None for all of them.

    Raises:
        ClientError: a kind cannot be listed; it must not look empty.
    """
    # Only who runs that group of checks needs the rights to look at networks.
    network = NETWORK_REMOVERS if any(_tagged(account, "ec2", only)) else ()
    roles = REMOVERS.index(_ROLES)
    for remover in (*REMOVERS[:roles], *network, *REMOVERS[roles:]):
        client = account.client(remover.kind.service)
        if remover.kind.name == "KMS key":
            yield from _keys(account, remover, only)
            continue
        for entry in inventory.listed(client, remover.kind):
            run = run_of(remover.named(entry))
            if run and only in (None, run) and _is_tagged(remover, client, entry, run):
                yield Found(run, remover, entry)


def _is_tagged(remover: Remover, client: AwsClient, entry: Entry, run: str) -> bool:
    if remover.tags is None:
        return True
    try:
        return tag_of(remover.tags(client, entry)) == run
    except ClientError as error:
        # A bucket without tags, or what has gone since it was listed.
        if error.response["Error"]["Code"].startswith(("NoSuch", "ResourceNotFound", "NotFound")):
            return False
        raise


def tag_of(answer: object) -> str | None:
    """The value of the tag, in whatever form a service lists tags."""
    if isinstance(answer, list):
        for each in answer:
            if isinstance(each, dict) and TAG in (
                each.get("Key"),
                each.get("key"),
                each.get("TagKey"),
            ):
                return str(each.get("Value", each.get("value", each.get("TagValue"))))
        return None
    if isinstance(answer, dict):
        if isinstance(answer.get(TAG), str):
            return str(answer[TAG])
        values = [tag_of(value) for name, value in answer.items() if name != "ResponseMetadata"]
        return next((value for value in values if value), None)
    return None


def _keys(account: use.Account, remover: Remover, only: str | None) -> Iterator[Found]:
    """Keys have no name: the tag and the description decide."""
    kms = account.client("kms")
    for each in _tagged(account, "kms:key", only):
        key = kms.describe_key(KeyId=each["ResourceARN"])["KeyMetadata"]
        run = tag_of(each["Tags"])
        described = key.get("Description", "").rpartition(" of ")[2].removesuffix(".")
        if run and run_of(described) == run and key["KeyState"] in {"Enabled", "Disabled"}:
            yield Found(run, remover, {"KeyId": key["KeyId"]})


def _tagged(account: use.Account, kind: str, only: str | None) -> Iterator[Entry]:
    """What has the tag of one run, or of any."""
    pages = account.client("resourcegroupstaggingapi").get_paginator("get_resources")
    asked = {"Key": TAG, **({"Values": [only]} if only else {})}
    for page in pages.paginate(TagFilters=[asked], ResourceTypeFilters=[kind]):
        yield from page["ResourceTagMappingList"]


def remove_all(
    account: use.Account,
    run: str,
    say: Callable[[str], object] = print,
    every: float = 15,
) -> list[str]:
    """Remove what `find` finds of one run; why something stays.

    Lambda removes its interfaces with the function's role, so roles stay while a network waits.

    Args:
        account: where to remove it.
        run: the name of the run.
        say: tells that it takes long.
        every: seconds between two attempts, while AWS itself is still removing something.
    """
    for attempt in range(round(NETWORK_SECONDS / every)):
        problems: list[str] = []
        waits = False
        for each in list(find(account, run)):
            if waits and each.remover is _ROLES:
                continue
            if why := remove(account, each):
                problems.append(why)
                waits = waits or "DependencyViolation" in why
        if not waits:
            break
        if attempt == 0:
            say("A network waits until AWS has removed interfaces from it: about 20 minutes.")
        time.sleep(every)
    return problems


def remove(account: use.Account, found: Found) -> str | None:
    """Remove one resource; why it stays, or None."""
    try:
        found.remover.remove(account.client(found.remover.kind.service), found.entry)
    except ClientError as error:
        return f"{found}: {error}"
    return None
