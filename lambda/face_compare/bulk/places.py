"""Where the function keeps what it writes about an uploaded image.

All of it is in the folder of the subject below the prefix of results, so that one listing finds
everything about a person. Only if a key would exceed S3's limit for its length,
a digest replaces the image's name, or the subject's.
"""

import hashlib

from face_compare.bulk.s3_events import RETRY_ENDING, Upload, subject_of
from face_compare.model.image import LONGEST_KEY_BYTES
from face_compare.runtime.settings import Settings

CLAIM_ENDING = ".claim"
"""What is added to the key of a result to get the key of its claim."""

WAITING_ENDING = ".waiting"
"""The ending of a marker, which says that an image waits for a reference."""

# A digest, and the longest ending.
_LONGEST_NAME = "0" * 64 + WAITING_ENDING


def result_key(upload: Upload, settings: Settings) -> str:
    """Return the key of the result: one for each version of each image."""
    name = upload.key.removeprefix(settings.challenge_prefix)
    digest = f"sha256-{_digest(upload.key)}"
    subject = subject_of(upload.key, settings.challenge_prefix)
    for place in (name, f"{subject}/{digest}" if subject else digest):
        key = f"{settings.results_prefix}{place}/{upload.version}.json"
        # The key of the claim is longer.
        if _fits(f"{key}{CLAIM_ENDING}"):
            return key
    return f"{settings.results_prefix}{digest}/{upload.version}.json"


def waiting_folder(subject: str, settings: Settings) -> str:
    """Return the prefix of all objects about waiting images of a subject."""
    folder = f"{settings.results_prefix}{subject}/waiting/"
    if _fits(folder + _LONGEST_NAME):
        return folder
    return f"{settings.results_prefix}sha256-{_digest(subject)}/waiting/"


def waiting_key(upload: Upload, settings: Settings) -> str:
    """Return the key of an image's marker."""
    subject = subject_of(upload.key, settings.challenge_prefix) or ""
    name = _digest(result_key(upload, settings))
    return f"{waiting_folder(subject, settings)}{name}{WAITING_ENDING}"


def retry_key(waiting: str) -> str:
    """Return the key of the object that puts back the image of a marker."""
    return waiting.removesuffix(WAITING_ENDING) + RETRY_ENDING


def _fits(key: str) -> bool:
    return len(key.encode()) <= LONGEST_KEY_BYTES


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
