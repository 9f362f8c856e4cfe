//! Sign-up, check-up, first order.

use super::DemoError;
use super::teller::{As, Teller, text};
use reqwest::Method;
use serde_json::json;

const EMAIL: &str = "ada@example.org";
const BACKUP: &str = "ada.backup@example.net";
pub(super) const PASSWORD: &str = "violet harbour 94 lantern";
const START: &str = "2026-01-31T09:00:00Z";

/// The services of the journey.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// Monthly, automatic.
    pub vps_1: String,
    /// Yearly, manual, left unpaid.
    pub domain_a: String,
    /// Yearly, manual, renewed in advance.
    pub domain_b: String,
    /// Quarterly, automatic.
    pub vps_2: String,
}

/// Logs in with the password: a fresh proof for what is dangerous.
pub(super) async fn log_in(teller: &mut Teller) -> Result<(), DemoError> {
    let body = json!({ "login": EMAIL, "password": PASSWORD });
    let session = teller.must(201, As::Stranger, (Method::POST, "/v1/sessions"), Some(&body)).await?;
    teller.logged_in(&session);
    Ok(())
}

/// Signs up, proves the address, and attaches the account to a test clock.
pub async fn sign_up(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter("Sign-up");
    let body = json!({ "email": EMAIL, "password": PASSWORD, "language": "en" });
    teller.must(202, As::Stranger, (Method::POST, "/v1/accounts"), Some(&body)).await?;
    let code = teller.secret(EMAIL, "verify_email").await?;
    teller.say(&format!("  {EMAIL} signed up and was mailed a code"));
    let body = json!({ "email": EMAIL, "code": code });
    let session =
        teller.must(201, As::Stranger, (Method::POST, "/v1/accounts/email-verification"), Some(&body)).await?;
    teller.logged_in(&session);
    log_in(teller).await?;
    let account = teller.get("/v1/account").await?;
    teller.account = account.text("/id");
    teller.say(&format!("  the account is {}", account.text("/handle")));
    let body = json!({ "name": "the journey", "now_at": START });
    let clock = teller.must(201, As::Operator, (Method::POST, "/v1/operator/test-clocks"), Some(&body)).await?;
    teller.clock = clock.text("/id");
    let path = format!("/v1/operator/accounts/{}", teller.account);
    let body = json!({ "test_clock_id": teller.clock });
    teller.must(200, As::Operator, (Method::PATCH, &path), Some(&body)).await?;
    teller.begin().await?;
    teller.say("  from here on it lives on a test clock that stands at 31 January 2026, 10:00 in Paris");
    Ok(())
}

/// The check-up says what is missing; profile, backup address and payment method mend most of it.
pub async fn prepare(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter("Check-up");
    let before = missing(teller).await?;
    let lacking = ["backup_email_verified", "payment_method_valid", "profile_complete", "second_factor_enrolled"];
    teller.check("the check-up lists what is missing", &before, &lacking.map(str::to_owned).to_vec())?;
    let profile = json!({
        "first_name": "Ada", "last_name": "Martin", "street": "12 rue des Lilas",
        "postal_code": "75011", "city": "Paris", "country": "FR",
    });
    teller.must(200, As::Customer, (Method::PATCH, "/v1/account"), Some(&profile)).await?;
    let body = json!({ "email": BACKUP });
    teller.must(202, As::Customer, (Method::PUT, "/v1/account/backup-email"), Some(&body)).await?;
    let code = teller.secret(BACKUP, "verify_backup_email").await?;
    let body = json!({ "code": code });
    teller.must(200, As::Customer, (Method::POST, "/v1/account/backup-email/confirmation"), Some(&body)).await?;
    add_method(teller, "sim_ok").await?;
    let after = missing(teller).await?;
    // a second factor is a person's matter: an app or a key
    teller.check("nothing is missing but a second factor", &after, &vec!["second_factor_enrolled".to_owned()])
}

/// A new default payment method.
pub(super) async fn add_method(teller: &mut Teller, token: &str) -> Result<(), DemoError> {
    let body = json!({ "type": "card", "token": token, "make_default": true });
    let method = teller.must(201, As::Customer, (Method::POST, "/v1/payment-methods"), Some(&body)).await?;
    teller.say(&format!("  new default payment method: {}", method.text("/label")));
    Ok(())
}

async fn missing(teller: &mut Teller) -> Result<Vec<String>, DemoError> {
    let checkup = teller.get("/v1/account/check-up").await?;
    let items = checkup.body.get("items").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let mut codes: Vec<String> =
        items.iter().filter(|item| text(item, "/severity") != "fine").map(|item| text(item, "/code")).collect();
    codes.sort();
    Ok(codes)
}

/// Quote, order, payment, tracking, invoice.
pub async fn order(teller: &mut Teller) -> Result<Services, DemoError> {
    teller.chapter("The order, on the 31st of January");
    let line = |plan: &str, period: &str, mode: &str, name: &str| json!({ "plan": plan, "period": period, "renewal_mode": mode, "quantity": 1, "display_name": name });
    let body = json!({ "items": [
        line("vps-starter", "P1M", "automatic", "VPS 1"),
        line("domain-fr", "P1Y", "manual", "Domain A"),
        line("domain-fr", "P1Y", "manual", "Domain B"),
        line("vps-starter", "P3M", "automatic", "VPS 2"),
    ]});
    let quote = teller.must(200, As::Customer, (Method::POST, "/v1/orders?dry_run=true"), Some(&body)).await?;
    teller.say(&format!("  quoted: {} EUR with VAT", quote.text("/totals/gross/amount")));
    let order = teller.must(201, As::Customer, (Method::POST, "/v1/orders"), Some(&body)).await?;
    teller.check(
        "the order costs what was quoted",
        &order.text("/totals/gross/amount"),
        &quote.text("/totals/gross/amount"),
    )?;
    teller.check(
        "6.00 + 8.50 + 8.50 + 17.00 net with 20 % VAT",
        &order.text("/totals/gross/amount"),
        &"48.00".to_owned(),
    )?;
    let path = format!("/v1/orders/{}/payment", order.text("/id"));
    let body = json!({ "source": "payment_method" });
    let payment = teller.must(201, As::Customer, (Method::POST, &path), Some(&body)).await?;
    teller.check("it is paid", &payment.text("/status"), &"succeeded".to_owned())?;
    teller.until("2026-01-31T09:05:00Z").await?;
    let path = format!("/v1/orders/{}/tracking", order.text("/id"));
    let tracking = teller.get(&path).await?;
    let steps: Vec<String> = tracking
        .body
        .get("items")
        .and_then(serde_json::Value::as_array)
        .cloned()
        .unwrap_or_default()
        .iter()
        .map(|step| format!("{} {}", text(step, "/step"), text(step, "/status")))
        .collect();
    let done: Vec<String> =
        ["validating", "validated", "delivering", "available"].map(|step| format!("{step} done")).into();
    teller.check("tracking went through to available", &steps, &done)?;
    let invoice = teller.get(&format!("/v1/invoices/{}", payment.text("/invoice_id"))).await?;
    teller.say(&format!(
        "  invoice {} of {} EUR, {}",
        invoice.text("/number"),
        invoice.text("/totals/gross/amount"),
        invoice.text("/status")
    ));
    services(teller).await
}

async fn services(teller: &mut Teller) -> Result<Services, DemoError> {
    let mut found = Services::default();
    for service in teller.all(As::Customer, "/v1/services").await? {
        let id = text(&service, "/id");
        match text(&service, "/display_name").as_str() {
            "VPS 1" => found.vps_1 = id,
            "VPS 2" => found.vps_2 = id,
            "Domain A" => found.domain_a = id,
            "Domain B" => found.domain_b = id,
            other => return Err(DemoError::Differs(format!("a service nobody ordered: {other}"))),
        }
    }
    expiry(teller, &found.vps_1, "2026-02-28").await?;
    expiry(teller, &found.vps_2, "2026-04-30").await?;
    expiry(teller, &found.domain_a, "2027-01-31").await?;
    Ok(found)
}

/// The expiry of a service must be this day.
pub(super) async fn expiry(teller: &mut Teller, service: &str, day: &str) -> Result<(), DemoError> {
    let view = teller.get(&format!("/v1/services/{service}")).await?;
    let what = format!("{} expires on {day}", view.text("/display_name"));
    teller.check(&what, &view.text("/expires_on"), &day.to_owned())
}

/// The status of a service must be this one.
pub(super) async fn status(teller: &mut Teller, service: &str, status: &str) -> Result<(), DemoError> {
    let view = teller.get(&format!("/v1/services/{service}")).await?;
    let what = format!("{} is {status}", view.text("/display_name"));
    teller.check(&what, &view.text("/status"), &status.to_owned())
}
