//! A walk through the whole contract: every operation is carried out. That every answer is one that the
//! document declares is watched by the client itself, here and in every other test.

use house::client::fresh_key;
use house::contract::{operation, operations};
use house::soft_key::SoftKey;
use house::{Answer, Client, House};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// What was carried out.
#[derive(Default)]
struct Walk {
    done: Mutex<BTreeSet<String>>,
}

impl Walk {
    /// Carries an operation out; `rest` are the values of its path's parameters, and a query.
    async fn go(&self, who: &Client, id: &str, rest: (&[&str], &str), body: Option<Value>) -> Answer {
        let operation = operation(id);
        let mut path = operation.path.clone();
        for value in rest.0 {
            let (start, end) = (path.find('{').unwrap(), path.find('}').unwrap());
            path.replace_range(start..=end, value);
        }
        path.push_str(rest.1);
        let (method, key): (Method, _) = (operation.method.parse().unwrap(), fresh_key());
        let headers = [("Idempotency-Key", key.as_str())];
        let answer = who.send(method, &path, if operation.writes() { &headers } else { &[] }, body.as_ref()).await;
        if (200..300).contains(&answer.status) {
            self.done.lock().unwrap().insert(id.to_owned());
        }
        answer
    }

    /// The same, which must succeed.
    async fn ok(&self, who: &Client, id: &str, values: &[&str], body: Option<Value>) -> Answer {
        let answer = self.go(who, id, (values, ""), body).await;
        assert!((200..300).contains(&answer.status), "{id} answers {}: {}", answer.status, answer.text);
        answer
    }
}

house::on_both!(every_operation_answers_what_it_declares, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let walk = Walk::default();
    server(&walk, &house).await;
    let mut customer = account(&walk, &house).await;
    factors(&walk, &house).await;
    security_keys(&walk, &house).await;
    money(&walk, &house, &customer).await;
    services(&walk, &house, &mut customer).await;
    provider(&walk, &house, &mut customer).await;
    endings(&walk, &house, &mut customer).await;
    let done = walk.done.lock().unwrap().clone();
    let left: Vec<&str> = operations().iter().map(|it| it.id.as_str()).filter(|id| !done.contains(*id)).collect();
    assert!(left.is_empty(), "the walk never carries out {left:?}");
}));

async fn server(walk: &Walk, house: &House) {
    let anyone = house.stranger();
    let public = operations().iter().filter(|it| it.scopes.is_empty() && !it.writes() && !it.path.contains('{'));
    for operation in public {
        let wanted = operation.parameters("query").into_iter().filter(|it| it["required"] == true);
        let example = |it: &Value| format!("{}={}", it["name"].as_str().unwrap(), it["example"].as_str().unwrap());
        let query: Vec<String> = wanted.map(example).collect();
        walk.go(&anyone, &operation.id, (&[], &format!("?{}", query.join("&"))), None).await.expect(200);
    }
    walk.ok(&anyone, "get_catalog_plan", &["vps-starter"], None).await;
    walk.go(&anyone, "get_catalog_plan", (&["none"], ""), None).await.expect(404);
}

/// Sign-up, sessions, profile, recovery.
async fn account(walk: &Walk, house: &House) -> Client {
    let mut who = house.stranger();
    who.email = "walker@example.org".to_owned();
    let (email, password) = (who.email.clone(), house::house::PASSWORD);
    let new = json!({ "email": email, "password": password, "language": "en", "kind": "individual", "country": "FR" });
    walk.ok(&who, "create_account", &[], Some(new)).await;
    house.settle().await;
    walk.ok(&who, "resend_email_verification", &[], Some(json!({ "email": email }))).await;
    house.settle().await;
    let wrong = json!({ "email": email, "code": "000000" });
    walk.go(&who, "verify_email", (&[], ""), Some(wrong)).await.expect(422);
    let code = json!({ "email": email, "code": house.code_for(&email) });
    who.token = Some(walk.ok(&who, "verify_email", &[], Some(code)).await.text("/access_token"));
    let opened = walk.ok(&who, "create_session", &[], Some(json!({ "login": email, "password": password }))).await;
    walk.go(&who, "create_session", (&[], ""), Some(json!({ "login": email, "password": "no" }))).await.expect(401);
    let token = opened.text("/refresh_token");
    let refreshed = walk.ok(&who, "refresh_session", &[], Some(json!({ "refresh_token": token }))).await;
    let second = who.with_token(&refreshed.text("/access_token"));
    walk.ok(&second, "end_current_session", &[], None).await;
    walk.go(&second, "get_account", (&[], ""), None).await.expect(401);
    walk.ok(&who, "prove_identity", &[], Some(json!({ "password": password }))).await;
    passwords(walk, &who, password).await;
    access_tokens(walk, &who).await;
    let profile = json!({
        "first_name": "Ada", "last_name": "Martin", "street": "12 rue des Lilas", "postal_code": "75011",
        "city": "Paris", "phone": "+33612345678", "organisation": null,
    });
    walk.ok(&who, "update_account", &[], Some(profile)).await;
    walk.go(&who, "update_account", (&[], ""), Some(json!({ "postal_code": "1", "phone": "1" }))).await.expect(422);
    walk.ok(&who, "set_backup_email", &[], Some(json!({ "email": "spare@example.org" }))).await;
    house.settle().await;
    let code = json!({ "code": house.code_for("spare@example.org") });
    walk.ok(&who, "confirm_backup_email", &[], Some(code)).await;
    walk.ok(&who, "set_phone", &[], Some(json!({ "phone": "+33612345678" }))).await;
    house.settle().await;
    let code = json!({ "code": house.code_at("+33612345678") });
    walk.ok(&who, "confirm_phone", &[], Some(code)).await;
    for id in ["get_account", "get_balance", "get_check_up", "list_activity", "list_emails"] {
        walk.ok(&who, id, &[], None).await;
    }
    let mails = who.get("/v1/account/emails").await.items();
    walk.ok(&who, "get_email", &[mails[0]["id"].as_str().unwrap()], None).await;
    mailboxes(walk, house, &who).await;
    primary_address(walk, house).await;
    let export = walk.ok(&who, "request_export", &[], None).await.text("/id");
    walk.go(&who, "download_export", (&[&export], ""), None).await.expect(409);
    house.settle().await;
    for id in ["get_export", "download_export"] {
        walk.ok(&who, id, &[&export], None).await;
    }
    walk.ok(&who, "list_exports", &[], None).await;
    walk.ok(&who, "delete_backup_email", &[], None).await;
    walk.ok(&who, "delete_phone", &[], None).await;
    // two tokens at once would arrive in any order
    house.settle().await;
    walk.ok(&who, "create_password_reset", &[], Some(json!({ "login": email }))).await;
    house.settle().await;
    let token = house.token_for(&email);
    let again = json!({ "token": token, "new_password": password });
    walk.go(&who, "confirm_password_reset", (&[], ""), Some(again)).await.expect(422);
    let new = json!({ "token": token, "new_password": "crimson orchard 51 gravel" });
    walk.ok(&who, "confirm_password_reset", &[], Some(new)).await;
    // the others of this walk log in with the password of everybody
    forget_former_passwords(house).await;
    walk.ok(&who, "create_password_reset", &[], Some(json!({ "login": email }))).await;
    house.settle().await;
    let new = json!({ "token": house.token_for(&email), "new_password": password });
    walk.ok(&who, "confirm_password_reset", &[], Some(new)).await;
    who.log_in().await;
    who
}

/// The primary address: changed, stopped, undone.
async fn primary_address(walk: &Walk, house: &House) {
    let (who, next) = (house.customer().await, "next@example.org");
    walk.go(&who, "get_email_change", (&[], ""), None).await.expect(404);
    walk.go(&who, "stop_email_change", (&[], ""), None).await.expect(404);
    walk.go(&who, "set_email", (&[], ""), Some(json!({ "email": who.email }))).await.expect(409);
    for stopped in [true, false] {
        walk.ok(&who, "set_email", &[], Some(json!({ "email": next }))).await;
        walk.ok(&who, "get_email_change", &[], None).await;
        house.settle().await;
        if stopped {
            walk.ok(&who, "stop_email_change", &[], None).await;
        }
    }
    walk.go(&who, "confirm_email", (&[], ""), Some(json!({ "code": "000000" }))).await.expect(422);
    walk.ok(&who, "confirm_email", &[], Some(json!({ "code": house.code_for(next) }))).await;
    walk.ok(&who, "get_email_change", &[], None).await;
}

/// Where mails go, what they print, what came back.
async fn mailboxes(walk: &Walk, house: &House, who: &Client) {
    let to = "accounting@example.org";
    let choice = |primary: &[&str], email: &str| {
        Some(json!({
            "primary": { "categories": primary }, "addresses": [{ "email": email, "categories": ["billing"] }],
        }))
    };
    let all = ["account", "security", "billing", "renewal", "order", "product"];
    walk.go(who, "set_email_routing", (&[], ""), choice(&["billing"], &who.email)).await.expect(422);
    walk.ok(who, "set_email_routing", &[], choice(&all, to)).await;
    // two codes at once would arrive in any order
    house.settle().await;
    walk.ok(who, "resend_email_address_code", &[], Some(json!({ "email": to }))).await;
    house.settle().await;
    let wrong = Some(json!({ "email": to, "code": "000000" }));
    walk.go(who, "confirm_email_address", (&[], ""), wrong).await.expect(422);
    let code = Some(json!({ "email": to, "code": house.code_for(to) }));
    walk.ok(who, "confirm_email_address", &[], code).await;
    walk.go(who, "resend_email_address_code", (&[], ""), Some(json!({ "email": to }))).await.expect(409);
    walk.ok(who, "set_anti_phishing_phrase", &[], Some(json!({ "phrase": "Three grey cats" }))).await;
    walk.ok(who, "get_anti_phishing_phrase", &[], None).await;
    house.settle().await;
    let mails = who.get("/v1/account/emails?kind=email_routing_changed").await.expect(200).items();
    let mail = mails[0]["id"].as_str().unwrap();
    walk.ok(who, "resend_email", &[mail], None).await;
    let code = Some(json!({ "code": mails[0]["authenticity_code"] }));
    walk.ok(&house.stranger(), "check_email_authenticity", &[], code).await;
    walk.ok(&house.stranger(), "check_email_authenticity", &[], Some(json!({ "code": "0000" }))).await;
    let operator = house.operator().await;
    let report = Some(json!({ "email_id": mail, "kind": "hard", "diagnostic": "550 5.1.1" }));
    walk.ok(&operator, "report_bounce", &[], report).await;
    let other = Some(json!({ "email_id": mail, "kind": "complaint" }));
    walk.go(&operator, "report_bounce", (&[], ""), other).await.expect(409);
    house.app.mailer.fail_next(api::mail::SendError::Permanent("554".to_owned()));
    walk.ok(who, "set_anti_phishing_phrase", &[], Some(json!({ "phrase": "Four grey cats" }))).await;
    house.settle().await;
    let failed = walk.go(&operator, "list_operator_emails", (&[], "?state=failed"), None).await.expect(200).items();
    walk.ok(&operator, "request_email_retry", &[failed[0]["id"].as_str().unwrap()], None).await;
    walk.go(&operator, "request_email_retry", (&[mail], ""), None).await.expect(409);
    walk.ok(who, "get_email_routing", &[], None).await;
    walk.ok(who, "get_email", &[mail], None).await;
}

/// Second factors: added, proven at login, lost, recovered, removed.
async fn factors(walk: &Walk, house: &House) {
    let mut who = house.customer().await;
    let later = |seconds| house.clock.set(house.now() + chrono::TimeDelta::seconds(seconds));
    let login = Some(json!({ "login": who.email, "password": house::house::PASSWORD }));
    let new = walk.ok(&who, "add_totp_device", &[], Some(json!({ "name": "Phone" }))).await;
    let (id, secret) = (new.text("/device/id"), new.text("/secret"));
    let shown = || crate::session::factors::shown(house, &secret);
    let first = Some(json!({ "code": shown() }));
    let active = walk.ok(&who, "activate_totp_device", &[&id], first).await;
    let kept = Some(json!({ "code": active.text("/backup_codes/0") }));
    walk.ok(&who, "activate_backup_codes", &[], kept).await;
    walk.ok(&who, "create_backup_codes", &[], None).await;
    for id in ["list_totp_devices", "get_backup_codes", "get_security"] {
        walk.ok(&who, id, &[], None).await;
    }
    let challenge = walk.ok(&who, "create_session", &[], login.clone()).await.expect(202).text("/challenge_id");
    walk.ok(&who, "recover_factors", &[&challenge], None).await;
    house.settle().await;
    let token = Some(json!({ "token": house.token_for(&who.email) }));
    walk.ok(&who, "cancel_factor_recovery", &[], token).await;
    later(60);
    let answer = Some(json!({ "method": "totp", "code": shown(), "remember_device": true }));
    let session = walk.ok(&who, "answer_login_challenge", &[&challenge], answer).await;
    who.token = Some(session.text("/access_token"));
    let known = walk.ok(&who, "list_remembered_devices", &[], None).await.text("/items/0/id");
    walk.ok(&who, "delete_remembered_device", &[&known], None).await;
    let open = walk.ok(&who, "list_sessions", &[], None).await.items();
    let other = open.iter().find(|session| session["current"] == false).map(|session| session["id"].clone());
    let other = other.unwrap_or_else(|| open[0]["id"].clone());
    walk.ok(&who, "end_session", &[other.as_str().unwrap()], None).await;
    walk.ok(&who, "end_other_sessions", &[], None).await;
    walk.ok(&who, "delete_totp_device", &[&id], None).await;
    walk.ok(&who, "create_session", &[], login).await.expect(201);
    // lost, but for a backup code
    let new = walk.ok(&who, "add_totp_device", &[], Some(json!({ "name": "Tablet" }))).await;
    let code = json!({ "code": crate::session::factors::shown(house, &new.text("/secret")) });
    let active = walk.ok(&who, "activate_totp_device", &[&new.text("/device/id")], Some(code)).await;
    let kept = Some(json!({ "code": active.text("/backup_codes/0") }));
    walk.ok(&who, "activate_backup_codes", &[], kept).await;
    let login = Some(json!({ "login": who.email, "password": house::house::PASSWORD }));
    let challenge = walk.ok(&who, "create_session", &[], login).await.expect(202).text("/challenge_id");
    let backup = active.text("/backup_codes/1");
    walk.ok(&who, "send_recovery_code", &[&challenge], Some(json!({ "backup_code": backup }))).await;
    house.settle().await;
    let both = json!({ "backup_code": backup, "code": house.code_for(&who.email) });
    walk.ok(&who, "confirm_factor_recovery", &[&challenge], Some(both)).await;
}

/// Security keys: added, proven, used alone, renamed, removed.
async fn security_keys(walk: &Walk, house: &House) {
    let mut who = house.customer().await;
    let asked = walk.ok(&who, "begin_security_key_registration", &[], None).await;
    let (soft, credential) = SoftKey::create(&asked.body["public_key"]);
    let new = Some(json!({ "name": "Blue key", "credential": credential }));
    let id = walk.ok(&who, "add_security_key", &[], new).await.text("/key/id");
    let login = Some(json!({ "login": who.email, "password": house::house::PASSWORD }));
    let challenge = walk.ok(&who, "create_session", &[], login).await.expect(202).text("/challenge_id");
    let shown =
        |asked: &Answer| json!({ "method": "security_key", "credential": soft.sign(&asked.body["public_key"]) });
    let asked = walk.ok(&who, "begin_security_key_login", &[&challenge], None).await;
    let session = walk.ok(&who, "answer_login_challenge", &[&challenge], Some(shown(&asked))).await;
    who.token = Some(session.text("/access_token"));
    let asked = walk.ok(&who, "begin_security_key_proof", &[], None).await;
    walk.ok(&who, "prove_identity", &[], Some(shown(&asked))).await;
    walk.ok(&who, "list_security_keys", &[], None).await;
    walk.ok(&who, "rename_security_key", &[&id], Some(json!({ "name": "Key at home" }))).await;
    let asked = walk.ok(&who, "begin_passkey_login", &[], None).await;
    let alone = json!({
        "ceremony_id": asked.text("/ceremony_id"), "credential": soft.sign(&asked.body["public_key"]),
    });
    who.token = Some(walk.ok(&who, "create_passkey_session", &[], Some(alone)).await.text("/access_token"));
    walk.ok(&who, "delete_security_key", &[&id], None).await;
}

/// A token for programs: made, refused, seen, revoked.
async fn access_tokens(walk: &Walk, who: &Client) {
    let new = json!({
        "name": "Backups", "scopes": ["account:read", "services:read"], "ip_ranges": ["127.0.0.0/8"],
    });
    let made = walk.ok(who, "create_access_token", &[], Some(new)).await;
    let wrong = json!({ "name": " ", "scopes": ["operator:*"], "expires_at": "2020-01-01T00:00:00Z" });
    walk.go(who, "create_access_token", (&[], ""), Some(wrong)).await.expect(422);
    let program = who.with_token(&made.text("/token"));
    walk.ok(&program, "get_account", &[], None).await;
    walk.go(&program, "list_access_tokens", (&[], ""), None).await.expect(403);
    walk.ok(who, "list_access_tokens", &[], None).await;
    walk.ok(who, "revoke_access_token", &[&made.text("/access_token/id")], None).await;
    walk.go(&program, "get_account", (&[], ""), None).await.expect(401);
}

/// Judging and changing the password, rules by address.
async fn passwords(walk: &Walk, who: &Client, password: &str) {
    for judged in ["violet harbour 94 lanterns", "password1234567", "abc", &"é".repeat(300)] {
        let body = json!({ "password": judged, "own_words": [who.email] });
        walk.ok(who, "judge_password", &[], Some(body)).await;
    }
    let change = |current: &str, new: &str| Some(json!({ "current_password": current, "new_password": new }));
    walk.go(who, "change_password", (&[], ""), change("no", "amber lighthouse 27 sparrow")).await.expect(422);
    walk.go(who, "change_password", (&[], ""), change(password, password)).await.expect(422);
    walk.ok(who, "change_password", &[], change(password, "amber lighthouse 27 sparrow")).await;
    walk.ok(who, "get_ip_rules", &[], None).await;
    let out = json!({ "rules": [], "default_action": "deny" });
    walk.go(who, "set_ip_rules", (&[], ""), Some(out)).await.expect(409);
    let rules =
        json!({ "rules": [{ "cidr": "127.0.0.1", "action": "allow", "label": "Here" }], "default_action": "deny" });
    walk.ok(who, "set_ip_rules", &[], Some(rules)).await;
    walk.ok(who, "get_ip_rules", &[], None).await;
    walk.go(&who.at("192.0.2.1"), "get_ip_rules", (&[], ""), None).await.expect(403);
}

async fn forget_former_passwords(house: &House) {
    use sea_orm::EntityTrait;
    let forgotten: Result<_, sea_orm::DbErr> =
        house.app.transact(async |tx| entity::former_password::Entity::delete_many().exec(&**tx).await).await;
    forgotten.unwrap();
}

/// Payment methods, orders, payments, invoices.
async fn money(walk: &Walk, house: &House, who: &Client) {
    let method = |token: &str| json!({ "type": "card", "token": token, "make_default": false });
    walk.ok(who, "add_payment_method", &[], Some(method("sim_ok"))).await;
    let other = walk.ok(who, "add_payment_method", &[], Some(method("sim_decline_soft"))).await.text("/id");
    walk.go(who, "add_payment_method", (&[], ""), Some(method("4242424242424242"))).await.expect(422);
    walk.ok(who, "list_payment_methods", &[], None).await;
    walk.ok(who, "get_payment_method", &[&other], None).await;
    walk.ok(who, "rename_payment_method", &[&other], Some(json!({ "label": "A weak card" }))).await;
    let items = json!({ "items": [
        { "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic", "quantity": 2, "display_name": "Web" },
        { "plan": "dedicated-1", "period": "P1M", "renewal_mode": "manual" },
    ] });
    walk.go(who, "place_order", (&[], "?dry_run=true"), Some(items.clone())).await.expect(200);
    let order = walk.ok(who, "place_order", &[], Some(items.clone())).await.text("/id");
    let spare = walk.ok(who, "place_order", &[], Some(items)).await.text("/id");
    walk.ok(who, "list_orders", &[], None).await;
    walk.ok(who, "get_order", &[&order], None).await;
    walk.ok(who, "get_order_tracking", &[&order], None).await;
    walk.ok(who, "cancel_order", &[&spare], None).await;
    let pay = |id: &str| json!({ "source": "payment_method", "payment_method_id": id });
    walk.go(who, "pay_order", (&[&order], ""), Some(pay(&other))).await.expect(402);
    walk.go(who, "pay_order", (&[&order], "?dry_run=true"), Some(json!({ "source": "payment_method" })))
        .await
        .expect(200);
    walk.go(who, "pay_order", (&[&order], ""), Some(json!({ "source": "balance" }))).await.expect(402);
    let paid = walk.ok(who, "pay_order", &[&order], Some(json!({ "source": "payment_method" }))).await;
    walk.go(who, "pay_order", (&[&order], ""), Some(json!({ "source": "payment_method" }))).await.expect(409);
    house.settle().await;
    walk.ok(who, "get_order_tracking", &[&order], None).await;
    walk.ok(who, "list_payments", &[], None).await;
    walk.ok(who, "get_payment", &[&paid.text("/id")], None).await;
    walk.ok(who, "list_invoices", &[], None).await;
    walk.ok(who, "get_invoice", &[&paid.text("/invoice_id")], None).await;
    let wrong = json!({ "source": "payment_method" });
    walk.go(who, "pay_invoice", (&[&paid.text("/invoice_id")], ""), Some(wrong)).await.expect(409);
}

/// Services: how they go on, a renewal that is not paid, what is cancelled and credited.
async fn services(walk: &Walk, house: &House, who: &mut Client) {
    let active = walk.go(who, "list_services", (&[], "?status=active&sort=expires_on"), None).await.items();
    let (one, two) = (active[0]["id"].as_str().unwrap().to_owned(), active[1]["id"].as_str().unwrap().to_owned());
    walk.ok(who, "get_service", &[&one], None).await;
    walk.ok(who, "update_service", &[&one], Some(json!({ "display_name": "Shop" }))).await;
    walk.ok(who, "get_service_timeline", &[&one], None).await;
    walk.ok(who, "list_renewal_offers", &[&one], None).await;
    let mode = json!({ "mode": "manual", "period": "P1M" });
    walk.go(who, "set_service_renewal", (&[&one], "?dry_run=true"), Some(mode.clone())).await.expect(200);
    walk.ok(who, "set_service_renewal", &[&one], Some(mode)).await;
    let renew = json!({ "payment_source": "payment_method" });
    walk.go(who, "renew_service", (&[&one], "?dry_run=true"), Some(renew.clone())).await.expect(200);
    walk.ok(who, "renew_service", &[&one], Some(renew)).await;
    walk.go(who, "get_service_cancellation", (&[&one], ""), None).await;
    let reason = json!({ "reason": "too_expensive", "comment": "Found a cheaper one." });
    walk.ok(who, "request_service_cancellation", &[&one], Some(reason.clone())).await;
    walk.go(who, "request_service_cancellation", (&[&one], ""), Some(reason)).await;
    walk.ok(who, "get_service", &[&one], None).await;
    walk.ok(who, "get_service_cancellation", &[&one], None).await;
    walk.ok(who, "revoke_service_cancellation", &[&one], None).await;
    // the second is not paid: it is past due, then paid, then past due again and deleted
    let weak = who.get("/v1/payment-methods").await.items();
    let weak = weak.iter().find(|method| method["label"] == "A weak card").unwrap()["id"].as_str().unwrap().to_owned();
    let strong = who.get("/v1/payment-methods").await.items();
    let strong =
        strong.iter().find(|method| method["label"] != "A weak card").unwrap()["id"].as_str().unwrap().to_owned();
    walk.ok(who, "set_default_payment_method", &[], Some(json!({ "payment_method_id": weak }))).await;
    house.travel_to("2026-03-02T09:00:00Z").await;
    who.log_in().await;
    let open = walk.go(who, "list_invoices", (&[], "?status=open&status=past_due"), None).await.items();
    let invoice = open[0]["id"].as_str().unwrap_or_else(|| panic!("no open invoice")).to_owned();
    walk.ok(who, "get_service", &[&two], None).await;
    let pay = json!({ "source": "payment_method", "payment_method_id": strong });
    walk.go(who, "pay_invoice", (&[&invoice], "?dry_run=true"), Some(pay.clone())).await.expect(200);
    walk.ok(who, "pay_invoice", &[&invoice], Some(pay)).await;
    house.travel_to("2026-04-01T09:00:00Z").await;
    who.log_in().await;
    walk.ok(who, "get_service_timeline", &[&two], None).await;
    walk.go(who, "request_service_deletion", (&[&two], "?dry_run=true"), Some(json!({}))).await.expect(202);
    walk.ok(who, "request_service_deletion", &[&two], Some(json!({ "reason": "other" }))).await;
    house.settle().await;
    let token = json!({ "token": house.token_for(&who.email) });
    walk.ok(who, "confirm_service_deletion", &[&two], Some(token.clone())).await;
    walk.go(who, "confirm_service_deletion", (&[&two], ""), Some(token)).await;
    let credits = walk.ok(who, "list_credit_notes", &[], None).await.items();
    walk.ok(who, "get_credit_note", &[credits[0]["id"].as_str().unwrap()], None).await;
    let cancellations = walk.ok(who, "list_cancellations", &[], None).await.items();
    walk.ok(who, "get_cancellation", &[cancellations[0]["id"].as_str().unwrap()], None).await;
    for id in ["list_services", "list_invoices", "list_payments", "get_check_up", "list_emails", "list_activity"] {
        walk.ok(who, id, &[], None).await;
    }
    walk.ok(who, "set_default_payment_method", &[], Some(json!({ "payment_method_id": strong }))).await;
    walk.ok(who, "remove_payment_method", &[&weak], None).await;
}

/// What the provider does.
async fn provider(walk: &Walk, house: &House, who: &mut Client) {
    let operator = house.operator().await;
    let reads = operations().iter().filter(|it| it.is_operator() && !it.writes() && !it.path.contains('{'));
    for operation in reads {
        walk.ok(&operator, &operation.id, &[], None).await;
    }
    let orders = who.get("/v1/orders?status=delivering").await.items();
    let order = orders[0]["id"].as_str().unwrap().to_owned();
    for (step, status) in [("delivering", "done"), ("available", "doing"), ("available", "done")] {
        walk.ok(&operator, "set_order_step", &[&order, step], Some(json!({ "status": status }))).await;
    }
    walk.ok(who, "get_order_tracking", &[&order], None).await;
    let plan = operation("publish_plan").example();
    walk.ok(&operator, "publish_plan", &[], plan).await;
    let account = who.get("/v1/account").await.text("/id");
    walk.ok(&operator, "get_operator_account", &[&account], None).await;
    walk.ok(&operator, "block_account", &[&account], Some(json!({ "reason": "a test" }))).await;
    walk.go(who, "get_account", (&[], ""), None).await;
    walk.ok(&operator, "unblock_account", &[&account], None).await;
    walk.ok(&operator, "clear_account_ip_rules", &[&account], None).await;
    who.log_in().await;
    let clock = walk.ok(&operator, "create_test_clock", &[], Some(json!({ "name": "walk" }))).await.text("/id");
    walk.ok(&operator, "get_test_clock", &[&clock], None).await;
    let lived = house.customer().await.get("/v1/account").await.text("/id");
    walk.ok(&operator, "change_operator_account", &[&lived], Some(json!({ "test_clock_id": clock }))).await;
    walk.go(&operator, "change_operator_account", (&[&account], ""), Some(json!({ "test_clock_id": clock })))
        .await
        .expect(409);
    let to = json!({ "to": (house.now() + chrono::TimeDelta::days(3)).to_rfc3339() });
    let moving = walk.ok(&operator, "advance_test_clock", &[&clock], Some(to)).await.text("/id");
    walk.ok(&operator, "get_operation", &[&moving], None).await;
    walk.ok(&operator, "get_test_clock", &[&clock], None).await;
    walk.ok(&operator, "release_renewals", &[], None).await;
    let parked = park(house).await;
    walk.ok(&operator, "list_milestones", &[], None).await;
    walk.ok(&operator, "request_milestone_retry", &[&parked], None).await;
    walk.ok(&operator, "list_vat_checks", &[], None).await;
    let exports = walk.ok(&operator, "list_operator_exports", &[], None).await.items();
    let id = exports[0]["id"].as_str().unwrap();
    walk.go(&operator, "request_export_retry", (&[id], ""), None).await.expect(409);
    crate::export::fail(house, id).await;
    walk.ok(&operator, "list_operator_exports", &[], None).await;
    walk.ok(&operator, "request_export_retry", &[id], None).await;
}

/// Parks the next planned milestone, as a fault would.
async fn park(house: &House) -> String {
    use domain::timeline::MilestoneState;
    use entity::milestone::{Column, Entity};
    use sea_orm::sea_query::Expr;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
    let planned =
        Entity::find().filter(Column::State.eq(MilestoneState::Planned)).filter(Column::TestClockId.is_null());
    let row = planned.order_by_desc(Column::RunAt).one(&**house.app.read()).await.unwrap().expect("a milestone");
    let parked: Result<_, sea_orm::DbErr> = house
        .app
        .transact(async |tx| {
            let update = Entity::update_many()
                .col_expr(Column::State, Expr::value(MilestoneState::Parked))
                .col_expr(Column::LastError, Expr::value("a test"))
                .col_expr(Column::FinishedAt, Expr::value(house.now()));
            update.filter(Column::Id.eq(row.id)).exec(&**tx).await
        })
        .await;
    assert_eq!(parked.unwrap().rows_affected, 1);
    row.id.to_string()
}

/// The closure of an account with nothing left.
async fn endings(walk: &Walk, house: &House, owner: &mut Client) {
    walk.go(owner, "request_account_closure", (&[], ""), None).await.expect(409);
    let who = house.customer().await;
    walk.go(&who, "get_account_closure", (&[], ""), None).await.expect(404);
    walk.go(&who, "request_account_closure", (&[], "?dry_run=true"), None).await;
    walk.ok(&who, "request_account_closure", &[], None).await;
    house.settle().await;
    let token = json!({ "token": house.token_for(&who.email) });
    walk.ok(&who, "confirm_account_closure", &[], Some(token)).await;
    walk.ok(&who, "get_account_closure", &[], None).await;
    walk.ok(&who, "get_account", &[], None).await;
    walk.ok(&who, "revoke_account_closure", &[], None).await;
    walk.ok(&who, "get_account_closure", &[], None).await;
}
