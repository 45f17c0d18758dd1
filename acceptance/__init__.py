"""The acceptance test: whether what was proved on emulators holds in an AWS account."""
