"""The entry point that Lambda calls: ``face_compare.handler.handler``."""

import gc
import os
from typing import TYPE_CHECKING, Any

# The start makes no garbage worth collecting: looking for it takes 15 ms of CPU.
gc.disable()

from face_compare.runtime.clients import Clients  # noqa: E402
from face_compare.runtime.settings import Settings  # noqa: E402
from face_compare.service import Service  # noqa: E402

if TYPE_CHECKING:
    from face_compare.runtime.lambda_context import LambdaContext

# Made while the environment starts, because Lambda gives the start more CPU than an invocation.
_settings = Settings.from_environment(os.environ)
_service = Service(_settings, Clients(_settings))

# The first garbage collection would search all of it, for another 15 ms. Freezing excludes it.
gc.freeze()
gc.enable()


def handler(event: object, context: "LambdaContext") -> dict[str, Any]:
    """Serve one invocation. See ``service.Service.serve``."""
    return _service.serve(event, context)
