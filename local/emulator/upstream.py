"""MiniStack, seen from the patches: its names, its version, and whether they still are the same."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any, TypeAlias

from local.emulator.settings import MINISTACK_VERSION

Upstream: TypeAlias = Any
"""A value of MiniStack's, which has no types."""

_EXPECTED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ministack.app", "app"): ("scope", "receive", "send"),
    ("ministack.app", "main"): (),
    ("ministack.core.iam_actions", "_s3_action"): ("method", "path", "query_params"),
    ("ministack.core.iam_actions", "s3_additional_checks"): (
        "method",
        "path",
        "headers",
        "body",
        "query_params",
    ),
    ("ministack.core.iam_actions", "extract_resource_arn"): (
        "service",
        "method",
        "path",
        "headers",
        "body",
        "query_params",
        "region",
        "account_id",
    ),
    ("ministack.core.lambda_runtime", "_worker_class_for"): ("config",),
    ("ministack.core.lambda_runtime", "execution_credentials"): ("config",),
    ("ministack.core.lambda_runtime", "ProvidedWorker"): ("func_name", "config", "code_zip"),
    ("ministack.core.lambda_runtime", "ProvidedWorker.invoke"): (
        "self",
        "event",
        "request_id",
        "trace_id",
        "invoked_function_arn",
    ),
    ("ministack.core.lambda_runtime", "ProvidedWorker._record_result"): (
        "self",
        "generation",
        "request_id",
        "kind",
        "payload",
    ),
    ("ministack.core.lambda_runtime", "ProvidedWorker._spawn"): ("self", "init_timeout"),
    ("ministack.core.responses", "error_response_json"): (
        "code",
        "message",
        "status",
        "extra",
        "message_key",
        "content_type",
    ),
    ("ministack.core.responses", "json_response"): ("data", "status", "content_type"),
    ("ministack.services.cloudwatch_logs", "handle_request"): (
        "method",
        "path",
        "headers",
        "body",
        "query_params",
    ),
    ("ministack.services.ec2", "_p"): ("params", "key", "default"),
    ("ministack.services.ec2", "_parse_ip_permissions"): ("params", "prefix"),
    ("ministack.services.ec2", "_sg_rule_xml"): ("sg_id", "rule", "is_egress"),
    ("ministack.services.iam", "_build_simulate_results_real"): (
        "actions",
        "resource_arn",
        "principal_arn",
        "account_id",
        "policies",
    ),
    ("ministack.services.lambda_svc", "_execute_function_warm"): ("func", "event", "request_id"),
    ("ministack.services.lambda_svc", "_execute_function_provided_warm"): (
        "func",
        "event",
        "request_id",
    ),
    ("ministack.services.lambda_svc", "_provided_code_lock"): (),
    ("ministack.services.lambda_svc", "_provided_runtime_code_dir"): ("code_zip",),
    ("ministack.services.lambda_svc", "_provided_worker_env"): ("config", "code_dir", "port"),
    ("ministack.services.lambda_svc", "_runtime_env_vars"): ("config",),
    ("ministack.services.lambda_svc", "_emit_lambda_logs"): (
        "func",
        "request_id",
        "log_text",
        "error",
        "duration_ms",
        "log_source",
    ),
    ("ministack.services.s3", "_ensure_bucket"): ("name",),
    **{
        ("ministack.services.stepfunctions", name): parameters
        for name, parameters in {
            "_ExecutionError": ("error", "cause"),
            "_apply_output_path": ("state_def", "data", "ctx"),
            "_apply_result_path": ("state_def", "original", "result"),
            "_apply_result_selector": ("state_def", "data"),
            "_call_lambda": ("func_ref", "event"),
            "_executions": (),
            "_finalize_response": ("response",),
            "_find_matching_retrier": ("retriers", "error", "retry_counts"),
            "_map_runs": (),
            "_next_or_end": ("state_def",),
            "_resolve_params_obj": ("template", "data", "ctx"),
            "_resolve_path_or_ctx": ("path", "data", "ctx"),
            "_run_distributed_map": (
                "state_def",
                "raw_input",
                "effective",
                "iterator",
                "execution",
                "ctx",
            ),
            "_run_execution": ("exec_arn",),
            "_run_sub_machine": ("states", "start_at", "input_data", "execution", "ctx"),
            "_state_machines": (),
            "_validate_definition_jsonata": ("definition_str",),
            "_validate_state_machine_definition": ("data",),
            "handle_request": ("method", "path", "headers", "body", "query_params"),
            "new_uuid": (),
            "now_iso": (),
        }.items()
    },
    ("ministack.services.sts", "register_session"): ("access_key", "session"),
}
"""Every upstream name the patches touch, with the parameters they rely on."""


def misfits() -> list[str]:
    """Say, one sentence each, where the installed MiniStack is not the one the patches fit."""
    found = version("ministack")
    if found != MINISTACK_VERSION:
        sentence = (
            f"MiniStack {found} is installed, but the patches in local/emulator were written for "
            f"{MINISTACK_VERSION}: install that version, or go through runtime.py and access.py "
            "there against the new one and raise both pins."
        )
        return [sentence]
    problems = []
    for (module, path), parameters in _EXPECTED.items():
        target: Upstream = import_module(module)
        try:
            for name in path.split("."):
                target = getattr(target, name)
        except AttributeError:
            problems.append(f"{module}.{path} is gone.")
            continue
        if callable(target):
            have = tuple(inspect.signature(target).parameters)
            if have != parameters:
                problems.append(f"{module}.{path} takes {have}, not {parameters}.")
    return problems
