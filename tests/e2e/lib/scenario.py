"""Frame of an end-to-end scenario: a private folder, the built programs, cleaning up, logs when it fails.

    from scenario import run

    def body(s):
        server = s.start("server", s.program("cordond"), "--data", s.path("data"))
        server.wait_line("listening")
        ...

    run(body)

Exit status: 0 passed, 1 failed, 77 skipped (CTest counts it as skipped)."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

from process import Process

SKIPPED = 77
LOG_TAIL_LINES = 60
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class Skip(Exception):
    """Ends a scenario that cannot run here; the text says what is missing."""


class Result:
    def __init__(self, argv, status, out, err):
        self.argv = argv
        self.status = status
        self.out = out
        self.err = err


class Scenario:
    """What a scenario's body gets. Whatever it starts or makes is gone when the body returns."""

    def __init__(self):
        self.source = os.environ.get("CORDON_SOURCE", ROOT)
        self.build = os.environ.get("CORDON_BUILD", os.path.join(self.source, "build", "release"))
        self.folder = tempfile.mkdtemp(prefix="cordon-e2e-")
        self.logs = self.path("logs", make=True)
        self.cleanup = contextlib.ExitStack()
        self.processes = []

    def path(self, *names, make=False):
        """A path inside the private folder; `make` creates it as a folder."""
        full = os.path.join(self.folder, *names)
        if make:
            os.makedirs(full, exist_ok=True)
        return full

    def write(self, name, content):
        """Write text or bytes to a file of the private folder; returns its path."""
        full = self.path(name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
        return full

    def program(self, name):
        """Path of a built program."""
        full = os.path.join(self.build, name)
        if not os.access(full, os.X_OK):
            raise AssertionError(f"{full} is not built")
        return full

    def shared_data(self, *names):
        """Path in the folder of foreign test data; skips the scenario where it is absent."""
        base = os.environ.get("CORDON_SHARED_DATA", os.path.join(os.path.dirname(self.source), "shared", "data"))
        full = os.path.join(base, *names)
        if not os.path.exists(full):
            raise Skip(f"needs the shared test data '{os.path.join(*names)}' (CORDON_SHARED_DATA names its folder)")
        return full

    def needs_root(self):
        if os.geteuid() != 0:
            raise Skip("needs root")

    def skip(self, reason):
        raise Skip(reason)

    def start(self, name, *argv, env=None, cwd=None, stdin=None):
        """Start a program that goes on running; `env` is added to ours."""
        started = Process(name, argv, self.logs, dict(os.environ, **(env or {})), cwd or self.folder, stdin)
        self.processes.append(started)
        self.cleanup.callback(started.stop)
        return started

    def run(self, *argv, status=0, input=None, env=None, cwd=None, timeout_s=60):
        """Run a program to its end; fails unless it exits with `status` (None: any)."""
        argv = [str(a) for a in argv]
        done = subprocess.run(argv, input=input.encode() if isinstance(input, str) else input or b"",
                              capture_output=True, env=dict(os.environ, **(env or {})), cwd=cwd or self.folder,
                              timeout=timeout_s, check=False)
        result = Result(argv, done.returncode, done.stdout.decode("utf-8", "replace"),
                        done.stderr.decode("utf-8", "replace"))
        if status is not None and done.returncode != status:
            raise AssertionError(f"{' '.join(argv)}: status {done.returncode}, expected {status}\n"
                                 f"--- output\n{result.out[-4000:]}\n--- errors\n{result.err[-4000:]}")
        return result

    def enter(self, manager):
        """Enter a context manager that is left when the scenario ends; returns what it gives."""
        return self.cleanup.enter_context(manager)

    def show_logs(self):
        for name in sorted(os.listdir(self.logs)):
            with open(os.path.join(self.logs, name), "rb") as handle:
                lines = handle.read().decode("utf-8", "replace").splitlines()
            if lines:
                print(f"--- {name} ({len(lines)} lines, the last {min(len(lines), LOG_TAIL_LINES)})")
                print("\n".join(lines[-LOG_TAIL_LINES:]))

    def close(self):
        self.cleanup.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def check(condition, message):
    """Fail the scenario with the message unless the condition holds."""
    if not condition:
        raise AssertionError(message)


def check_equal(got, expected, what):
    if got != expected:
        raise AssertionError(f"{what}: got {repr(got)[:2000]}, expected {repr(expected)[:2000]}")


def run(body):
    """Run the body in a fresh Scenario and leave the program with its exit status."""
    scenario = Scenario()
    status = 0
    try:
        body(scenario)
    except Skip as reason:
        print(f"skipped: {reason}")
        status = SKIPPED
    except BaseException:
        sys.stdout.flush()
        traceback.print_exc()
        sys.stderr.flush()
        scenario.cleanup.close()
        scenario.show_logs()
        status = 1
    finally:
        scenario.close()
    sys.exit(status)
