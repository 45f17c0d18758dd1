"""CloudWatch keeps alarms on expressions as they were put: a patch to the pinned MiniStack."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from unittest.mock import patch

_OF_ONE_METRIC = ("Period", "Statistic")


def install() -> None:
    """Apply the patch to the MiniStack that this process imports."""
    cloudwatch = import_module("ministack.services.cloudwatch")
    original = cloudwatch._put_metric_alarm

    def put_metric_alarm(params: Any, request: dict[str, Any], *protocol: Any) -> Any:
        answer = original(params, request, *protocol)
        alarm = cloudwatch._alarms.get(request.get("AlarmName"))
        if alarm and "Metrics" in request:
            keep_expression(alarm, request)
        return answer

    patch.object(cloudwatch, "_put_metric_alarm", put_metric_alarm).start()


def keep_expression(alarm: dict[str, Any], request: dict[str, Any]) -> None:
    """Give an alarm its metrics, and take what MiniStack invents: an expression has neither."""
    alarm["Metrics"] = request["Metrics"]
    for name in _OF_ONE_METRIC:
        if name not in request:
            alarm.pop(name, None)
