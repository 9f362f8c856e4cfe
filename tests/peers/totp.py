"""pyotp, which knows nothing of our code, reads the address of an authenticator app and logs in with its codes."""

import time

import pyotp
from tacit import Tacit, judge


def fresh(totp, used):
    """A code of a step that was not used yet."""
    while totp.now() == used:
        time.sleep(1)
    return totp.now()


def main(check):
    with Tacit() as tacit:
        ada = tacit.customer("ada@example.org")
        new = tacit.call("POST", "/v1/security/totp-devices", {"name": "Phone"}, token=ada.token)
        check("an app is added", new.status == 201)
        totp = pyotp.parse_uri(new.body["otpauth_url"])
        check("the address says what the text says", totp.secret == new.body["secret"] and totp.issuer == "Tacit")
        check("it names the account", totp.name.endswith("ada@example.org"))
        first = totp.now()
        path = f"/v1/security/totp-devices/{new.body['device']['id']}/activation"
        check("its code makes it a factor", tacit.call("POST", path, {"code": first}, token=ada.token).status == 200)
        login = tacit.call("POST", "/v1/sessions", {"login": ada.email, "password": ada.password})
        check("a login waits for it", login.status == 202 and login.body["methods"] == ["totp"])
        answer = f"/v1/sessions/challenges/{login.body['challenge_id']}"
        again = tacit.call("POST", answer, {"method": "totp", "code": first})
        check("a code is right once", again.status == 401)
        done = tacit.call("POST", answer, {"method": "totp", "code": fresh(totp, first)})
        check("the next code opens the session", done.status == 201)
        account = tacit.call("GET", "/v1/account", token=done.body["access_token"])
        check("the session works", account.status == 200)


judge(main)
