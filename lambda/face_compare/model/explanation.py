"""Why a face may not have matched: what Rekognition measured of it, in words.

The limits of the pose are those of "Recommendations for facial comparison input images" in the
Rekognition developer guide: a yaw below 45 degrees to either side, a pitch below 30 degrees down
and below 45 degrees up, any roll. AWS does not document the sign of the pitch, so 30 degrees count
in both directions.

AWS asks for bright and sharp images, and names no numbers. The limits of brightness and sharpness
are this module's: low enough that a person sees at once what is wrong with the image.
"""

from typing import NamedTuple

_MOST_YAW = 45.0
_MOST_PITCH = 30.0
_LEAST_BRIGHTNESS = 25.0
_LEAST_SHARPNESS = 10.0


class FaceQuality(NamedTuple):
    """Brightness and sharpness of a face (0 to 100), and its pose (degrees from -180 to 180).

    Each is None if Rekognition did not measure it.
    """

    brightness: float | None
    sharpness: float | None
    pitch: float | None
    roll: float | None
    yaw: float | None


def likely_reasons(quality: FaceQuality) -> list[str]:
    """Return what may have kept a face from matching. The list is empty if nothing stands out."""
    reasons = []
    if quality.brightness is not None and quality.brightness < _LEAST_BRIGHTNESS:
        reasons.append(f"very dark: brightness {quality.brightness:.0f} of 100")
    if quality.sharpness is not None and quality.sharpness < _LEAST_SHARPNESS:
        reasons.append(f"very blurred: sharpness {quality.sharpness:.0f} of 100")
    if quality.yaw is not None and abs(quality.yaw) >= _MOST_YAW:
        reasons.append(f"turned away by {abs(quality.yaw):.0f} degrees")
    if quality.pitch is not None and abs(quality.pitch) >= _MOST_PITCH:
        reasons.append(f"tilted up or down by {abs(quality.pitch):.0f} degrees")
    return reasons
