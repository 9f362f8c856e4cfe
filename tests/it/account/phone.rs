//! The phone number: proven by a code that comes by text.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use api::sms::transport::TextError;
use house::{Answer, Client, House, On, on_both};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const NUMBER: &str = "+33612345678";

async fn ask(who: &Client, number: &str) -> Answer {
    who.put("/v1/account/phone", &json!({ "phone": number })).await
}

async fn confirm(who: &Client, code: &str) -> Answer {
    who.post("/v1/account/phone/confirmation", &json!({ "code": code })).await
}

async fn with_phone(house: &House, number: &str) -> Client {
    let who = house.customer().await;
    ask(&who, number).await.expect(202);
    house.settle().await;
    confirm(&who, &house.code_at(number)).await.expect(200);
    who
}

on_both!(it_counts_once_it_is_proven, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    who.patch("/v1/account", &json!({ "phone": "+33142685300", "language": "fr" })).await.expect(200);
    let pending = ask(&who, "+33 6 12 34 56 78").await.expect(202);
    assert_eq!((pending.text("/phone"), pending.text("/status")).0, "+33•••••••78");
    house.settle().await;
    let account = who.get("/v1/account").await.expect(200);
    assert_eq!((account.text("/phone"), &account.body["phone_verified"]), ("+33142685300".to_owned(), &json!(false)));
    let text = house.app.texter.sent().pop().unwrap();
    assert!(text.body.contains("votre code est") && text.body.contains("10 minutes"), "{}", text.body);
    assert_eq!(text.to, NUMBER);

    let code = house.code_at(NUMBER);
    let wrong = if code == "000000" { "111111" } else { "000000" };
    for _ in 0..4 {
        assert_eq!(confirm(&who, wrong).await.expect(422).code(), "code_invalid");
    }
    let account = confirm(&who, &code).await.expect(200);
    assert_eq!((account.text("/phone"), &account.body["phone_verified"]), (NUMBER.to_owned(), &json!(true)));
    assert_eq!(confirm(&who, &code).await.expect(422).code(), "code_invalid", "the fifth guess was the last");
    house.settle().await;
    assert!(house.subjects(&who.email).contains(&"Votre numéro de téléphone a été modifié".to_owned()));
    assert_eq!(ask(&who, NUMBER).await.expect(409).code(), "phone_already_verified");
}));

on_both!(a_proven_number_changes_by_proof_only, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = with_phone(&house, NUMBER).await;
    for other in [json!("+33698765432"), Value::Null] {
        let refused = who.patch("/v1/account", &json!({ "phone": other, "city": "Lille" })).await.expect(422);
        assert_eq!(refused.text("/errors/0/pointer"), "/phone");
        assert_eq!(refused.text("/errors/0/code"), "phone_is_verified");
    }
    who.patch("/v1/account", &json!({ "phone": "+33 6 12 34 56 78", "city": "Lille" })).await.expect(200);
    assert_eq!(who.get("/v1/account").await.body["phone_verified"], true);

    house.travel_to("2026-01-30T09:00:30Z").await;
    ask(&who, "+33698765432").await.expect(202);
    house.settle().await;
    let under_way = house.code_at("+33698765432");
    who.delete("/v1/account/phone").await.expect(204);
    let account = who.get("/v1/account").await.expect(200);
    assert_eq!((account.body.get("phone"), &account.body["phone_verified"]), (None, &json!(false)));
    assert_eq!(confirm(&who, &under_way).await.expect(410).code(), "code_expired");
    assert_eq!(who.delete("/v1/account/phone").await.expect(404).code(), "not_found");
}));

on_both!(a_code_lasts_ten_minutes_and_is_nothing_to_others, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (one, two) = (house.customer().await, house.customer().await);
    ask(&one, NUMBER).await.expect(202);
    house.settle().await;
    let code = house.code_at(NUMBER);
    assert_eq!(confirm(&two, &code).await.expect(422).code(), "code_invalid");
    house.travel_to("2026-01-30T09:10:01Z").await;
    assert_eq!(confirm(&one, &code).await.expect(410).code(), "code_expired");
}));

on_both!(texts_go_to_mobile_numbers_of_chosen_countries, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    // a line in Paris, one that costs its caller, a country that nobody chose, no number
    let refused = [("+33142685300", "phone_not_reachable"), ("+33899701234", "phone_not_reachable")];
    for (number, code) in refused.into_iter().chain([("+12125552368", "phone_not_reachable"), ("12", "invalid_format")])
    {
        let answer = ask(&who, number).await.expect(422);
        assert_eq!(
            (answer.text("/errors/0/pointer").as_str(), answer.text("/errors/0/code").as_str()),
            ("/phone", code)
        );
    }
    house.settle().await;
    assert_eq!(house.app.texter.sent(), []);
}));

on_both!(at_most_three_texts_an_hour_for_account_and_number, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    for _ in 0..3 {
        ask(&who, NUMBER).await.expect(202);
    }
    assert!(ask(&who, "+33698765432").await.expect(429).header("retry-after").is_some(), "the account's are used up");
    assert_eq!(ask(&house.customer().await, NUMBER).await.expect(429).code(), "rate_limited");
    house.travel_to("2026-01-30T10:00:01Z").await;
    who.log_in().await;
    ask(&who, NUMBER).await.expect(202);
}));

on_both!(ten_texts_a_day, "2026-01-30T00:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    for hour in 0..4 {
        house.travel_to(&format!("2026-01-30T{:02}:00:01Z", 2 * hour + 1)).await;
        who.log_in().await;
        for _ in 0..3.min(10 - 3 * hour) {
            ask(&who, NUMBER).await.expect(202);
        }
    }
    house.travel_to("2026-01-30T23:00:00Z").await;
    who.log_in().await;
    ask(&who, NUMBER).await.expect(429);
    house.travel_to("2026-01-31T01:00:02Z").await;
    who.log_in().await;
    ask(&who, NUMBER).await.expect(202);
}));

on_both!(twenty_confirmations_at_once_are_one, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    ask(&who, NUMBER).await.expect(202);
    house.settle().await;
    let code = house.code_at(NUMBER);
    let answers = futures_util::future::join_all((0..20).map(|_| confirm(&who, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    house.settle().await;
    let told = house.subjects(&who.email).iter().filter(|it| *it == "Your phone number was changed").count();
    assert_eq!(told, 1);
}));

on_both!(a_provider_that_is_away_is_asked_again, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    house.app.texter.fail_next(TextError::Temporary("away".to_owned()));
    ask(&who, NUMBER).await.expect(202);
    house.settle().await;
    assert_eq!(house.app.texter.sent(), []);
    house.travel_to("2026-01-30T09:00:06Z").await;
    confirm(&who, &house.code_at(NUMBER)).await.expect(200);

    // what nobody took while its code was good is not sent any more
    for _ in 0..6 {
        house.app.texter.fail_next(TextError::Temporary("away".to_owned()));
    }
    ask(&who, "+33698765432").await.expect(202);
    for minute in 1..=11 {
        house.travel_to(&format!("2026-01-30T09:{minute:02}:30Z")).await;
    }
    assert_eq!(house.app.texter.sent().len(), 1);
}));

on_both!(a_text_for_a_closed_account_is_not_sent, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = with_phone(&house, NUMBER).await;
    house.app.texter.fail_next(TextError::Temporary("away".to_owned()));
    ask(&who, "+33698765432").await.expect(202);
    house.settle().await;
    let account = who.get("/v1/account").await.text("/id");
    house.app.transact(async |tx| api::sms::erase(tx, account.parse().unwrap()).await).await.unwrap();
    house.travel_to("2026-01-30T09:05:00Z").await;
    assert_eq!(house.app.texter.sent().len(), 1);
}));

/// A provider that keeps what it is told, and refuses the first.
struct Provider {
    url: String,
    asked: Arc<Mutex<Vec<(Value, String, String)>>>,
}

fn provider() -> Provider {
    let asked: Arc<Mutex<Vec<(Value, String, String)>>> = Arc::default();
    let kept = Arc::clone(&asked);
    let server = HttpServer::new(move || {
        let kept = Arc::clone(&kept);
        let take = move |request: HttpRequest, body: web::Json<Value>| {
            let kept = Arc::clone(&kept);
            async move {
                let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
                let mut kept = kept.lock().unwrap();
                kept.push((body.into_inner(), header("authorization"), header("idempotency-key")));
                if kept.len() == 1 {
                    HttpResponse::ServiceUnavailable().finish()
                } else {
                    HttpResponse::Accepted().finish()
                }
            }
        };
        App::new().route("/messages", web::post().to(take))
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/messages", server.addrs()[0]);
    tokio::spawn(server.run());
    Provider { url, asked }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_asked_over_http() {
    let provider = provider();
    let house = House::open_with(On::Sqlite, "2026-01-30T09:00:00Z", |config| {
        config.sms.url = provider.url.as_str().into();
        config.sms.token = Some("token of the provider".into());
    })
    .await;
    let who = house.customer().await;
    ask(&who, NUMBER).await.expect(202);
    house.settle().await;
    house.travel_to("2026-01-30T09:00:06Z").await;
    let asked = provider.asked.lock().unwrap().clone();
    let [(refused, ..), (text, token, key)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(refused, text, "the same text under the same id");
    assert_eq!(
        (&text["to"], &text["from"], token.as_str()),
        (&json!(NUMBER), &json!("Tacit"), "Bearer token of the provider")
    );
    assert_eq!(text["id"], json!(key));
    let words = text["text"].as_str().unwrap();
    let code = words.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap();
    confirm(&who, code).await.expect(200);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_together_get_so_many_texts_an_hour() {
    let house = House::open_with(On::Sqlite, "2026-01-30T09:00:00Z", |config| config.sms.per_hour = 2).await;
    for number in [NUMBER, "+33612345679"] {
        ask(&house.customer().await, number).await.expect(202);
    }
    let mut third = house.customer().await;
    let refused = ask(&third, "+33612345680").await.expect(429);
    assert!(refused.header("retry-after").is_some());
    house.settle().await;
    assert_eq!(house.app.texter.sent().len(), 2);
    house.travel_to("2026-01-30T10:00:00Z").await;
    third.log_in().await;
    ask(&third, "+33612345680").await.expect(202);
    house.close().await;
}
