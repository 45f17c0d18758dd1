"""Decides with Amazon Rekognition whether two images show the same person."""
