"""Decide with Amazon Rekognition whether two photos show the same person."""
