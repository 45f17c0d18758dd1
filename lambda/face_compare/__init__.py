"""Decide with Amazon Rekognition whether two photos show the same person.

Values that every cold start needs are named tuples: making a data class of one takes 0.5 ms of
CPU, making a named tuple 0.06. Those of bulk work are data classes.
"""
