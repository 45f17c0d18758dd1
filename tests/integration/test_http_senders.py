"""The function behind API Gateway and a load balancer, which consumers put in front of it.

The trimmed provider of the tests has neither, so they are made by the API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from local import use
from local.stack import REGION
from tests.integration.conftest import DARK, EILEEN, MISSING, Deployed

PAIR = {"source": EILEEN, "target": DARK}


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def function_arn(deployed: Deployed) -> str:
    configuration = deployed.stack.client("lambda").get_function_configuration(
        FunctionName=deployed.function
    )
    return str(configuration["FunctionArn"])


def http_api(deployed: Deployed, cleanup: ExitStack, payload_format: str) -> str:
    """Put an HTTP API in front of the function, and return the address of its route."""
    api = deployed.stack.client("apigatewayv2")
    made = api.create_api(Name=f"faces-{payload_format}", ProtocolType="HTTP")
    cleanup.callback(api.delete_api, ApiId=made["ApiId"])
    integration = api.create_integration(
        ApiId=made["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationUri=function_arn(deployed),
        PayloadFormatVersion=payload_format,
    )
    api.create_route(
        ApiId=made["ApiId"],
        RouteKey="POST /compare",
        AuthorizationType="AWS_IAM",
        Target=f"integrations/{integration['IntegrationId']}",
    )
    api.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    allow(deployed, cleanup, "apigateway.amazonaws.com")
    return f"{made['ApiEndpoint']}/compare"


def rest_api(deployed: Deployed, cleanup: ExitStack) -> str:
    """Put a REST API in front of the function, and return the address of its method."""
    api = deployed.stack.client("apigateway")
    rest = api.create_rest_api(name="faces")["id"]
    cleanup.callback(api.delete_rest_api, restApiId=rest)
    (root,) = api.get_resources(restApiId=rest)["items"]
    place = {
        "restApiId": rest,
        "resourceId": api.create_resource(restApiId=rest, parentId=root["id"], pathPart="compare")[
            "id"
        ],
        "httpMethod": "POST",
    }
    api.put_method(**place, authorizationType="AWS_IAM")
    function = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions"
    api.put_integration(
        **place,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"{function}/{function_arn(deployed)}/invocations",
    )
    api.create_deployment(restApiId=rest, stageName="v1")
    allow(deployed, cleanup, "apigateway.amazonaws.com")
    port = httpx.URL(deployed.stack.endpoint).port
    return f"http://{rest}.execute-api.localhost:{port}/v1/compare"


def allow(deployed: Deployed, cleanup: ExitStack, principal: str) -> None:
    """Let a service invoke the function, as its owner must."""
    functions = deployed.stack.client("lambda")
    permission = {"FunctionName": deployed.function, "StatementId": "Sender"}
    functions.add_permission(**permission, Action="lambda:InvokeFunction", Principal=principal)
    cleanup.callback(functions.remove_permission, **permission)


SENDERS: dict[str, Callable[[Deployed, ExitStack], str]] = {
    "HTTP API, 2.0": lambda deployed, cleanup: http_api(deployed, cleanup, "2.0"),
    "HTTP API, 1.0": lambda deployed, cleanup: http_api(deployed, cleanup, "1.0"),
    "REST API": rest_api,
}


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
def test_an_api_with_an_authorizer_answers_as_the_function_url_does(
    minimal: Deployed, cleanup: ExitStack, sender: Callable[[Deployed, ExitStack], str]
) -> None:
    url = sender(minimal, cleanup)
    post = use.poster(REGION, url, minimal.stack.endpoint, service="execute-api")
    assert post(PAIR, None).status_code == 403
    iam = minimal.stack.client("iam")
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}],
    }
    policy = iam.create_policy(PolicyName="api-caller", PolicyDocument=json.dumps(document))[
        "Policy"
    ]["Arn"]
    cleanup.callback(iam.delete_policy, PolicyArn=policy)
    with use.user(iam, "api-caller", policy) as caller:
        decided = post(PAIR, caller)
        assert decided.status_code == 200, decided.text
        assert decided.json()["match"] is True
        problem = post({**PAIR, "target": MISSING}, caller)
    assert problem.status_code == 404, problem.text
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.headers["cache-control"] == "no-store"
    assert problem.json()["error_type"] == "ImageNotFoundError"


@pytest.mark.parametrize("several", ["true", "false"])
def test_a_load_balancer_answers_as_the_function_url_does(
    minimal: Deployed, cleanup: ExitStack, several: str
) -> None:
    balancers = minimal.stack.client("elbv2")
    group = balancers.create_target_group(Name=f"faces-{several}", TargetType="lambda")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    cleanup.callback(balancers.delete_target_group, TargetGroupArn=arn)
    balancers.modify_target_group_attributes(
        TargetGroupArn=arn,
        Attributes=[{"Key": "lambda.multi_value_headers.enabled", "Value": several}],
    )
    allow(minimal, cleanup, "elasticloadbalancing.amazonaws.com")
    balancers.register_targets(TargetGroupArn=arn, Targets=[{"Id": function_arn(minimal)}])
    name = f"faces-{several}"
    made = balancers.create_load_balancer(Name=name, Subnets=subnets(minimal))
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    cleanup.callback(balancers.delete_load_balancer, LoadBalancerArn=balancer)
    balancers.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    url = f"{minimal.stack.endpoint}/_alb/{name}/compare"
    decided = httpx.post(url, json=PAIR, timeout=60)
    assert decided.status_code == 200, decided.text
    assert decided.json()["match"] is True
    problem = httpx.post(url, json={**PAIR, "target": MISSING}, timeout=60)
    assert problem.status_code == 404, problem.text
    assert problem.headers["content-type"] == "application/problem+json"
    check = httpx.get(url, headers={"User-Agent": "ELB-HealthChecker/2.0"}, timeout=60)
    assert check.status_code == 200, check.text


def subnets(deployed: Deployed) -> list[str]:
    """Return two subnets of the account's default VPC."""
    found = deployed.stack.client("ec2").describe_subnets()["Subnets"]
    return [subnet["SubnetId"] for subnet in found[:2]]
