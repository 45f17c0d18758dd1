"""Inputs that no example sets. A run lays them over two examples, so that AWS sees each of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from acceptance.names import PREFIX

_TAGS = {"cost-center": "1234"}
# It allows everything: whether AWS takes a boundary is the question here.
_ROLE = {
    "path": f"/{PREFIX}roles/",
    "permissions_boundary_arn": "arn:aws:iam::aws:policy/AdministratorAccess",
}

INPUTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "batch": {
        "batch": {
            "alarm": {"sns_topic_arns": ["arn:aws:sns:eu-west-1:111122223333:nobody"]},
            "log_level": "ALL",
            "log_retention_days": 1,
            "max_concurrency": 1,
            "name": "${var.name}-lists",
            "role": _ROLE,
            "sources_per_pair": 2,
            "tags": _TAGS,
            "tolerated_failure_percentage": 5,
        },
    },
    "http": {
        "face_compare": {
            "bucket": {
                "expiry_days": {
                    "challenge": 1,
                    "incomplete_upload": 2,
                    "manifests": 3,
                    "noncurrent": 4,
                    "reference": 5,
                    "results": 6,
                },
                "force_destroy": True,
            },
            "function": {"architecture": "x86_64", "memory_size": 1024, "timeout": 60},
            "function_url": {
                "cors": {
                    "allow_origins": ["https://www.example.com", "http://localhost:3000"],
                    "max_age_seconds": 86400,
                },
            },
            "log_retention_days": 1,
            "on_upload": {
                "max_attempts": 10,
                "reference_wait_minutes": 0,
                "references_per_subject": 3,
                "sender_arns": [
                    "arn:aws:sns:eu-west-1:111122223333:images",
                    "arn:aws:events:eu-west-1:111122223333:rule/images",
                ],
            },
            "rekognition_tps": 10,
            "role": _ROLE,
            "tags": _TAGS,
        },
    },
}
"""By example and module block."""


def override(example: str, partition: str, region: str, account: str) -> str | None:
    """The override file of an example, as JSON with the account's own ARNs; None if it has none."""
    if example not in INPUTS:
        return None
    text = json.dumps({"module": INPUTS[example]})
    text = text.replace("eu-west-1:111122223333", f"{region}:{account}")
    return text.replace("arn:aws:", f"arn:{partition}:")
