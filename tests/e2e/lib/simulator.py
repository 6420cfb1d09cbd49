"""cordon-sim of a scenario: simulated Macs against a real server, started, killed, started again on the same state."""
import hashlib
import json
import os
import re
import signal

from cordond import SANITIZER, der_of
from process import wait_until
from scenario import check, check_equal

STORIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "sim", "stories")


class Simulator:
    """`devices` Macs of one server; `start` may be called again after `kill` or `finish`."""

    def __init__(self, s, server, token, devices=5, stories=(), recordings=(), name="sim", **options):
        self.s = s
        self.server = server
        self.name = name
        self.state = s.path(name + "-state")
        self.token_file = s.write(name + ".token", token)
        self.devices = devices
        self.stories = [story if os.sep in story else os.path.join(STORIES, story) for story in stories]
        self.recordings = recordings
        self.options = options
        self.process = None

    def argv(self, **change):
        words = [self.s.program("cordon-sim"), "--server", f"https://127.0.0.1:{self.server.device_port}",
                 "--ca-fingerprint", hashlib.sha256(der_of(self.server.ca)).hexdigest(),
                 "--token-file", self.token_file, "--state", self.state, "--devices", str(self.devices)]
        for story in self.stories:
            words += ["--story", story]
        for recording in self.recordings:
            words += ["--recordings", recording]
        for key, value in {**self.options, **change}.items():
            words += ["--" + key.replace("_", "-"), str(value)]
        return words

    def start(self, wait=True, timeout_s=60, **change):
        self.process = self.s.start(self.name, *self.argv(**change))
        if wait:
            self.process.wait_line("all Macs are connected", timeout_s=timeout_s)
        return self

    def again(self):
        """Begin the stories that do not repeat once more."""
        self.process.signal(signal.SIGUSR1)

    def kill(self):
        self.process.kill()

    def finish(self, timeout_s=30):
        self.process.signal(signal.SIGTERM)
        status = self.process.wait(timeout_s)
        self.check_sound()
        check_equal(status, 0, "the simulator's exit status after SIGTERM")

    def check_sound(self):
        with open(self.process.err_path, encoding="utf-8", errors="replace") as handle:
            found = SANITIZER.search(handle.read())
        check(not found, f"a sanitizer complains in {self.process.err_path}: {found and found.group(0)}")

    def said(self, what):
        """Values of key `what` in log lines: rule titles of alerts, steps of the story."""
        return re.findall(what + r'="((?:[^"\\]|\\.)*)"', self.process.err)

    def saved(self, host):
        """State of one Mac as it lies on disk."""
        with open(os.path.join(self.state, host, "state.json"), encoding="utf-8") as handle:
            return json.load(handle)

    def wait_online(self, api):
        """All devices, once the server counts each as online: it says welcome before it has stored the hello."""
        def online():
            found = [d for d in api.items("/devices", limit=500) if d["online"]]
            return len(found) == self.devices and found
        return wait_until(online, 60, f"{self.devices} Macs online")

    def device(self, api, host):
        """Its device id on the server."""
        def find():
            return next((d for d in api.items("/devices") if d["hostname"] == host), None)
        return wait_until(find, 20, f"the device {host}")["id"]
