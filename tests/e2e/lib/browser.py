"""Debian's Chromium in front of the console of a Server, driven through playwright-core (browser.mjs).

    page = Browser(s, server)
    page.goto("/alerts")
    page.fill(label("Password"), "secret")
    page.click(button("Sign in"))
    page.see(heading("Alerts"))
    page.shot("alerts")
    page.check_quiet()      # no error, no violation of the policy, no request to anywhere else

What a step waits for it waits for by itself; nothing here sleeps. An element is a dict: see `role` and its like."""
import base64
import hashlib
import json
import os
import re
import ssl
import subprocess
import sys

from process import wait_until
from scenario import ROOT, check, check_equal

CHROMIUM = "/usr/bin/chromium"
HERE = os.path.dirname(os.path.abspath(__file__))
CONSOLE = os.path.join(ROOT, "console")
STEP_S = 60
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def role(kind, name=None, exact=False, **more):
    """An element by its role and accessible name; `within`, `nth`, `has` narrow it, `options` are the role's states."""
    return {"role": kind, **({"name": name, "exact": exact} if name is not None else {}), **more}


def button(name, **more):
    return role("button", name, **{"exact": True, **more})


def link(name, **more):
    return role("link", name, **more)


def heading(name, **more):
    return role("heading", name, **more)


def label(text, **more):
    return {"label": text, **more}


def words(text, **more):
    return {"text": text, **more}


def css(selector, **more):
    return {"css": selector, **more}


def refused(status, path):
    """The line that Chromium writes when a call below /api/v1 is answered so: for `check_quiet`."""
    return {"kind": "console error", "text": f"status of {status} (", "url": "/api/v1" + path}


DIALOG = role("dialog")
# Asked before anybody signed in: the answer is the sign-in page.
SIGNED_OUT = refused(401, "/session")


def needs_browser(s):
    """Skip where there is no browser, or no console in the server."""
    if not os.access(CHROMIUM, os.X_OK):
        s.skip(f"needs {CHROMIUM}: run script/install-deps --test")
    if not os.path.exists(os.path.join(CONSOLE, "dist", "index.html")):
        s.skip("the console is not built: run script/build")


def key_hash(port):
    """SHA-256 of the public key of the certificate that is shown at a port, in base64."""
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    public = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=pem.encode(), capture_output=True, check=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public.stdout, capture_output=True,
                         check=True)
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


class Browser:
    """One page of a browser with a profile of its own. Each method is one step of browser.mjs."""

    def __init__(self, s, server, name="browser", trusted=()):
        """`trusted` are ports of further servers whose certificates are taken."""
        self.s = s
        self.name = name
        self.origin = f"https://localhost:{server.admin_port}"
        self.shots = os.path.join(s.build, "artefacts", "console")
        os.makedirs(self.shots, exist_ok=True)
        profile = s.path(name, make=True)
        script = 'source script/lib/common.sh && source script/lib/console.sh && in_console exec node "$@"'
        keys = ",".join(map(key_hash, [server.admin_port, *trusted]))
        reading, self.steps = os.pipe()
        self.process = s.start(name, "/bin/bash", "-c", script, "browser", os.path.join(HERE, "browser.mjs"), CONSOLE,
                               CHROMIUM, profile, self.origin, keys, cwd=ROOT, stdin=reading)
        os.close(reading)
        s.cleanup.callback(self.close)
        self.done = 0
        self.outcome("the start of Chromium")

    def outcome(self, what):
        def answered():
            ended = self.process.status
            lines = self.process.out.split("\n")
            if len(lines) > self.done + 1:
                return lines[self.done]
            check(ended is None, f"{self.name} ended with status {ended}")
            return None
        line = wait_until(answered, STEP_S, what)
        self.done += 1
        found = json.loads(line)
        check("error" not in found, f"{what}: {found.get('error')}")
        return found.get("value")

    def step(self, step, **given):
        os.write(self.steps, json.dumps({"step": step, **given}).encode() + b"\n")
        try:
            return self.outcome(f"{step} {json.dumps(given)[:300]}")
        except AssertionError:
            self.failed_at(step)
            raise

    def failed_at(self, step):
        """Keep what a person would have seen."""
        if step != "shot" and self.process.status is None:
            print(f"the page when the step failed: {self.shot('failed')}")

    def close(self):
        """Chromium ends with what it is told."""
        if self.steps is not None:
            os.close(self.steps)
            self.steps = None
            try:
                self.process.wait(20)
            except TimeoutError:
                self.process.stop()

    # ------------------------------------------------------------ what a person does

    def goto(self, path):
        self.step("goto", path=path)

    def reload(self):
        self.step("reload")

    def click(self, at, **options):
        self.step("click", at=at, **options)

    def fill(self, at, text):
        self.step("fill", at=at, text=text)

    def press(self, *keys):
        self.step("press", keys=keys)

    def type(self, text):
        self.step("type", text=text)

    def window(self, width, height):
        self.step("window", width=width, height=height)

    def scheme(self, name):
        """The system's colours: "light" or "dark"."""
        self.step("scheme", name=name)

    # ------------------------------------------------------------ what a person sees

    def see(self, at, timeout_s=None):
        self.step("see", at=at, **({"timeout": timeout_s * 1000} if timeout_s else {}))

    def gone(self, at):
        self.step("see", at=at, state="hidden")

    def count(self, at):
        return self.step("count", at=at)

    def text(self, at):
        return self.step("text", at=at)

    def texts(self, at):
        return self.step("texts", at=at)

    def value(self, at):
        return self.step("value", at=at)

    def attribute(self, at, name):
        return self.step("attribute", at=at, name=name)

    def title(self):
        return self.step("title")

    def path(self):
        return self.step("address").removeprefix(self.origin)

    def clipboard(self):
        return self.step("clipboard")

    def shot(self, name, whole=False):
        """Keep a picture of the page: build/<preset>/artefacts/console/<scenario>-<name>.png"""
        scenario = os.path.basename(os.path.dirname(os.path.abspath(sys.argv[0])))
        path = os.path.join(self.shots, f"{scenario}-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.png")
        self.step("shot", path=path, whole=whole)
        return path

    # ------------------------------------------------------------ what a person does not see

    def evaluate(self, code, argument=None):
        """The value of a function's source in the page, called with the argument."""
        return self.step("evaluate", code=code, argument=argument)

    def until(self, code, argument=None, timeout_s=20):
        """Wait until the function in the page returns something true."""
        self.step("until", code=code, argument=argument, timeout=timeout_s * 1000)

    def answer(self, path, status=None, body=None):
        """From now on calls below `path` are answered so, without the server; without a status they are held."""
        self.step("answer", path=path, how={"status": status, "body": body} if status else "hold")

    def answer_no_more(self):
        self.step("answer_no_more")

    def requests(self):
        """Addresses asked for since the last call."""
        return self.step("requests")

    def answers(self):
        """The server's answers since the last call: method, url, status, and whether a cookie was sent."""
        return self.step("answers")

    def problems(self):
        """What went wrong by itself since the last call; see `check_quiet`."""
        return self.step("problems")

    def received_bytes(self):
        """Bytes that came over the wire so far, headers and compressed bodies."""
        return self.step("received_bytes")

    def cookies(self):
        return self.step("cookies")

    def forget(self):
        """The cookies are gone, as at a session's end."""
        self.step("forget")

    def violations(self):
        """What axe finds wrong with the page as it is now, a text each."""
        return [f"{one['id']}: {one['help']}\n    " + "\n    ".join(one["nodes"]) for one in self.step("axe", tags=AXE_TAGS)]

    def check_quiet(self, *allowed):
        """Nothing went wrong by itself since the last call, but for what is `allowed`: see `refused`."""
        def fine(one):
            return any(one["kind"] == a["kind"] and a["text"] in one["text"] and one["url"].endswith(a["url"])
                       for a in allowed)
        check_equal([one for one in self.step("problems") if not fine(one)], [], "errors of the page")

    # ------------------------------------------------------------ signing in

    def sign_in(self, server, name="admin"):
        """With the password that `server.login` set; ends on the page that was wanted."""
        self.fill(label("Name", exact=True), name)
        self.fill(label("Password", exact=True), server.password)
        self.click(button("Sign in"))
        self.see(role("navigation", "Pages"))
        self.check_quiet(SIGNED_OUT)
