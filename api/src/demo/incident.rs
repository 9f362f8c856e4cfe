//! The card begins to decline.

use super::DemoError;
use super::beginning::{Services, add_method, expiry, log_in, status};
use super::teller::{As, Teller};
use reqwest::Method;
use serde_json::json;

/// Past due, retries on days 1 and 3, a new card on day 4 charges at once; then manual and back.
pub async fn declines(teller: &mut Teller, services: &Services) -> Result<(), DemoError> {
    teller.chapter("VPS 1's card begins to decline");
    log_in(teller).await?;
    add_method(teller, "sim_decline_soft").await?;
    teller.until("2027-03-31T10:00:00Z").await?;
    status(teller, &services.vps_1, "past_due").await?;
    teller.until("2027-04-04T08:00:00Z").await?;
    teller.check(
        "the charge failed on the day, and again on days 1 and 3",
        &teller.days_of("payment_failed", "VPS 1"),
        &vec!["2027-03-31".to_owned(), "2027-04-01".to_owned(), "2027-04-03".to_owned()],
    )?;
    status(teller, &services.vps_1, "past_due").await?;
    teller.say("  -- day 4: Ada gives a new card");
    log_in(teller).await?;
    add_method(teller, "sim_ok~2").await?;
    teller.until("2027-04-04T08:01:00Z").await?;
    status(teller, &services.vps_1, "active").await?;
    expiry(teller, &services.vps_1, "2027-04-30").await?;
    teller.check(
        "the new card was charged at once, no day was lost",
        &teller.days_of("renewal_paid", "VPS 1").last().cloned().unwrap_or_default(),
        &"2027-04-04".to_owned(),
    )?;
    switch(teller, services, "manual").await?;
    switch(teller, services, "automatic").await
}

async fn switch(teller: &mut Teller, services: &Services, mode: &str) -> Result<(), DemoError> {
    let path = format!("/v1/services/{}/renewal", services.vps_1);
    let body = json!({ "mode": mode, "period": "P1M" });
    teller.must(200, As::Customer, (Method::PUT, &path), Some(&body)).await?;
    let view = teller.get(&format!("/v1/services/{}", services.vps_1)).await?;
    teller.check(&format!("VPS 1 renews by {mode} mode"), &view.text("/renewal/mode"), &mode.to_owned())
}
