"""A server of our own making with a device's trust: it can say what the real one never would. It enrols one device,
takes batches, holds the channel, and signs, or forges, commands by `openssl`."""
import base64
import hashlib
import json
import os
import secrets
import socket
import ssl
import struct
import threading
import time
import uuid

import signed
import websocket
from certs import Authority, openssl
from device import make_key

MINUTE_NS = 60 * 10 ** 9


class OwnServer:
    """Enough of a server for one device. `ca` and `device_port` are what Agent asks for."""

    def __init__(self, s, host):
        self.authority = Authority(s.path("authority", make=True))
        self.ca = self.authority.ca
        self.device = str(uuid.uuid4())
        self.key = make_key(s.path("command.key"))
        self.public = signed.openssl("pkey", "-in", self.key, "-pubout").decode()
        self.folder = s.path("authority")
        cert, key = self.authority.issue("server", (host, "127.0.0.1"))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self.tls.load_cert_chain(cert, key)
        self.tls.load_verify_locations(self.ca)
        self.tls.verify_mode = ssl.CERT_OPTIONAL
        self.listener = socket.create_server((host, 0))
        self.device_port = self.listener.getsockname()[1]
        self.messages = []
        self.channel = None
        self.writing = threading.Lock()  # of the channel: who holds it and who speaks are two threads
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            plain, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(plain,), daemon=True).start()

    def talk(self, plain):
        try:
            with self.tls.wrap_socket(plain, server_side=True) as connection:
                reader = connection.makefile("rb")
                while self.answer(connection, reader):
                    pass
        except (ConnectionError, ssl.SSLError, struct.error):
            pass  # the device went away

    def answer(self, connection, reader):
        words = reader.readline().decode().split()
        if len(words) != 3:
            return False
        fields = {}
        while (line := reader.readline().strip()):
            name, value = line.decode().split(":", 1)
            fields[name.lower()] = value.strip()
        if words[1].endswith("/channel"):
            self.hold(connection, reader, fields["sec-websocket-key"])
            return False
        body = reader.read(int(fields.get("content-length", 0)))
        status, reply = "200 OK", {}
        if words[1].endswith("/enroll"):
            reply = self.enroll(json.loads(body))
        elif words[1].endswith("/batch"):
            reply = {"epoch": int(fields["cordon-epoch"]), "sequence": int(fields["cordon-sequence"]),
                     "duplicate": False, "events": 0, "alerts": 0}
        else:
            status = "404 Not Found"
        text = json.dumps(reply).encode()
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
                           .encode() + text)
        return True

    def enroll(self, request):
        csr, cert = (os.path.join(self.folder, "device" + end) for end in (".csr", ".pem"))
        text = request["csr"].encode()
        with open(csr, "wb") as handle:
            handle.write(text if text.startswith(b"-----") else base64.b64decode(text))
        form = "PEM" if text.startswith(b"-----") else "DER"
        openssl("x509", "-req", "-inform", form, "-in", csr, "-CA", self.ca, "-CAkey", self.authority.key, "-CAcreateserial", "-days",
                "2", "-out", cert)
        with open(cert, encoding="ascii") as mine, open(self.ca, encoding="ascii") as ca:
            return {"protocol": 1, "device": self.device, "certificate": mine.read(), "ca": ca.read(),
                    "command_keys": [self.public], "ruleset_keys": [self.public], "server_time_ns": time.time_ns()}

    # ------------------------------------------------------------ the held connection

    def hold(self, connection, reader, key):
        accept = base64.b64encode(hashlib.sha1((key + websocket.GUID).encode()).digest()).decode()
        connection.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        while True:
            opcode, length = struct.unpack(">BB", reader.read(2))
            length &= 0x7F
            if length > 125:
                length = struct.unpack(">H", reader.read(2))[0] if length == 126 else \
                    struct.unpack(">Q", reader.read(8))[0]
            mask, data = reader.read(4), reader.read(length)
            data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
            if opcode & 15 == websocket.CLOSE:
                return
            if opcode & 15 == websocket.PING:
                self.send(connection, websocket.PONG, data)
            elif opcode & 15 == websocket.TEXT:
                self.take(connection, json.loads(data))

    def take(self, connection, message):
        self.messages.append(message)
        if message["type"] != "hello":
            return
        clock = self.command("clock", {"challenge": message["challenge"]})
        self.channel = connection
        self.say("welcome", envelope=clock, agent_version="1.0.0", ruleset="", plan="")

    def say(self, kind, envelope, **more):
        text = json.dumps(dict(type=kind, envelope=base64.b64encode(envelope).decode(), **more)).encode()
        self.say_raw(text)

    def say_raw(self, text, channel=None):
        self.send(channel or self.channel, websocket.TEXT, text)

    def send(self, connection, opcode, data):
        with self.writing:
            connection.sendall(websocket.frame(opcode, data, mask=False))

    def command(self, name, arguments, key=None, **change):
        """A signed command; `change` replaces members."""
        now = time.time_ns()
        values = dict(device=self.device, action=str(uuid.uuid4()), name=name, arguments=json.dumps(arguments),
                      issued_ns=now, expires_ns=now + MINUTE_NS, generation=0, nonce=secrets.token_bytes(16))
        values.update(change)
        canonical = signed.Command(**values).canonical()
        signature = signed.openssl("dgst", "-sha256", "-sign", key or self.key, data=canonical)
        return signed.text(canonical) + signed.text(signed.key_id(self.public).encode()) + signed.text(signature)

    def seen(self, kind, **members):
        return [m for m in list(self.messages) if m["type"] == kind and members.items() <= m.items()]

    def bad_commands(self, name, arguments, other_key):
        """Commands that no device may run, by what is wrong with them."""
        now = time.time_ns()
        cut = bytearray(self.command(name, arguments))
        cut[60] ^= 1
        return {
            "signed by another key": self.command(name, arguments, key=other_key),
            "changed after signing": bytes(cut),
            "expired": self.command(name, arguments, issued_ns=now - 2 * MINUTE_NS, expires_ns=now - MINUTE_NS),
            "for another device": self.command(name, arguments, device=str(uuid.uuid4())),
            "garbage": secrets.token_bytes(300),
            "empty": b"\0",
        }
