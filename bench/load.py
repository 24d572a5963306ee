"""A server under load: the app on granian in one pinned worker, a client of raw sockets on another core."""

import contextlib
import os
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .world import ROOT, World

SERVER = "granian, 1 worker, 1 blocking thread"


@dataclass(frozen=True)
class Sample:
    """Requests a second, median and 95th percentile latency in ms, CPU µs of the server for a request."""

    rate: float
    p50: float
    p95: float
    cpu: float


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running server: its port and the ids of its processes."""

    port: int
    process: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        """The server and its workers."""
        found = [self.process.pid]
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) in found:
                    found.append(int(path.parent.name))
        return found

    def cpu_seconds(self) -> float:
        """CPU time used so far by all of them."""
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> dict[int, float]:
        """Resident MB by process."""
        found = {}
        for pid in self.pids():
            with contextlib.suppress(OSError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                found[pid] = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        return found


@contextlib.contextmanager
def serve(world: World, target: str = "bench.app:app", workers: int = 1, threads: int = 1) -> Iterator[Server]:
    """Serve the world (and a bare Flask view at /bare) and stop when done. The server runs on the first core."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", str(threads), "--no-log", target),
    ]
    cores = sorted(os.sched_getaffinity(0))
    process = subprocess.Popen(
        command,
        env=world.environ,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {cores[0]} if workers == 1 else set(cores)),
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError, IndexError):
                if ask(port, request("/healthz"))[0] == 200:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.02)
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:  # a loaded machine; what was measured stands
            for pid in reversed(Server(port, process).pids()):
                os.kill(pid, signal.SIGKILL)
            process.wait()


def request(path: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def ask(port: int, payload: bytes) -> tuple[int, dict[str, str], bytes]:
    """One request: (status, headers, body)."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(payload)
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                raise ConnectionError("closed before an answer")
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
        }
        while len(body) < int(headers.get("content-length", 0)):
            body += connection.recv(65536)
    return int(head.split()[1]), headers, body


def measure(server: Server, payloads: list[bytes], seconds: float, connections: int = 8) -> Sample:
    """Send the payloads in turn over kept connections for some seconds. Raises when an answer is not 2xx."""
    cores = sorted(os.sched_getaffinity(0))
    before_affinity = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cores[-1]})
    selector = selectors.DefaultSelector()
    state: dict[socket.socket, tuple[float, bytearray, int]] = {}
    latencies: list[float] = []
    turn = 0
    try:
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", server.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ)
            connection.sendall(payloads[turn % len(payloads)])
            turn += 1
            state[connection] = (time.perf_counter(), bytearray(), 0)
        start, cpu = time.perf_counter(), server.cpu_seconds()
        end = start + seconds
        # At least one answer, however slow a loaded machine is with it.
        while (now := time.perf_counter()) < end or (not latencies and now < end + 30):
            for key, _events in selector.select(1):
                connection = key.fileobj  # type: ignore[assignment]
                sent, data, total = state[connection]
                data += connection.recv(262144)
                if not total:
                    head_end = data.find(b"\r\n\r\n")
                    if head_end < 0:
                        state[connection] = (sent, data, 0)
                        continue
                    if data[9:10] != b"2":
                        raise RuntimeError(f"not a 2xx answer: {bytes(data[:300])!r}")
                    mark = data.lower().find(b"content-length:", 0, head_end)
                    length = int(data[mark + 15 : data.find(b"\r\n", mark)])
                    total = head_end + 4 + length
                if len(data) < total:
                    state[connection] = (sent, data, total)
                    continue
                now = time.perf_counter()
                latencies.append(now - sent)
                connection.sendall(payloads[turn % len(payloads)])
                turn += 1
                state[connection] = (now, bytearray(), 0)
        took, used = time.perf_counter() - start, server.cpu_seconds() - cpu
    finally:
        for connection in state:
            connection.close()
        selector.close()
        os.sched_setaffinity(0, before_affinity)
    ordered = sorted(latencies)
    return Sample(
        rate=len(ordered) / took,
        p50=statistics.median(ordered) * 1000,
        p95=ordered[int(len(ordered) * 0.95)] * 1000,
        cpu=used / len(ordered) * 1e6,
    )
