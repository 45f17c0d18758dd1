"""The environment of a function's process, as the Lambda service lays it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def function_environment(
    config: Mapping[str, Any],
    *,
    code_dir: str,
    runtime_api: str,
    log_stream: str,
    credentials: Mapping[str, str],
    endpoints: Mapping[str, str],
    variables: Mapping[str, str],
) -> dict[str, str]:
    """Build the whole environment of one execution environment; nothing is inherited.

    Args:
        config: the function's configuration as GetFunctionConfiguration answers it.
        code_dir: folder of the unpacked zip; Lambda's is /var/task.
        runtime_api: "host:port" of the Runtime API this process polls.
        log_stream: name of the stream its records go to.
        credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the role.
        endpoints: AWS_ENDPOINT_URL and its service forms; the only names AWS itself does not set.
        variables: the function's own variables, reserved names already taken out.
    """
    name = str(config["FunctionName"])
    region = str(config["FunctionArn"]).split(":")[3]
    logging = config.get("LoggingConfig") or {}
    environment = {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(config.get("Version", "$LATEST")),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": log_format(config),
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(config),
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "LAMBDA_TASK_ROOT": code_dir,
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": code_dir,
        "TZ": ":UTC",
        "_HANDLER": str(config.get("Handler", "")),
    }
    if level := logging.get("ApplicationLogLevel"):
        environment["AWS_LAMBDA_LOG_LEVEL"] = str(level)
    return {**environment, **variables, **endpoints, **credentials}


def log_format(config: Mapping[str, Any]) -> str:
    """Name the log format, "JSON" or "Text", in the spelling Lambda gives its runtimes."""
    chosen = str((config.get("LoggingConfig") or {}).get("LogFormat", "Text"))
    return "JSON" if chosen.upper() == "JSON" else "Text"


def log_group(config: Mapping[str, Any]) -> str:
    """Name of the log group the function writes to."""
    chosen = (config.get("LoggingConfig") or {}).get("LogGroup")
    return str(chosen or f"/aws/lambda/{config['FunctionName']}")
