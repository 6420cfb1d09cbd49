"""A reader of the live stream: server-sent events (HTML standard) over a kept answer of GET /api/v1/stream."""
import http.client
import json
import socket
import threading

from net import tls_context
from process import wait_until


class Message:
    """One event; `data` is the decoded JSON."""

    def __init__(self, ident, event, data):
        self.id, self.event, self.data = ident, event, data

    def __repr__(self):
        return f"{self.id} {self.event} {self.data}"


class Stream:
    """Reads in a thread of its own. `last` is a Last-Event-ID; `receive_bytes` how little the socket takes. `token` is a
    bearer token, or headers by which the caller is known otherwise."""

    def __init__(self, server, token, last=None, receive_bytes=None, read=True):
        self.messages = []
        self.comments = 0
        self.ended = False
        self.retry = None
        plain = socket.socket()
        if receive_bytes:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        plain.settimeout(60)
        plain.connect(("127.0.0.1", server.admin_port))
        self.socket = tls_context(server.ca).wrap_socket(plain, server_hostname="localhost")
        self.connection = http.client.HTTPConnection("localhost")
        self.connection.sock = self.socket
        headers = dict(token) if isinstance(token, dict) else {"Authorization": "Bearer " + token}
        headers["Accept"] = "text/event-stream"
        if last is not None:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", "/api/v1/stream", headers=headers)
        self.answer = self.connection.getresponse()
        self.status, self.headers = self.answer.status, self.answer.headers
        self.thread = None
        if self.status == 200 and read:
            self.start()

    def start(self):
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        return self

    def _read(self):
        fields = {}
        try:
            while True:
                line = self.answer.readline()
                if not line:
                    break
                line = line.rstrip(b"\n").decode()
                name, _, value = line.partition(":")
                if line == "":
                    if "data" in fields:
                        self.messages.append(Message(fields.get("id"), fields.get("event"), json.loads(fields["data"])))
                    fields = {}
                elif name == "":
                    self.comments += 1
                elif name == "retry":
                    self.retry = int(value)
                else:
                    fields[name] = value.removeprefix(" ")
        except (OSError, ValueError, http.client.HTTPException):
            pass
        self.ended = True

    def of(self, *events):
        return [m for m in list(self.messages) if m.event in events]

    def wait(self, condition, what, timeout_s=20):
        """The first message for which the condition holds."""
        return wait_until(lambda: next((m for m in list(self.messages) if condition(m)), None), timeout_s,
                          f"{what} on the stream, which has {self.messages[-5:]}")

    def wait_event(self, event, timeout_s=20, **data):
        return self.wait(lambda m: m.event == event and all(m.data.get(k) == v for k, v in data.items()),
                         f"{event} {data}", timeout_s)

    def wait_end(self, timeout_s=20):
        wait_until(lambda: self.ended, timeout_s, "the end of the stream")

    def last_id(self):
        return self.messages[-1].id

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if self.thread:
            self.thread.join(20)
        self.socket.close()
