//! Speaks HTTP as an ordinary client and tells what comes back.

use super::DemoError;
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

/// How long a moving clock is waited for, in steps of 20 ms.
const PATIENCE: u32 = 6_000;

/// An answer: status and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON body; null when there is none.
    pub body: Value,
}

impl Answer {
    /// A member by its JSON pointer, as text; empty when it is left out.
    #[must_use]
    pub fn text(&self, pointer: &str) -> String {
        text(&self.body, pointer)
    }
}

/// A member by its JSON pointer, as text; empty when it is left out.
#[must_use]
pub fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// A mail of the journey.
#[derive(Debug, Clone)]
pub struct Mail {
    /// When it was written, on the account's clock.
    pub at: DateTime<Utc>,
    /// Which.
    pub kind: String,
    /// Its subject.
    pub subject: String,
}

/// Who tells.
pub struct Teller {
    http: reqwest::Client,
    base: String,
    operator: String,
    token: Option<String>,
    keys: u32,
    told: BTreeSet<String>,
    /// The test clock.
    pub clock: String,
    /// The account.
    pub account: String,
    /// Every mail told so far.
    pub mails: Vec<Mail>,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// Nobody.
    Stranger,
    /// The customer.
    Customer,
    /// The provider.
    Operator,
}

impl Teller {
    /// Somebody who has said nothing yet.
    #[must_use]
    pub fn new(base: &str, operator: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: base.to_owned(),
            operator: operator.to_owned(),
            token: None,
            keys: 0,
            told: BTreeSet::new(),
            clock: String::new(),
            account: String::new(),
            mails: Vec::new(),
        }
    }

    /// A line of the story.
    pub fn say(&self, line: &str) {
        writeln!(std::io::stdout(), "{line}").ok();
    }

    /// A chapter.
    pub fn chapter(&self, title: &str) {
        self.say(&format!("\n== {title}"));
    }

    /// Takes the customer's access token.
    pub fn logged_in(&mut self, session: &Answer) {
        self.token = Some(session.text("/access_token"));
    }

    /// Sends a request; every unsafe one has a key of its own.
    ///
    /// # Errors
    /// The line's.
    pub async fn call(
        &mut self,
        who: As,
        (method, path): (Method, &str),
        body: Option<&Value>,
    ) -> Result<Answer, DemoError> {
        let safe = method == Method::GET;
        let mut request = self.http.request(method, format!("{}{path}", self.base)).header("Accept-Language", "en");
        match (who, &self.token) {
            (As::Operator, _) => request = request.bearer_auth(&self.operator),
            (As::Customer, Some(token)) => request = request.bearer_auth(token),
            (As::Customer, None) | (As::Stranger, _) => {}
        }
        if !safe {
            self.keys += 1;
            request = request.header("Idempotency-Key", format!("demo-{}", self.keys));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }

    /// As [`Teller::call`], and the status must be this one.
    ///
    /// # Errors
    /// [`DemoError::Differs`] for another status.
    pub async fn must(
        &mut self,
        status: u16,
        who: As,
        (method, path): (Method, &str),
        body: Option<&Value>,
    ) -> Result<Answer, DemoError> {
        let about = format!("{method} {path}");
        let answer = self.call(who, (method, path), body).await?;
        if answer.status == status {
            return Ok(answer);
        }
        Err(DemoError::Differs(format!("{about} answered {} instead of {status}: {}", answer.status, answer.body)))
    }

    /// GET as the customer.
    ///
    /// # Errors
    /// As [`Teller::must`].
    pub async fn get(&mut self, path: &str) -> Result<Answer, DemoError> {
        self.must(200, As::Customer, (Method::GET, path), None).await
    }

    /// All items of a list, page by page.
    ///
    /// # Errors
    /// As [`Teller::must`].
    pub async fn all(&mut self, who: As, path: &str) -> Result<Vec<Value>, DemoError> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = match &cursor {
                None => format!("{path}{joint}limit=100"),
                Some(cursor) => format!("{path}{joint}limit=100&cursor={cursor}"),
            };
            let answer = self.must(200, who, (Method::GET, &page), None).await?;
            items.extend(answer.body.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
            cursor = answer.body.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() {
                return Ok(items);
            }
        }
    }

    /// The secret in the newest mail of a kind to an address; only an operator of a development server
    /// can read it.
    ///
    /// # Errors
    /// [`DemoError::Differs`] when there is none.
    pub async fn secret(&mut self, to: &str, kind: &str) -> Result<String, DemoError> {
        for _ in 0..PATIENCE {
            let mails = self.all(As::Operator, &format!("/v1/operator/emails?to={to}")).await?;
            let found =
                mails.iter().filter(|mail| text(mail, "/kind") == kind).max_by_key(|mail| text(mail, "/created_at"));
            if let Some(mail) = found {
                let secret = text(mail, "/secret");
                if !secret.is_empty() {
                    return Ok(secret);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(DemoError::Differs(format!("no {kind} mail to {to}")))
    }

    /// Moves the test clock and tells everything that happened on the way.
    ///
    /// # Errors
    /// As [`Teller::must`]; [`DemoError::Differs`] when the clock does not arrive.
    pub async fn until(&mut self, to: &str) -> Result<(), DemoError> {
        let path = format!("/v1/operator/test-clocks/{}/advance", self.clock);
        let operation = self.must(202, As::Operator, (Method::POST, &path), Some(&json!({ "to": to }))).await?;
        let path = format!("/v1/operations/{}", operation.text("/id"));
        for _ in 0..PATIENCE {
            let state = self.must(200, As::Operator, (Method::GET, &path), None).await?;
            if state.text("/status") == "succeeded" {
                return self.chronicle().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(DemoError::Differs(format!("the clock never arrived at {to}")))
    }

    /// Tells the mails and the money since the last time, day by day.
    ///
    /// # Errors
    /// As [`Teller::must`].
    pub async fn chronicle(&mut self) -> Result<(), DemoError> {
        let mut lines: Vec<(DateTime<Utc>, String)> = Vec::new();
        for mail in self.all(As::Customer, "/v1/account/emails").await? {
            let Ok(at) = text(&mail, "/created_at").parse::<DateTime<Utc>>() else { continue };
            if self.told.insert(text(&mail, "/id")) {
                let mail = Mail { at, kind: text(&mail, "/kind"), subject: text(&mail, "/subject") };
                lines.push((at, format!("mail   {} [{}]", mail.subject, mail.kind)));
                self.mails.push(mail);
            }
        }
        for payment in self.all(As::Customer, "/v1/payments").await? {
            let Ok(at) = text(&payment, "/created_at").parse::<DateTime<Utc>>() else { continue };
            if self.told.insert(text(&payment, "/id")) {
                let amount = format!("{} {}", text(&payment, "/amount/amount"), text(&payment, "/amount/currency"));
                lines.push((at, format!("money  {amount} {}", text(&payment, "/status"))));
            }
        }
        lines.sort();
        for (at, line) in lines {
            self.say(&format!("  {}  {line}", day(at)));
        }
        Ok(())
    }

    /// Passes over what was said so far: from here on the account lives on its test clock.
    ///
    /// # Errors
    /// As [`Teller::must`].
    pub async fn begin(&mut self) -> Result<(), DemoError> {
        for mail in self.all(As::Customer, "/v1/account/emails").await? {
            self.told.insert(text(&mail, "/id"));
        }
        Ok(())
    }

    /// The days (in Paris) of the mails of a kind whose subject names a service.
    #[must_use]
    pub fn days_of(&self, kind: &str, service: &str) -> Vec<String> {
        let mut days: Vec<String> = self
            .mails
            .iter()
            .filter(|mail| mail.kind == kind && mail.subject.contains(service))
            .map(|mail| day(mail.at))
            .collect();
        days.sort();
        days
    }

    /// A fact that must be so.
    ///
    /// # Errors
    /// [`DemoError::Differs`].
    pub fn check<T: PartialEq + std::fmt::Debug>(&self, what: &str, is: &T, should: &T) -> Result<(), DemoError> {
        if is == should {
            self.say(&format!("  ✓ {what}"));
            return Ok(());
        }
        Err(DemoError::Differs(format!("{what}: {is:?} instead of {should:?}")))
    }
}

/// The billing day of an instant, in Paris.
#[must_use]
pub fn day(at: DateTime<Utc>) -> String {
    domain::calendar::billing_day(at, chrono_tz::Europe::Paris).to_string()
}
