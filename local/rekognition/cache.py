"""The faces of the last photos, remembered."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future

from local.rekognition.faces import Face, FaceEngine, Photo


class CachedEngine:
    """Analyses a photo once, by content, also when several calls bring it at the same time."""

    def __init__(self, engine: FaceEngine, capacity: int = 256) -> None:
        """``capacity`` is the number of photos kept (about 2 kB a face)."""
        self._engine = engine
        self._capacity = capacity
        self._known: OrderedDict[bytes, Future[Sequence[Face]]] = OrderedDict()
        self._lock = threading.Lock()

    def analyse(self, photo: Photo) -> Sequence[Face]:
        """As the wrapped engine; faults are not remembered."""
        digest = hashlib.sha256(photo.content).digest()
        with self._lock:
            known = self._known.get(digest)
            if known is not None:
                self._known.move_to_end(digest)
            else:
                pending: Future[Sequence[Face]] = Future()
                self._known[digest] = pending
                while len(self._known) > self._capacity:
                    self._known.popitem(last=False)
        if known is not None:
            return known.result()
        try:
            faces = self._engine.analyse(photo)
        except BaseException as problem:
            with self._lock:
                self._known.pop(digest, None)
            pending.set_exception(problem)
            raise
        pending.set_result(faces)
        return faces
