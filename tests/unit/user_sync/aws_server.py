"""The bucket in memory over HTTP, beside what else a step of a run asks AWS: for steps in processes of their own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.exceptions import ClientError

from tests.unit.user_sync.bucket import Bucket

_STATUS = {"NoSuchKey": 404, "PreconditionFailed": 412}


class AwsServer(ThreadingHTTPServer):
    """S3 with one bucket's objects under any bucket's name; Step Functions; everything else is refused.

    Attributes:
        bucket: what S3 holds; may be exchanged.
        lost: asked of each request, in the thread that answers it, whether it is not to be carried out.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bucket = Bucket()
        self.lost: Callable[[], bool] = lambda: False
        self._begun = time.monotonic()
        self._one_at_a_time = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: clients are killed here."""

    def carry_out(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer a request: status, headers, body."""
        if self.lost():
            return 500, {}, b""
        with self._one_at_a_time:
            self.bucket.seconds = time.monotonic() - self._begun
            if method == "POST":
                return _other(headers.get("x-amz-target", ""))
            try:
                return self._s3(method, path, headers, body)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                xml = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
                return _STATUS.get(code, 503), {"content-type": "application/xml"}, xml.encode()

    def _s3(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        name, _, key = unquote(parts.path).lstrip("/").partition("/")
        query = parse_qs(parts.query)
        if "list-type" in query:
            return 200, {"content-type": "application/xml"}, _listed(self.bucket, name, query.get("prefix", [""])[0])
        if method == "PUT":
            assert "aws-chunked" not in headers.get("content-encoding", "")
            given = {"IfMatch": headers.get("if-match"), "IfNoneMatch": headers.get("if-none-match")}
            conditions = {name: value for name, value in given.items() if value}
            answer = self.bucket.put_object(Bucket=name, Key=key, Body=body, **conditions)
            return 200, {"etag": answer["ETag"], "x-amz-version-id": answer["VersionId"]}, b""
        answer = self.bucket.get_object(Bucket=name, Key=key, VersionId=query.get("versionId", [None])[0])
        modified = format_datetime(answer["LastModified"], usegmt=True)
        shown = {"etag": answer["ETag"], "last-modified": modified, "x-amz-version-id": answer["VersionId"]}
        return 200, shown, answer["Body"].read()


def _other(target: str) -> tuple[int, dict[str, str], bytes]:
    if target == "AWSStepFunctions.DescribeExecution":
        return 200, {"content-type": "application/x-amz-json-1.0"}, json.dumps({"status": "RUNNING"}).encode()
    refused = {"__type": "AccessDeniedException", "message": "not in this test"}
    return 400, {"content-type": "application/x-amz-json-1.0"}, json.dumps(refused).encode()


def _listed(bucket: Bucket, name: str, prefix: str) -> bytes:
    entries = [one for page in bucket.paginate(Bucket=name, Prefix=prefix) for one in page["Contents"]]
    contents = "".join(
        f"<Contents><Key>{escape(one['Key'])}</Key><LastModified>{one['LastModified']:%Y-%m-%dT%H:%M:%S.000Z}"
        f"</LastModified><ETag>{escape(one['ETag'])}</ETag><Size>{one['Size']}</Size></Contents>"
        for one in entries
    )
    listed = f"<Name>{name}</Name><KeyCount>{len(entries)}</KeyCount><IsTruncated>false</IsTruncated>{contents}"
    return f"<ListBucketResult>{listed}</ListBucketResult>".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: AwsServer

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # its sender was killed over it: S3 keeps no half of an object
            self.close_connection = True
            return
        status, headers, content = self.server.carry_out(self.command, self.path, self.headers, body)
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_PUT = do_POST = _serve  # noqa: N815

    def handle_expect_100(self) -> bool:
        """Ask for the body at once: it is waited for."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def date_time_string(self, timestamp: float | None = None) -> str:
        """S3's own clock."""
        return super().date_time_string(timestamp or self.server.bucket.now.timestamp())

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@contextmanager
def aws_server() -> Iterator[AwsServer]:
    """A server that answers while the block lasts."""
    server = AwsServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
