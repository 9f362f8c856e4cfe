//! A customer who owns one of everything, another customer who owns nothing of it, and an operator.

use house::contract::{Operation, prefix};
use house::{Client, House};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// See the module.
pub struct Estate {
    /// Who owns everything.
    pub owner: Client,
    /// Who owns nothing of it.
    pub other: Client,
    /// The provider.
    pub operator: Client,
    ids: BTreeMap<&'static str, String>,
}

impl Estate {
    /// Builds it; a month of the house's time goes by.
    pub async fn of(house: &House) -> Self {
        let (owner, operator) = (house.customer_paying_with("sim_ok").await, house.operator().await);
        let mut estate = Self { other: house.customer().await, owner, operator, ids: BTreeMap::new() };
        estate.provider(house).await;
        for _ in 0..2 {
            estate.owner.order("vps-starter", "P1M", "automatic").await;
        }
        house.settle().await;
        estate.debt(house).await;
        estate.belongings(house).await;
        estate.fresh().await;
        estate
    }

    /// Both customers log in anew.
    pub async fn fresh(&mut self) {
        self.owner.log_in().await;
        self.other.log_in().await;
    }

    /// Two services that were not paid. One is deleted, and its invoice credited; the other still owes.
    async fn debt(&mut self, house: &House) {
        self.owner.add_method("sim_decline_soft").await.expect(201);
        house.travel_days(31).await;
        self.owner.log_in().await;
        let service = self.owner.service().await;
        assert_eq!(service["status"], "past_due", "{service}");
        let id = text(&service, "/id");
        let path = format!("/v1/services/{id}/deletion");
        self.owner.post(&path, &json!({})).await.expect(202);
        house.settle().await;
        let token = house.token_for(&self.owner.email);
        self.owner.post(&format!("{path}/confirmation"), &json!({ "token": token })).await.expect(200);
        let credit_notes = self.owner.get("/v1/credit-notes").await.expect(200).items();
        self.ids.insert("credit-notes", text(&credit_notes[0], "/id"));
    }

    /// Services that go on, one of them cancelled; an order that waits; what came with them.
    async fn belongings(&mut self, house: &House) {
        // not the default: what is owed would be paid with it at once
        let new = json!({ "type": "card", "token": "sim_ok~2", "make_default": false });
        let method = self.owner.post("/v1/payment-methods", &new).await.expect(201).text("/id");
        let items = json!([{ "plan": "vps-starter", "period": "P1Y", "renewal_mode": "automatic", "quantity": 2 }]);
        let order = self.owner.post("/v1/orders", &json!({ "items": items })).await.expect(201).text("/id");
        let source = json!({ "source": "payment_method", "payment_method_id": method });
        self.owner.post(&format!("/v1/orders/{order}/payment"), &source).await.expect(201);
        house.settle().await;
        let items = json!([{ "plan": "domain-fr", "period": "P1Y", "renewal_mode": "manual", "quantity": 1 }]);
        let waiting = self.owner.post("/v1/orders", &json!({ "items": items })).await.expect(201).text("/id");
        let active = self.owner.get("/v1/services?status=active").await.expect(200).items();
        let (service, cancelled) = (text(&active[0], "/id"), text(&active[1], "/id"));
        self.owner.put(&format!("/v1/services/{cancelled}/cancellation"), &json!({})).await.expect(200);
        let first = |answer: house::Answer| text(&answer.expect(200).items()[0], "/id");
        let known = [
            ("paid order", order),
            ("ord", waiting),
            ("svc", service),
            ("cancelled service", cancelled),
            ("pmt", method),
            ("inv", first(self.owner.get("/v1/invoices?status=past_due&status=open").await)),
            ("pay", first(self.owner.get("/v1/payments").await)),
            ("eml", first(self.owner.get("/v1/account/emails").await)),
            ("can", first(self.owner.get("/v1/cancellations").await)),
            ("acc", self.owner.get("/v1/account").await.expect(200).text("/id")),
            ("mst", first(self.operator.get("/v1/operator/milestones").await)),
        ];
        self.ids.extend(known);
        let export = self.owner.send(reqwest::Method::POST, "/v1/account/exports", &[], None).await.expect(202);
        house.settle().await;
        self.ids.insert("exp", export.text("/id"));
        let new = json!({ "name": "Backups", "scopes": ["services:read"] });
        let token = self.owner.post("/v1/security/access-tokens", &new).await.expect(201);
        self.ids.insert("tok", token.text("/access_token/id"));
        self.factors(house).await;
    }

    /// A security key, which answers the owner's logins, an app that waits for its first code, a remembered
    /// device and a login that waits.
    async fn factors(&mut self, house: &House) {
        use entity::{account, login_challenge, remembered_device};
        use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
        let key = self.owner.add_key("Blue key").await.text("/key/id");
        self.ids.insert("sky", key);
        let app = self.owner.post("/v1/security/totp-devices", &json!({ "name": "Phone" })).await.expect(201);
        let now = house.now();
        let cx = api::actions::Context::scheduler(&house.app.tools, now, now);
        let id: domain::id::AccountId = self.id("acc").parse().unwrap();
        let read = &**house.app.read();
        let owner = account::Entity::find_by_id(id).one(read).await.unwrap().unwrap();
        let bound = api::actions::factor::binding(read, &house.app.tools.sealer, &owner).await.unwrap();
        let device = remembered_device::ActiveModel {
            id: Set(cx.id()),
            account_id: Set(id),
            token_hash: Set("0".repeat(64)),
            bound_to: Set(bound.clone()),
            address: Set(None),
            user_agent: Set(None),
            created_at: Set(now),
            expires_at: Set(now + chrono::TimeDelta::days(30)),
            last_used_at: Set(None),
        };
        let challenge = login_challenge::ActiveModel {
            id: Set(cx.id()),
            account_id: Set(id),
            bound_to: Set(bound),
            attempts: Set(0),
            created_at: Set(now),
            expires_at: Set(now + chrono::TimeDelta::days(30)),
            consumed_at: Set(None),
        };
        let stored: Result<_, sea_orm::DbErr> = house
            .app
            .transact(async |tx| {
                Ok((device.clone().insert(&**tx).await?.id, challenge.clone().insert(&**tx).await?.id))
            })
            .await;
        let (device, challenge) = stored.unwrap();
        let known = [("otp", app.text("/device/id")), ("rmd", device.to_string()), ("chg", challenge.to_string())];
        self.ids.extend(known);
        let spare = self.owner.clone_logged_in(house).await;
        let open = spare.get("/v1/security/sessions").await.expect(200).items();
        let own = open.iter().find(|session| session["current"] == true);
        self.ids.insert("ses", text(own.unwrap(), "/id"));
    }

    async fn provider(&mut self, house: &House) {
        let clock = self.operator.post("/v1/operator/test-clocks", &json!({ "name": "a clock" })).await.expect(201);
        let clock = clock.text("/id");
        let to = (house.now() + chrono::TimeDelta::hours(1)).to_rfc3339();
        let path = format!("/v1/operator/test-clocks/{clock}/advance");
        let operation = self.operator.post(&path, &json!({ "to": to })).await.expect(202).text("/id");
        self.ids.extend([("clk", clock), ("opn", operation)]);
    }

    /// The owner's (or the provider's) id of a kind: a prefix, or a name of this file.
    #[track_caller]
    pub fn id(&self, kind: &str) -> &str {
        self.ids.get(kind).unwrap_or_else(|| panic!("the estate has no {kind}: add one to contract/estate.rs"))
    }

    /// The path of an operation with the owner's ids.
    #[track_caller]
    pub fn path(&self, operation: &Operation) -> String {
        operation.path_with(|parameter| match prefix(parameter) {
            Some(prefix) => self.id(Self::kind(operation, &prefix)).to_owned(),
            None => super::example_of(parameter),
        })
    }

    /// What an operation is about, where the prefix of its id does not say it.
    pub fn kind<'a>(operation: &Operation, prefix: &'a str) -> &'a str {
        match operation.id.as_str() {
            "get_credit_note" => "credit-notes",
            "get_service_cancellation" | "revoke_service_cancellation" => "cancelled service",
            _ => prefix,
        }
    }

    /// The same path with ids of the same kind that nobody has.
    pub fn stray_path(&self, operation: &Operation) -> String {
        let path = self.path(operation);
        self.ids.values().filter(|id| path.contains(*id)).fold(path.clone(), |path, id| path.replace(id, &stray(id)))
    }

    /// Who may call an operation and owns what it is about.
    pub fn entitled(&self, operation: &Operation) -> &Client {
        if operation.is_operator() { &self.operator } else { &self.owner }
    }
}

/// An id of the same kind that nobody has: its random part is turned round.
pub fn stray(id: &str) -> String {
    let (head, tail) = id.split_at(id.len() - 12);
    let turned: String = tail.chars().rev().collect();
    let turned = if turned == tail { "0123456789ab".to_owned() } else { turned };
    format!("{head}{turned}")
}

/// A member of a value as text.
#[track_caller]
pub fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}
