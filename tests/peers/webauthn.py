"""Chromium with its virtual authenticator, which knows nothing of our code, does every ceremony of security keys on
the page of tests/webauthn."""

import functools
import http.server
import json
import pathlib
import shutil
import subprocess
import tempfile
import threading
import urllib.request

from tacit import PASSWORD, Tacit, judge, until
from websockets.sync.client import connect

PAGE = pathlib.Path(__file__).parent.parent / "webauthn"
SECONDS = 30
KEYS = "/v1/security/security-keys"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Site:
    """The page, on a port of its own: an origin of its own."""

    def __enter__(self):
        handler = functools.partial(Quiet, directory=str(PAGE))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.origin = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Browser:
    """Headless Chromium with one tab, spoken to over its DevTools protocol."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="tacit-chromium-", ignore_cleanup_errors=True)
        folder = pathlib.Path(self._folder.name)
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
        with open(folder / "log", "wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            told = folder / "DevToolsActivePort"
            found = lambda: told.exists() and told.read_text().split("\n")[0]
            port = until(SECONDS, found, "the browser did not start")
            self._socket = connect(until(SECONDS, lambda: tab(port), "the browser has no tab"), max_size=None)
        except BaseException:
            self.__exit__()
            raise
        self._last = 0
        return self

    def __exit__(self, *_):
        if hasattr(self, "_socket"):
            self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def tell(self, method, **params):
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=SECONDS))
            if said.get("id") == self._last:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']}")
                return said["result"]

    def run(self, script):
        """The value of an expression on the page."""
        said = self.tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise RuntimeError(f"{script}: {said['exceptionDetails']}")
        return said["result"].get("value")

    def open(self, url):
        self.tell("Page.navigate", url=url)
        ready = "document.readyState === 'complete' && location.href !== 'about:blank' && !!document.querySelector('#said')"
        until(SECONDS, lambda: self.run(ready), f"{url} does not open")

    def fill(self, **fields):
        for name, value in fields.items():
            self.run(f"document.getElementById({name!r}).value = {json.dumps(value)}")

    def press(self, button):
        """What the page says after a button: its state and its words."""
        self.run(f"document.getElementById({button!r}).click()")
        state = "document.getElementById('said').dataset.state"
        until(SECONDS, lambda: self.run(state) not in ("busy", "idle"), f"{button}: the page says nothing")
        return self.run(state), self.run("document.getElementById('said').textContent")


def tab(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
        pages = [each for each in json.load(answer) if each["type"] == "page"]
    return pages and pages[0]["webSocketDebuggerUrl"]


def key(browser):
    """A key with memory and PIN, whose user touches it at once."""
    options = {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "usb", "hasResidentKey": True,
               "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    return browser.tell("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"]


def ceremonies(check, browser, tacit, ada, site):
    browser.tell("WebAuthn.enable", enableUI=False)
    own = key(browser)
    browser.open(f"{site.origin}/index.html")
    browser.fill(api=tacit.url, login=ada.email, password=PASSWORD)
    check("the page logs in with the password", browser.press("log-in") == ("done", f"Logged in as {ada.email}"))
    said = browser.press("add-key")
    check("a key is added, backup codes come with it", said[0] == "done" and "backup codes" in said[1], said)
    held = browser.tell("WebAuthn.getCredentials", authenticatorId=own)["credentials"]
    check("the key keeps it as a passkey", len(held) == 1 and held[0]["isResidentCredential"], held)
    said = browser.press("add-key")
    check("the same key is not added twice", said[0] == "failed" and "InvalidStateError" in said[1], said)
    login = tacit.must(202, "POST", "/v1/sessions", {"login": ada.email, "password": PASSWORD})
    check("a login waits for the key", login["methods"] == ["security_key"], login)
    said = browser.press("log-in")
    check("the key is the second factor", said == ("done", f"Logged in as {ada.email}"), said)
    said = browser.press("prove")
    check("the key is a fresh proof", said[0] == "done", said)
    browser.fill(login="", password="")
    said = browser.press("log-in-with-passkey")
    check("the passkey alone is a login", said == ("done", f"Logged in as {ada.email}"), said)
    said = browser.press("list")
    check("the key is listed", said == ("done", "Blue key: active"), said)
    browser.tell("WebAuthn.setUserVerified", authenticatorId=own, isUserVerified=False)
    said = browser.press("log-in-with-passkey")
    check("without PIN nobody is logged in", said[0] in ("failed", "refused"), said)
    browser.tell("WebAuthn.setUserVerified", authenticatorId=own, isUserVerified=True)
    return own


def copied(check, browser, tacit, own):
    """The key's count goes back, as that of a copy does."""
    held = browser.tell("WebAuthn.getCredentials", authenticatorId=own)["credentials"][0]
    check("the key counts", held["signCount"] > 1, held["signCount"])
    browser.tell("WebAuthn.removeCredential", authenticatorId=own, credentialId=held["credentialId"])
    browser.tell("WebAuthn.addCredential", authenticatorId=own, credential={**held, "signCount": 1})
    said = browser.press("log-in-with-passkey")
    check("a copy is refused", said[0] == "refused" and said[1].startswith("unauthenticated"), said)
    told = until(SECONDS, lambda: tacit.emails("ada@example.org", "security_key_suspended"), "the owner was not told")
    check("its owner is told", len(told) == 1)
    said = browser.press("log-in-with-passkey")
    check("and the key opens nothing any more", said[0] == "refused", said)


def main(check):
    with Site() as site, Site() as elsewhere:
        settings = {"cors_origins": f"{site.origin},{elsewhere.origin}", "webauthn__origins": site.origin}
        with Tacit(**settings) as tacit, Browser() as browser:
            ada = tacit.customer("ada@example.org")
            own = ceremonies(check, browser, tacit, ada, site)
            browser.open(f"{elsewhere.origin}/index.html")
            browser.fill(api=tacit.url)
            said = browser.press("log-in-with-passkey")
            check("a page of another origin opens nothing", said[0] == "refused", said)
            browser.open(f"{site.origin}/index.html")
            browser.fill(api=tacit.url)
            check("the right page does", browser.press("log-in-with-passkey")[0] == "done")
            copied(check, browser, tacit, own)


judge(main)
