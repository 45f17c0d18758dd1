"""The handlers of uploads and of batches, with what they share."""

from face_compare.bulk.batch_handler import BatchHandler
from face_compare.bulk.clients import paced_rekognition, paced_s3
from face_compare.bulk.upload_handler import UploadHandler
from face_compare.engine.comparer import Comparer
from face_compare.runtime.clients import Clients
from face_compare.runtime.settings import Settings


class BulkHandlers:
    """What only an environment that serves uploads or batches needs."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        s3 = paced_s3(clients, settings)
        comparer = Comparer(settings, clients, paced_rekognition(clients, settings))
        self.uploads = UploadHandler(settings, comparer, s3)
        self.batches = BatchHandler(settings, comparer, s3)
