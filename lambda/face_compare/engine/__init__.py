"""One comparison: the calls to Rekognition, and the reason when one fails."""
