"""Frames between the host and a worker: two lengths, a small JSON header, and a body that is JSON already.

    4 bytes header length | 4 bytes body length | header | body          (lengths big-endian)

Host to worker: header `{id, deadline_ms, offset_ms, rules}`, body the event; or `{resume, offset_ms}` after a pause.
Worker to host: `{ready, pid}` once; `{paused, index}`; `{error, calls, struck, cpu_ms}` with the payload as body.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

LENGTHS = struct.Struct(">II")
compact = json.JSONEncoder(separators=(",", ":")).encode
"""`json.dumps` without spaces; made once, since `dumps` makes an encoder a call."""


def pack(header: dict[str, Any], body: bytes = b"") -> bytes:
    """One frame."""
    head = compact(header).encode()
    return LENGTHS.pack(len(head), len(body)) + head + body


def read(sock: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    """The next frame from a blocking socket; None when the other side is gone."""
    lengths = _exactly(sock, LENGTHS.size)
    if lengths is None:
        return None
    head_length, body_length = LENGTHS.unpack(lengths)
    rest = _exactly(sock, head_length + body_length)
    if rest is None:
        return None
    return json.loads(rest[:head_length]), rest[head_length:]


def _exactly(sock: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = sock.recv(count - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


class FrameBuffer:
    """Cuts a byte stream into frames, for the host's side, which never blocks."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[tuple[dict[str, Any], bytes]]:
        """Add bytes; returns the frames that became complete."""
        self._data += data
        frames = []
        while len(self._data) >= LENGTHS.size:
            head_length, body_length = LENGTHS.unpack_from(self._data)
            end = LENGTHS.size + head_length + body_length
            if len(self._data) < end:
                break
            middle = LENGTHS.size + head_length
            frames.append((json.loads(self._data[LENGTHS.size : middle]), bytes(self._data[middle:end])))
            del self._data[:end]
        return frames
