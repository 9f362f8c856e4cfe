"""What every judge in this folder needs: a Tacit of its own, and a way to say what holds.

    from tacit import Tacit, judge

    def main(check):
        with Tacit() as tacit:
            ada = tacit.customer("ada@example.org")
            answer = tacit.call("GET", "/v1/account", token=ada.token)
            check("a customer reads their account", answer.status == 200)

    judge(main)

`Tacit` starts the program of TACIT_BIN on a free port, with SQLite, test clocks and mail in a temporary folder, and
takes everything away at the end. Only the standard library is used here.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request
import uuid

PASSWORD = "violet harbour 94 lantern"
START_SECONDS = 30
CALL_SECONDS = 20
COMMAND_SECONDS = 60
MAIL_SECONDS = 20


class Answer:
    """Status, headers (names in lower case) and body of an answer; the body is decoded when it is JSON."""

    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, {name.lower(): value for name, value in headers}, raw
        self.body = json.loads(raw) if raw and "json" in self.headers.get("content-type", "") else None

    @property
    def code(self):
        """The stable code of a problem; None for anything else."""
        return self.body.get("code") if isinstance(self.body, dict) else None

    def __repr__(self):
        return f"{self.status} {self.raw[:500].decode(errors='replace')}"


class Customer:
    """A customer with a session."""

    def __init__(self, email, password, session):
        self.email, self.password = email, password
        self.token, self.refresh_token = session["access_token"], session["refresh_token"]


class Tacit:
    """A running server. `mail` is a mail_url, for instance smtp://127.0.0.1:2525; without it mail goes to a folder
    and its codes can be read. Other settings by their names: Tacit(cors_origins="http://localhost:8000")."""

    def __init__(self, mail=None, **settings):
        self._temporary = tempfile.TemporaryDirectory(prefix="tacit-peer-")
        self.folder = pathlib.Path(self._temporary.name)
        self.mail_folder = self.folder / "mail"
        self._mail, self._settings, self._process = mail, settings, None
        self._program, self._environment = "", {}
        self.url = ""
        self.operator = ""

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._temporary.cleanup()

    def _start(self):
        program = os.environ.get("TACIT_BIN") or sys.exit("TACIT_BIN names no program: run `make check-peers`")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        settings = {
            "bind": f"127.0.0.1:{port}",
            "public_url": self.url,
            "database_url": f"sqlite://{self.folder}/tacit.db",
            "var_dir": str(self.folder / "var"),
            "mail_url": self._mail or f"file:{self.mail_folder}",
            "test_clocks": "true",
            "rate_limits": "false",
            "seed": "demo",
            **self._settings,
        }
        (self.folder / "var").mkdir()
        # nothing of the caller's own settings
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TACIT_")}
        environment |= {f"TACIT_{name.upper()}": str(value) for name, value in settings.items()}
        self._program, self._environment = program, environment
        log = open(self.folder / "log", "wb")
        self._process = subprocess.Popen(
            [program, "serve"], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        until(START_SECONDS, self._is_ready, f"the server did not start:\n{self.log()}")
        self.operator = (self.folder / "var" / "operator-token").read_text().strip()

    def _is_ready(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"the server stopped:\n{self.log()}")
        try:
            return self.call("GET", "/health/live").status == 200
        except OSError:
            return False

    def log(self):
        """What the server has said so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def command(self, *arguments):
        """What `tacit …` says beside the server."""
        done = subprocess.run([self._program, *arguments], cwd=self.folder, env=self._environment, timeout=COMMAND_SECONDS,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"tacit {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def call(self, method, path, body=None, token=None, headers=None):
        """One request; every answer is returned, refusals too."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        if data is not None:
            request.add_header("content-type", "application/json")
        if method not in ("GET", "HEAD"):
            request.add_header("idempotency-key", str(uuid.uuid4()))
        if token:
            request.add_header("authorization", f"Bearer {token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
                return Answer(answer.status, answer.getheaders(), answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.headers.items(), refused.read())

    def must(self, status, method, path, body=None, token=None, headers=None):
        """As `call`, when anything but this status makes the rest pointless. Answers the body."""
        answer = self.call(method, path, body, token, headers)
        if answer.status != status:
            raise RuntimeError(f"{method} {path}: {status} was expected, not {answer}")
        return answer.body

    def emails(self, to, kind=None):
        """Mails to an address, the last first, as operators see them."""
        items = self.must(200, "GET", f"/v1/operator/emails?to={to}", token=self.operator)["items"]
        return [mail for mail in items if kind in (None, mail["kind"])]

    def secret(self, to, kind):
        """The code or token in the last mail of a kind (mail to a folder only)."""
        mails = until(MAIL_SECONDS, lambda: self.emails(to, kind), f"no {kind} was mailed to {to}")
        return mails[0]["secret"]

    def customer(self, email, password=PASSWORD, code=None, **details):
        """Signs up, proves the address, and logs in. `code(email)` finds the code where mail leaves by SMTP."""
        details = {"language": "en", **details}
        self.must(202, "POST", "/v1/accounts", {"email": email, "password": password, **details})
        code = code(email) if code else self.secret(email, "verify_email")
        self.must(201, "POST", "/v1/accounts/email-verification", {"email": email, "code": code})
        return Customer(email, password, self.log_in(email, password))

    def log_in(self, login, password=PASSWORD):
        """The tokens of a login without second factor."""
        return self.must(201, "POST", "/v1/sessions", {"login": login, "password": password})


def free_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def until(seconds, look, failure):
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > deadline:
            raise RuntimeError(failure)
        time.sleep(0.05)


def judge(main):
    """Runs `main(check)` and ends the program: 0 when every check held and there was one."""
    # what is ended from outside still cleans up
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended: it took too long"))
    outcomes = []

    def check(name, holds, detail=""):
        outcomes.append(bool(holds))
        print(f"{'ok    ' if holds else 'FAILED'} {name}" + ("" if holds or detail == "" else f": {detail}"), flush=True)
        return bool(holds)

    try:
        main(check)
    except Exception:  # whatever went wrong, the judge says no
        traceback.print_exc()
        outcomes.append(False)
    print(f"{sum(outcomes)} of {len(outcomes)} checks hold")
    sys.exit(0 if outcomes and all(outcomes) else 1)
