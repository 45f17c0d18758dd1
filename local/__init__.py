"""The local stack: everything that stands in for an AWS account on one machine."""
