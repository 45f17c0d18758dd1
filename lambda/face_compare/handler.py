"""The entry point that Lambda calls: ``face_compare.handler.handler``."""

from __future__ import annotations

import os
from typing import Any

from face_compare.clients import Clients
from face_compare.service import LambdaContext, Service
from face_compare.settings import Settings

# Made while the environment starts, where Lambda gives it more CPU than an invocation gets.
_settings = Settings.from_environment(os.environ)
_service = Service(_settings, Clients(_settings))


def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    """Compare the event's two photos. See ``service.Service.serve``."""
    return _service.serve(event, context)
