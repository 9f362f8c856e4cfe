//! A security key in software (WebAuthn Level 3, ES256, attestation `none`), with the browser in front of it.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The page that the tests are on.
pub const ORIGIN: &str = "http://localhost:8080";

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// A key with one credential.
#[derive(Clone)]
pub struct SoftKey {
    pair: Arc<EcdsaKeyPair>,
    id: Vec<u8>,
    user: String,
    count: Arc<AtomicU32>,
}

impl std::fmt::Debug for SoftKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoftKey").field("user", &self.user).finish_non_exhaustive()
    }
}

/// What is unusual about a ceremony.
#[derive(Debug, Clone)]
pub struct Browser {
    /// Where the page is from.
    pub origin: String,
    /// Another challenge than the one that was asked.
    pub challenge: Option<String>,
    /// Whether the user was verified by PIN or body.
    pub verifies: Verifies,
    /// Whether the account is named by the key.
    pub names: Names,
    /// Another relying party than the one that was asked.
    pub rp_id: Option<String>,
}

/// Whether the key verifies its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verifies {
    /// By PIN or body.
    User,
    /// A touch is enough.
    Nobody,
}

/// Whether the key names the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// As a passkey does.
    Account,
    /// As a key without memory does.
    Nothing,
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            origin: ORIGIN.to_owned(),
            challenge: None,
            verifies: Verifies::User,
            names: Names::Account,
            rp_id: None,
        }
    }
}

impl Browser {
    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let asked = options["challenge"].as_str().expect("a challenge");
        let challenge = self.challenge.as_deref().unwrap_or(asked);
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn authenticator_data(&self, asked: &str, flags: u8, count: u32) -> Vec<u8> {
        let verified = if self.verifies == Verifies::User { USER_VERIFIED } else { 0 };
        let mut data = digest(&SHA256, self.rp_id.as_deref().unwrap_or(asked).as_bytes()).as_ref().to_vec();
        data.push(USER_PRESENT | verified | flags);
        data.extend(count.to_be_bytes());
        data
    }
}

impl SoftKey {
    /// Answers the options of a registration: the new key, and the credential as browsers write it.
    pub fn create(options: &Value) -> (Self, Value) {
        Self::create_by(&Browser::default(), options)
    }

    /// The same in an unusual browser.
    pub fn create_by(browser: &Browser, options: &Value) -> (Self, Value) {
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "preferred");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let id = digest(&SHA256, pair.public_key().as_ref()).as_ref().to_vec();
        let user = options["user"]["id"].as_str().expect("a user").to_owned();
        let key = Self { pair: Arc::new(pair), id, user, count: Arc::default() };
        let credential = key.register_by(browser, options);
        (key, credential)
    }

    /// Answers the options of a registration with this key.
    pub fn register_by(&self, browser: &Browser, options: &Value) -> Value {
        let rp_id = options["rp"]["id"].as_str().expect("a relying party");
        let mut data = browser.authenticator_data(rp_id, ATTESTED, self.count.load(Ordering::SeqCst));
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose());
        // {"fmt": "none", "attStmt": {}, "authData": data} in CBOR
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let names = browser.names == Names::Account;
        json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "response": {
                "clientDataJSON": BASE64.encode(browser.client_data("webauthn.create", options)),
                "attestationObject": BASE64.encode(object),
                "transports": ["usb"],
                "publicKeyAlgorithm": -7,
                "publicKey": null,
            },
            "clientExtensionResults": { "credProps": { "rk": names } },
        })
    }

    /// Answers a request for a signature, as browsers write it.
    pub fn sign(&self, options: &Value) -> Value {
        self.sign_by(&Browser::default(), options)
    }

    /// The same in an unusual browser.
    pub fn sign_by(&self, browser: &Browser, options: &Value) -> Value {
        assert_eq!(options["userVerification"], "required");
        let rp_id = options["rpId"].as_str().expect("a relying party");
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let data = browser.authenticator_data(rp_id, 0, count);
        let client_data = browser.client_data("webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        #[expect(clippy::disallowed_methods, reason = "a key draws its own randomness, and no test depends on it")]
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        let mut response = json!({
            "clientDataJSON": BASE64.encode(client_data),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature),
        });
        if browser.names == Names::Account {
            response["userHandle"] = json!(self.user);
        }
        json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "response": response,
            "clientExtensionResults": {},
        })
    }

    /// A copy that counts on its own, as a thief would make it.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self { count: Arc::new(AtomicU32::new(self.count.load(Ordering::SeqCst))), ..self.clone() }
    }

    /// Its credential's id as browsers write it.
    pub fn id(&self) -> String {
        BASE64.encode(&self.id)
    }

    /// The public key in COSE form: EC2, ES256, P-256.
    fn cose(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..65]);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(), x, b"\x22\x58\x20", y].concat()
    }
}
