"""Requests held against botocore's own model of the service, with the service's error texts.

botocore's ParamValidator is made for clients: it knows no maximum, pattern or enum and words its
findings for a Python caller. So the shapes are botocore's and the walk over them is here.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from local.rekognition import faults


@functools.cache
def service_model() -> ServiceModel:
    """Return botocore's model of Rekognition."""
    loader = botocore.session.get_session().get_component("data_loader")
    return ServiceModel(loader.load_service_model("rekognition", "service-2"), "rekognition")


def request_shape(operation: str) -> StructureShape:
    """Return the shape of one operation's request, for instance of "CompareFaces"."""
    shape = service_model().operation_model(operation).input_shape
    if shape is None:
        raise LookupError(f"{operation} takes no input")
    return shape


def parse(body: bytes, shape: Shape) -> dict[str, Any]:
    """Return the request in the model's types: blobs as bytes, nulls and unknown members left out.

    Raises ServiceError: SerializationException for a body that is not JSON of these types,
    ValidationException for a value outside the model's constraints.
    """
    try:
        document = json.loads(body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise faults.serialization("Unable to parse the request body") from None
    if not isinstance(document, dict):
        raise faults.serialization("Start of structure or map found where not expected.")
    request: dict[str, Any] = _typed(document, shape)
    problems = tuple(_problems(request, shape, ""))
    if problems:
        raise faults.validation(problems)
    return request


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _typed(value: Any, shape: Shape) -> Any:
    match shape:
        case StructureShape():
            if not isinstance(value, dict):
                raise _unexpected(value, "structure")
            members = shape.members
            return {
                name: _typed(part, members[name])
                for name, part in value.items()
                if name in members and part is not None
            }
        case ListShape():
            if not isinstance(value, list):
                raise _unexpected(value, "list")
            return [_typed(part, shape.member) for part in value]
        case _:
            return _SCALARS[shape.type_name](value)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise _unexpected(value, "String")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unexpected(value, "Float")
    try:
        number = float(value)
    except OverflowError:
        raise _unexpected(value, "Float") from None
    if not math.isfinite(number):
        raise _unexpected(value, "Float")
    return number


def _blob(value: Any) -> bytes:
    if not isinstance(value, str):
        raise _unexpected(value, "ByteBuffer")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise faults.serialization("Blob is not valid base64") from None


_SCALARS = {"string": _string, "float": _number, "blob": _blob}
"""The scalar types that requests of the two operations use."""

_TOKENS = {str: "STRING_VALUE", bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}


def _unexpected(value: Any, wanted: str) -> faults.ServiceError:
    token = _TOKENS.get(type(value), "START_OBJECT")
    return faults.serialization(f"{token} cannot be converted to {wanted}")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands and what it is, in the words of the service."""

    path: str
    shown: str

    def problem(self, rule: str) -> str:
        return (
            f"Value {self.shown} at '{self.path}' failed to satisfy constraint: Member must {rule}"
        )


def _problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    match shape:
        case StructureShape():
            for name in shape.required_members:
                if name not in value:
                    yield _Place(_join(path, name), "null").problem("not be null")
            for name, part in value.items():
                yield from _problems(part, shape.members[name], _join(path, name))
        case ListShape():
            for number, part in enumerate(value, start=1):
                yield from _problems(part, shape.member, f"{path}.{number}.member")
        case _:
            yield from _scalar_problems(value, shape, path)


def _scalar_problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    place = _Place(path, _shown(value))
    rules = shape.metadata
    if shape.type_name == "float":
        if "min" in rules and value < rules["min"]:
            yield place.problem(f"have value greater than or equal to {rules['min']}")
        if "max" in rules and value > rules["max"]:
            yield place.problem(f"have value less than or equal to {rules['max']}")
        return
    if "min" in rules and len(value) < rules["min"]:
        yield place.problem(f"have length greater than or equal to {rules['min']}")
    if "max" in rules and len(value) > rules["max"]:
        yield place.problem(f"have length less than or equal to {rules['max']}")
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        yield place.problem(f"satisfy regular expression pattern: {rules['pattern']}")
    if "enum" in rules and value not in rules["enum"]:
        yield place.problem(f"satisfy enum value set: [{', '.join(rules['enum'])}]")


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        # The service is written in Java and shows its buffer, not the bytes.
        return f"'java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]'"
    return f"'{value}'"


def _join(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered
