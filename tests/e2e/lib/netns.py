"""Network namespaces: several hosts on one machine, joined by a bridge, removed when the scenario ends.
Needs root; addresses are of the scenario's own namespaces and reach nothing outside them."""
import os
import shutil
import subprocess


def ip(*words):
    done = subprocess.run(["ip", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def supported():
    """Why namespaces cannot be made here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "network namespaces need the program 'ip' (package iproute2)"
    probe = f"cordon-{os.getpid()}-probe"
    try:
        ip("netns", "add", probe)
        try:
            ip("-n", probe, "link", "set", "lo", "up")
        finally:
            ip("netns", "del", probe)
    except OSError as error:
        return f"network namespaces are not allowed here: {error}"
    return None


class Host:
    """One namespace with one interface `eth0` on the network."""

    def __init__(self, namespace, address):
        self.namespace = namespace
        self.address = address

    def inside(self, *argv):
        """`argv` as a command that runs on this host."""
        return ["ip", "netns", "exec", self.namespace, *map(str, argv)]

    def run(self, *argv, timeout_s=30):
        """Run to the end on this host; returns subprocess.CompletedProcess with text output."""
        return subprocess.run(self.inside(*argv), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout_s, check=False)

    def reaches(self, address):
        """True when the address answers within a second."""
        code = "import socket,sys\ntry: socket.create_connection((sys.argv[1], 9), 1)\n" \
               "except ConnectionRefusedError: sys.exit(0)\nexcept OSError: sys.exit(1)"
        # A refused connection proves the way there and back without the program `ping`.
        return self.run("/usr/bin/python3", "-c", code, address).returncode == 0


class Network:
    """Hosts 10.77.0.1, .2 ... on one bridge. `with Network() as net: a, b = net.host(), net.host()`."""

    def __init__(self):
        self.prefix = f"cordon-{os.getpid()}"
        self.switch = self.prefix + "-switch"
        self.hosts = []
        ip("netns", "add", self.switch)
        try:
            self._in_switch("link", "add", "br0", "type", "bridge")
            self._in_switch("link", "set", "br0", "up")
        except OSError:
            self.close()
            raise

    def _in_switch(self, *words):
        ip("-n", self.switch, *words)

    def host(self):
        number = len(self.hosts) + 1
        host = Host(f"{self.prefix}-{number}", f"10.77.0.{number}")
        ip("netns", "add", host.namespace)
        self.hosts.append(host)
        self._in_switch("link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0",
                        "netns", host.namespace)
        self._in_switch("link", "set", f"port{number}", "master", "br0", "up")
        ip("-n", host.namespace, "addr", "add", host.address + "/24", "dev", "eth0")
        ip("-n", host.namespace, "link", "set", "eth0", "up")
        ip("-n", host.namespace, "link", "set", "lo", "up")
        return host

    def close(self):
        for namespace in [*(h.namespace for h in self.hosts), self.switch]:
            for pid in subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True,
                                      check=False).stdout.split():
                subprocess.run(["kill", "-9", pid], capture_output=True, check=False)
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)
        self.hosts = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
