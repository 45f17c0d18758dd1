"""What Step Functions would refuse in the definition of a state machine.

statelint holds a definition against the Amazon States Language: names that are unique in the whole
machine, targets of transitions, fields that exist. What a Distributed Map has beyond statelint's
version is checked here and taken out first; each field is on the page of the developer guide that
is named after it (ItemReader, ResultWriter, Distributed Map).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from statelint.linter import Linter

Json = Any
"""Whatever JSON can hold."""

# Fields by place in a Map, with the values that they take; None for any.
_FIELDS: Mapping[tuple[str, str], Mapping[str, frozenset[str] | None]] = {
    ("ItemProcessor", "ProcessorConfig"): {
        "ExecutionType": frozenset({"EXPRESS", "STANDARD"}),
        "Mode": frozenset({"DISTRIBUTED", "INLINE"}),
    },
    ("ItemReader", "ReaderConfig"): {
        "CSVHeaderLocation": frozenset({"FIRST_ROW", "GIVEN"}),
        "CSVHeaders": None,
        "InputType": frozenset({"CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"}),
        "MaxItems": None,
    },
    ("ResultWriter", "WriterConfig"): {
        "OutputType": frozenset({"JSON", "JSONL"}),
        "Transformation": frozenset({"COMPACT", "FLATTEN", "NONE"}),
    },
}
_LONGEST_NAME = 80
_LONGEST_LABEL = 40


def problems(definition: str) -> list[str]:
    """Every reason to refuse the definition, a sentence each; none where it can be created."""
    machine = json.loads(definition)
    found = _of_labels(machine)
    for name, state in _states(machine):
        if len(name) > _LONGEST_NAME:
            found.append(f"The state's name {name} is longer than {_LONGEST_NAME} characters")
        if state.get("Type") == "Map":
            found += _of_a_map(name, state)
        _prepare_retriers(state)
    return [*found, *Linter.validate(machine)]


def _states(node: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Every state at any depth, with its name."""
    for name, state in node.get("States", {}).items():
        yield name, state
        for inner in (state.get("ItemProcessor", {}), *state.get("Branches", [])):
            yield from _states(inner)


def _of_a_map(name: str, state: dict[str, Json]) -> list[str]:
    """What is wrong with the fields that statelint does not have; they are taken out."""
    found = []
    for (part, inner), known in _FIELDS.items():
        place = f"{name}.{part}.{inner}"
        fields = state.get(part, {}).pop(inner, {})
        for field, value in fields.items():
            allowed = known.get(field, frozenset())
            if field not in known:
                found.append(f'Field "{field}" not allowed in {place}')
            elif allowed is not None and str(value) not in allowed:
                found.append(f"{place}.{field} is {value}, not one of {', '.join(sorted(allowed))}")
    return found


def _of_labels(machine: Mapping[str, Json]) -> list[str]:
    """What is wrong with the labels of Maps; they are taken out."""
    labels = [
        str(state.pop("Label"))
        for _, state in _states(machine)
        if state.get("Type") == "Map" and "Label" in state
    ]
    long = {label for label in labels if len(label) > _LONGEST_LABEL}
    twice = {label for label in labels if labels.count(label) > 1}
    return [
        *(f'Label "{label}" is longer than {_LONGEST_LABEL} characters' for label in sorted(long)),
        *(f'Label "{label}" is not unique' for label in sorted(twice)),
    ]


def _prepare_retriers(state: dict[str, Json]) -> None:
    """Give BackoffRate a decimal point, which statelint asks for and Step Functions does not."""
    for retrier in state.get("Retry", []):
        if isinstance(retrier.get("BackoffRate"), int):
            retrier["BackoffRate"] = float(retrier["BackoffRate"])
