"""Ports and HTTP(S) requests of a scenario, on the standard library alone."""
import http.client
import json
import socket
import ssl

from process import wait_until


def free_port(host="127.0.0.1"):
    """A TCP port nobody listens on now. Programs that can listen on port 0 and say which are better."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def port_open(port, host="127.0.0.1"):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def wait_port(port, host="127.0.0.1", timeout_s=20):
    wait_until(lambda: port_open(port, host), timeout_s, f"a listener on {host}:{port}")


def tls_context(ca=None, cert=None, key=None):
    """Client side, TLS 1.3 only. `ca` is the file trusted; None trusts anybody (and checks no name)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if ca:
        context.load_verify_locations(ca)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if cert:
        context.load_cert_chain(cert, key)
    return context


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def expect(self, status):
        """This response, or an AssertionError that shows it."""
        if self.status != status:
            raise AssertionError(f"expected HTTP {status}, got {self.status}: {self.text[:500]}")
        return self


class Client:
    """One connection at a time to one server. `tls` is a context from tls_context, None for plain HTTP."""

    def __init__(self, port, host="127.0.0.1", tls=None, headers=None, timeout_s=30):
        self.headers = dict(headers or {})
        if tls is None:
            self.connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        else:
            self.connection = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=tls)

    def request(self, method, path, body=None, headers=None):
        """Send one request; `body` is bytes, or a dict or list sent as JSON. Reconnects when the server closed."""
        sent = dict(self.headers, **(headers or {}))
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
            content = answer.read()
        except BaseException:
            self.connection.close()
            raise
        return Response(answer.status, answer.headers, content)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def close(self):
        self.connection.close()
