"""Who may do what: patches to the pinned MiniStack's view of requests and rights.

These names are wrapped, each for one thing that upstream lacks:

    app.app                            See transport.py.
    iam_actions.extract_resource_arn   AWS authorises CreateLogStream and PutLogEvents on the stream
                                       ("<group's ARN>:log-stream:<name>"); upstream asks for the
                                       group, so the usual "<group's ARN>:*" would be refused.
    iam._build_simulate_results_real   SimulatePrincipalPolicy puts a key with "&" or "<" into its
                                       XML as it is, which no client can read.
    iam_actions.s3_additional_checks   Without s3:ListBucket S3 answers 403 for an object that is
                                       not there; upstream answers 404 to everybody.
    sts.register_session               The Rekognition stand-in must know every session.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from xml.sax.saxutils import escape

from local.emulator.principals import PrincipalsWriter
from local.emulator.settings import Settings
from local.emulator.transport import as_if_by_https
from local.emulator.upstream import Upstream


def install(settings: Settings) -> None:
    """Apply the patches to the MiniStack imported in this process."""
    app: Upstream = import_module("ministack.app")
    iam: Upstream = import_module("ministack.services.iam")
    iam_actions: Upstream = import_module("ministack.core.iam_actions")
    s3: Upstream = import_module("ministack.services.s3")
    sts: Upstream = import_module("ministack.services.sts")
    upstream_checks = iam_actions.s3_additional_checks
    upstream_results = iam._build_simulate_results_real
    upstream_register = sts.register_session
    upstream_resource = iam_actions.extract_resource_arn
    principals = PrincipalsWriter(settings.principals_file)

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        *rest: Upstream,
        **named: Upstream,
    ) -> str:
        arn: str = upstream_resource(service, method, path, headers, body, *rest, **named)
        return stream_resource(arn, headers, body) if service == "logs" else arn

    def s3_additional_checks(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, list[str]],
    ) -> list[tuple[str, str]]:
        checks: list[tuple[str, str]] = upstream_checks(method, path, headers, body, query_params)
        bucket, _, key = path.lstrip("/").partition("/")
        if key and iam_actions._s3_action(method, path, query_params) == "GetObject":
            record = s3._ensure_bucket(bucket)
            if record is not None and key not in record["objects"]:
                checks.append(("s3:ListBucket", f"arn:aws:s3:::{bucket}"))
        return checks

    def register_session(access_key: str, session: dict[str, Any]) -> None:
        upstream_register(access_key, session)
        principals.add(access_key, session.get("Arn", ""), session.get("SecretAccessKey", ""))

    def simulate_results(
        actions: list[str], resource_arn: str, *rest: Upstream, **named: Upstream
    ) -> str:
        xml: str = upstream_results(actions, resource_arn, *rest, **named)
        return xml.replace(f">{resource_arn}<", f">{escape(resource_arn)}<")

    app.app = as_if_by_https(app.app)
    iam._build_simulate_results_real = simulate_results
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.s3_additional_checks = s3_additional_checks
    sts.register_session = register_session


def stream_resource(group_arn: str, headers: Mapping[str, str], body: bytes) -> str:
    """The ARN that a call of CloudWatch Logs is authorised on, from the one of its group."""
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    if action not in {"CreateLogStream", "PutLogEvents"}:
        return group_arn
    try:
        stream = json.loads(body)["logStreamName"]
    except (ValueError, KeyError, TypeError):
        return group_arn
    return f"{group_arn}:log-stream:{stream}"
