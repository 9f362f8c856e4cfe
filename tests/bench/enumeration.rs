//! Whether the time of an answer tells that an account exists: logins and password resets of known and
//! unknown addresses, one of each in turn, over the loopback.

use crate::machine::{Spread, spread};
use crate::server::Server;
use crate::store::Store;
use api::clock::{Clock, SystemClock};
use chrono::Days;
use house::On;
use house::seed::{self, Due};
use serde_json::{Value, json};
use std::time::Instant;

/// Tries of each kind.
pub const TRIES: u64 = 200;
/// Accounts that are asked for, in turn: what is counted for one of them stays below its limits at first and
/// passes them later, as for a guesser.
const ACCOUNTS: u8 = 20;

/// What was asked for, and how long the answers took in milliseconds.
pub struct Found {
    /// What was asked for.
    pub what: &'static str,
    /// For addresses that have an account.
    pub known: Spread,
    /// For those that have none.
    pub unknown: Spread,
    /// Whether every answer was the same, byte for byte, apart from ids and what was sent.
    pub alike: bool,
}

/// Asks on one database.
pub async fn round(on: On) -> Vec<Found> {
    let store = Store::new(on).await;
    let now = SystemClock.now();
    let app = store.open(now).await;
    let due = now.date_naive().checked_add_days(Days::new(20)).unwrap();
    seed::due_with(&app, Due { accounts: ACCOUNTS.into(), services_each: 1, on: due, token: "sim_ok" }).await;
    app.db.close().await;
    let server = Server::start(&store.url, store.folder.path()).await;
    let client = reqwest::Client::new();
    let mut found = Vec::new();
    for (what, path) in [("log in, wrong password", "/v1/sessions"), ("reset a password", "/v1/password-resets")] {
        let (mut known, mut unknown, mut alike) = (Vec::new(), Vec::new(), true);
        for turn in 0..TRIES {
            let there = seed::email(turn % u64::from(ACCOUNTS));
            // as long as the other
            let absent = there.replacen(char::is_alphabetic, "q", 1);
            // whoever comes first gains nothing by it
            let order = if turn % 2 == 0 { [&there, &absent] } else { [&absent, &there] };
            let mut answers = Vec::new();
            for login in order {
                let request = client
                    .post(format!("{}{path}", server.base))
                    .header("Idempotency-Key", house::client::fresh_key())
                    // a network of its own each time: what is counted for an address hides nothing
                    .header("X-Forwarded-For", format!("10.{}.{}.1", turn % 250, answers.len()))
                    .json(&body(path, login, turn));
                let begin = Instant::now();
                let answer = request.send().await.unwrap();
                let status = answer.status();
                let body: Value = answer.json().await.unwrap();
                let ms = begin.elapsed().as_secs_f64() * 1_000.0;
                if *login == there {
                    known.push(ms);
                } else {
                    unknown.push(ms);
                }
                answers.push((status, plain(body)));
            }
            alike &= answers.windows(2).all(|pair| pair[0] == pair[1]);
        }
        found.push(Found { what, known: spread(known), unknown: spread(unknown), alike });
    }
    server.stop();
    store.close().await;
    found
}

fn body(path: &str, login: &str, turn: u64) -> Value {
    if path.ends_with("sessions") {
        json!({ "login": login, "password": format!("wrong password number {turn}") })
    } else {
        json!({ "login": login })
    }
}

/// A body without what is different in any two answers.
fn plain(mut body: Value) -> Value {
    if let Some(object) = body.as_object_mut() {
        for name in ["request_id", "instance", "login"] {
            object.remove(name);
        }
    }
    body
}
