"""Runs a check, and says how it ended."""

from __future__ import annotations

import time

from botocore.exceptions import ClientError

from acceptance.model import Check, Outcome, Result, Scene, SkipError, StopError


def tried(check: Check, scene: Scene) -> Outcome:
    """Run a check. Any exception counts as failed, except a skip and an interruption."""
    if scene.endpoint and check.not_local:
        return outcome(check, Result.SKIPPED, check.not_local)
    began = time.monotonic()
    try:
        scene.go_on()
        good, seen = check.ask(scene)
        result = Result.PASSED if good else Result.FAILED
    except SkipError as reason:
        result, seen = Result.SKIPPED, reason
    except StopError:
        result, seen = Result.SKIPPED, "the run was interrupted"
    except ClientError as error:
        request = error.response.get("ResponseMetadata", {}).get("RequestId", "none")
        result, seen = Result.FAILED, f"{error} (request {request})"
    except Exception as error:  # noqa: BLE001 - AWS answered as nobody expected
        result, seen = Result.FAILED, f"{type(error).__name__}: {error}"
    return outcome(check, result, str(seen), time.monotonic() - began)


def outcome(check: Check, result: Result, seen: str, seconds: float = 0.0) -> Outcome:
    """An outcome of a check, however it was found."""
    return Outcome(check.name, check.assumption, check.expected, seen, result, round(seconds, 1))
