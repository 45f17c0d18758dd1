"""A stand-in for Amazon Rekognition that really compares faces.

It answers CompareFaces and DetectFaces on loopback with the limits, the order, the error codes and
the access checks of the service, so that the module's payload runs against it unchanged. Of an
answer it gives what the payload reads. Start it with ``python -m local.rekognition``.
"""
