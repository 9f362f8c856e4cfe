//! Where mails go, what their reader knows them by, what came back.

use domain::mailing::Category;
use house::{Answer, Client, House, on_both};
use serde_json::{Value, json};

const ALL: [&str; 6] = ["account", "security", "billing", "renewal", "order", "product"];

pub fn without(category: &str) -> Vec<&'static str> {
    ALL.into_iter().filter(|known| *known != category).collect()
}

pub async fn route(who: &Client, primary: &[&str], extra: &[(&str, &[&str])]) -> Answer {
    let extra: Vec<Value> =
        extra.iter().map(|(email, categories)| json!({ "email": email, "categories": categories })).collect();
    who.put("/v1/account/email-routing", &json!({ "primary": { "categories": primary }, "addresses": extra })).await
}

pub async fn confirm(who: &Client, email: &str, code: &str) -> Answer {
    who.post("/v1/account/email-routing/confirmation", &json!({ "email": email, "code": code })).await
}

/// Somebody with a service whose billing mails go to another, proven address.
async fn with_accounting(house: &House, to: &str) -> Client {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    who.log_in().await;
    route(&who, &without("billing"), &[(to, &["billing"])]).await.expect(200);
    house.settle().await;
    confirm(&who, to, &house.code_for(to)).await.expect(200);
    house.settle().await;
    who
}

async fn bounce(house: &House, id: &str, kind: &str) -> Answer {
    let report = json!({ "email_id": id, "kind": kind, "diagnostic": "550 5.1.1\r\nuser unknown" });
    house.operator().await.post("/v1/operator/bounces", &report).await
}

/// The ids of an account's mails of a kind, the last first.
async fn ids(who: &Client, kind: &str) -> Vec<String> {
    let mails = who.get(&format!("/v1/account/emails?kind={kind}&limit=100")).await.expect(200).items();
    mails.iter().map(|mail| mail["id"].as_str().unwrap().to_owned()).collect()
}

/// The mail about a payment method; while the clock stands still, the order of mails tells nothing.
async fn method_added(who: &Client, label: &str) -> Value {
    let mails = who.get("/v1/account/emails?kind=payment_method_added").await.expect(200).items();
    mails.into_iter().find(|mail| mail["subject"].as_str().unwrap().contains(label)).unwrap()
}

on_both!(an_extra_address_receives_nothing_before_its_code, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let to = "accounting@example.org";
    let pending = route(&who, &without("billing"), &[("Accounting@Example.org", &["billing"])]).await.expect(200);
    assert_eq!(pending.text("/addresses/0/email"), to);
    assert_eq!(pending.text("/addresses/0/status"), "awaiting_confirmation");
    house.settle().await;
    assert_eq!(house.subjects(to).len(), 1, "the code, and nothing else");
    let before = house.subjects(&who.email).len();
    who.add_method("sim_ok").await.expect(201);
    house.settle().await;
    assert_eq!(house.subjects(to).len(), 1, "not proven yet");
    assert_eq!(house.subjects(&who.email).len(), before + 1, "until then it stays at the primary address");
    let code = house.code_for(to);
    let wrong = if code == "000000" { "111111" } else { "000000" };
    assert_eq!(confirm(&who, to, wrong).await.expect(422).code(), "code_invalid");
    assert_eq!(confirm(&who, "nobody@example.org", &code).await.expect(404).code(), "not_found");
    assert_eq!(confirm(&who, to, &code).await.expect(200).text("/addresses/0/status"), "confirmed");
    assert_eq!(confirm(&who, to, &code).await.expect(410).code(), "code_expired");
    house.settle().await;
    let before = (house.subjects(&who.email).len(), house.subjects(to).len());
    who.add_method("sim_chargeback").await.expect(201);
    house.settle().await;
    assert_eq!((house.subjects(&who.email).len(), house.subjects(to).len()), (before.0, before.1 + 1), "moved");
    // one row, one recipient
    let mail = method_added(&who, "sim_chargeback").await;
    assert_eq!(mail["to"], "a•••@e•••.org", "{mail}");
}));

on_both!(a_mail_may_go_to_several_addresses_each_with_its_own_state, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        let to = "copies@example.org";
        route(&who, &ALL, &[(to, &["billing", "order"])]).await.expect(200);
        house.settle().await;
        confirm(&who, to, &house.code_for(to)).await.expect(200);
        who.add_method("sim_ok").await.expect(201);
        house.settle().await;
        let mails = ids(&who, "payment_method_added").await;
        assert_eq!(mails.len(), 2);
        bounce(&house, &mails[0], "soft").await.expect(200);
        let one = who.get(&format!("/v1/account/emails/{}", mails[1])).await.expect(200);
        let mut states: Vec<&str> =
            one.body["deliveries"].as_array().unwrap().iter().map(|copy| copy["state"].as_str().unwrap()).collect();
        states.sort_unstable();
        assert_eq!(states, ["accepted", "bounced"], "{}", one.text);
        // codes and tokens go to one address only
        who.post("/v1/password-resets", &json!({ "login": who.email })).await.expect(202);
        house.settle().await;
        assert_eq!(ids(&who, "password_reset").await.len(), 1);
    }
));

on_both!(nothing_but_products_can_be_switched_off, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    route(&who, &without("product"), &[]).await.expect(200);
    for category in ALL.into_iter().filter(|category| *category != "product") {
        let refused = route(&who, &without(category), &[]).await.expect(422);
        let expected = if category == "security" { "category_stays" } else { "category_homeless" };
        assert_eq!(refused.text("/errors/0/code"), expected, "{category}");
    }
    let far: [&str; 1] = ["order"];
    let refused = route(&who, &without("security"), &[("s@example.org", &["security"])]).await.expect(422);
    assert_eq!(refused.text("/errors/0/code"), "category_stays");
    let six: Vec<(String, &[&str])> = (0..6).map(|n| (format!("a{n}@example.org"), &far[..])).collect();
    let six: Vec<(&str, &[&str])> = six.iter().map(|(address, far)| (address.as_str(), *far)).collect();
    assert_eq!(route(&who, &ALL, &six).await.expect(422).text("/errors/0/code"), "too_many");
    let twice = route(&who, &ALL, &[("a@example.org", &far), ("A@example.org", &far)]).await.expect(422);
    assert_eq!(twice.text("/errors/0/code"), "duplicate_item");
    assert_eq!(route(&who, &ALL, &[(&who.email, &far)]).await.expect(422).text("/errors/0/code"), "already_used");
    assert_eq!(route(&who, &ALL, &[("a@example.org", &[])]).await.expect(422).text("/errors/0/code"), "too_few");
    house.settle().await;
    assert!(house.subjects("a@example.org").is_empty(), "what is refused mails nobody");
    assert_eq!(Category::ALL.len(), ALL.len());
}));

on_both!(a_change_is_told_to_all_and_to_who_is_removed, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let to = "accounting@example.org";
    let mut who = with_accounting(&house, to).await;
    let before = (house.subjects(&who.email).len(), house.subjects(to).len());
    route(&who, &ALL, &[]).await.expect(200);
    house.settle().await;
    assert_eq!((house.subjects(&who.email).len(), house.subjects(to).len()), (before.0 + 1, before.1 + 1));
    who.get("/v1/account/email-routing").await.expect(200);
    house.travel_to("2026-01-30T09:06:00Z").await;
    assert_eq!(route(&who, &ALL, &[]).await.expect(403).code(), "fresh_proof_required");
    who.log_in().await;
    route(&who, &ALL, &[]).await.expect(200);
}));

on_both!(one_address_gets_three_codes_an_hour_whoever_asks, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (one, two) = (house.customer().await, house.customer().await);
    let to = "victim@example.org";
    let resend = async |who: &Client| who.post("/v1/account/email-routing/resend", &json!({ "email": to })).await;
    route(&two, &ALL, &[(to, &["order"])]).await.expect(200);
    route(&one, &ALL, &[(to, &["order"])]).await.expect(200);
    house.settle().await;
    resend(&one).await.expect(202);
    house.settle().await;
    assert!(resend(&two).await.expect(429).header("retry-after").is_some());
    assert_eq!(house.subjects(to).len(), 3);
    // it is good for the account that asked for it only
    let code = house.code_for(to);
    assert_eq!(confirm(&two, to, &code).await.expect(422).code(), "code_invalid");
    confirm(&one, to, &code).await.expect(200);
    assert_eq!(resend(&one).await.expect(409).code(), "address_already_proven");
}));

on_both!(the_phrase_is_printed_to_proven_addresses_and_stored_nowhere, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        let phrase = "Trois <chats> gris & 1 toit";
        assert_eq!(who.get("/v1/account/anti-phishing-phrase").await.expect(200).body, json!({ "is_set": false }));
        let set = who.put("/v1/account/anti-phishing-phrase", &json!({ "phrase": phrase })).await.expect(200);
        assert_eq!((set.body["is_set"].as_bool(), set.text("/hint").as_str()), (Some(true), "T•••"));
        who.put("/v1/account/backup-email", &json!({ "email": "spare@example.org" })).await.expect(202);
        route(&who, &ALL, &[("new@example.org", &["order"])]).await.expect(200);
        house.settle().await;
        let last = |to: &str| house.mails().into_iter().rev().find(|mail| mail.to.contains(to)).unwrap();
        let mine = last(&who.email);
        assert!(mine.text.starts_with(&format!("Your anti-phishing phrase: {phrase}\n\n")), "{}", mine.text);
        assert!(mine.html.contains("Trois &lt;chats&gt; gris &amp; 1 toit"), "{}", mine.html);
        for stranger in ["spare@example.org", "new@example.org"] {
            let mail = last(stranger);
            assert!(!mail.text.contains("chats") && !mail.html.contains("chats"), "{}", mail.text);
        }
        for (table, rows) in crate::schema::contents(&house).await {
            assert!(rows.iter().all(|row| !row.contains("chats")), "{table} holds the phrase");
        }
        for (wrong, code) in
            [("abc", "too_short"), ("a\nb c d", "invalid_format"), ("http://evil.test", "invalid_format")]
        {
            let refused = who.put("/v1/account/anti-phishing-phrase", &json!({ "phrase": wrong })).await.expect(422);
            assert_eq!(refused.text("/errors/0/code"), code, "{wrong}");
        }
        who.put("/v1/account/anti-phishing-phrase", &json!({ "phrase": null })).await.expect(200);
        house.settle().await;
        assert!(!last(&who.email).text.contains("chats"));
    }
));

on_both!(a_code_tells_what_was_sent_and_to_whom, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    house.settle().await;
    let mail = who.get("/v1/account/emails?kind=welcome").await.expect(200).items()[0].clone();
    let code = mail["authenticity_code"].as_str().unwrap();
    let sent = house.mails().into_iter().find(|sent| Some(sent.subject.as_str()) == mail["subject"].as_str()).unwrap();
    assert!(sent.text.contains(code) && sent.html.contains(code), "{}", sent.text);
    let check = async |code: &str| {
        house.stranger().post("/v1/email-authenticity-checks", &json!({ "code": code })).await.expect(200)
    };
    for typed in [code.to_owned(), code.to_lowercase().replace('-', " ")] {
        let known = check(&typed).await;
        assert_eq!(known.body["genuine"], true, "{}", known.text);
        for what in ["kind", "category", "to"] {
            assert_eq!(known.body[what], mail[what], "{what}");
        }
        assert_eq!(known.text("/sent_at"), "2026-01-30T09:00:00Z");
        assert!(known.body.get("subject").is_none(), "it may name a service or an amount");
        assert!(!known.text.contains(&who.email));
    }
    let unknown = check("0000-0000-0000-0000").await;
    assert_eq!(unknown.body, json!({ "genuine": false, "mistyped": false }));
    let mut mistyped = code.to_owned();
    mistyped.replace_range(0..1, if code.starts_with('7') { "8" } else { "7" });
    assert_eq!(check(&mistyped).await.body, json!({ "genuine": false, "mistyped": true }));
}));

on_both!(an_address_that_refuses_is_marked_until_a_code_comes_back_from_it, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let to = "accounting@example.org";
        let who = with_accounting(&house, to).await;
        who.add_method("sim_chargeback").await.expect(201);
        house.settle().await;
        let mail = method_added(&who, "sim_chargeback").await["id"].as_str().unwrap().to_owned();
        let before = house.subjects(&who.email).len();
        let told = bounce(&house, &mail, "hard").await.expect(200);
        assert_eq!((told.text("/state").as_str(), told.text("/bounce_kind").as_str()), ("bounced", "hard"));
        bounce(&house, &mail, "hard").await.expect(200);
        assert_eq!(bounce(&house, &mail, "complaint").await.expect(409).code(), "email_not_accepted");
        house.settle().await;
        assert_eq!(house.subjects(&who.email).len(), before + 1, "told once, at the other address");
        let routing = who.get("/v1/account/email-routing").await.expect(200);
        assert_eq!(routing.text("/addresses/0/status"), "undeliverable");
        let (mine, theirs) = (house.subjects(&who.email).len(), house.subjects(to).len());
        who.add_method("sim_ok~3").await.expect(201);
        house.settle().await;
        assert_eq!(
            (house.subjects(&who.email).len(), house.subjects(to).len()),
            (mine + 1, theirs),
            "back to the primary"
        );
        who.post("/v1/account/email-routing/resend", &json!({ "email": to })).await.expect(202);
        house.settle().await;
        confirm(&who, to, &house.code_for(to)).await.expect(200);
        assert_eq!(who.get("/v1/account/email-routing").await.text("/addresses/0/status"), "confirmed");
        let operator = house.operator().await;
        let unknown = json!({ "message_id": "<eml_01h455vb4pex5vsknk084sn02q@tacit.example>", "kind": "soft" });
        assert_eq!(operator.post("/v1/operator/bounces", &unknown).await.expect(404).code(), "not_found");
        let by_name =
            json!({ "message_id": format!("<{}@tacit.example>", ids(&who, "welcome").await[0]), "kind": "complaint" });
        assert_eq!(operator.post("/v1/operator/bounces", &by_name).await.expect(200).text("/state"), "accepted");
        let neither = operator.post("/v1/operator/bounces", &json!({ "kind": "soft" })).await.expect(422);
        assert_eq!(neither.text("/errors/0/pointer"), "/email_id");
    }
));

on_both!(the_third_soft_bounce_marks_an_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    for token in ["sim_ok", "sim_chargeback", "sim_ok~3"] {
        let status = who.get("/v1/account/email-routing").await.text("/primary/status");
        assert_eq!(status, "confirmed");
        who.add_method(token).await.expect(201);
        house.travel_to(&(house.now() + chrono::TimeDelta::minutes(1)).to_rfc3339()).await;
        bounce(&house, &ids(&who, "payment_method_added").await[0], "soft").await.expect(200);
    }
    assert_eq!(who.get("/v1/account/email-routing").await.text("/primary/status"), "undeliverable");
    let items = who.get("/v1/account/check-up").await.expect(200).items();
    let item = items.iter().find(|item| item["code"] == "emails_arrive").unwrap();
    assert_eq!(item["severity"], "critical", "{item}");
    // a code that comes back from it mends both
    who.post("/v1/account/email-routing/resend", &json!({ "email": who.email })).await.expect(202);
    house.settle().await;
    confirm(&who, &who.email, &house.code_for(&who.email)).await.expect(200);
    let items = who.get("/v1/account/check-up").await.expect(200).items();
    assert!(items.iter().any(|item| item["code"] == "emails_arrive" && item["severity"] == "fine"));
}));

on_both!(a_mailbox_that_the_relay_refuses_is_marked_at_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    house.settle().await;
    house.app.mailer.fail_next(api::mail::SendError::NoSuchAddress("550".to_owned()));
    who.add_method("sim_ok").await.expect(201);
    house.settle().await;
    let mail = who.get("/v1/account/emails?kind=payment_method_added").await.expect(200).items()[0].clone();
    assert_eq!(mail["state"], "failed");
    assert_eq!(who.get("/v1/account/email-routing").await.text("/primary/status"), "undeliverable");
}));

on_both!(a_notice_that_came_back_proves_nothing, "2026-03-10T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "manual")).await;
    // suspended on 10 April, deletion announced for the 25th, warned on the 18th and the 23rd
    house.travel_to("2026-04-23T09:00:00Z").await;
    who.log_in().await;
    assert_eq!(who.service().await["status"], "suspended");
    let warnings = ids(&who, "deletion_warning").await;
    assert_eq!(warnings.len(), 2);
    for mail in &warnings {
        bounce(&house, mail, "hard").await.expect(200);
    }
    house.travel_to("2026-04-25T12:00:00Z").await;
    who.log_in().await;
    assert_eq!(who.service().await["status"], "suspended", "announced, but nobody was told");
    let again = ids(&who, "deletion_warning").await;
    assert_eq!(again.len(), 3, "told again, and the day moved");
    house.travel_to("2026-04-28T12:00:00Z").await;
    assert_eq!(who.get("/v1/services?status=deleted").await.expect(401).status, 401);
    who.log_in().await;
    assert_eq!(who.get("/v1/services?status=deleted").await.expect(200).items().len(), 1);
}));

on_both!(one_copy_at_a_proven_address_is_proof, "2026-03-10T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "manual")).await;
    who.log_in().await;
    route(&who, &ALL, &[("other@example.org", &["renewal"])]).await.expect(200);
    house.settle().await;
    confirm(&who, "other@example.org", &house.code_for("other@example.org")).await.expect(200);
    house.travel_to("2026-04-23T09:00:00Z").await;
    who.log_in().await;
    for kind in ["service_suspended", "deletion_warning"] {
        for mail in who.get(&format!("/v1/account/emails?kind={kind}")).await.expect(200).items() {
            if mail.get("copy_of").is_none() {
                bounce(&house, mail["id"].as_str().unwrap(), "soft").await.expect(200);
            }
        }
    }
    house.travel_to("2026-04-25T12:00:00Z").await;
    who.log_in().await;
    assert_eq!(who.get("/v1/services?status=deleted").await.expect(200).items().len(), 1);
}));

on_both!(a_mail_is_sent_again_three_times_an_hour_without_its_secrets, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let (who, other) = (house.customer().await, house.customer().await);
        let welcome = ids(&who, "welcome").await[0].clone();
        let again = async |id: &str| who.post(&format!("/v1/account/emails/{id}/resend"), &json!({})).await;
        let before = house.subjects(&who.email).len();
        for _ in 0..3 {
            assert_eq!(again(&welcome).await.expect(202).text("/copy_of"), welcome);
        }
        assert!(again(&welcome).await.expect(429).header("retry-after").is_some());
        house.settle().await;
        assert_eq!(house.subjects(&who.email).len(), before + 3);
        let code = ids(&who, "verify_email").await[0].clone();
        assert_eq!(again(&code).await.expect(409).code(), "email_not_resendable");
        other.post(&format!("/v1/account/emails/{welcome}/resend"), &json!({})).await.expect(404);
    }
));

on_both!(closing_the_account_erases_addresses_marks_and_phrase, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, to) = (house.customer().await, "accounting@example.org");
    route(&who, &ALL, &[(to, &["account", "billing"]), ("unproven@example.org", &["order"])]).await.expect(200);
    house.settle().await;
    confirm(&who, to, &house.code_for(to)).await.expect(200);
    who.put("/v1/account/anti-phishing-phrase", &json!({ "phrase": "Trois chats gris" })).await.expect(200);
    house.settle().await;
    let mails = who.get("/v1/account/emails?kind=phrase_changed").await.expect(200).items();
    bounce(&house, mails[0]["id"].as_str().unwrap(), "hard").await.expect(200);
    who.post("/v1/account/closure", &json!({})).await.expect(202);
    house.settle().await;
    let token = json!({ "token": house.token_for(&who.email) });
    who.post("/v1/account/closure/confirmation", &token).await.expect(200);
    house.travel_to("2026-02-06T09:00:00Z").await;
    for (table, rows) in crate::schema::contents(&house).await {
        if table.starts_with("email_") || table == "undeliverable_address" {
            assert!(rows.is_empty(), "{table}: {rows:?}");
        }
        for row in rows.iter().filter(|row| !row.contains("account_closed")) {
            let personal = [to, "unproven@example.org", "5.1.1"].into_iter().find(|text| row.contains(text));
            assert_eq!(personal, None, "{table}: {row}");
        }
    }
    let code = json!({ "code": mails[0]["authenticity_code"] });
    let known = house.stranger().post("/v1/email-authenticity-checks", &code).await.expect(200);
    assert_eq!((known.text("/kind").as_str(), known.body.get("to")), ("phrase_changed", None));
}));

on_both!(a_mail_that_was_given_up_can_be_sent_after_all, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    house.settle().await;
    house.app.mailer.fail_next(api::mail::SendError::Permanent("554".to_owned()));
    who.add_method("sim_ok").await.expect(201);
    house.settle().await;
    let operator = house.operator().await;
    let failed = operator.get("/v1/operator/emails?state=failed").await.expect(200).items();
    let [mail] = failed.as_slice() else { panic!("{failed:?}") };
    assert_eq!((mail["last_error"].as_str(), mail["attempts"].as_i64()), (Some("554"), Some(1)));
    let retry = async |id: &Value| {
        operator.post(&format!("/v1/operator/emails/{}/retry-request", id.as_str().unwrap()), &json!({})).await
    };
    let before = house.mails().len();
    assert_eq!(retry(&mail["id"]).await.expect(202).text("/state"), "queued");
    assert_eq!(retry(&mail["id"]).await.expect(409).code(), "email_not_resendable");
    house.settle().await;
    assert_eq!(house.mails().len(), before + 1);
    assert!(operator.get("/v1/operator/emails?state=failed").await.expect(200).items().is_empty());
    // what carried a code is gone for good
    house.app.mailer.fail_next(api::mail::SendError::Permanent("554".to_owned()));
    who.post("/v1/password-resets", &json!({ "login": who.email })).await.expect(202);
    house.settle().await;
    let failed = operator.get("/v1/operator/emails?state=failed").await.expect(200).items();
    assert_eq!(retry(&failed[0]["id"]).await.expect(409).code(), "email_not_resendable");
}));

on_both!(what_the_relay_puts_off_after_an_outage_has_all_its_tries, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        house.settle().await;
        house.relay(api::mail::Reachable::No);
        who.add_method("sim_ok").await.expect(201);
        for _ in 0..20 {
            house.travel_to(&(house.now() + chrono::TimeDelta::minutes(3)).to_rfc3339()).await;
        }
        house.relay(api::mail::Reachable::Yes);
        house.app.mailer.fail_next(api::mail::SendError::Temporary("451 greylisted".to_owned()));
        let sent = house.mails().len();
        house.travel_to(&(house.now() + chrono::TimeDelta::minutes(3)).to_rfc3339()).await;
        assert_eq!(house.mails().len(), sent, "put off");
        house.travel_to(&(house.now() + chrono::TimeDelta::minutes(2)).to_rfc3339()).await;
        assert_eq!(house.mails().len(), sent + 1, "after the first wait, not given up");
    }
));

on_both!(a_relay_that_is_away_costs_one_try_and_loses_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    house.settle().await;
    house.relay(api::mail::Reachable::No);
    for token in ["sim_ok", "sim_chargeback", "sim_ok~3"] {
        who.add_method(token).await.expect(201);
    }
    let sent = house.mails().len();
    // four days: longer than a mail that the relay puts off is tried
    for hour in 0..96 {
        house.travel_to(&(house.now() + chrono::TimeDelta::hours(i64::from(hour > 0))).to_rfc3339()).await;
    }
    assert_eq!(house.mails().len(), sent);
    house.relay(api::mail::Reachable::Yes);
    house.travel_to(&(house.now() + chrono::TimeDelta::minutes(16)).to_rfc3339()).await;
    assert_eq!(house.mails().len(), sent + 3, "each once");
    let distinct: std::collections::BTreeSet<String> = house.mails().into_iter().map(|mail| mail.message_id).collect();
    assert_eq!(distinct.len(), sent + 3);
}));
