"""A stand-in for Amazon Rekognition that really compares faces.

It answers CompareFaces and DetectFaces over AWS JSON 1.1 on loopback, with the real service's
limits, order, error codes and access checks, so that the module's payload runs against it
unchanged. Start it with ``python -m local.rekognition``; see ``__main__.py`` for the options.
"""
