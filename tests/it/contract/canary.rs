//! Canaries: marked values go through every operation, and secrets that are true are really used; then
//! neither the log at its most talkative, nor any refusal, nor the stored data may sing.

use super::estate::Estate;
use crate::session::factors::shown;
use house::contract::{Operation, operations};
use house::{Answer, Client, House, On};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once};

/// What every canary holds.
const MARK: &str = "k4n4ri";
const PASSWORD: &str = "k4n4ri sings 7 songs under the linden";
const ADDRESS: &str = "camille.k4n4ri@example.org";
/// Tables whose business addresses are: accounts, mails and where they go, what proves an address, and the answers
/// that are kept a day to be repeated.
const KNOW_ADDRESSES: &[&str] =
    &["account", "email", "email_delivery", "email_address", "idempotency_key", "invoice", "one_time_code"];

/// How many tests listen.
static LISTENING: AtomicU32 = AtomicU32::new(0);
static HEARD: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Keeps what is logged while somebody listens.
#[derive(Clone, Copy)]
struct Ear;

impl Write for Ear {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if LISTENING.load(Ordering::Relaxed) > 0 {
            HEARD.lock().unwrap().extend_from_slice(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Logs of the whole process, as `--log json` writes them: everything of ours, what libraries say to debug.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        use tracing_subscriber::layer::{Layer, SubscriberExt};
        let everything = tracing_subscriber::EnvFilter::new("debug,api=trace,domain=trace,entity=trace");
        let heard = tracing_subscriber::filter::dynamic_filter_fn(|_, _| LISTENING.load(Ordering::Relaxed) > 0);
        let lines = tracing_subscriber::fmt::layer().json().with_writer(|| Ear).with_filter(heard);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(everything).with(lines)).unwrap();
    });
    LISTENING.fetch_add(1, Ordering::Relaxed);
}

/// Every text of a body replaced by a canary that fits its name.
fn marked(value: &Value, name: &str, all: bool) -> Value {
    match value {
        Value::String(_) if name.contains("password") => json!(PASSWORD),
        Value::String(_) if name == "email" || name == "login" => json!(ADDRESS),
        Value::String(_) if all => json!(format!("{MARK}-{name}")),
        Value::Array(items) => items.iter().map(|item| marked(item, name, all)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), marked(value, name, all)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// A request whose headers sing, too; its refusal must not repeat them.
async fn sing(who: &Client, operation: &Operation, path: &str, body: Option<&Value>) -> Answer {
    let key = format!("{MARK}-{}", house::client::fresh_key());
    let headers = [("Idempotency-Key", key.as_str()), ("User-Agent", "k4n4ri/1.0"), ("If-Match", "\"k4n4ri\"")];
    let method: Method = operation.method.parse().unwrap();
    let sent = if operation.writes() { &headers[..2] } else { &headers[1..2] };
    let answer = who.send(method, path, sent, body).await;
    let headers = format!("{:?}", answer.headers);
    if answer.status >= 400 {
        assert!(!answer.text.contains(MARK), "{}: {}", operation.id, answer.text);
        assert!(!headers.contains(MARK), "{}: {headers}", operation.id);
    }
    answer
}

/// Marked values through every operation, by who may, by strangers, and with tokens that are canaries.
async fn walk(house: &House) {
    let estate = Estate::of(house).await;
    let forged = house.stranger().with_token("tct_k4n4riK4n4riK4n4riK4n4riK4n4riK4n4riK4n4riK4n4ri");
    for operation in operations() {
        let example = operation.example();
        let path = if operation.writes() { super::unknown_path(operation) } else { estate.path(operation) };
        for all in [true, false] {
            let body = example.as_ref().map(|body| marked(body, "", all));
            for who in [&forged, &house.stranger(), estate.entitled(operation)] {
                sing(who, operation, &path, body.as_ref()).await;
            }
        }
    }
}

/// A customer's true secrets, each of them used as it is meant to be.
async fn secrets(house: &House) -> Vec<String> {
    let mut who = house.stranger().using("k4n4ri/2.0");
    let email = "true.k4n4ri@example.org";
    let new = "another k4n4ri in the old oak tree";
    let mut kept = vec![PASSWORD.to_owned(), new.to_owned()];
    who.post("/v1/accounts", &json!({ "email": email, "password": PASSWORD })).await.expect(202);
    house.settle().await;
    let code = json!({ "email": email, "code": house.code_for(email) });
    let opened = who.post("/v1/accounts/email-verification", &code).await.expect(201);
    kept.extend([opened.text("/access_token"), opened.text("/refresh_token")]);
    let pair = json!({ "refresh_token": opened.text("/refresh_token") });
    let opened = who.post("/v1/sessions/refresh", &pair).await.expect(200);
    kept.extend([opened.text("/access_token"), opened.text("/refresh_token")]);
    who.token = Some(opened.text("/access_token"));
    who.put("/v1/account/anti-phishing-phrase", &json!({ "phrase": "The k4n4ri knows me" })).await.expect(200);
    kept.push("The k4n4ri knows me".to_owned());
    who.add_method("sim_ok~k4n4ri").await.expect(201);
    kept.push("sim_ok~k4n4ri".to_owned());

    let app = who.post("/v1/security/totp-devices", &json!({ "name": "Phone" })).await.expect(201);
    let seed = app.text("/secret");
    let path = format!("/v1/security/totp-devices/{}/activation", app.text("/device/id"));
    let active = who.post(&path, &json!({ "code": shown(house, &seed) })).await.expect(200);
    let codes: Vec<String> = serde_json::from_value(active.body["backup_codes"].clone()).unwrap();
    who.post("/v1/security/backup-codes/activation", &json!({ "code": codes[0] })).await.expect(200);
    kept.push(seed);
    kept.extend(codes.iter().cloned());

    who.post("/v1/password-resets", &json!({ "login": email })).await.expect(202);
    house.settle().await;
    let token = house.token_for(email);
    let reset = json!({ "token": token, "new_password": new });
    who.post("/v1/password-resets/confirmation", &reset).await.expect(204);
    kept.push(token);
    let waiting = who.post("/v1/sessions", &json!({ "login": email, "password": new })).await.expect(202);
    let path = format!("/v1/sessions/challenges/{}", waiting.text("/challenge_id"));
    let answer = json!({ "method": "backup_code", "code": codes[1], "remember_device": true });
    let session = who.post(&path, &answer).await.expect(201);
    kept.extend(["/access_token", "/refresh_token", "/device_token"].map(|name| session.text(name)));
    house.settle().await;
    kept
}

/// What a copy of the data holds: every table as text, and on SQLite the files themselves.
async fn copy_of(house: &House) -> Vec<(String, Vec<u8>)> {
    let tables = crate::schema::contents(house).await;
    let mut copies: Vec<_> = tables.into_iter().map(|(name, rows)| (name, rows.join("\n").into_bytes())).collect();
    if house.on == On::Sqlite {
        for file in ["tacit.db", "tacit.db-wal"] {
            let bytes = std::fs::read(house.folder().join(file)).unwrap_or_default();
            copies.push((file.to_owned(), bytes));
        }
    }
    copies
}

fn holds(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|part| part == word.as_bytes())
}

house::on_both!(no_secret_and_no_address_is_told_where_it_does_not_belong, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        listen();
        walk(&house).await;
        let secrets = secrets(&house).await;
        LISTENING.fetch_sub(1, Ordering::Relaxed);
        assert!(secrets.len() >= 20, "{}", secrets.len());

        let log = HEARD.lock().unwrap().clone();
        let lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
        assert!(lines.len() > 1_000, "only {} lines were heard", lines.len());
        for word in secrets.iter().map(String::as_str).chain([MARK]) {
            let line = lines.iter().find(|line| holds(line, word)).map(|line| String::from_utf8_lossy(line));
            assert!(line.is_none(), "{word} is logged: {line:?}");
        }
        for (place, text) in copy_of(&house).await {
            for secret in &secrets {
                assert!(!holds(&text, secret), "{place} holds {secret}");
            }
            let file = place.starts_with("tacit.db");
            let knows = file || KNOW_ADDRESSES.contains(&place.as_str());
            assert!(knows || !holds(&text, "k4n4ri@example.org"), "{place} holds an address");
        }
    }
));
