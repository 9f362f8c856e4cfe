"""PyJWT, which knows nothing of our code, reads the access tokens with the published keys, also while those change."""

import base64
import json

import jwt
from tacit import Tacit, judge, until

REQUIRED = ["iss", "aud", "sub", "exp", "iat", "jti"]
ALGORITHMS = ["EdDSA", "ES256"]
# every process reads the keys again within 5 seconds
TAKEN_UP_SECONDS = 15


def published(tacit):
    """The keys, by their ids."""
    found = jwt.PyJWKSet.from_dict(tacit.must(200, "GET", "/.well-known/jwks.json"))
    return {key.key_id: key for key in found.keys}


def read(tacit, token, keys):
    """The claims, checked as anybody would who knows only what is published."""
    audience = jwt.decode(token, options={"verify_signature": False})["aud"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=ALGORITHMS, issuer=tacit.url, audience=audience,
                      options={"require": REQUIRED})


def is_read(tacit, token, keys):
    try:
        return bool(read(tacit, token, keys))
    except (jwt.InvalidTokenError, KeyError):
        return False


def opens(tacit, token):
    return tacit.call("GET", "/v1/account", token=token).status


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def wrong_ones(token, others):
    """Tokens that say the same and are not ours."""
    header, claims, signature = token.split(".")
    said = jwt.get_unverified_header(token)
    unchecked = jwt.decode(token, options={"verify_signature": False})
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    for at in (0, len(raw) // 2, len(raw) - 1):
        flipped = bytes([*raw[:at], raw[at] ^ 1, *raw[at + 1:]])
        yield f"bit of byte {at}", f"{header}.{claims}.{base64.urlsafe_b64encode(flipped).rstrip(b'=').decode()}"
    yield "claims", f"{header}.{encoded({**unchecked, 'exp': unchecked['exp'] + 3600})}.{signature}"
    yield "algorithm none", f"{encoded({**said, 'alg': 'none'})}.{claims}."
    yield "algorithm HS256", jwt.encode(unchecked, "another key that is long enough for it", algorithm="HS256",
                                        headers=said | {"alg": "HS256"})
    for kid in ("unknown", *others):
        yield f"key {kid}", f"{encoded({**said, 'kid': kid})}.{claims}.{signature}"


def main(check):
    with Tacit() as tacit:
        ada = tacit.customer("ada@example.org")
        keys = published(tacit)
        header = jwt.get_unverified_header(ada.token)
        check("the token says that it is an access token", header["typ"] == "at+jwt", header)
        check("it is signed with an elliptic curve", header["alg"] in ALGORITHMS, header)
        claims = read(tacit, ada.token, keys)
        check("its life is at most 10 minutes", claims["exp"] - claims["iat"] <= 600, claims)
        check("it opens the account", opens(tacit, ada.token) == 200)

        tacit.command("rotate-signing-key")
        both = until(TAKEN_UP_SECONDS, lambda: (found := published(tacit)) and len(found) == 2 and found,
                     "the new key was not published")
        check("the key before is still published", keys.keys() < both.keys(), list(both))
        later = tacit.log_in(ada.email)["access_token"]
        check("a key that was published just now signs nothing yet",
              jwt.get_unverified_header(later)["kid"] == header["kid"])
        for name, token in (("before", ada.token), ("after", later)):
            check(f"a token from {name} the change is read", is_read(tacit, token, both))
            check(f"a token from {name} the change opens the account", opens(tacit, token) == 200)
        others = both.keys() - {header["kid"]}
        for name, token in wrong_ones(later, others):
            check(f"another {name} is not read", not is_read(tacit, token, both))
            check(f"another {name} is refused", opens(tacit, token) == 401)

        tacit.command("rotate-signing-key", "--compromised")
        alone = until(TAKEN_UP_SECONDS, lambda: (found := published(tacit)) and not found.keys() & both.keys() and found,
                      "the keys that leaked are still published")
        check("one key is left", len(alone) == 1, list(alone))
        check("what the leaked key signed is not read", not is_read(tacit, later, alone))
        check("what the leaked key signed is refused", opens(tacit, later) == 401)
        last = tacit.log_in(ada.email)["access_token"]
        check("the new key signs", is_read(tacit, last, alone) and opens(tacit, last) == 200)
        tacit.must(204, "DELETE", "/v1/sessions/current", token=last)
        check("a token of an ended session is refused", opens(tacit, last) == 401)


judge(main)
