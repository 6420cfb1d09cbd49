"""A started program of a scenario: its output goes to files, it dies with the scenario."""
import ctypes
import os
import re
import signal
import subprocess
import time

POLL_S = 0.02
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def wait_until(condition, timeout_s, what):
    """Poll until `condition()` is truthy and return its value; TimeoutError names `what` after the time."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise TimeoutError(f"{what}: not within {timeout_s} s")
        time.sleep(POLL_S)


def pid_ended(pid):
    """True when no process with this pid runs (a zombie has ended)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as handle:
            return handle.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Process:
    """Runs `argv` in its own process group. `out` and `err` read what it wrote so far."""

    def __init__(self, name, argv, log_folder, env=None, cwd=None, stdin=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.out_path = os.path.join(log_folder, name + ".out")
        self.err_path = os.path.join(log_folder, name + ".err")
        # Append: a program started again under the same name keeps its earlier log.
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self.skip_out, self.skip_err = out.tell(), err.tell()
            self.popen = subprocess.Popen(
                self.argv, stdin=stdin if stdin is not None else subprocess.DEVNULL, stdout=out, stderr=err,
                env=env, cwd=cwd, process_group=0, preexec_fn=die_with_parent)

    @property
    def pid(self):
        return self.popen.pid

    @property
    def status(self):
        """None while it runs, else its exit status (negative: the signal)."""
        return self.popen.poll()

    @staticmethod
    def _read(path, skip):
        with open(path, "rb") as handle:
            handle.seek(skip)
            return handle.read().decode("utf-8", "replace")

    @property
    def out(self):
        return self._read(self.out_path, self.skip_out)

    @property
    def err(self):
        return self._read(self.err_path, self.skip_err)

    def wait_line(self, pattern, timeout_s=20):
        """Wait until a line on either output matches; return the match. Fails at once when the program ends."""
        regex = re.compile(pattern, re.M)

        def seen():
            # The status first: what it wrote before ending is complete when we read it afterwards.
            ended = self.status
            found = regex.search(self.err) or regex.search(self.out)
            if found is None and ended is not None:
                raise AssertionError(f"{self.name} ended with status {ended} before a line matched '{pattern}'")
            return found

        return wait_until(seen, timeout_s, f"{self.name}: a line that matches '{pattern}'")

    def wait(self, timeout_s=20):
        """Wait for its end; return the exit status."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name}: still running after {timeout_s} s") from None

    def signal(self, number):
        """Send a signal to the process alone."""
        self.popen.send_signal(number)

    def kill(self):
        """SIGKILL to its whole group: the crash of the scenario."""
        self._signal_group(signal.SIGKILL)
        return self.popen.wait()

    def stop(self, timeout_s=10):
        """SIGTERM, then SIGKILL to the group when it does not end. Returns the exit status."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(timeout_s)
            except subprocess.TimeoutExpired:
                pass
        self._signal_group(signal.SIGKILL)
        return self.popen.wait()

    def _signal_group(self, number):
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            pass
