"""aiosmtpd receives what a running server sends, the email package reads it, dkimpy judges its signatures."""

import datetime
import email
import email.policy
import os
import re
import ssl
import subprocess
import tempfile
import threading

import dkim
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from tacit import MAIL_SECONDS, Tacit, free_port, judge, until

USER, SECRET = b"tacit", b"p@ss: word/%"
SETTINGS_USER = "tacit:p%40ss%3A%20word%2F%25"
SENDER = "tacit.example"


class Relay:
    """A mail server on this machine that keeps what it takes, how it was reached, and who logged in."""

    def __init__(self, **options):
        self.mails, self.logins, self.connections, self.lock = [], [], set(), threading.Lock()
        self.controller = Controller(
            self, hostname="127.0.0.1", port=free_port(), authenticator=self.authenticate, **options)

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()

    @property
    def port(self):
        return self.controller.port

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=(data.login, data.password) == (USER, SECRET), handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("gone@"):
            return f"550 5.1.1 <{address}>: there is no {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        with self.lock:
            self.connections.add(session.peer)
            self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), session.ssl is not None, envelope.content))
        return "250 OK"

    def to(self, address):
        """Raw mails to an address, the first first."""
        with self.lock:
            return [raw for _, to, _, raw in self.mails if to == [address]]

    def wait(self, address, count=1):
        """The last mail to an address once there are so many."""
        enough = lambda: len(self.to(address)) >= count and self.to(address)  # noqa: E731
        return until(MAIL_SECONDS, enough, f"{count} mails to {address} were expected")[-1]

    def code(self, address):
        """The six digits that were mailed to an address."""
        return re.search(r"^\s*(\d{6})\s*$", text_of(parsed(self.wait(address))), re.MULTILINE).group(1)


def parsed(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def certificate(folder, name):
    """A server's context for `localhost`, and the file that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.OID_SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256()))
    public, private = os.path.join(folder, f"{name}.crt"), os.path.join(folder, f"{name}.key")
    write(public, made.public_bytes(serialization.Encoding.PEM))
    write(private, pem(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def pem(key, form=serialization.PrivateFormat.PKCS8):
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def published(settings):
    """What `tacit dkim-records` tells to publish, as a look-up in the DNS."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TACIT_")}
    environment |= {f"TACIT_{name.upper()}": value for name, value in settings.items()}
    told = subprocess.run([os.environ["TACIT_BIN"], "dkim-records"], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout
    zone = {}
    for line in told.splitlines():
        name, texts = line.split(" IN TXT ")
        zone[name.encode()] = "".join(re.findall('"([^"]*)"', texts)).encode()
    return zone, lambda name, timeout=5: zone.get(name)


def signatures(raw, dns):
    """The algorithm of each signature, and whether it holds."""
    found = {}
    for at in range(len(email.message_from_bytes(raw).get_all("DKIM-Signature", []))):
        signed = dkim.DKIM(raw, minkey=2048)
        try:
            holds = signed.verify(idx=at, dnsfunc=dns)
        except dkim.DKIMException as error:
            holds = str(error)
        found[signed.signature_fields[b"a"].decode()] = holds
    return found


def read_well(check, way, raw, dns):
    """What every mail must be, however it came."""
    mail = parsed(raw)
    held = signatures(raw, dns)
    check(f"{way}: both signatures hold", held == {"rsa-sha256": True, "ed25519-sha256": True}, held)
    for name, forged in [
        ("text", raw.replace(b"Content-Type: text/plain", b"Content-Type: text/plane", 1)),
        ("subject", re.sub(rb"\r\nSubject: ", rb"\r\nSubject: Re: ", raw, count=1)),
        ("sender", re.sub(rb"\r\nFrom: ", rb"\r\nFrom: x", raw, count=1)),
        ("type", re.sub(rb"\r\nContent-Type: multipart/alternative", rb"\r\nContent-Type: multipart/mixed", raw, count=1)),
        ("second sender", b"From: Bank <a@evil.example>\r\n" + raw),
        ("second subject", raw.replace(b"\r\n\r\n", b"\r\nSubject: Pay now\r\n\r\n", 1)),
        ("address for answers", b"Reply-To: a@evil.example\r\n" + raw),
    ]:
        check(f"{way}: neither holds once the {name} is changed or added",
              forged != raw and True not in signatures(forged, dns).values())
    check(f"{way}: no parser finds a defect", not any(part.defects for part in mail.walk()))
    check(f"{way}: the parts are text, then HTML",
          [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"])
    check(f"{way}: it is known as a machine's", mail["Auto-Submitted"] == "auto-generated")
    check(f"{way}: its name is ours", re.fullmatch(rf"<eml_[0-9a-z]{{26}}@{SENDER}>", mail["Message-ID"]) is not None)
    age = datetime.datetime.now(datetime.timezone.utc) - mail["Date"].datetime
    check(f"{way}: its date is now", abs(age.total_seconds()) < 120, age)
    lines = raw.split(b"\r\n")
    check(f"{way}: no line is longer than RFC 5321 has it", max(map(len, lines)) <= 998 and b"\n" not in b"".join(lines))
    return mail


def delivers(check, way, relay, mail_url, settings, dns):
    """A customer signs up through this relay, and is written to."""
    with Tacit(mail=mail_url, **settings) as tacit:
        ada = tacit.customer("ada@example.org", code=relay.code, language="fr")
        check(f"{way}: the code in the mail proves the address", ada.token)
        read_well(check, way, relay.wait("ada@example.org", 2), dns)
        tacit.must(200, "PATCH", "/v1/account", {"first_name": "Élodie <b>"}, token=ada.token)
        tacit.must(200, "PUT", "/v1/account/anti-phishing-phrase", {"phrase": "Trois chats gris"}, token=ada.token)
        told = read_well(check, f"{way}, phrase", relay.wait("ada@example.org", 3), dns)
        check(f"{way}: it speaks French and greets", "Élodie <b>" in text_of(told) and told["Content-Language"] == "fr")
        check(f"{way}: names are no markup", "Élodie &lt;b&gt;" in told.get_body(("html",)).get_content())
        check(f"{way}: the phrase stands at the top", "Trois chats gris" in text_of(told).splitlines()[0])
        code = re.search(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b", text_of(told)).group(0)
        known = tacit.must(200, "POST", "/v1/email-authenticity-checks", {"code": code})
        check(f"{way}: its code is known", known["genuine"] and known["kind"] == "phrase_changed", known)
        seen = tacit.emails("ada@example.org")
        check(f"{way}: operators see no code", all("secret" not in mail for mail in seen), seen)
        check(f"{way}: the relay's word is recorded",
              until(MAIL_SECONDS, lambda: all(mail["state"] == "accepted"
                                              for mail in tacit.emails("ada@example.org")), "not accepted"))
        tacit.must(202, "POST", "/v1/accounts", {"email": "gone@example.org", "password": ada.password, "language": "en"})
        gone = lambda: [m for m in tacit.emails("gone@example.org") if m["state"] == "failed"]  # noqa: E731
        failed = until(MAIL_SECONDS, gone, "the refused mail did not fail")[0]
        check(f"{way}: a refusal is kept without the address in it", "gone@" not in failed["last_error"], failed["last_error"])
        check(f"{way}: nor is it in the log", "gone@" not in tacit.log() and SECRET.decode() not in tacit.log())
    if way == "STARTTLS":  # with TLS from the start there is no other line
        check(f"{way}: every line was encrypted", all(encrypted for _, _, encrypted, _ in relay.mails))
    check(f"{way}: it logged in", relay.logins and set(relay.logins) == {(USER, SECRET)}, relay.logins)
    check(f"{way}: connections are used again", len(relay.connections) < len(relay.mails),
          f"{len(relay.connections)} for {len(relay.mails)}")


def refuses(check, why, relay, mail_url, settings):
    """Nothing is told to a relay that cannot be trusted, and nothing is lost."""
    with Tacit(mail=mail_url, **settings) as tacit:
        tacit.must(202, "POST", "/v1/accounts",
                   {"email": "bob@example.org", "password": "violet harbour 94 lantern", "language": "en"})
        tried = lambda: [mail for mail in tacit.emails("bob@example.org") if "last_error" in mail]  # noqa: E731
        mail = until(MAIL_SECONDS, tried, f"{why}: no try was recorded")[0]
        check(f"{why}: the mail waits", mail["state"] == "queued", mail)
        check(f"{why}: neither mail nor password left", not relay.mails and not relay.logins)


def main(check):
    with tempfile.TemporaryDirectory() as folder:
        context, authority = certificate(folder, "good")
        stranger, _ = certificate(folder, "stranger")
        write(f"{folder}/rsa.pem", pem(rsa.generate_private_key(65537, 2048), serialization.PrivateFormat.TraditionalOpenSSL))
        write(f"{folder}/ed25519.pem", pem(ed25519.Ed25519PrivateKey.generate()))
        settings = {
            "mail_from": f"Tacit <no-reply@{SENDER}>",
            "mail__ca_file": authority,
            "mail__dkim__domain": SENDER,
            "mail__dkim__selector": "r2026",
            "mail__dkim__key_file": f"{folder}/rsa.pem",
            "mail__dkim_second__domain": SENDER,
            "mail__dkim_second__selector": "e2026",
            "mail__dkim_second__key_file": f"{folder}/ed25519.pem",
        }
        zone, dns = published(settings)
        check("two records are to be published", len(zone) == 2, zone)
        login = {"auth_required": True}
        with Relay(tls_context=context, require_starttls=True, **login) as relay:
            delivers(check, "STARTTLS", relay, f"smtp://{SETTINGS_USER}@localhost:{relay.port}", settings, dns)
        # aiosmtpd does not see that the line is encrypted from the start
        with Relay(ssl_context=context, auth_require_tls=False, **login) as relay:
            delivers(check, "TLS", relay, f"smtps://{SETTINGS_USER}@localhost:{relay.port}", settings, dns)
        with Relay(tls_context=stranger, require_starttls=True, **login) as relay:
            refuses(check, "a stranger's certificate", relay, f"smtp://{SETTINGS_USER}@localhost:{relay.port}", settings)
        with Relay(auth_require_tls=False, **login) as relay:
            refuses(check, "no STARTTLS", relay, f"smtp://{SETTINGS_USER}@localhost:{relay.port}", settings)


judge(main)
