"""Clean-up removes what runs have left, and never what is somebody else's."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from acceptance import cleanup
from acceptance.__main__ import Options, clean
from acceptance.names import EXAMPLES, NETWORK_EXAMPLE, TAG, name_of, run_of
from local import inventory
from tests.unit.acceptance.fakes import NAME

if TYPE_CHECKING:
    from acceptance.site import Site

_STATES = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
_ALLOWED = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [_ALLOWED]})


class _Queries:
    """Saved queries, which moto does not have."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self.saved: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logs, name)

    def put_query_definition(self, name: str) -> None:
        self.saved[name] = name

    def describe_query_definitions(self) -> Any:
        found = [{"queryDefinitionId": each, "name": each} for each in self.saved]
        return {"queryDefinitions": found}

    def can_paginate(self, operation: str) -> bool:
        return bool("query" not in operation and self._logs.can_paginate(operation))

    def delete_query_definition(self, queryDefinitionId: str) -> None:  # noqa: N803
        del self.saved[queryDefinitionId]


@cache
def _client(service: str, region: str) -> Any:
    """Made once, because it takes longer than a test."""
    return boto3.client(service, region_name=region)  # type: ignore[call-overload]


@dataclass
class World:
    """An account in memory."""

    region: str = "eu-west-1"
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            made = _client(service, self.region)
            self.clients[service] = _Queries(made) if service == "logs" else made
        return self.clients[service]

    def fill(self, name: str, tag: str | None) -> None:
        """Make one of each kind with this name and, where it takes one, this tag."""
        tags = {TAG: tag} if tag else {"owner": "somebody"}
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        small = [{"key": key, "value": value} for key, value in tags.items()]
        s3, iam, sqs = self.client("s3"), self.client("iam"), self.client("sqs")
        where = {"LocationConstraint": self.region}
        s3.create_bucket(Bucket=f"{name}-images", CreateBucketConfiguration=where)
        s3.put_bucket_tagging(Bucket=f"{name}-images", Tagging={"TagSet": pairs})
        s3.put_object(Bucket=f"{name}-images", Key="reference/a.jpg", Body=b"image")
        role = iam.create_role(
            RoleName=f"{name}-eu-west-1", AssumeRolePolicyDocument=_TRUST, Tags=pairs
        )["Role"]["Arn"]
        iam.put_role_policy(RoleName=f"{name}-eu-west-1", PolicyName="own", PolicyDocument=_POLICY)
        policy = iam.create_policy(PolicyName=f"{name}-caller", PolicyDocument=_POLICY, Tags=pairs)[
            "Policy"
        ]["Arn"]
        iam.create_user(UserName=f"{name}-caller", Tags=pairs)
        iam.create_access_key(UserName=f"{name}-caller")
        iam.attach_user_policy(UserName=f"{name}-caller", PolicyArn=policy)
        url = sqs.create_queue(QueueName=f"{name}-uploads", tags=tags)["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("handler.py", "")
        self.client("lambda").create_function(
            FunctionName=name,
            Code={"ZipFile": archive.getvalue()},
            Handler="handler.handler",
            Role=role,
            Runtime="python3.13",
            Tags=tags,
        )
        self.client("lambda").create_event_source_mapping(
            EventSourceArn=queue["Attributes"]["QueueArn"], FunctionName=name, Tags=tags
        )
        self.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}", tags=tags)
        self.client("logs").put_query_definition(f"{name}/failures")
        self.client("sns").create_topic(Name=f"{name}-on-call", Tags=pairs)
        self.client("events").put_rule(
            Name=f"{name}-decided", EventPattern='{"source": ["aws.s3"]}', Tags=pairs
        )
        target = {"Id": "1", "Arn": queue["Attributes"]["QueueArn"]}
        self.client("events").put_targets(Rule=f"{name}-decided", Targets=[target])
        self.client("stepfunctions").create_state_machine(
            name=f"{name}-batch", definition=_STATES, roleArn=role, tags=small
        )
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=f"{name}-errors",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="Errors",
            Namespace="n",
            Period=60,
            Statistic="Sum",
            Threshold=1,
            Tags=pairs,
        )
        self.client("cloudwatch").put_dashboard(
            DashboardName=f"{name}-eu-west-1", DashboardBody='{"widgets": []}'
        )
        kms_tags = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        self.client("kms").create_key(Description=f"Images of {name}.", Tags=kms_tags)

    def names(self) -> set[str]:
        """Everything there is."""
        return {
            f"{each.kind.name}: {each.named(entry)}"
            for each in cleanup.REMOVERS
            if each.kind.name != "KMS key"
            for entry in inventory.listed(self.client(each.kind.service), each.kind)
        }

    def keys(self) -> int:
        """How many keys are usable."""
        kms = self.client("kms")
        found = [kms.describe_key(KeyId=each["KeyId"]) for each in kms.list_keys()["Keys"]]
        return sum(each["KeyMetadata"]["KeyState"] == "Enabled" for each in found)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield World()


def _clean(world: World, only: str | None = None) -> list[str]:
    found = list(cleanup.find(world, only))
    assert [why for each in found if (why := cleanup.remove(world, each))] == []
    return [each.remover.kind.name for each in found]


def test_one_command_removes_everything_that_a_killed_run_has_left(world: World) -> None:
    world.fill(f"{NAME}-minimal", NAME)
    assert len(_clean(world)) == len(cleanup.REMOVERS)
    assert world.names() == set()
    assert world.keys() == 0
    assert list(cleanup.find(world)) == []


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        # Production that is named alike, and a copy of a run without its tag.
        ("fc-accept", None),
        ("fc-accept-production", None),
        ("fc-accept-20261126-0153-shop", NAME),
        ("fc-accept-20261126-0153-minimalist", NAME),
        ("my-fc-accept-20261126-0153-minimal", NAME),
        ("face-compare", NAME),
    ],
)
def test_a_look_alike_is_not_touched(world: World, name: str, tag: str | None) -> None:
    world.fill(name, tag)
    before = world.names()
    world.fill(f"{NAME}-minimal", NAME)
    _clean(world)
    assert world.names() == before
    assert world.keys() == 1


def test_what_has_the_name_of_a_run_but_not_its_tag_is_not_touched(world: World) -> None:
    world.fill(f"{NAME}-minimal", None)
    before = world.names()
    # These kinds have no tags, so that their names decide.
    untagged = {each.kind.name for each in cleanup.REMOVERS if each.tags is None} - {"KMS key"}
    assert untagged == {"dashboard", "saved query"}
    assert set(_clean(world)) == untagged
    assert {each.partition(":")[0] for each in before - world.names()} == untagged
    assert world.keys() == 1


def test_one_run_does_not_remove_what_another_is_using(world: World) -> None:
    other = "fc-accept-20261126-0200"
    world.fill(f"{other}-minimal", other)
    before = world.names()
    world.fill(f"{NAME}-upload", NAME)
    _clean(world, NAME)
    assert world.names() == before
    assert world.keys() == 1


def _network(world: World, name: str, tag: str) -> list[str]:
    """Make what examples/private-network makes in EC2; the ids."""
    ec2 = world.client("ec2")

    def tags(kind: str, called: str) -> Any:
        pairs = [{"Key": "Name", "Value": called}, {"Key": TAG, "Value": tag}]
        return [{"ResourceType": kind, "Tags": pairs}]

    vpc = ec2.create_vpc(CidrBlock="10.90.0.0/24", TagSpecifications=tags("vpc", name))
    vpc = vpc["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.90.0.0/28", TagSpecifications=tags("subnet", f"{name}-eu-west-1a")
    )["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags("route-table", name))
    table = table["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    groups = [
        ec2.create_security_group(
            GroupName=f"{name}-{use}",
            Description="-",
            VpcId=vpc,
            TagSpecifications=tags("security-group", ""),
        )["GroupId"]
        for use in ("function", "endpoints")
    ]
    for group, other in (groups, groups[::-1]):
        pair = [{"GroupId": other}]
        https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": pair}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[https])
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.eu-west-1.rekognition",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        TagSpecifications=tags("vpc-endpoint", f"{name}-rekognition"),
    )["VpcEndpoint"]["VpcEndpointId"]
    return [endpoint, *groups, subnet, table, vpc]


def _there(world: World) -> set[str]:
    return {
        entry[each.kind.identity]
        for each in cleanup.NETWORK_REMOVERS
        for entry in inventory.listed(world.client("ec2"), each.kind)
    }


def test_a_network_is_removed_and_a_look_alike_is_not(world: World) -> None:
    """Otherwise a killed run leaves an endpoint that costs money every hour."""
    other = "fc-accept-20261126-0200"
    kept = _network(world, f"{other}-network", other) + _network(world, "fc-accept", NAME)
    run = _network(world, f"{NAME}-network", NAME)
    assert {each.entry[each.remover.kind.identity] for each in cleanup.find(world, NAME)} == {*run}
    assert cleanup.remove_all(world, NAME) == []
    assert not _there(world) & {*run}
    assert _there(world) >= {*kept}


def test_what_waits_for_aws_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda's interfaces stay in a network for 20 minutes."""
    run = _network(world, f"{NAME}-network", NAME)
    world.fill(f"{NAME}-network", NAME)
    really = cleanup.remove
    said: list[str] = []

    def later(account: Any, found: cleanup.Found) -> str | None:
        kind = found.remover.kind.name
        # Lambda needs the function's role to remove the interfaces.
        assert kind != "IAM role" or said
        return really(account, found) if said or kind != "subnet" else "(DependencyViolation)"

    monkeypatch.setattr(cleanup, "remove", later)
    assert cleanup.remove_all(world, NAME, said.append, every=0.01) == []
    assert len(said) == 1
    assert not _there(world) & {*run}
    assert list(cleanup.find(world)) == []


def test_a_run_that_begins_after_the_question_is_not_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a colleague's, and nobody was asked about it."""
    other = "fc-accept-20261126-0200"

    def agreed(*_: object) -> bool:
        world.fill(f"{other}-minimal", other)
        return True

    world.fill(f"{NAME}-minimal", NAME)
    monkeypatch.setattr("acceptance.__main__._yes", agreed)
    options = Options.read({"CLEAN": "1"})
    assert clean(cast("Site", world), options, Console(quiet=True)) == 0
    assert {each.run for each in cleanup.find(world)} == {other}
    assert len(list(cleanup.find(world))) == len(cleanup.REMOVERS)


@pytest.mark.parametrize("number", range(len(cleanup.REMOVERS)))
def test_a_clean_up_that_was_interrupted_can_be_repeated(world: World, number: int) -> None:
    world.fill(f"{NAME}-minimal", NAME)
    for each in list(cleanup.find(world))[:number]:
        cleanup.remove(world, each)
    _clean(world)
    assert world.names() == set()
    assert world.keys() == 0


@pytest.mark.parametrize("example", [*EXAMPLES, NETWORK_EXAMPLE])
def test_the_module_takes_the_names_and_clean_up_knows_them_again(example: str) -> None:
    name = name_of(NAME, example)
    assert len(name) <= 35
    assert run_of(name) == NAME


@pytest.mark.parametrize(
    ("name", "run"),
    [
        (f"{NAME}-minimal", NAME),
        (f"{NAME}-batch-batch", NAME),
        (f"/aws/lambda/{NAME}-free", NAME),
        (f"/aws/vendedlogs/states/{NAME}-batch-batch", NAME),
        (f"{NAME}-monitored/failures", NAME),
        (f"/mine/{NAME}-minimal", None),
        (f"{NAME}0-minimal", None),
        (NAME, None),
    ],
)
def test_a_name_says_which_run_it_belongs_to(name: str, run: str | None) -> None:
    assert run_of(name) == run
