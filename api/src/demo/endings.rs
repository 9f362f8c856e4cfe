//! The three endings, and the end of the account.

use super::DemoError;
use super::beginning::{Services, expiry, log_in, status};
use super::teller::{As, Teller, text};
use reqwest::Method;
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.org";

/// Cancelled at expiry, revoked in time with the renewal exactly as before, cancelled again, deleted.
pub async fn cancel_at_expiry(teller: &mut Teller, services: &Services) -> Result<(), DemoError> {
    teller.chapter("VPS 1 is cancelled at expiry");
    let service = format!("/v1/services/{}", services.vps_1);
    let path = format!("{service}/cancellation");
    let before = upcoming(teller, &service).await?;
    let body = json!({ "reason": "project_ended" });
    let asked = teller.must(200, As::Customer, (Method::PUT, &path), Some(&body)).await?;
    teller.check("it ends on 30 April", &asked.text("/effective_on"), &"2027-04-30".to_owned())?;
    let next = teller.get(&service).await?;
    teller.check("what comes next is its deletion", &next.text("/upcoming/kind"), &"delete".to_owned())?;
    let revoked = teller.call(As::Customer, (Method::DELETE, &path), None).await?;
    teller.check("it is revoked in time", &(revoked.status < 300), &true)?;
    let after = upcoming(teller, &service).await?;
    teller.check("the renewal is exactly what it was", &after, &before)?;
    teller.must(200, As::Customer, (Method::PUT, &path), Some(&body)).await?;
    teller.until("2027-04-29T21:59:59Z").await?;
    status(teller, &services.vps_1, "active").await?;
    teller.until("2027-04-30T10:00:00Z").await?;
    status(teller, &services.vps_1, "deleted").await?;
    teller.check("with a receipt", &teller.days_of("service_deleted", "VPS 1"), &vec!["2027-04-30".to_owned()])?;
    teller.check(
        "and no charge at its last boundary",
        &teller.days_of("renewal_paid", "VPS 1").last().cloned().unwrap_or_default(),
        &"2027-04-04".to_owned(),
    )?;
    expiry(teller, &services.vps_2, "2027-07-31").await
}

/// Renewal, expiry and planned milestones of a service.
async fn upcoming(teller: &mut Teller, service: &str) -> Result<Value, DemoError> {
    let view = teller.get(service).await?;
    let mut planned: Vec<String> = teller
        .all(As::Customer, &format!("{service}/timeline"))
        .await?
        .iter()
        .filter(|milestone| text(milestone, "/state") == "planned")
        .map(|milestone| {
            format!("{} {} {}", text(milestone, "/on"), text(milestone, "/kind"), text(milestone, "/rule"))
        })
        .collect();
    planned.sort();
    Ok(json!({ "renewal": view.body.get("renewal"), "expires_on": view.body.get("expires_on"), "planned": planned }))
}

/// The account cannot be closed while anything is left.
pub async fn closure_refused(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter("The account cannot be closed yet");
    log_in(teller).await?;
    let refused = teller.must(409, As::Customer, (Method::POST, "/v1/account/closure"), Some(&json!({}))).await?;
    let codes: Vec<String> = refused
        .body
        .get("blockers")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
        .iter()
        .map(|blocker| text(blocker, "/code"))
        .collect();
    teller.check("its services stand in the way", &codes.iter().all(|code| code == "services_remain"), &true)?;
    teller.check("each of them or all together", &codes.is_empty(), &false)
}

/// Deletion asked, nothing without the token, then gone.
pub async fn delete_at_once(teller: &mut Teller, services: &Services) -> Result<(), DemoError> {
    teller.chapter("VPS 2 is deleted at once");
    log_in(teller).await?;
    let path = format!("/v1/services/{}/deletion", services.vps_2);
    teller.must(202, As::Customer, (Method::POST, &path), Some(&json!({ "reason": "no_longer_needed" }))).await?;
    let token = teller.secret(EMAIL, "confirm_deletion").await?;
    teller.until("2027-04-30T20:00:00Z").await?;
    status(teller, &services.vps_2, "active").await?;
    let confirm = format!("{path}/confirmation");
    let wrong = json!({ "token": "A".repeat(43) });
    let refused = teller.call(As::Customer, (Method::POST, &confirm), Some(&wrong)).await?;
    teller.check("a wrong token does nothing", &(refused.status >= 400), &true)?;
    status(teller, &services.vps_2, "active").await?;
    teller.must(200, As::Customer, (Method::POST, &confirm), Some(&json!({ "token": token }))).await?;
    status(teller, &services.vps_2, "deleted").await?;
    teller.until("2027-04-30T20:01:00Z").await?;
    teller.check("with a receipt", &teller.days_of("service_deleted", "VPS 2"), &vec!["2027-04-30".to_owned()])?;
    teller.say("  -- and domain B the same way");
    let path = format!("/v1/services/{}/deletion", services.domain_b);
    teller.must(202, As::Customer, (Method::POST, &path), Some(&json!({}))).await?;
    let token = teller.secret(EMAIL, "confirm_deletion").await?;
    let confirm = format!("{path}/confirmation");
    teller.must(200, As::Customer, (Method::POST, &confirm), Some(&json!({ "token": token }))).await?;
    status(teller, &services.domain_b, "deleted").await
}

/// Confirmed, seven days to change one's mind, done.
pub async fn close_account(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter("The account is closed");
    confirm_closure(teller).await?;
    teller.until("2027-05-03T10:00:00Z").await?;
    let revoked = teller.call(As::Customer, (Method::DELETE, "/v1/account/closure"), None).await?;
    teller.check("Ada changes her mind on the third day", &(revoked.status < 300), &true)?;
    teller.until("2027-05-09T10:00:00Z").await?;
    teller.get("/v1/account").await?;
    teller.say("  -- and changes it again");
    confirm_closure(teller).await?;
    teller.until("2027-05-15T10:00:00Z").await?;
    teller.get("/v1/account").await?;
    let path = format!("/v1/operator/test-clocks/{}/advance", teller.clock);
    let body = json!({ "to": "2027-05-16T10:00:00Z" });
    teller.must(202, As::Operator, (Method::POST, &path), Some(&body)).await?;
    for _ in 0..500 {
        let answer = teller.call(As::Customer, (Method::GET, "/v1/account"), None).await?;
        if answer.status == 401 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let closed = teller.call(As::Customer, (Method::GET, "/v1/account"), None).await?;
    teller.check("seven days later the account is closed", &closed.status, &401)?;
    let body = json!({ "login": EMAIL, "password": super::beginning::PASSWORD });
    let login = teller.call(As::Stranger, (Method::POST, "/v1/sessions"), Some(&body)).await?;
    teller.check("and nobody can log in any more", &login.status, &401)?;
    let path = format!("/v1/operator/accounts/{}", teller.account);
    let account = teller.must(200, As::Operator, (Method::GET, &path), None).await?;
    teller.check("its personal data is erased", &account.text("/email"), &String::new())
}

async fn confirm_closure(teller: &mut Teller) -> Result<(), DemoError> {
    log_in(teller).await?;
    teller.must(202, As::Customer, (Method::POST, "/v1/account/closure"), Some(&json!({}))).await?;
    let token = teller.secret(EMAIL, "confirm_closure").await?;
    let body = json!({ "token": token });
    let path = "/v1/account/closure/confirmation";
    let confirmed = teller.call(As::Customer, (Method::POST, path), Some(&body)).await?;
    teller.check("the closure is confirmed by the mailed token", &(confirmed.status < 300), &true)
}
