"""Objects over HTTP as S3 lists and sends them, as far as DuckDB's httpfs asks."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class ObjectStore:
    """One bucket per first part of a path: store.objects["lake/trips/a.parquet"] = b"…"."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.authorizations: set[str] = set()
        # Lists are answered while this is set.
        self.lists = threading.Event()
        self.lists.set()
        self.lists_asked = 0
        store = self

        class Handler(_Handler):
            objects = store.objects
            authorizations = store.authorizations

            def wait_for_lists(self) -> None:
                store.lists_asked += 1
                store.lists.wait()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.lists.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _etag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]
    authorizations: set[str]

    def wait_for_lists(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        self.authorizations.add(self.headers.get("Authorization", ""))
        url = urlsplit(self.path)
        path = unquote(url.path).strip("/")
        query = parse_qs(url.query)
        if "list-type" in query:
            self.wait_for_lists()
            self._send(200, self._listing(path, query.get("prefix", [""])[0]), {}, with_body)
        elif path not in self.objects:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>", {}, with_body)
        else:
            self._send_object(self.objects[path], with_body)

    def _send_object(self, body: bytes, with_body: bool) -> None:
        wanted = self.headers.get("Range", "").removeprefix("bytes=")
        headers = {"Accept-Ranges": "bytes", "ETag": f'"{_etag(body)}"',
                   "Last-Modified": "Sat, 01 Jan 2022 00:00:00 GMT"}
        if not wanted:
            self._send(200, body, headers, with_body)
            return
        first, last = wanted.split("-")
        begin = int(first) if first else len(body) - int(last)
        end = int(last) + 1 if first and last else len(body)
        headers["Content-Range"] = f"bytes {begin}-{min(end, len(body)) - 1}/{len(body)}"
        self._send(206, body[begin:end], headers, with_body)

    def _listing(self, bucket: str, prefix: str) -> bytes:
        keys = sorted(path.removeprefix(bucket + "/") for path in self.objects
                      if path.startswith(f"{bucket}/{prefix}"))
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(body)}</Size>"
            "<LastModified>2022-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{_etag(body)}&quot;</ETag></Contents>"
            for key, body in ((key, self.objects[f"{bucket}/{key}"]) for key in keys))
        return (f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>{bucket}</Name>'
                f"<IsTruncated>false</IsTruncated>{contents}</ListBucketResult>").encode()

    def _send(self, status: int, body: bytes, headers: dict[str, str], with_body: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...
