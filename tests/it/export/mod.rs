//! The export of all the data of an account: what is in it, how it is made, how it is handed out.

mod contents;
mod download;
mod making;
mod schema;

use house::{Answer, Client, House};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;

/// Files of an archive by name.
type Files = BTreeMap<String, Vec<u8>>;

async fn ask(who: &Client) -> Answer {
    let key = house::client::fresh_key();
    who.send(reqwest::Method::POST, "/v1/account/exports", &[("Idempotency-Key", &key)], None).await
}

async fn read(who: &Client, id: &str) -> Value {
    who.get(&format!("/v1/account/exports/{id}")).await.expect(200).body
}

async fn download(who: &Client, id: &str) -> Answer {
    who.get(&format!("/v1/account/exports/{id}/archive")).await
}

/// Asks for an export, lets it be made, and takes it.
async fn exported(house: &House, who: &Client) -> Files {
    let id = ask(who).await.expect(202).text("/id");
    house.settle().await;
    unzip(&download(who, &id).await.expect(200).bytes)
}

/// Gives an export up, as a fault would.
pub async fn fail(house: &House, id: &str) {
    use entity::export::{Column, Entity};
    let id: domain::id::ExportId = id.parse().unwrap();
    let failed: Result<_, sea_orm::DbErr> = house
        .app
        .transact(async |tx| {
            Entity::update_many()
                .col_expr(Column::Status, Expr::value(domain::export::ExportStatus::Failed))
                .col_expr(Column::LastError, Expr::value("a test"))
                .filter(Column::Id.eq(id))
                .exec(&**tx)
                .await
        })
        .await;
    assert_eq!(failed.unwrap().rows_affected, 1);
}

fn unzip(bytes: &[u8]) -> Files {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

/// A JSON file of an archive.
#[track_caller]
fn json(files: &Files, name: &str) -> Value {
    let bytes = files.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", files.keys()));
    serde_json::from_slice(bytes).unwrap()
}

/// The items of a list in an archive.
#[track_caller]
fn items(files: &Files, name: &str) -> Vec<Value> {
    json(files, name)["items"].as_array().unwrap().clone()
}

/// How often something happened to the account.
async fn happened(who: &Client, kind: &str) -> usize {
    let lines = who.get("/v1/account/activity?limit=100").await.expect(200).items();
    lines.iter().filter(|line| line["kind"] == kind).count()
}
