"""PyJWT, which knows nothing of our code, reads the access tokens with the published keys."""

import jwt
from tacit import Tacit, judge

REQUIRED = ["iss", "aud", "sub", "exp", "iat", "jti"]


def main(check):
    with Tacit() as tacit:
        ada = tacit.customer("ada@example.org")
        keys = jwt.PyJWKSet.from_dict(tacit.must(200, "GET", "/.well-known/jwks.json"))
        header = jwt.get_unverified_header(ada.token)
        check("the token says that it is an access token", header["typ"] == "at+jwt", header)
        check("it is signed with an elliptic curve", header["alg"] in ("EdDSA", "ES256"), header)
        key = keys[header["kid"]]
        unchecked = jwt.decode(ada.token, options={"verify_signature": False})
        claims = jwt.decode(ada.token, key, algorithms=["EdDSA", "ES256"], issuer=tacit.url,
                            audience=unchecked["aud"], options={"require": REQUIRED})
        check("its life is at most 10 minutes", claims["exp"] - claims["iat"] <= 600, claims)
        check("it opens the account", tacit.call("GET", "/v1/account", token=ada.token).status == 200)
        forged = jwt.encode(unchecked, "another key that is long enough for it", algorithm="HS256",
                            headers={"kid": header["kid"], "typ": "at+jwt"})
        check("a token under another algorithm is refused",
              tacit.call("GET", "/v1/account", token=forged).status == 401)
        tacit.must(204, "DELETE", "/v1/sessions/current", token=ada.token)
        check("a token of an ended session is refused",
              tacit.call("GET", "/v1/account", token=ada.token).status == 401)


judge(main)
