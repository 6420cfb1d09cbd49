"""WebSocket client by hand over a connected (TLS) socket: RFC 6455, as little as a device needs."""
import base64
import hashlib
import os
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Closed(Exception):
    """The peer closed: `code` and `reason` of its close frame, code None when there was none."""

    def __init__(self, code=None, reason=""):
        super().__init__(f"closed with {code} {reason}")
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The handshake was answered with something else than 101."""

    def __init__(self, status, body):
        super().__init__(f"handshake answered {status}: {body[:200]!r}")
        self.status = status
        self.body = body


def frame(opcode, payload, fin=True, mask=True):
    """One frame as a client sends it."""
    head = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if not mask:
        return head + payload
    key = os.urandom(4)
    repeated = key * (len(payload) // 4 + 1)
    mixed = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated[:len(payload)], "big"))
    return head + key + mixed.to_bytes(len(payload), "big")


class WebSocket:
    def __init__(self, sock, host, path):
        self.sock = sock
        self.rest = b""
        self.answer_close = True
        self._handshake(host, path)

    def _handshake(self, host, path):
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        if status != 101:
            raise Refused(status, self.rest)
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if fields.get("sec-websocket-accept") != expected:
            raise AssertionError(f"Sec-WebSocket-Accept is {fields.get('sec-websocket-accept')}, expected {expected}")

    def _more(self):
        try:
            got = self.sock.recv(65536)
        except ConnectionError:
            got = b""
        if not got:
            raise Closed()
        self.rest += got

    def _take(self, count):
        while len(self.rest) < count:
            self._more()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def send(self, opcode, payload):
        self.sock.sendall(frame(opcode, payload))

    def send_text(self, text):
        self.send(TEXT, text.encode())

    def receive(self, timeout_s=10):
        """The next (opcode, payload) that is no ping; pings are answered. Raises Closed, TimeoutError."""
        self.sock.settimeout(timeout_s)
        while True:
            first, second = self._take(2)
            if second & 0x80:
                raise AssertionError("a server must not mask its frames")
            if first & 0x70 or not first & 0x80:
                raise AssertionError(f"unexpected frame bits {first:#x}")
            length = second & 0x7f
            if length == 126:
                length = struct.unpack(">H", self._take(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self._take(8))[0]
            payload = self._take(length)
            opcode = first & 0x0f
            if opcode == PING:
                self.send(PONG, payload)
                continue
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else None
                if self.answer_close:
                    self.sock.sendall(frame(CLOSE, payload[:2]))
                raise Closed(code, payload[2:].decode("utf-8", "replace"))
            return opcode, payload

    def close(self, code=1000):
        """The closing handshake, then the connection."""
        self.answer_close = False
        try:
            self.send(CLOSE, struct.pack(">H", code))
            while True:
                self.receive(5)
        except (Closed, OSError):
            pass
        self.cut()

    def cut(self):
        """Break the connection without a word."""
        self.sock.close()
