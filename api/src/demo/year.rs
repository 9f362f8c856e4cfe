//! Thirteen months.

use super::DemoError;
use super::beginning::{Services, expiry, status};
use super::teller::{As, Teller, text};
use reqwest::Method;
use serde_json::json;

fn days(list: &[&str]) -> Vec<String> {
    list.iter().map(|day| (*day).to_owned()).collect()
}

/// VPS 1 renews at each boundary, domain B is renewed in advance, domain A is left to itself.
pub async fn pass(teller: &mut Teller, services: &Services) -> Result<(), DemoError> {
    teller.chapter("Thirteen months pass");
    teller.until("2026-12-28T10:00:00Z").await?;
    teller.say("  -- Ada renews domain B in advance, after its reminder 40 days before");
    let path = format!("/v1/services/{}/renewals", services.domain_b);
    let body = json!({ "payment_source": "payment_method" });
    teller.must(201, As::Customer, (Method::POST, &path), Some(&body)).await?;
    expiry(teller, &services.domain_b, "2028-01-31").await?;
    teller.until("2027-01-31T10:00:00Z").await?;
    status(teller, &services.domain_a, "suspended").await?;
    let view = teller.get(&format!("/v1/services/{}", services.domain_a)).await?;
    teller.check("its deletion is announced for 15 February", &view.text("/delete_on"), &"2027-02-15".to_owned())?;
    teller.until("2027-02-14T22:59:59Z").await?;
    status(teller, &services.domain_a, "suspended").await?;
    teller.until("2027-03-01T10:00:00Z").await?;
    status(teller, &services.domain_a, "deleted").await?;
    reminders(teller)?;
    renewals(teller, services).await
}

fn reminders(teller: &Teller) -> Result<(), DemoError> {
    teller.check(
        "domain A was reminded 40, 15, 7, 3 and 1 days before",
        &teller.days_of("expiry_reminder", "Domain A"),
        &days(&["2026-12-22", "2027-01-16", "2027-01-24", "2027-01-28", "2027-01-30"]),
    )?;
    teller.check("… suspended at expiry", &teller.days_of("service_suspended", "Domain A"), &days(&["2027-01-31"]))?;
    teller.check(
        "… warned 7 and 2 days before its deletion",
        &teller.days_of("deletion_warning", "Domain A"),
        &days(&["2027-02-08", "2027-02-13"]),
    )?;
    teller.check(
        "… and deleted on the announced day, with a receipt",
        &teller.days_of("service_deleted", "Domain A"),
        &days(&["2027-02-15"]),
    )?;
    teller.check(
        "domain B was reminded once, before it was renewed",
        &teller.days_of("expiry_reminder", "Domain B"),
        &days(&["2026-12-22"]),
    )
}

async fn renewals(teller: &mut Teller, services: &Services) -> Result<(), DemoError> {
    let boundaries = days(&[
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
        "2026-06-30",
        "2026-07-31",
        "2026-08-31",
        "2026-09-30",
        "2026-10-31",
        "2026-11-30",
        "2026-12-31",
        "2027-01-31",
        "2027-02-28",
    ]);
    let notices = days(&[
        "2026-02-25",
        "2026-03-28",
        "2026-04-27",
        "2026-05-28",
        "2026-06-27",
        "2026-07-28",
        "2026-08-28",
        "2026-09-27",
        "2026-10-28",
        "2026-11-27",
        "2026-12-28",
        "2027-01-28",
        "2027-02-25",
    ]);
    teller.check("VPS 1 got a receipt at each boundary", &teller.days_of("renewal_paid", "VPS 1"), &boundaries)?;
    teller.check("… and a notice 3 days before each", &teller.days_of("renewal_notice", "VPS 1"), &notices)?;
    let mut invoiced: Vec<String> = Vec::new();
    for invoice in teller.all(As::Customer, "/v1/invoices").await? {
        let full = teller.get(&format!("/v1/invoices/{}", text(&invoice, "/id"))).await?;
        let lines = full.body.get("lines").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        if lines.iter().any(|line| text(line, "/service_id") == services.vps_1) {
            teller_paid(&full.text("/number"), &full.text("/status"))?;
            invoiced.push(full.text("/issued_on"));
        }
    }
    invoiced.sort();
    teller.check("… and one paid invoice for each", &invoiced, &boundaries)?;
    teller.check(
        "VPS 2 renewed every quarter",
        &teller.days_of("renewal_paid", "VPS 2"),
        &days(&["2026-04-30", "2026-07-31", "2026-10-31", "2027-01-31"]),
    )?;
    expiry(teller, &services.vps_1, "2027-03-31").await
}

fn teller_paid(number: &str, status: &str) -> Result<(), DemoError> {
    if status == "paid" { Ok(()) } else { Err(DemoError::Differs(format!("invoice {number} is {status}"))) }
}
