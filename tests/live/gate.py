"""A gate before a node: shut, nobody gets through, as when a network or a machine goes away."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass
class Gate:
    """Passes bytes on while it is open."""

    to_port: int
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    is_open: bool = True
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def shut(self) -> None:
        """Let nobody through any more, and cut off who is."""
        self.is_open = False
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                if self.is_open:
                    self._join(near)
                else:
                    near.close()

    def _join(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self.to_port))
        self.connections += [near, far]
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate_to(url: str) -> Iterator[Gate]:
    """An open gate to a local node."""
    gate = Gate(int(url.rsplit(":", 1)[1]))
    serving = threading.Thread(target=gate.serve, daemon=True)
    serving.start()
    try:
        yield gate
    finally:
        gate.listener.shutdown(socket.SHUT_RDWR)
        gate.listener.close()
        gate.shut()
        serving.join()
        for connection in gate.connections:
            connection.close()
