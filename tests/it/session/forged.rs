//! Access tokens that others made: what is not ours, or was ours and means something else, opens nothing.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use house::{Client, House, on_both};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

/// The bytes of a part of a token.
pub fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The server's own key, which a forger does not have: so that each token is wrong in one thing alone.
async fn own_key(house: &House) -> (String, Ed25519KeyPair) {
    let row = entity::signing_key::Entity::find().one(&**house.app.read()).await.unwrap().unwrap();
    let place = format!("signing_key:{}", row.id);
    let pkcs8 = decoded(&house.app.tools.sealer.open(&place, &row.sealed_private_key).unwrap());
    (row.id, Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap())
}

fn signed(key: &Ed25519KeyPair, header: &Value, claims: &Value) -> String {
    let text = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// A value with members put in the place of its own; `null` takes one away.
fn with(value: &Value, change: &Value) -> Value {
    let mut value = value.clone();
    for (name, new) in change.as_object().unwrap() {
        match new {
            Value::Null => value.as_object_mut().unwrap().remove(name),
            new => value.as_object_mut().unwrap().insert(name.clone(), new.clone()),
        };
    }
    value
}

async fn refused(who: &Client, token: &str, why: &str) {
    let answer = who.with_token(token).get("/v1/account").await;
    assert_eq!((answer.status, answer.body["code"].as_str()), (401, Some("unauthenticated")), "{why}");
}

on_both!(a_token_that_is_wrong_in_one_thing_is_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let token = who.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    let claims: Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
    let (kid, key) = own_key(&house).await;
    assert_eq!(header, json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": kid }));
    // made anew with the same key it is good, so what follows is refused for its one fault
    who.with_token(&signed(&key, &header, &claims)).get("/v1/account").await.expect(200);
    let (now, exp) = (house.now().timestamp(), claims["exp"].as_i64().unwrap());
    let stranger = house.customer().await;
    let other: Value =
        serde_json::from_slice(&decoded(stranger.token.as_ref().unwrap().split('.').nth(1).unwrap())).unwrap();
    for change in [
        json!({ "iss": "https://elsewhere.example" }),
        json!({ "iss": null }),
        json!({ "aud": "another" }),
        json!({ "aud": null }),
        json!({ "sub": other["sub"] }),
        json!({ "sub": null }),
        json!({ "sid": other["sid"] }),
        json!({ "sid": null }),
        json!({ "jti": null }),
        json!({ "exp": null }),
        json!({ "exp": exp.to_string() }),
        json!({ "exp": "9999999999" }),
        json!({ "exp": exp + 3600 }),
        json!({ "exp": now - 6, "iat": now - 600 }),
        json!({ "iat": null }),
        json!({ "iat": now + 60, "exp": now + 600 }),
        json!({ "nbf": now + 60 }),
    ] {
        refused(&who, &signed(&key, &header, &with(&claims, &change)), &change.to_string()).await;
    }
    for change in [
        json!({ "typ": "JWT" }),
        json!({ "typ": null }),
        json!({ "kid": null }),
        json!({ "kid": "../../x" }),
        json!({ "kid": kid.to_lowercase() }),
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "ES256" }),
        json!({ "jku": "https://elsewhere.example/jwks.json" }),
        json!({ "jwk": { "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(key.public_key().as_ref()) } }),
        json!({ "x5u": "https://elsewhere.example/certificate" }),
    ] {
        refused(&who, &signed(&key, &with(&header, &change), &claims), &change.to_string()).await;
    }
    who.get("/v1/account").await.expect(200);
}));

on_both!(a_token_of_another_key_is_refused_whatever_it_says, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let token = who.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    let claims: Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
    let (_, own) = own_key(&house).await;
    let foreign = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    refused(&who, &signed(&foreign, &header, &claims), "another key under our name").await;
    // the key comes with the token
    let x = URL_SAFE_NO_PAD.encode(foreign.public_key().as_ref());
    let with_key = with(&header, &json!({ "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x } }));
    refused(&who, &signed(&foreign, &with_key, &claims), "its own key").await;
    // our public key, which everybody has, as the secret of a symmetric algorithm: its bytes, and as it is published
    let jwk = house.stranger().get("/.well-known/jwks.json").await.expect(200).body["keys"][0].clone();
    for secret in [own.public_key().as_ref().to_vec(), jwk["x"].as_str().unwrap().into(), jwk.to_string().into()] {
        let text = format!("{}.{}", part(&with(&header, &json!({ "alg": "HS256" }))), parts[1]);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), text.as_bytes());
        refused(&who, &format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref())), "HS256").await;
    }
    for unsigned in ["none", "None", "NONE"] {
        let text = format!("{}.{}", part(&with(&header, &json!({ "alg": unsigned }))), parts[1]);
        for token in [format!("{text}."), text.clone(), format!("{text}.{}", parts[2])] {
            refused(&who, &token, unsigned).await;
        }
    }
    // one bit of each part
    for at in [parts[0].len() / 2, parts[0].len() + 1 + parts[1].len() / 2, token.len() - parts[2].len() / 2] {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        refused(&who, &String::from_utf8(bytes).unwrap(), "one character").await;
    }
    who.get("/v1/account").await.expect(200);
}));
