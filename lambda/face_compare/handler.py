"""The entry point that Lambda calls: ``face_compare.handler.handler``."""

from __future__ import annotations

import gc
import os
from typing import Any

# What the start makes stays: looking for garbage among it takes 15 ms of CPU and finds none.
gc.disable()

from face_compare.clients import Clients  # noqa: E402
from face_compare.service import LambdaContext, Service  # noqa: E402
from face_compare.settings import Settings  # noqa: E402

# Made while the environment starts, where Lambda gives it more CPU than an invocation gets.
_settings = Settings.from_environment(os.environ)
_service = Service(_settings, Clients(_settings))

# Set aside, or the first collection would search it all, for another 15 ms.
gc.freeze()
gc.enable()


def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    """Serve one invocation. See ``service.Service.serve``."""
    return _service.serve(event, context)
