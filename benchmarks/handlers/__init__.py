"""Handlers that the payload is compared with; each runs alone in a folder of its own."""
