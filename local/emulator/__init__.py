"""Launcher of the AWS emulator (MiniStack) with what its pinned version lacks for Lambda.

Run by the interpreter of the emulator's own virtual environment, which holds MiniStack, botocore
and statelint and nothing else; no module here may import anything beyond those three, the standard
library and tools/states_language.py.

    runtime_environment   what a function's process sees (pure)
    platform_records      Lambda's own log records (pure)
    log_delivery          puts log records with the rights of the function's role
    principals            tells the Rekognition stand-in whose access key is whose
    transport             loopback counts as TLS
    runtime               Python functions under AWS's runtime client: patches
    access                requests and rights: patches
    definitions           state machines that AWS would refuse: patches
    distributed_map       Distributed Maps with batches, results and redrive
    upstream              the check that the patches still fit
"""
