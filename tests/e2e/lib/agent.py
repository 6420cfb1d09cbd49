"""The real agent in a network namespace of its own, joined to this host by a veth pair.

    link = s.enter(Link())
    server = Server(s)
    server.settings.update(server_settings(link, server.device_port))
    agent = Agent(s, link, server)
    agent.enroll(api.token_for_enrollment())
    agent.start()
    agent.pid("analyst"), agent.kill("uplink"), agent.command_log()

The agent never enforces anything outside the namespace: its configuration always names one."""
import hashlib
import json
import os
import signal
import socket
import subprocess

import netns
from cordond import SANITIZER, der_of
from process import pid_ended, wait_until
from scenario import check, check_equal

BOOT_ID = "/proc/sys/kernel/random/boot_id"
TABLE = "cordon"


class Link:
    """A namespace whose only interface `eth0` leads here. `here` and `there` are the two IPv4 addresses."""

    def __init__(self):
        number = os.getpid()
        self.namespace = f"cordon-{number}-agent"
        self.interface = f"cn{number}"
        net = f"10.{78 + number // 250 % 100}.{number % 250}"
        self.here, self.there = net + ".1", net + ".2"
        prefix = f"fd77:{number & 0xffff:x}"
        self.here6, self.there6 = prefix + "::1", prefix + "::2"
        netns.ip("netns", "add", self.namespace)
        try:
            self._build()
        except OSError:
            self.close()
            raise

    def _build(self):
        inside = ("-n", self.namespace)
        netns.ip("link", "add", self.interface, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        netns.ip("addr", "add", self.here + "/24", "dev", self.interface)
        netns.ip("-6", "addr", "add", self.here6 + "/64", "dev", self.interface, "nodad")
        netns.ip("link", "set", self.interface, "up")
        netns.ip(*inside, "addr", "add", self.there + "/24", "dev", "eth0")
        netns.ip(*inside, "-6", "addr", "add", self.there6 + "/64", "dev", "eth0", "nodad")
        netns.ip(*inside, "link", "set", "eth0", "up")
        netns.ip(*inside, "link", "set", "lo", "up")

    def inside(self, *argv):
        """`argv` as a command that runs in the namespace."""
        return ["ip", "netns", "exec", self.namespace, *map(str, argv)]

    def tables(self):
        """Names of the nftables tables of the namespace."""
        out = subprocess.run(self.inside("nft", "list", "tables"), capture_output=True, text=True, check=True).stdout
        return [line.split()[-1] for line in out.splitlines()]

    def received(self):
        """Packets that came out of the namespace so far."""
        with open(f"/sys/class/net/{self.interface}/statistics/rx_packets", encoding="ascii") as handle:
            return int(handle.read())

    def close(self):
        for pid in subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True,
                                  check=False).stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "del", self.namespace], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", self.interface], capture_output=True, check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def server_settings(link, port):
    """Settings of a Server that the agent behind the link reaches."""
    return {"device_listen": f"{link.here}:{port}", "names": f"localhost,127.0.0.1,{link.here}"}


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as handle:
            return [int(word) for word in handle.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def words_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as handle:
            return handle.read().decode("utf-8", "replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def generation_of(pid):
    """Start time of a process in clock ticks, what Linux has for telling two of one pid apart; None when gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as handle:
            return int(handle.read().rsplit(")", 1)[1].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return None


def boot_id():
    with open(BOOT_ID, encoding="ascii") as handle:
        return handle.read().strip()


class Agent:
    """One state folder; `start` may be called again after `crash` or `finish`."""

    def __init__(self, s, link, server, name="agent", sensor="linux", **settings):
        self.s = s
        self.link = link
        self.server = server
        self.name = name
        self.state = s.path(name, make=True)
        os.chmod(s.folder, 0o755)  # the uplink's account reaches its own folder below
        self.config = s.path(name + ".conf")
        self.settings = {
            "server": f"https://{link.here}:{server.device_port}", "state_dir": self.state, "sensor": sensor,
            "ca_fingerprint": hashlib.sha256(der_of(server.ca)).hexdigest(),
            "netns": "/run/netns/" + link.namespace, **settings}
        self.write_config()
        self.process = None

    def write_config(self, **change):
        """Write the configuration; a key with value None is left out."""
        self.settings.update(change)
        check(str(self.settings.get("netns", "")).startswith("/run/netns/cordon-"), "the agent has its own namespace")
        self.s.write(self.config, "".join(f"{key} = {value}\n" for key, value in self.settings.items()
                                          if value is not None))

    def enroll(self, token, status=0, env=None):
        path = self.s.write(self.name + ".token", token + "\n")
        return self.s.run(*self.link.inside(self.s.program("cordon-agent"), "enroll", "--config", self.config,
                                            "--token-file", path), status=status, env=env)

    @property
    def device(self):
        with open(os.path.join(self.state, "monitor", "trust.json"), encoding="utf-8") as handle:
            return json.load(handle)["device"]

    def start(self, env=None, wait=True):
        self.process = self.s.start(self.name, self.s.program("cordon-agent"), "run", "--config", self.config, env=env)
        if wait:
            self.process.wait_line("agent running")
        return self

    # ------------------------------------------------------------ processes

    def pid(self, role):
        """Pid of monitor, analyst or uplink; None while it does not run."""
        if role == "monitor":
            return self.process.pid if self.process.status is None else None
        for pid in children_of(self.process.pid):
            words = words_of(pid)
            if "--role" in words and words[words.index("--role") + 1] == role:
                return pid
        return None

    def wait_pid(self, role, other_than=None, timeout_s=20):
        return wait_until(lambda: self.pid(role) not in (None, other_than) and self.pid(role), timeout_s,
                          f"a running {role}")

    def kill(self, role):
        """kill -9 of one process. The monitor starts its children again; its own death ends them all."""
        if role == "monitor":
            return self.crash()
        pid = self.wait_pid(role)
        os.kill(pid, signal.SIGKILL)
        return self.wait_pid(role, other_than=pid)

    def crash(self):
        """kill -9 of the monitor alone; its children must end with it."""
        children = children_of(self.process.pid)
        self.process.signal(signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: all(pid_ended(pid) for pid in children), 10, "the end of the orphaned children")

    def check_sound(self):
        with open(self.process.err_path, encoding="utf-8", errors="replace") as handle:
            found = SANITIZER.search(handle.read())
        check(not found, f"a sanitizer complains in {self.process.err_path}: {found and found.group(0)}")

    def finish(self, timeout_s=20):
        """SIGTERM; it must end by itself, with status 0 and nothing leaked."""
        self.process.signal(signal.SIGTERM)
        status = self.process.wait(timeout_s)
        self.check_sound()
        check_equal(status, 0, "the agent's exit status after SIGTERM")

    # ------------------------------------------------------------ what it says

    def command_log(self):
        """Lines of monitor/commands.log; the chain of hashes is verified here, independently."""
        with open(os.path.join(self.state, "monitor", "commands.log"), "rb") as handle:
            lines = handle.read().splitlines()
        before = ""
        found = []
        for number, line in enumerate(lines, 1):
            record = json.loads(line)
            check_equal(record.get("previous", ""), before, f"the hash of the line before line {number} of commands.log")
            before = hashlib.sha256(line).hexdigest()
            found.append(record)
        return found

    def wait_online(self, api, online=True, timeout_s=20):
        return wait_until(lambda: (lambda d: d["online"] is online and d)(self.view(api)), timeout_s,
                          f"the agent online={online}")

    def view(self, api):
        return api.get("/devices/" + self.device).expect(200).json

    def wait_health(self, api, condition, what, timeout_s=20):
        """The device's health object for which the condition holds."""
        return wait_until(lambda: (lambda h: condition(h) and h)(self.view(api).get("health") or {}), timeout_s, what)


def order(api, device, name, reason="scenario", status=201, **arguments):
    """One action; returns it, or the refusal. `confirm_host` goes beside the arguments."""
    body = {"name": name, "devices": [device], "arguments": arguments, "reason": reason}
    if "confirm_host" in arguments:
        body["confirm_host"] = arguments.pop("confirm_host")
    answer = api.post("/actions", body).expect(status).json
    return answer["items"][0] if status == 201 else answer


def wait_final(api, action, timeout_s=30):
    """The action when it has ended."""
    return wait_until(lambda: (lambda a: a["final"] and a)(api.get("/actions/" + action["id"]).expect(200).json),
                      timeout_s, f"the end of {action['name']}")


def own_host():
    return socket.gethostname()


