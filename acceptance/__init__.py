"""The acceptance test: what other tests prove on emulators is checked in an AWS account."""
