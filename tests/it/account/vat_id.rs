//! VAT ids: asked for in a register, and worth nothing until it answers.

use actix_web::{App, HttpResponse, HttpServer, web};
use house::{Client, House, On};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

const ID: &str = "DE136695976";
const START: &str = "2026-01-30T09:00:00Z";

/// A register that answers what it is told to, and otherwise that it knows everybody.
#[derive(Clone)]
struct Register {
    url: String,
    asked: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    /// One permit for each answer.
    free: Arc<Semaphore>,
}

impl Register {
    fn open() -> Self {
        let (asked, answers) = (Arc::<Mutex<Vec<Value>>>::default(), Arc::<Mutex<VecDeque<(u16, Value)>>>::default());
        let free = Arc::new(Semaphore::new(1_000));
        let kept = (Arc::clone(&asked), Arc::clone(&answers), Arc::clone(&free));
        let server = HttpServer::new(move || {
            let kept = kept.clone();
            let answer = move |body: web::Json<Value>| {
                let (asked, answers, free) = kept.clone();
                async move {
                    let number = {
                        let mut asked = asked.lock().unwrap();
                        asked.push(body.into_inner());
                        asked.len()
                    };
                    free.acquire().await.unwrap().forget();
                    let known = json!({ "valid": true, "requestIdentifier": format!("WAPI{number}"), "name": "Muster GmbH", "address": "---" });
                    let (status, body) = answers.lock().unwrap().pop_front().unwrap_or((200, known));
                    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).json(body)
                }
            };
            App::new().route("/rest-api/check-vat-number", web::post().to(answer))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/rest-api", server.addrs()[0]);
        tokio::spawn(server.run());
        Self { url, asked, answers, free }
    }

    fn then(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push_back((status, body));
    }

    fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    async fn house(&self, on: On) -> Arc<House> {
        House::open_with(on, START, |config| config.tax.vies_url.clone_from(&self.url)).await
    }
}

fn away() -> Value {
    json!({ "actionSucceed": false, "errorWrappers": [{ "error": "MS_UNAVAILABLE" }] })
}

fn unknown() -> Value {
    json!({ "valid": false, "userError": "INVALID" })
}

fn company(vat_id: &str) -> Value {
    json!({
        "country": "DE", "postal_code": "10115", "city": "Berlin", "kind": "company",
        "organisation": "Muster GmbH", "vat_id": vat_id,
    })
}

async fn status(who: &Client) -> String {
    who.get("/v1/account").await.expect(200).text("/vat_id_status")
}

/// The rules by which an order would be taxed.
async fn scheme(who: &Client) -> String {
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic", "quantity": 1 });
    who.post("/v1/orders?dry_run=true", &json!({ "items": [item] })).await.expect(200).text("/tax_scheme")
}

async fn later(house: &House, who: &mut Client, to: &str) {
    house.travel_to(to).await;
    who.log_in().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_counts_once_the_register_knows_it() {
    for on in [On::Sqlite, On::Postgres] {
        let register = Register::open();
        let house = register.house(on).await;
        let who = house.customer().await;
        let patched = who.patch("/v1/account", &company(ID)).await.expect(200);
        assert_eq!(patched.text("/vat_id_status"), "pending");
        assert_eq!(scheme(&who).await, "domestic", "nobody knows yet");
        house.settle().await;
        assert_eq!(status(&who).await, "valid");
        assert_eq!(scheme(&who).await, "reverse_charge");
        let requester = house.app.config().seller.vat_id.clone();
        let question = json!({
            "countryCode": "DE", "vatNumber": "136695976",
            "requesterMemberStateCode": "FR", "requesterNumber": requester.strip_prefix("FR").unwrap(),
        });
        assert_eq!(register.asked(), [question]);
        let account = who.get("/v1/account").await.text("/id");
        let operator = house.operator().await;
        let kept = operator.get(&format!("/v1/operator/vat-checks?account_id={account}")).await.expect(200).items();
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!((&kept[0]["consultation_number"], &kept[0]["name"]), (&json!("WAPI1"), &json!("Muster GmbH")));
        assert_eq!((kept[0].get("address"), &kept[0]["checked_at"]), (None, &json!(START)));
        let log = who.get("/v1/account/activity").await.expect(200).items();
        assert!(log.iter().any(|line| line["kind"] == "account.vat_id_confirmed"), "{log:?}");
        // what is written again in another form is the same id
        who.patch("/v1/account", &json!({ "vat_id": "de 136 695 976", "city": "Potsdam" })).await.expect(200);
        house.settle().await;
        assert_eq!(register.asked().len(), 1);
        who.patch("/v1/account", &json!({ "vat_id": null })).await.expect(200);
        assert_eq!(who.get("/v1/account").await.body.get("vat_id_status"), None);
        assert_eq!(scheme(&who).await, "domestic");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_is_away_is_asked_again_and_says_nothing_of_the_id() {
    for on in [On::Sqlite, On::Postgres] {
        let register = Register::open();
        let house = register.house(on).await;
        let mut who = house.customer().await;
        register.then(200, away());
        register.then(503, json!("busy"));
        who.patch("/v1/account", &company(ID)).await.expect(200);
        house.settle().await;
        assert_eq!((status(&who).await, register.asked().len()), ("pending".to_owned(), 1));
        later(&house, &mut who, "2026-01-30T09:00:59Z").await;
        assert_eq!(register.asked().len(), 1);
        later(&house, &mut who, "2026-01-30T09:01:00Z").await;
        assert_eq!((status(&who).await, register.asked().len()), ("pending".to_owned(), 2));
        let operator = house.operator().await;
        let kept = operator.get("/v1/operator/vat-checks?status=pending").await.expect(200).items();
        assert_eq!((&kept[0]["attempts"], &kept[0]["due_at"]), (&json!(2), &json!("2026-01-30T09:06:00Z")));
        assert!(kept[0]["last_error"].as_str().unwrap().contains("503"), "{kept:?}");
        later(&house, &mut who, "2026-01-30T09:06:00Z").await;
        assert_eq!((status(&who).await, register.asked().len()), ("valid".to_owned(), 3));
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_the_register_does_not_know_is_taxed_told_and_asked_for_again() {
    for on in [On::Sqlite, On::Postgres] {
        let register = Register::open();
        let house = register.house(on).await;
        let mut who = house.customer().await;
        for _ in 0..2 {
            register.then(200, unknown());
        }
        who.patch("/v1/account", &company(ID)).await.expect(200);
        house.settle().await;
        assert_eq!((status(&who).await, scheme(&who).await), ("invalid".to_owned(), "domestic".to_owned()));
        let told = |house: &House, who: &Client| {
            house.subjects(&who.email).iter().filter(|it| *it == "Your VAT number could not be confirmed").count()
        };
        assert_eq!(told(&house, &who), 1);
        later(&house, &mut who, "2026-01-31T09:00:00Z").await;
        assert_eq!((status(&who).await, told(&house, &who)), ("invalid".to_owned(), 1), "once is enough");
        later(&house, &mut who, "2026-02-01T09:00:00Z").await;
        assert_eq!((status(&who).await, scheme(&who).await), ("valid".to_owned(), "reverse_charge".to_owned()));
        assert_eq!(register.asked().len(), 3);
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_nobody_knows_is_given_up_after_a_month() {
    let register = Register::open();
    let house = register.house(On::Sqlite).await;
    let who = house.customer().await;
    for _ in 0..40 {
        register.then(200, unknown());
    }
    who.patch("/v1/account", &company(ID)).await.expect(200);
    for day in 0..40 {
        house.clock.set(START.parse::<chrono::DateTime<chrono::Utc>>().unwrap() + chrono::TimeDelta::days(day));
        house.settle().await;
    }
    assert_eq!(register.asked().len(), 31);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_valid_one_is_asked_for_again_and_each_answer_is_kept() {
    for on in [On::Sqlite, On::Postgres] {
        let register = Register::open();
        let house = register.house(on).await;
        let mut who = house.customer().await;
        who.patch("/v1/account", &company(ID)).await.expect(200);
        house.settle().await;
        later(&house, &mut who, "2026-03-01T08:59:59Z").await;
        assert_eq!(register.asked().len(), 1);
        register.then(200, away());
        register.then(200, unknown());
        later(&house, &mut who, "2026-03-01T09:00:00Z").await;
        assert_eq!((status(&who).await, register.asked().len()), ("valid".to_owned(), 2), "an outage changes nothing");
        later(&house, &mut who, "2026-03-01T09:01:00Z").await;
        assert_eq!((status(&who).await, scheme(&who).await), ("invalid".to_owned(), "domestic".to_owned()));
        let operator = house.operator().await;
        let kept = operator.get("/v1/operator/vat-checks").await.expect(200).items();
        let answers: Vec<_> = kept.iter().map(|check| check["status"].as_str().unwrap()).collect();
        assert_eq!(answers, ["invalid", "valid"]);
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_about_another_id_changes_nothing() {
    for on in [On::Sqlite, On::Postgres] {
        let register = Register::open();
        let house = register.house(on).await;
        let who = house.customer().await;
        register.free.forget_permits(1_000);
        who.patch("/v1/account", &company(ID)).await.expect(200);
        let meanwhile = async {
            while register.asked().is_empty() {
                tokio::task::yield_now().await;
            }
            // the owner writes another one while the register thinks about the first
            who.patch("/v1/account", &json!({ "vat_id": "DE811907980" })).await.expect(200);
            register.then(200, unknown());
            register.free.add_permits(1_000);
        };
        tokio::join!(house.settle(), meanwhile);
        house.settle().await;
        assert_eq!(status(&who).await, "valid");
        let asked: Vec<_> = register.asked().iter().map(|it| it["vatNumber"].clone()).collect();
        assert_eq!(asked, ["136695976", "811907980"]);
        let kept = house.operator().await.get("/v1/operator/vat-checks?status=invalid").await.expect(200).items();
        assert!(kept.is_empty(), "{kept:?}");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_nodes_ask_once() {
    for on in [On::Sqlite, On::Postgres] {
        let register = Register::open();
        let house = register.house(on).await;
        let who = house.customer().await;
        who.patch("/v1/account", &company(ID)).await.expect(200);
        let nodes = (0..4).map(|_| api::scheduler::vat_checks::run(&house.app));
        let done = futures_util::future::join_all(nodes).await;
        assert_eq!(done.into_iter().map(Result::unwrap).sum::<u64>(), 1);
        assert_eq!((status(&who).await, register.asked().len()), ("valid".to_owned(), 1));
        house.close().await;
    }
}
