"""Holds a response against botocore's model, member by member."""

from __future__ import annotations

from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from local.rekognition.shapes import service_model


def assert_fits(members: dict[str, Any], operation: str) -> None:
    shape = service_model().operation_model(operation).output_shape
    assert shape is not None
    problems = _problems(members, shape, operation)
    assert not problems, problems


def _problems(value: Any, shape: Shape, path: str) -> list[str]:
    match shape:
        case StructureShape():
            if not isinstance(value, dict):
                return [f"{path}: not a structure"]
            unknown = [f"{path}.{name}: unknown" for name in value if name not in shape.members]
            return unknown + [
                problem
                for name, part in value.items()
                if name in shape.members
                for problem in _problems(part, shape.members[name], f"{path}.{name}")
            ]
        case ListShape():
            if not isinstance(value, list):
                return [f"{path}: not a list"]
            return [
                problem
                for number, part in enumerate(value)
                for problem in _problems(part, shape.member, f"{path}[{number}]")
            ]
        case _:
            return _scalar_problems(value, shape, path)


def _scalar_problems(value: Any, shape: Shape, path: str) -> list[str]:
    kind = {"float": float, "string": str, "boolean": bool}[shape.type_name]
    if not isinstance(value, kind):
        return [f"{path}: {value!r} is not a {shape.type_name}"]
    rules = shape.metadata
    outside = kind is float and not rules.get("min", value) <= value <= rules.get("max", value)
    foreign = "enum" in rules and value not in rules["enum"]
    return [f"{path}: {value!r} is outside {rules}"] if outside or foreign else []
