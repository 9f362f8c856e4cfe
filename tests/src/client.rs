//! An ordinary HTTP client that remembers who it is.

use crate::soft_key::SoftKey;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Somebody who calls the API.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// The access token, once there is one.
    pub token: Option<String>,
    /// The address it signed up with.
    pub email: String,
    /// The security key that answers its logins, once there is one.
    pub key: Option<SoftKey>,
    /// Headers of every request: where it comes from, what it calls itself.
    extra: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body; `Null` when there is none or it is no JSON.
    pub body: Value,
    /// The body as text.
    pub text: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The answer, which must have this status.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use, reason = "often only the status matters")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A member of the body by its JSON pointer, as text.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        match self.body.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => panic!("no {pointer} in {}", self.text),
        }
    }

    /// The refusal's code.
    #[track_caller]
    pub fn code(&self) -> String {
        self.text("/code")
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The items of a list.
    #[track_caller]
    pub fn items(&self) -> Vec<Value> {
        self.body["items"].as_array().unwrap_or_else(|| panic!("no items in {}", self.text)).clone()
    }
}

static KEYS: AtomicU64 = AtomicU64::new(0);

/// A fresh Idempotency-Key.
pub fn fresh_key() -> String {
    format!("key-{}-{}", std::process::id(), KEYS.fetch_add(1, Ordering::Relaxed))
}

impl Client {
    /// A stranger.
    pub fn new(base: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: base.to_owned(),
            token: None,
            email: String::new(),
            key: None,
            extra: Vec::new(),
        }
    }

    /// The same person with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same person at another network address: the tests trust the loopback as their proxy.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        self.with_header("X-Forwarded-For", address)
    }

    /// The same person with another program.
    #[must_use]
    pub fn using(&self, program: &str) -> Self {
        self.with_header("User-Agent", program)
    }

    fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        client.extra.retain(|(known, _)| *known != name);
        client.extra.push((name, value.to_owned()));
        client
    }

    /// Sends a request with headers of its own.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let known = method.to_string();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.extra {
            request = request.header(*name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let answer = Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text, bytes };
        // every answer in every test is one that the contract declares
        let wrong = crate::contract::deviations(&known, path, &answer);
        assert!(wrong.is_empty(), "{wrong:#?}");
        answer
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// POST with a fresh key.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[("Idempotency-Key", &fresh_key())], Some(body)).await
    }

    /// PUT with a fresh key.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &[("Idempotency-Key", &fresh_key())], Some(body)).await
    }

    /// PATCH with a fresh key.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, &[("Idempotency-Key", &fresh_key())], Some(body)).await
    }

    /// DELETE with a fresh key.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[("Idempotency-Key", &fresh_key())], None).await
    }

    /// Logs in anew, with its security key if it has one: a fresh proof and a fresh token.
    pub async fn log_in(&mut self) {
        let login = json!({ "login": self.email, "password": crate::house::PASSWORD });
        let mut answer = self.post("/v1/sessions", &login).await;
        if let Some(key) = self.key.as_ref().filter(|_| answer.status == 202) {
            let path = format!("/v1/sessions/challenges/{}", answer.text("/challenge_id"));
            let asked = self.post(&format!("{path}/security-key-options"), &json!({})).await.expect(201);
            let shown = json!({ "method": "security_key", "credential": key.sign(&asked.body["public_key"]) });
            answer = self.post(&path, &shown).await;
        }
        self.token = Some(answer.expect(201).text("/access_token"));
    }

    /// Adds a security key, which answers the logins from now on; what came with it.
    pub async fn add_key(&mut self, name: &str) -> Answer {
        let path = "/v1/security/security-keys";
        let asked = self.post(&format!("{path}/registration-options"), &json!({})).await.expect(201);
        let (key, credential) = SoftKey::create(&asked.body["public_key"]);
        let added = self.post(path, &json!({ "name": name, "credential": credential })).await.expect(201);
        self.key = Some(key);
        added
    }

    /// The same person with a fresh login.
    pub async fn clone_logged_in(&self, _house: &crate::House) -> Self {
        let mut client = self.clone();
        client.token = None;
        client.log_in().await;
        client
    }

    /// Adds a payment method.
    pub async fn add_method(&self, token: &str) -> Answer {
        let kind = if token.contains("processing") || token.contains("slow") { "sepa_debit" } else { "card" };
        self.post("/v1/payment-methods", &json!({ "type": kind, "token": token, "make_default": true })).await
    }

    /// Orders one service and pays it; the order's id.
    pub async fn order(&self, plan: &str, period: &str, mode: &str) -> String {
        let item = json!({ "plan": plan, "period": period, "renewal_mode": mode, "quantity": 1 });
        let order = self.post("/v1/orders", &json!({ "items": [item] })).await.expect(201);
        let id = order.text("/id");
        self.post(&format!("/v1/orders/{id}/payment"), &json!({ "source": "payment_method" })).await.expect(201);
        id
    }

    /// The only service, or the newest one.
    pub async fn service(&self) -> Value {
        self.get("/v1/services").await.expect(200).items().first().cloned().expect("a service")
    }

    /// One service by its id.
    pub async fn service_by(&self, id: &str) -> Value {
        self.get(&format!("/v1/services/{id}")).await.expect(200).body
    }
}
