"""The function URL. On examples/http."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from acceptance.model import Scene, Verdict, check
from local import use

_EVENT = {"source": use.EILEEN, "target": use.DARK}
_PROPAGATION_SECONDS = 60.0
"""Until a new key or policy of IAM is known everywhere."""


def _post(scene: Scene, signer: Credentials | None) -> Any:
    return use.poster(scene.account.region, scene.outputs["function_url"], scene.endpoint)(
        _EVENT, signer
    )


@contextmanager
def _caller(scene: Scene) -> Iterator[Credentials]:
    policy = scene.outputs["caller_policy_arn"]
    with use.user(scene.client("iam"), f"{scene.name}-caller", policy, scene.tags) as made:
        yield made


def _is_known(scene: Scene, credentials: Credentials) -> bool:
    try:
        scene.client_as("sts", credentials).get_caller_identity()
    except ClientError:
        return False
    return True


@check(
    "unsigned-request",
    "The function URL answers nobody who does not sign.",
    "403",
    on="http",
)
def unsigned_request(scene: Scene) -> Verdict:
    """POST without a signature."""
    status = _post(scene, None).status_code
    return status == 403, status


@check(
    "stranger-to-the-url",
    "The function URL answers nobody without the policy, not even in the same account.",
    "403 for a user without a policy, also when IAM has had time to learn of the user",
    on="http",
)
def stranger_to_the_url(scene: Scene) -> Verdict:
    """POST as a user without rights."""
    with use.user(scene.client("iam"), f"{scene.name}-stranger", tags=scene.tags) as stranger:
        scene.wait(lambda: _is_known(scene, stranger), _PROPAGATION_SECONDS, "the new user")
        status = _post(scene, stranger).status_code
    return status == 403, status


@check(
    "signed-request",
    "The output invoker_policy_json is enough for a POST through the URL.",
    "200 and a match",
    on="http",
    row=16,
)
def signed_request(scene: Scene) -> Verdict:
    """POST as a user with the policy, until IAM knows it."""
    with _caller(scene) as caller:

        def answered() -> Any:
            answer = _post(scene, caller)
            return answer if answer.status_code != 403 else None

        answer = scene.wait(answered, _PROPAGATION_SECONDS, "an answer other than 403")
    body = answer.json()
    seen = f"{answer.status_code}, {body.get('decision', body)}"
    good = answer.status_code == 200 and body.get("match") is True
    return good, f"{seen} (request {body.get('request_id')})"


@check(
    "no-way-past-the-url",
    "The same policy does not allow a direct invocation.",
    "AccessDeniedException, after the URL has answered",
    on="http",
    row=16,
)
def no_way_past_the_url(scene: Scene) -> Verdict:
    """Invoke directly as the same user, once the policy is known."""
    with _caller(scene) as caller:
        scene.wait(
            lambda: _post(scene, caller).status_code == 200, _PROPAGATION_SECONDS, "a 200 by URL"
        )
        client = scene.client_as("lambda", caller)
        try:
            client.invoke(FunctionName=scene.function, Payload=b"{}")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return code == "AccessDeniedException", code
    return False, "the invocation was allowed"
