//! Parked work, the scheduler's state, mails in development.

use house::{House, On, on_both};
use serde_json::json;

on_both!(milestones_are_listed_in_the_order_in_which_they_are_due, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let (who, operator) =
            (house.customer_with_service(("sim_ok", "vps-starter", "P1Y", "automatic")).await, house.operator().await);
        let service = who.service().await["id"].as_str().unwrap().to_owned();
        let planned = operator
            .get(&format!("/v1/operator/milestones?state=planned&service_id={service}&limit=100"))
            .await
            .expect(200)
            .items();
        let due: Vec<&str> = planned.iter().map(|milestone| milestone["due_at"].as_str().unwrap()).collect();
        assert!(due.len() >= 4 && due.is_sorted(), "{due:?}");
        assert!(operator.get("/v1/operator/milestones?state=parked").await.items().is_empty());
        let id = planned[0]["id"].as_str().unwrap();
        let retry = operator.post(&format!("/v1/operator/milestones/{id}/retry-request"), &json!({})).await;
        assert_eq!(retry.expect(409).code(), "milestone_not_parked");
    }
));

on_both!(the_scheduler_tells_how_it_is, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, operator) = (house.customer_paying_with("sim_ok").await, house.operator().await);
    who.order("vps-starter", "P1M", "automatic").await;
    let waiting = operator.get("/v1/operator/scheduler").await.expect(200);
    assert_eq!((&waiting.body["renewals_paused"], &waiting.body["parked"]), (&json!(false), &json!(0)));
    assert!(waiting.body["due"].as_u64().unwrap() >= 1, "{}", waiting.text);
    house.settle().await;
    assert_eq!(operator.get("/v1/operator/scheduler").await.body["due"], 0);
    operator.delete("/v1/operator/scheduler/pause").await.expect(204);
}));

on_both!(in_development_a_script_reads_codes_out_of_mails, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let operator = house.operator().await;
    let new = json!({ "email": "script@example.org", "password": house::house::PASSWORD });
    house.stranger().post("/v1/accounts", &new).await.expect(202);
    let mails = operator.get("/v1/operator/emails?to=Script@example.org").await.expect(200);
    assert_eq!(mails.header("cache-control"), Some("no-store"));
    let (mail, code) = (mails.items()[0].clone(), mails.text("/items/0/secret"));
    assert!(mail["text"].as_str().unwrap().contains(&code), "{mail}");
    let body = json!({ "email": "script@example.org", "code": code });
    house.stranger().post("/v1/accounts/email-verification", &body).await.expect(201);
}));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn elsewhere_operators_see_no_secret() {
    let house = House::open_with(On::Sqlite, "2026-01-30T09:00:00Z", |config| config.test_clocks = false).await;
    let operator = house.operator().await;
    let new = json!({ "email": "script@example.org", "password": house::house::PASSWORD });
    house.stranger().post("/v1/accounts", &new).await.expect(202);
    house.settle().await;
    let code = house.code_for("script@example.org");
    let mails = operator.get("/v1/operator/emails?to=script@example.org").await.expect(200);
    assert!(mails.items()[0].get("secret").is_none() && !mails.text.contains(&code), "{}", mails.text);
    house.close().await;
}
