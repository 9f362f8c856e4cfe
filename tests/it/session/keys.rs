//! Keys change while the server runs: nothing becomes unreadable, nobody is logged out, and `tacit verify` names
//! what no key opens.

use super::factors::{protected, shown};
use api::actions::Error;
use api::app::App;
use api::db::{Db, Lock};
use api::keys::signing::{self, Cause};
use api::keys::{self, data, sealed};
use chrono::TimeDelta;
use entity::data_key;
use house::house::PASSWORD;
use house::{House, on_both};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Debug, FromQueryResult)]
struct Sealed {
    value: String,
}

/// What is sealed, whatever the table.
async fn values(house: &House) -> Vec<String> {
    let db = &**house.app.read();
    let mut found = Vec::new();
    for name in sealed::COLUMNS {
        let (table, column) = name.split_once('.').unwrap();
        let query = format!("SELECT {column} AS value FROM {table} WHERE {column} <> ''");
        let statement = Statement::from_string(db.get_database_backend(), query);
        found.extend(Sealed::find_by_statement(statement).all(db).await.unwrap().into_iter().map(|row| row.value));
    }
    found
}

/// The ids of the keys that sealed something.
async fn named(house: &House) -> BTreeSet<String> {
    values(house).await.iter().map(|value| value.split('.').next().unwrap().to_owned()).collect()
}

/// The keys that are not retired.
async fn live(house: &House) -> Vec<String> {
    let live = data_key::Entity::find().filter(data_key::Column::Purpose.eq(data_key::SEAL));
    let live = live.filter(data_key::Column::RetiredAt.is_null()).all(&**house.app.read()).await.unwrap();
    live.into_iter().map(|row| row.id).collect()
}

/// What `tacit rotate-keys` does, its wait on the house's clock.
async fn rotate(house: &House, app: &App) -> sealed::Report {
    let from = data::begin(app).await.unwrap();
    house.clock.set(from.max(house.now()));
    keys::read_again(app).await.unwrap();
    let report = sealed::seal_again(app).await.unwrap();
    data::finish(app).await.unwrap();
    report
}

/// Another process on the house's database.
async fn beside(house: &House, secret: &str, previous: &str) -> Result<App, api::serve::ServeError> {
    let mut config = house::house::config(&house.database_url, house.folder());
    config.secret_key = Some(secret.into());
    config.previous_secret_keys = previous.into();
    let db = Db::open(&house.database_url, Lock::Beside).await.unwrap();
    let mailer = api::mail::Mailer::from_url("memory:", &config.mail_from).unwrap();
    let entropy = Box::new(api::entropy::SystemEntropy::default());
    let (clock, gateway) = (std::sync::Arc::new(house.clock.clone()), std::sync::Arc::clone(&house.gateway));
    api::serve::build_app(config, db, clock, entropy, mailer, gateway).await
}

/// The ids of the published keys.
async fn kids(house: &House) -> BTreeSet<String> {
    let jwks = house.stranger().get("/.well-known/jwks.json").await.expect(200);
    jwks.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn only(found: BTreeSet<String>) -> String {
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

/// The key that an access token names.
fn kid(token: &str) -> String {
    let header: Value = serde_json::from_slice(&super::forged::decoded(token.split('.').next().unwrap())).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

on_both!(after_a_rotation_everything_is_sealed_anew_and_still_works, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let (who, secret, ..) = protected(&house).await;
        let payer = house.customer_paying_with("sim_ok").await;
        let before = named(&house).await;
        assert_eq!(before.len(), 1);
        let stored = values(&house).await.len();
        let report = rotate(&house, &house.app).await;
        assert_eq!((report.sealed, report.unreadable), (u64::try_from(stored).unwrap(), 0));
        let after = named(&house).await;
        assert_eq!((after.len(), after.is_disjoint(&before)), (1, true), "{after:?}");
        assert_eq!(live(&house).await, Vec::from_iter(after));
        // nothing is left for a second look
        assert_eq!(sealed::seal_again(&house.app).await.unwrap(), sealed::Report::default());
        // the seed, the gateway's token, the signing key, and what is looked up by its hash
        house.clock.set(house.now() + TimeDelta::seconds(30));
        let proof = json!({ "method": "totp", "code": shown(&house, &secret) });
        who.post("/v1/security/proof", &proof).await.expect(204);
        payer.order("vps-starter", "P1M", "automatic").await;
        let login = json!({ "login": payer.email, "password": PASSWORD });
        payer.post("/v1/sessions", &login).await.expect(201);
    }
));

on_both!(what_is_sealed_during_a_rotation_is_not_lost, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (first, secret, ..) = protected(&house).await;
    let from = data::begin(&house.app).await.unwrap();
    // cut off here, and begun again: it is the same key
    assert_eq!(data::begin(&house.app).await.unwrap(), from);
    assert_eq!(live(&house).await.len(), 2);
    // until every process knows the new key, all seal with the old one
    let old = named(&house).await;
    let (second, other, ..) = protected(&house).await;
    assert_eq!(named(&house).await, old);
    house.clock.set(from);
    keys::read_again(&house.app).await.unwrap();
    // cut off in the middle: some are sealed with the new key, some with the old one
    protected(&house).await;
    assert_eq!(named(&house).await.len(), 2);
    // whoever comes back finds where it was
    rotate(&house, &house.app).await;
    assert_eq!(named(&house).await.len(), 1);
    house.clock.set(house.now() + TimeDelta::seconds(30));
    for (who, secret) in [(first, secret), (second, other)] {
        let login = json!({ "login": who.email, "password": PASSWORD });
        let challenge = who.post("/v1/sessions", &login).await.expect(202).text("/challenge_id");
        let code = json!({ "method": "totp", "code": shown(&house, &secret) });
        who.post(&format!("/v1/sessions/challenges/{challenge}"), &code).await.expect(201);
    }
}));

on_both!(two_rotations_at_once_leave_one_key_and_lose_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    house.customer_paying_with("sim_ok").await;
    let secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let other = beside(&house, secret, "").await.unwrap();
    let (one, two) = futures_util::future::join(rotate(&house, &house.app), rotate(&house, &other)).await;
    assert_eq!((one.unreadable, two.unreadable), (0, 0));
    assert_eq!((live(&house).await.len(), named(&house).await.len()), (1, 1));
    // one that is late does not retire the key of the one after it
    let from = data::begin(&house.app).await.unwrap();
    house.clock.set(from);
    data::finish(&other).await.unwrap();
    assert_eq!(live(&house).await.len(), 2);
    rotate(&house, &house.app).await;
    assert_eq!((live(&house).await.len(), named(&house).await.len()), (1, 1));
    other.db.close().await;
}));

on_both!(a_retired_key_goes_once_nothing_names_it, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    house.customer_paying_with("sim_ok").await;
    let first = live(&house).await;
    rotate(&house, &house.app).await;
    let all = async || data_key::Entity::find().all(&**house.app.read()).await.unwrap();
    assert!(all().await.iter().any(|row| row.id == first[0]), "a process that was cut off may still need it");
    house.clock.set(house.now() + TimeDelta::hours(25));
    rotate(&house, &house.app).await;
    assert!(!all().await.iter().any(|row| row.id == first[0]));
    assert_eq!(all().await.len(), 3, "the one before, the present one, and that of hashes");
}));

on_both!(a_new_secret_key_takes_over_beside_the_running_server, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let payer = house.customer_paying_with("sim_ok").await;
    let old = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let new = "ff".repeat(32);
    assert!(beside(&house, &new, "").await.is_err(), "nothing opens with a key that was not there before");
    let process = beside(&house, &new, old).await.unwrap();
    rotate(&house, &process).await;
    // the server that still has the old one goes on
    assert!(matches!(keys::read_again(&house.app).await, Err(Error::Internal(_))));
    payer.get("/v1/account").await.expect(200);
    beside(&house, &new, "").await.unwrap().db.close().await;
    assert!(beside(&house, old, "").await.is_err(), "the old one is worth nothing");
    process.db.close().await;
}));

on_both!(a_value_of_an_unknown_key_is_named, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    house.customer_paying_with("sim_ok").await;
    let change = async |from: String, to: String| {
        let query = format!("UPDATE payment_method SET sealed_token = replace(sealed_token, '{from}.', '{to}.')");
        house.app.transact(async |tx| tx.execute_unprepared(&query).await).await.unwrap();
    };
    let known = live(&house).await.remove(0);
    change(known.clone(), "deadbeef".to_owned()).await;
    let found = api::verify::run(&house.app).await.unwrap();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].detail.starts_with("payment_method ") && found[0].detail.ends_with("names the key deadbeef"));
    // a rotation leaves it as it is, and says so
    assert_eq!(rotate(&house, &house.app).await.unreadable, 1);
    change("deadbeef".to_owned(), known).await;
    assert_eq!(rotate(&house, &house.app).await.unreadable, 0);
}));

on_both!(every_sealed_column_is_known_to_the_rotation, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let db = &**house.app.read();
    let mut found = BTreeSet::new();
    for table in crate::schema::tables(db).await {
        let columns = crate::schema::columns(db, &table).await.into_iter();
        let names = columns.filter(|column| column.name.starts_with("sealed_"));
        found.extend(names.map(|column| format!("{table}.{}", column.name)));
    }
    assert_eq!(found, sealed::COLUMNS.iter().map(|name| (*name).to_owned()).collect());
}));

on_both!(a_signing_key_is_published_before_it_signs_and_after, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let first = only(kids(&house).await);
    let (new, from) = signing::rotate(&house.app, Cause::Age).await.unwrap();
    // twice is once, as long as it waits
    assert_eq!(signing::rotate(&house.app, Cause::Age).await.unwrap(), (new.clone(), from));
    assert_eq!(from, house.now() + TimeDelta::minutes(10));
    assert_eq!(kids(&house).await, BTreeSet::from([new.clone(), first.clone()]));
    house.clock.set(from - TimeDelta::seconds(1));
    who.log_in().await;
    let old = who.token.clone().unwrap();
    assert_eq!(kid(&old), first, "others may not have read the new one yet");
    house.clock.set(from);
    who.log_in().await;
    assert_eq!(kid(who.token.as_ref().unwrap()), new);
    for minutes in [0, 5, 9] {
        house.clock.set(from + TimeDelta::minutes(minutes));
        keys::keep(&house.app).await.unwrap();
        for token in [&old, who.token.as_ref().unwrap()] {
            who.with_token(token).get("/v1/account").await.expect(200);
        }
        assert_eq!(kids(&house).await.len(), 2);
    }
    house.clock.set(from + TimeDelta::minutes(11));
    keys::keep(&house.app).await.unwrap();
    assert_eq!(only(kids(&house).await), new);
    let rows = entity::signing_key::Entity::find().all(&**house.app.read()).await.unwrap();
    assert!(rows.iter().filter(|row| row.id == first).all(|row| row.sealed_private_key.is_empty()));
}));

on_both!(a_signing_key_is_followed_when_it_is_old, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let first = kids(&house).await;
    house.clock.set(house.now() + TimeDelta::days(89));
    keys::keep(&house.app).await.unwrap();
    assert_eq!(kids(&house).await, first);
    house.clock.set(house.now() + TimeDelta::days(1));
    for _ in 0..2 {
        keys::keep(&house.app).await.unwrap();
        assert_eq!(kids(&house).await.len(), 2);
    }
}));

on_both!(a_key_that_leaked_is_worth_nothing_at_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let first = only(kids(&house).await);
    let (new, _) = signing::rotate(&house.app, Cause::Compromise).await.unwrap();
    assert_eq!(who.get("/v1/account").await.expect(401).code(), "unauthenticated");
    assert_ne!(new, first);
    assert_eq!(only(kids(&house).await), new);
    who.log_in().await;
    who.get("/v1/account").await.expect(200);
}));
