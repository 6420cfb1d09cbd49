"""The fleet server of a scenario: started, logged in to, killed, started again on the same data.

    server = Server(s)
    server.start()
    api = server.login()
    api.get("/devices").expect(200)
    ...
    server.finish()     # SIGTERM; fails unless it ends in good order
"""
import hashlib
import os
import re
import signal
import ssl

from net import Client, free_port, tls_context
from process import wait_until
from scenario import check, check_equal

PASSWORD = "correct horse battery"
SANITIZER = re.compile(r"ERROR: \w*Sanitizer|WARNING: ThreadSanitizer|runtime error:")


def der_of(pem_path):
    """DER bytes of the first certificate of a PEM file."""
    with open(pem_path, encoding="ascii") as handle:
        return ssl.PEM_cert_to_DER_cert(handle.read().split("-----END CERTIFICATE-----")[0]
                                        + "-----END CERTIFICATE-----\n")


class Api:
    """A person's calls. `call` paths are below /api/v1; a token is sent when there is one."""

    def __init__(self, server, token=None, source=None):
        self.token = token
        self.client = server.known(Client(server.admin_port, tls=tls_context(server.ca)))
        if source:  # the address it comes from
            self.client.connection.source_address = (source, 0)

    def request(self, method, path, body=None, headers=None):
        sent = dict(headers or {})
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = "Bearer " + self.token
        return self.client.request(method, "/api/v1" + path, body, sent)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, {} if body is None else body, **options)

    def items(self, path, limit=None):
        """All items of a list, page by page."""
        found, cursor = [], None
        while True:
            query = [f"limit={limit}"] if limit else []
            query += [f"cursor={cursor}"] if cursor else []
            joint = "&" if "?" in path else "?"
            page = self.get(path + (joint + "&".join(query) if query else "")).expect(200).json
            found += page["items"]
            cursor = page.get("next")
            if not cursor:
                return found

    def token_for_enrollment(self, kind="group", **more):
        return self.post("/enrollment-tokens", dict(kind=kind, **more)).expect(201).json["token"]

    def close(self):
        self.client.close()


class Server:
    """One data folder and one keys folder; `start` may be called again after `kill` or `finish`."""

    def __init__(self, s, name="cordond", data=None, keys=None, **settings):
        self.s = s
        self.name = name
        self.data = data or s.path(name, "data")
        self.keys = keys or s.path(name, "keys")
        self.kek = s.path(name, "kek")
        os.makedirs(s.path(name), exist_ok=True)
        self.admin_port, self.device_port = free_port(), free_port()
        self.settings = {"free_bytes_least": "1000000", **settings}
        self.ca = os.path.join(self.keys, "ca.pem")
        self.process = None
        self.metrics_api = None
        self.clients = []
        self.one_time_password = None
        self.password = PASSWORD

    def known(self, client):
        """Remember a connection, to close it before the server stops: the stop would wait for it."""
        self.clients.append(client)
        return client

    def argv(self, **settings):
        base = {
            "data_dir": self.data, "keys_dir": self.keys, "kek": "development:" + self.kek,
            "admin_listen": f"127.0.0.1:{self.admin_port}", "device_listen": f"127.0.0.1:{self.device_port}",
            "names": "localhost,127.0.0.1", **self.settings, **settings}
        words = [self.s.program("cordond")]
        for key, value in base.items():
            words += ["--set", f"{key}={value}"]
        return words

    def start(self, env=None, wait=True, **settings):
        """Start it; `env` arms fail points. Reads what it says to the person who starts it."""
        self.metrics_api = None
        self.process = self.s.start(self.name, *self.argv(**settings), env=env)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        self.process.wait_line(r"\bready\b", timeout_s=60)
        said = self.process.wait_line(r"CA +([0-9a-f]{64}) \(SHA-256\)").group(1)
        check_equal(said, hashlib.sha256(der_of(self.ca)).hexdigest(), "the fingerprint that the server prints")
        password = re.search(r"one-time password (\S+)", self.process.out)
        if password:
            self.one_time_password = password.group(1)

    def login(self, name="admin", password=None):
        """An Api that is logged in; the first one sets the password."""
        api = Api(self)
        body = {"name": name, "password": password or self.password}
        if self.one_time_password and not password:
            body = {"name": name, "password": self.one_time_password, "new_password": self.password}
        api.token = api.post("/login", body).expect(200).json["token"]
        self.one_time_password = None
        return api

    def probe(self, name):
        """GET /livez, /readyz or /metrics without a token."""
        return Client(self.admin_port, tls=tls_context(self.ca)).get("/" + name)

    def metrics(self):
        """Numbers of /metrics by name."""
        if self.metrics_api is None:
            self.metrics_api = self.login()
        text = self.metrics_api.client.get(
            "/metrics", headers={"Authorization": "Bearer " + self.metrics_api.token}).expect(200).text
        return {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line and line[0] != "#"}

    def has_fail_points(self):
        """Is the program built with them? Known from the log of names passed."""
        log = self.s.path(self.name, "failpoint-probe")
        other = Server(self.s, self.name + "-probe")
        other.start(env={"CORDON_FAILPOINT_LOG": log})
        other.finish()
        return os.path.exists(log) and os.path.getsize(log) > 0

    def kill(self):
        return self.process.kill()

    def wait_killed(self, timeout_s=30):
        """Wait until a fail point killed it."""
        check_equal(self.process.wait(timeout_s), -signal.SIGKILL, "the status of a killed server")

    def check_sound(self):
        """No sanitizer complained so far."""
        with open(self.process.err_path, encoding="utf-8", errors="replace") as handle:
            found = SANITIZER.search(handle.read())
        check(not found, f"a sanitizer complains in {self.process.err_path}: {found and found.group(0)}")

    def finish(self, timeout_s=20, kill_point=False):
        """SIGTERM; it must end by itself, with status 0 and nothing leaked. With `kill_point` a fail point may kill it first."""
        for client in self.clients:
            client.close()
        self.process.signal(signal.SIGTERM)
        status = self.process.wait(timeout_s)
        self.check_sound()
        if not kill_point or status != -signal.SIGKILL:
            check_equal(status, 0, "the exit status after SIGTERM")

    def wait_online(self, api, device, online=True):
        wait_until(lambda: api.get("/devices/" + device).expect(200).json["online"] is online, 10,
                   f"device {device} online={online}")
