"""A time-stamping authority of our own: `openssl ts` behind a real HTTP server on loopback."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIGURATION = """
[ tsa ]
default_tsa = this
[ this ]
dir = .
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ root ]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ stamping ]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ req ]
distinguished_name = name
[ name ]
"""


@dataclass(slots=True)
class Authority:
    """What a test knows of the authority, and how it is told to misbehave."""

    folder: Path
    url: str = ""
    asked: int = 0
    answers_with: int = 200
    says: bytes | None = None
    """Instead of a time-stamp."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def roots(self) -> Path:
        """The root certificate."""
        return self.folder / "root.pem"

    def stamp(self, query: bytes) -> bytes:
        """The answer to a query."""
        with self.lock:
            self.asked += 1
            (self.folder / "query").write_bytes(query)
            arguments = ["ts", "-reply", "-config", "conf", "-queryfile", "query", "-inkey", "tsa.key", "-signer"]
            openssl(self.folder, *arguments, "tsa.pem", "-out", "reply")
            return (self.folder / "reply").read_bytes()


def openssl(folder: Path, *arguments: str) -> None:
    """Run it, in this folder."""
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificates(folder: Path) -> None:
    """A root, and a certificate for time-stamping that it signed."""
    (folder / "conf").write_text(CONFIGURATION)
    (folder / "serial").write_text("01\n")
    new = ("req", "-config", "conf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    root = ("-x509", "-extensions", "root", "-subj", "/CN=Test root", "-days", "3650")
    openssl(folder, *new, *root, "-keyout", "root.key", "-out", "root.pem")
    openssl(folder, *new, "-subj", "/CN=Test time-stamps", "-keyout", "tsa.key", "-out", "tsa.csr")
    signing = ("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial")
    openssl(folder, *signing, "-extfile", "conf", "-extensions", "stamping", "-days", "3650", "-out", "tsa.pem")


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """A running authority."""
    folder.mkdir(parents=True)
    certificates(folder)
    made = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            answer = made.stamp(query) if made.says is None else made.says
            self.send_response(made.answers_with)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/tsa?key=secret"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
