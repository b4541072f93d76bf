"""A TCP proxy that cuts connections in the middle of what goes through them."""

import random
import socket
import struct
import threading


class CuttingProxy:
    """Hands on what clients send to `port` and what comes back, and cuts each connection after so
    many bytes, drawn from `seed`, of either direction. Used with `with`."""

    def __init__(self, port: int, seed: str, bytes_max: int):
        self._target = port
        self._random = random.Random(seed)
        self._bytes_max = bytes_max
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cuts = 0
        self.cutting = True
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._accepting = threading.Thread(target=self._accept)

    def __enter__(self) -> "CuttingProxy":
        self._accepting.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        with self._lock:
            left = list(self._open)
        for end in left:
            self._cut(end)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            # Which of the two comes to its end first is a matter of the request.
            limits = [self._random.randint(0, self._bytes_max), self._random.randint(0, 4000)]
            with self._lock:
                self._open |= {client, server}
            for source, sink, limit in ((client, server, limits[0]), (server, client, limits[1])):
                threading.Thread(target=self._hand_on, args=(source, sink, limit), daemon=True).start()

    def _hand_on(self, source: socket.socket, sink: socket.socket, limit: int) -> None:
        left = limit
        try:
            while data := source.recv(65536):
                if self.cutting and len(data) > left:
                    sink.sendall(data[:left])
                    self.cuts += 1
                    break
                left -= len(data)
                sink.sendall(data)
        except OSError:
            pass
        self._cut(source)
        self._cut(sink)

    def _cut(self, end: socket.socket) -> None:
        """With a reset, so that nothing of what is on its way is delivered."""
        with self._lock:
            if end not in self._open:
                return
            self._open.remove(end)
        try:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()
