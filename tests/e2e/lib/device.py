"""A device, written a second time: key and request by the program openssl, mutual TLS by ssl, WebSocket by hand.
Shares no code with the agent; what it knows of the protocol comes from docs/protocol.md."""
import base64
import json
import os
import secrets
import socket
import ssl
import uuid

import batches
import signed
from net import Client, tls_context
from websocket import TEXT, WebSocket


def make_key(path, algorithm="EC", option="ec_paramgen_curve:P-256"):
    signed.openssl("genpkey", "-algorithm", algorithm, *(["-pkeyopt", option] if option else []), "-out", path)
    return path


def make_csr(key, form="PEM"):
    out = signed.openssl("req", "-new", "-key", key, "-subj", "/CN=whatever", "-outform", form)
    return out.decode() if form == "PEM" else base64.b64encode(out).decode()


class Device:
    """`hardware_uuid` stays over enrollments: the same machine. `id` is what the server gave it."""

    def __init__(self, server, name="mac-1", platform="macos", hardware_uuid=None):
        self.server = server
        self.name = name
        self.platform = platform
        self.hardware_uuid = hardware_uuid or str(uuid.uuid4()).upper()
        self.folder = server.s.path("devices", name + "-" + secrets.token_hex(4), make=True)
        self.key = None
        self.cert = os.path.join(self.folder, "cert.pem")
        self.id = None
        self.command_keys = []
        self.ruleset_keys = []
        self.epoch = secrets.randbelow(2 ** 62) + 1
        self.sequence = 0
        self.boot = str(uuid.uuid4())
        self.connection = None

    # ------------------------------------------------------------ identity

    def body(self, csr=None, **change):
        if csr is None:
            self.key = make_key(os.path.join(self.folder, "key-" + secrets.token_hex(4)))
            csr = make_csr(self.key)
        body = {"protocol": 1, "csr": csr, "hardware_uuid": self.hardware_uuid, "hostname": self.name,
                "platform": self.platform, "os_version": "14.5", "agent_version": "1.2.3"}
        body.update(change)
        return body

    def try_enroll(self, token, **change):
        """The server's response, whatever it is; on success this is the device it named."""
        anonymous = Client(self.server.device_port, tls=tls_context(self.server.ca))
        response = anonymous.post("/device/v1/enroll", dict(self.body(**change), token=token))
        anonymous.close()
        if response.status == 200:
            self.take(response.json)
        return response

    def enroll(self, token, **change):
        self.try_enroll(token, **change).expect(200)
        return self

    def take(self, reply):
        self.id = reply["device"]
        self.command_keys, self.ruleset_keys = reply["command_keys"], reply["ruleset_keys"]
        self.ca = reply["ca"]
        with open(self.cert, "w", encoding="ascii") as handle:
            handle.write(reply["certificate"])
        self.connection = None
        return reply

    def renew(self):
        """Ask for a certificate for a new key, and use it from now on. Returns (old key, old certificate)."""
        with open(self.cert, encoding="ascii") as handle:
            old = (self.key, os.path.join(self.folder, "old-" + secrets.token_hex(4)))
            with open(old[1], "w", encoding="ascii") as copy:
                copy.write(handle.read())
        connection = self.client()
        reply = connection.post("/device/v1/renew", self.body()).expect(200).json
        self.take(reply)
        return old

    # ------------------------------------------------------------ calls

    def tls(self, cert=None, key=None):
        return tls_context(self.server.ca, cert or self.cert, key or self.key)

    def client(self, **identity):
        return self.server.known(Client(self.server.device_port, tls=self.tls(**identity)))

    def call(self, method, path, body=None, headers=None):
        """On the kept connection, once more on a new one when the server closed it meanwhile."""
        if self.connection is None:
            self.connection = self.client()
        return self.connection.request(method, "/device/v1" + path, body, headers)

    def batch(self, events=3, alerts=1, sequence=None, pad_bytes=0):
        """A new batch with the next sequence."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        return batches.make(self.id, self.epoch, sequence, events, alerts, pad_bytes)

    @staticmethod
    def batch_headers(batch):
        return {"Cordon-Epoch": str(batch.epoch), "Cordon-Sequence": str(batch.sequence),
                "Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}

    def upload(self, batch, packer=batches.zstd_raw, headers=None):
        return self.call("POST", "/batch", packer(batch.plain), dict(self.batch_headers(batch), **(headers or {})))

    def batch_request(self, batch):
        """The bytes of a whole upload, for cutting."""
        body = batches.zstd_raw(batch.plain)
        head = f"POST /device/v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.batch_headers(batch).items())
        return head.encode() + b"\r\n" + body

    def raw(self, context=None, receive_bytes=None):
        """A connected TLS socket; `receive_bytes` is how little it takes at a time."""
        plain = socket.socket()
        if receive_bytes:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        plain.settimeout(20)
        plain.connect(("127.0.0.1", self.server.device_port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return (context or self.tls()).wrap_socket(plain, server_hostname="localhost")

    def file(self, kind, version, headers=None):
        """GET ruleset or plan."""
        return self.call("GET", f"/{kind}/{version}", headers=headers)

    def channel(self, greet=True, **hello):
        channel = Channel(self)
        if greet:
            channel.hello(**hello)
        return channel


class Channel:
    """The held connection. Messages are dicts; `hello` returns the verified clock command."""

    def __init__(self, device):
        self.device = device
        self.socket = WebSocket(device.raw(), "localhost", "/device/v1/channel")

    def send(self, **message):
        self.socket.send_text(json.dumps(message))

    def receive(self, kind=None, timeout_s=10):
        opcode, payload = self.socket.receive(timeout_s)
        if opcode != TEXT:
            raise AssertionError(f"opcode {opcode}, expected a text message")
        message = json.loads(payload)
        if kind and message["type"] != kind:
            raise AssertionError(f"expected a message '{kind}', got {message}")
        return message

    def nothing(self, wait_s=0.3):
        """Fail when a message comes within the time."""
        try:
            message = self.receive(timeout_s=wait_s)
        except (TimeoutError, ssl.SSLWantReadError, socket.timeout):
            return
        raise AssertionError(f"no message was expected, got {message}")

    def hello(self, generation=0, state="released", ruleset="", plan="", **change):
        self.challenge = secrets.token_hex(16)
        self.send(**dict({"type": "hello", "agent_version": "1.2.3", "ruleset": ruleset, "plan": plan,
                          "boot": self.device.boot, "challenge": self.challenge,
                          "isolation": {"generation": generation, "state": state}}, **change))
        self.welcome = self.receive("welcome")
        self.clock = self.open(self.welcome)
        return self.clock

    def open(self, message):
        """The verified command of a message."""
        command = signed.open_command(base64.b64decode(message["envelope"], validate=True), self.device.command_keys)
        if command.device != self.device.id:
            raise AssertionError(f"a command for {command.device} came to {self.device.id}")
        return command

    def order(self, timeout_s=10):
        return self.open(self.receive("command", timeout_s))

    def ack(self, action):
        self.send(type="ack", action=action)

    def started(self, action):
        self.send(type="started", action=action)

    def result(self, action, state="succeeded", **more):
        self.send(type="result", action=action, state=state, **more)

    def observed(self, generation, state):
        self.send(type="observed", isolation={"generation": generation, "state": state})

    def close(self):
        self.socket.close()

    def cut(self):
        self.socket.cut()
