"""S3 on the wire: canned answers for the four calls of an upload.

Every write succeeds, and every prefix holds one object. Headers and XML are as S3 sends them, so
that reading them costs what it costs there.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from benchmarks.canned import Canned

VERSION_ID = "096fKKXTRTtl3on89fVO.nfljtsv6qko"
"""The version of every image."""
_ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'
_EVERY_ANSWER = {
    "x-amz-id-2": "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=",
    "x-amz-request-id": "4442587FB7D0A2F9",
}
_LIST = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>photos</Name>\
<Prefix>{prefix}</Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys>\
<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>{prefix}1.jpg</Key>\
<LastModified>2026-11-25T12:00:00.000Z</LastModified><ETag>{etag}</ETag>\
<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>\
<Size>5</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>"""


class CannedS3(Canned):
    """HeadObject, PutObject and ListObjectsV2."""

    def handle_expect_100(self) -> bool:
        """Ask for the body at once: what is written is kept back otherwise."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def do_PUT(self) -> None:  # noqa: N802 - http.server's name
        """Take an object."""
        self.read_body()
        self.answer(
            {
                **_EVERY_ANSWER,
                "x-amz-version-id": "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpU",
                "x-amz-server-side-encryption": "AES256",
                "x-amz-checksum-crc32": "AAAAAA==",
                "x-amz-checksum-type": "FULL_OBJECT",
                "ETag": _ETAG,
            }
        )

    def do_HEAD(self) -> None:  # noqa: N802 - http.server's name
        """Have every image, in the version that the messages announce."""
        self.answer(
            {
                **_EVERY_ANSWER,
                "x-amz-version-id": VERSION_ID,
                "x-amz-server-side-encryption": "AES256",
                "Last-Modified": "Wed, 25 Nov 2026 12:00:00 GMT",
                "Content-Type": "image/jpeg",
                "Accept-Ranges": "bytes",
                "ETag": _ETAG,
            }
        )

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """List one object below the prefix that is asked for."""
        (prefix,) = parse_qs(urlsplit(self.path).query)["prefix"]
        self.answer(
            {
                **_EVERY_ANSWER,
                "x-amz-bucket-region": "eu-west-1",
                "Content-Type": "application/xml",
            },
            _LIST.format(prefix=escape(prefix), etag=escape(_ETAG, {'"': "&quot;"})).encode(),
        )
