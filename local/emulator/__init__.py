"""Launcher of the AWS emulator (MiniStack) with what its pinned version lacks.

It runs under the interpreter of the emulator's own virtual environment, so no module here may
import anything beyond MiniStack, botocore, statelint, the standard library and
tools/states_language.py.

A patch replaces one name of MiniStack by ``unittest.mock.patch.object``, which fails at the start
when a newer version no longer has that name. After raising the version in
tools/requirements/emulator.in, run the integration tests.
"""
