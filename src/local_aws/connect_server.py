"""Amazon Connect on loopback, in a thread of this process: for tests of whatever calls its API.

    with ConnectServer(InstanceSeed(hierarchy_groups=("EMEA/Support",))) as server:
        client = boto3.client("connect", endpoint_url=server.url, region_name="us-west-2", …)

There is no IAM and no signature check: any credentials are as good as any others. Throttling is off unless
asked for. What a request may do, and what it is answered, is said in ``local_aws.connect``.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from local_aws.connect.context import Settings
from local_aws.connect.faults import AnswerLost, Fault
from local_aws.connect.seeds import InstanceSeed
from local_aws.connect.service import Caller, LoggedRequest, Service
from local_aws.connect.state import Instance
from local_aws.connect.throttle import Throttle

__all__ = ["ConnectServer", "Fault", "InstanceSeed", "LoggedRequest"]


class ConnectServer:
    """A context manager around one service with one or more instances.

    Args:
        seeds: instances to start with; one of the defaults where none is given.
        throttle: requests a second and operation with the burst of :attr:`burst`; None for no limit.
        burst: requests that an idle bucket lets through at once.
        clock: seconds, monotonic; give a test's own clock to go through throttling and lag without waiting.
        user_quota: users an instance.
        search_lag: seconds until ListUsers and SearchUsers see a write.
        describe_lag: seconds until DescribeUser finds a new user.
        faults: see :class:`Fault`; more can be added to :attr:`faults` while the server runs.
    """

    def __init__(
        self,
        *seeds: InstanceSeed,
        throttle: float | None = None,
        burst: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        user_quota: int = 500,
        search_lag: float = 0.0,
        describe_lag: float = 0.0,
        faults: Sequence[Fault] = (),
    ) -> None:
        self.service = Service(
            settings=Settings(user_quota=user_quota, search_lag=search_lag, describe_lag=describe_lag),
            throttle=Throttle(rate=throttle, burst=burst),
            clock=clock,
            faults=list(faults),
        )
        for seed in seeds or (InstanceSeed(),):
            self.service.add_instance(seed)
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.service = self.service
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Return the endpoint's address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def instance(self) -> Instance:
        """Return the first instance; its tables are there to be read and changed by a test."""
        return next(iter(self.service.instances.values()))

    @property
    def log(self) -> list[LoggedRequest]:
        """Return every request so far, in the order of answers; may be cleared."""
        return self.service.log

    @property
    def faults(self) -> list[Fault]:
        """Return the faults still to come; may be added to."""
        return self.service.faults

    def calls(self) -> Counter[str]:
        """Return how many requests came in, by operation."""
        return self.service.calls()

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Carry out an operation directly, without HTTP and throttling, and keep it out of the log.

        InstanceId is the first instance's where it is left out.

        Raises:
            ConnectError: as the service would refuse it.
        """
        if not operation.endswith("Resource"):
            parameters.setdefault("InstanceId", self.instance.id)
        return self.service.perform(operation, parameters, Caller())

    def environment(self) -> Mapping[str, str]:
        """Return the variables that send any AWS client's Connect requests here, with made-up credentials."""
        instance = self.instance
        return {
            "AWS_ENDPOINT_URL_CONNECT": self.url,
            "AWS_ACCESS_KEY_ID": instance.account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": instance.region,
            "AWS_DEFAULT_REGION": instance.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> ConnectServer:
        """Start answering."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and free the port."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    service: Service
    daemon_threads = True
    # The default of 5 makes many clients that connect at once wait a second for a retransmission.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one segment, and no waiting for a full one: else each answer takes 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        query = parse_qs(parts.query, keep_blank_values=True)
        try:
            answer = self.server.service.handle(self.command, unquote(parts.path), query, body, Caller())
        except AnswerLost:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: paths hold ids, and a test's output is read by people."""
