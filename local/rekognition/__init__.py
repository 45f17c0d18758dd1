"""A stand-in for Amazon Rekognition that really compares faces.

It answers CompareFaces and DetectFaces on loopback with the limits, the order, the error codes and
the access checks of the service, so that the module's payload runs against it unchanged. Of an
answer it gives what the payload reads. Start it with ``python -m local.rekognition``.

What differs from the service:

- Similarity, brightness, sharpness, pose and the bars of the quality filter are the stand-in's own
  numbers (similarity.py, quality.py).
- A face far from the front, or turned by more than about 40 degrees in its plane, is not found.
- Policies of the organization do not count.
- An image with more than 200 million pixels to decode is too large (images.py).
- With a quality filter, "no face is left" is always an error. AWS does not document its answer.
"""
