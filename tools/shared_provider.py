"""One process of the AWS provider for runs of an engine that only mock it.

An engine starts the provider two or three times for each `run` of a test, to read its schema. In
its debug mode (https://developer.hashicorp.com/terraform/plugin/debugging) one process serves them
all, which saves two thirds of the CPU time. Not for runs that configure the provider: they would
share the configuration.
"""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tools.failure import ToolError
from tools.lifetime import bound

_BINARY = ".terraform/providers/*/hashicorp/aws/*/*/terraform-provider-aws*"
_ADDRESS = "TF_REATTACH_PROVIDERS="
# Memory for CPU time: the heap may grow to five times what is in use.
_LESS_COLLECTION = {"GOGC": "400"}


@contextmanager
def shared_provider(folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Serve the provider that `init` chose in a folder; the environment for the engine's runs.

    Raises ToolError when it does not start.
    """
    (binary,) = folder.glob(_BINARY)
    environment = {**environment, **_LESS_COLLECTION}
    with subprocess.Popen(
        bound([str(binary), "-debug"], "INT"),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # Its log, which nobody reads.
        stderr=subprocess.DEVNULL,
        text=True,
    ) as provider:
        try:
            assert provider.stdout is not None
            said = []
            for line in provider.stdout:
                said.append(line)
                _, found, address = line.strip().partition(_ADDRESS)
                if found:
                    break
            else:
                raise ToolError(f"the AWS provider did not start:\n{''.join(said)}")
            # By its address in Terraform's registry. OpenTofu's has the same name at another host.
            (served,) = json.loads(address.strip("'")).values()
            named = {"/".join(binary.parts[-6:-3]): served}
            yield {**environment, _ADDRESS.rstrip("="): json.dumps(named)}
        finally:
            # Killed, it would leave its socket. It stays if Ctrl-C was ignored when it was started.
            provider.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                provider.wait(5)
            provider.kill()
