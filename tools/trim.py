"""Trims a copy of the AWS provider's source to the services used here.

Compiling all 250 services takes 45 minutes on two cores and gives 850 MB;
these take 7 minutes and give 137 MB, and every command that loads the
provider's schema is six times faster. The code of the services that stay is
untouched: only the generated list of services and the generated client
accessors lose the others.
"""

import re
from pathlib import Path

SERVICES = frozenset(
    {
        "cloudwatch",
        "dynamodb",
        "ec2",
        "events",
        "iam",
        "kms",
        "lambda",
        "logs",
        "meta",
        "organizations",
        "pipes",
        "s3",
        "s3control",
        "scheduler",
        "servicequotas",
        "sfn",
        "sns",
        "sqs",
        "ssm",
        "sts",
    }
)

_SERVICE_IMPORT = re.compile(r'internal/service/([a-z0-9]+)"')
_SERVICE_ENTRY = re.compile(r"^\s+([a-z0-9]+)_?\.ServicePackage\(ctx\)")
_ACCESSOR = re.compile(r"func \(c \*AWSClient\) (\w+)\(.*?\n}\n", re.DOTALL)
_CLIENT_CALL = re.compile(r"\.(\w+Client)\(")
_IMPORT = re.compile(r'^\s+(?:(\w+) )?"([^"]+)"')
_NOT_COMPILED = frozenset({"acctest", "generate", "sweep"})


def trim(source: Path) -> None:
    """Trim the provider's module at `source`, a writable copy, in place."""
    services = source / "internal" / "provider" / "sdkv2" / "service_packages_gen.go"
    services.write_text(trimmed_services(services.read_text()))
    clients = source / "internal" / "conns" / "awsclient_gen.go"
    clients.write_text(trimmed_clients(clients.read_text(), _clients_used(source)))


def trimmed_services(text: str) -> str:
    """The generated list of services without the lines of those that go."""

    def stays(line: str) -> bool:
        found = _SERVICE_IMPORT.search(line) or _SERVICE_ENTRY.search(line)
        return found is None or found[1] in SERVICES

    return "".join(line for line in text.splitlines(keepends=True) if stays(line))


def trimmed_clients(text: str, used: frozenset[str]) -> str:
    """The generated client accessors that are used, with the imports these need."""
    imports, body = text.split(")\n", 1)
    code = "\n".join(found[0] for found in _ACCESSOR.finditer(body) if found[1] in used)

    def needed(line: str) -> bool:
        found = _IMPORT.search(line)
        if found is None:
            return True
        package = found[1] or found[2].rsplit("/", 1)[-1]
        return re.search(rf"\b{package}\.", code) is not None

    kept = "".join(line for line in imports.splitlines(keepends=True) if needed(line))
    return f"{kept})\n{code}"


def _clients_used(source: Path) -> frozenset[str]:
    used: set[str] = set()
    internal = source / "internal"
    for path in internal.rglob("*.go"):
        parts = path.relative_to(internal).parts
        if path.name.endswith("_test.go") or path.name == "awsclient_gen.go":
            continue
        if parts[0] in _NOT_COMPILED:
            continue
        if parts[0] == "service" and parts[1] not in SERVICES:
            continue
        used.update(_CLIENT_CALL.findall(path.read_text()))
    return frozenset(used)
