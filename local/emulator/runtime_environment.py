"""The environment variables of a function's process, as the Lambda service sets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def function_environment(
    config: Mapping[str, Any], *, code_dir: str, runtime_api: str
) -> dict[str, str]:
    """Return what Lambda sets; the function's own variables and its role's keys come on top.

    Args:
        config: the function's configuration as GetFunctionConfiguration answers it.
        code_dir: folder of the unpacked zip; Lambda's is /var/task.
        runtime_api: "host:port" of the Runtime API that the process polls.
    """
    region = str(config["FunctionArn"]).split(":")[3]
    logging = config["LoggingConfig"]
    return {
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_NAME": str(config["FunctionName"]),
        "AWS_LAMBDA_FUNCTION_VERSION": str(config.get("Version", "$LATEST")),
        "AWS_LAMBDA_LOG_FORMAT": str(logging["LogFormat"]),
        "AWS_LAMBDA_LOG_LEVEL": str(logging["ApplicationLogLevel"]),
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": region,
        "LAMBDA_TASK_ROOT": code_dir,
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": code_dir,
        "TZ": ":UTC",
        "_HANDLER": str(config["Handler"]),
    }
