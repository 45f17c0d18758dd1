"""What some versions of the AWS provider want to change in every plan, on AWS too."""

from __future__ import annotations

from local.terraform import Drift

_FIRST, _FIXED = (6, 22, 0), (6, 40, 0)
_SSE_C = Drift(
    "aws_s3_bucket_server_side_encryption_configuration.image", "rule.0.blocked_encryption_types"
)
"""S3 blocks SSE-C in new buckets. The provider takes that for a change that somebody made:
hashicorp/terraform-provider-aws#47320."""


def known(provider: tuple[int, ...]) -> frozenset[Drift]:
    """The drift of this version in an example whose bucket the module creates."""
    return frozenset({_SSE_C}) if _FIRST <= provider < _FIXED else frozenset()
