//! What is in an archive: everything of the account, nothing secret, nothing of anybody else.

use super::{Files, ask, download, exported, items, json, unzip};
use crate::contract::estate::Estate;
use api::actions::{Context, Error};
use api::db::Tx;
use api::export::Why;
use api::export::book::{Book, Piece};
use api::export::sections::SECTIONS;
use api::export::tables::TABLES;
use api::seal::sha256;
use domain::id::AccountId;
use house::{Client, House, On, on_both};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, Statement};
use serde_json::{Value, json as json_value};
use std::collections::BTreeSet;

/// What the estate does not have of its own accord: a row of each other table.
async fn furnish(house: &House, who: &Client) {
    let routing = json_value!({
        "primary": { "categories": ["account", "security", "billing", "renewal", "order", "product"] },
        "addresses": [{ "email": "accounting@example.org", "categories": ["billing"] }],
    });
    who.put("/v1/account/email-routing", &routing).await.expect(200);
    who.put("/v1/account/anti-phishing-phrase", &json_value!({ "phrase": "Three grey cats" })).await.expect(200);
    who.put("/v1/account/email", &json_value!({ "email": "next@example.org" })).await.expect(202);
    who.put("/v1/account/phone", &json_value!({ "phone": "+33612345678" })).await.expect(202);
    house.settle().await;
    let id: AccountId = who.get("/v1/account").await.expect(200).text("/id").parse().unwrap();
    let now = house.now();
    let cx = Context::scheduler(&house.app.tools, now, now);
    let hash = || "ab".repeat(32);
    let done: Result<(), Error> = house
        .app
        .transact(async |tx: &Tx| {
            use entity::{
                access_token, account_closure, backup_code, factor_recovery, refund, undeliverable_address, vat_check,
            };
            let closure = account_closure::ActiveModel {
                id: Set(cx.id()),
                account_id: Set(id),
                status: Set(domain::closure::ClosureStatus::Revoked),
                requested_at: Set(now),
                confirmed_at: Set(Some(now)),
                effective_on: Set(Some(now.date_naive())),
                ended_at: Set(Some(now)),
            };
            account_closure::Entity::insert(closure).exec_without_returning(&**tx).await?;
            let code = backup_code::ActiveModel {
                id: Set(cx.id()),
                account_id: Set(id),
                code_hash: Set(hash()),
                created_at: Set(now),
                activated_at: Set(Some(now)),
                used_at: Set(Some(now)),
            };
            backup_code::Entity::insert(code).exec_without_returning(&**tx).await?;
            let recovery = factor_recovery::ActiveModel {
                id: Set(cx.id()),
                account_id: Set(id),
                sealed_token: Set(format!("{}.sealed-recovery-token", cx.tools.sealer.current())),
                token_hash: Set(hash()),
                started_at: Set(now),
                ready_at: Set(now),
                lapses_at: Set(now),
                ended_at: Set(Some(now)),
            };
            factor_recovery::Entity::insert(recovery).exec_without_returning(&**tx).await?;
            let bounced = undeliverable_address::ActiveModel {
                account_id: Set(id),
                address: Set("gone@example.org".to_owned()),
                kind: Set(domain::mailing::BounceKind::Hard),
                since: Set(now),
            };
            undeliverable_address::Entity::insert(bounced).exec_without_returning(&**tx).await?;
            let token = access_token::ActiveModel {
                id: Set(cx.id()),
                account_id: Set(Some(id)),
                name: Set("a script".to_owned()),
                token_hash: Set("cd".repeat(32)),
                scopes: Set("account:read".to_owned()),
                created_at: Set(now),
                expires_at: Set(Some(now)),
                last_used_at: Set(Some(now)),
                revoked_at: Set(Some(now)),
                ip_ranges: Set(Some(json_value!(["192.0.2.0/24"]))),
                hint: Set(Some("tct_qR5t".to_owned())),
                last_address: Set(Some("192.0.2.7".to_owned())),
            };
            access_token::Entity::insert(token).exec_without_returning(&**tx).await?;
            let attempt = entity::payment_attempt::Entity::of(id).one(&**tx).await?.unwrap();
            let back = refund::ActiveModel {
                id: Set(cx.id()),
                payment_attempt_id: Set(attempt.id),
                account_id: Set(id),
                currency: Set("EUR".to_owned()),
                amount: Set(0),
                status: Set("to_balance".to_owned()),
                reason: Set("a test".to_owned()),
                created_at: Set(now),
                settled_at: Set(Some(now)),
            };
            refund::Entity::insert(back).exec_without_returning(&**tx).await?;
            let check = vat_check::ActiveModel {
                id: Set(cx.id()),
                account_id: Set(id),
                vat_id: Set("FR44732829320".to_owned()),
                checker: Set("vies".to_owned()),
                status: Set(domain::tax::VatIdStatus::Valid),
                consultation_number: Set(Some("WAPIAAAAY1".to_owned())),
                name: Set(Some("Atelier Martin".to_owned())),
                address: Set(Some("1 place Neuve, Lille".to_owned())),
                created_at: Set(now),
                checked_at: Set(Some(now)),
                due_at: Set(None),
                attempts: Set(1),
                lease_until: Set(None),
                fence: Set(1),
                last_error: Set(None),
            };
            vat_check::Entity::insert(check).exec_without_returning(&**tx).await?;
            Ok(())
        })
        .await;
    done.unwrap();
}

/// Every object in a value, at any depth.
fn objects(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            found.push(value.clone());
            members.values().for_each(|member| objects(member, found));
        }
        Value::Array(values) => values.iter().for_each(|value| objects(value, found)),
        _ => {}
    }
}

async fn texts(house: &House, sql: &str) -> Vec<String> {
    let db = house.app.read();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().filter_map(|row| row.try_get::<Option<String>>("", "text").unwrap()).collect()
}

fn all_text(files: &Files) -> String {
    files.iter().map(|(name, bytes)| format!("{name}\n{}\n", String::from_utf8_lossy(bytes))).collect()
}

on_both!(everything_of_the_account_is_in_it, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut estate = Estate::of(&house).await;
    furnish(&house, &estate.owner).await;
    estate.fresh().await;
    download(&estate.owner, estate.id("exp")).await.expect(200);
    let files = exported(&house, &estate.owner).await;
    every_column(&house, &files).await;
    as_the_api_shows_it(&estate, &files).await;
    no_secret(&house, &files).await;
    nobody_else(&estate, &files).await;
    listed(&files);
}));

/// Each column that is handed out and that some row fills is in one of its files.
async fn every_column(house: &House, files: &Files) {
    for table in TABLES {
        let mut found = Vec::new();
        for section in SECTIONS.iter().filter(|section| section.tables.contains(&table.name)) {
            if !section.name.ends_with('/') {
                objects(&json(files, section.name), &mut found);
            }
        }
        assert!(found.len() > 1 || table.name == "account", "the test has no row of {}", table.name);
        for column in table.handed_out {
            let sql = format!(r#"SELECT 'x' AS text FROM "{}" WHERE "{column}" IS NOT NULL"#, table.name);
            let filled = !texts(house, &sql).await.is_empty();
            let written = found.iter().any(|object| object.get(column).is_some());
            assert!(written || !filled, "{}.{column} is in no file", table.name);
        }
    }
}

/// The same values under the same names as the API shows them, for what it shows.
async fn as_the_api_shows_it(estate: &Estate, files: &Files) {
    let who = &estate.owner;
    let account = json(files, "account.json");
    let shown = who.get("/v1/account").await.expect(200).body;
    for member in ["id", "handle", "email", "first_name", "last_name", "street", "postal_code", "city", "country"] {
        assert_eq!(account[member], shown[member], "{member}");
    }
    assert_eq!(account["balance"], who.get("/v1/account/balance").await.expect(200).body["balance"]);
    for (file, path) in [
        ("services.json", "/v1/services"),
        ("orders.json", "/v1/orders"),
        ("invoices.json", "/v1/invoices"),
        ("credit_notes.json", "/v1/credit-notes"),
        ("payments.json", "/v1/payments"),
        ("payment_methods.json", "/v1/payment-methods"),
        ("cancellations.json", "/v1/cancellations"),
    ] {
        let shown = who.get(&format!("{path}?limit=100")).await.expect(200).items();
        let written = items(files, file);
        assert!(!shown.is_empty(), "{path}");
        for one in shown {
            let same = written.iter().find(|row| row["id"] == one["id"]).unwrap_or_else(|| panic!("{file}: {one}"));
            for member in ["number", "display_name", "created_at", "issued_on", "expires_on", "label"] {
                if let Some(value) = one.get(member) {
                    assert_eq!(&same[member], value, "{file} {member}");
                }
            }
        }
    }
    let invoice = &who.get("/v1/invoices").await.items()[0];
    let written = items(files, "invoices.json");
    let same = written.iter().find(|row| row["id"] == invoice["id"]).unwrap();
    assert_eq!(same["gross"], invoice["totals"]["gross"]);
    assert_eq!(same["buyer"]["street"], invoice["buyer"]["street"]);
    assert_eq!(same["balance"]["due"], invoice["due"]);
    for member in ["label", "quantity", "unit_price", "net", "tax_rate", "starts_on", "period"] {
        assert_eq!(same["lines"][0].get(member), invoice["lines"][0].get(member), "line {member}");
    }
    let mail = &who.get("/v1/account/emails?kind=verify_email").await.items()[0];
    let full = who.get(&format!("/v1/account/emails/{}", mail["id"].as_str().unwrap())).await.expect(200);
    let written = items(files, "emails.json").into_iter().find(|row| row["id"] == mail["id"]).unwrap();
    let text = String::from_utf8(files[written["text_file"].as_str().unwrap()].clone()).unwrap();
    assert!(text.ends_with(&full.text("/text")) && text.contains("••••"), "{text}");
    assert_eq!(files[written["html_file"].as_str().unwrap()], full.text("/html").into_bytes());
    assert_eq!(written["to_address"], who.email);
    let activity = items(files, "activity.json");
    let asked = activity.iter().find(|line| line["kind"] == "export.requested").unwrap();
    assert_eq!(asked["label"], "An export of all the data was asked for");
    let actors: BTreeSet<String> = activity.iter().map(|line| line["actor"].as_str().unwrap().to_owned()).collect();
    assert!(
        actors.iter().all(|actor| ["owner", "operator", "scheduler", "visitor"].contains(&actor.as_str())),
        "{actors:?}"
    );
}

async fn no_secret(house: &House, files: &Files) {
    let all = all_text(files);
    let mut tried = 0;
    for table in TABLES {
        for (column, _) in table.kept.iter().filter(|(_, why)| *why == Why::Secret) {
            let sql = format!(r#"SELECT CAST("{column}" AS text) AS text FROM "{}""#, table.name);
            for secret in texts(house, &sql).await.into_iter().filter(|secret| secret.len() >= 16) {
                assert!(!all.contains(&secret), "{}.{column} is in the archive", table.name);
                tried += 1;
            }
        }
    }
    for sql in ["SELECT password_hash AS text FROM former_password", "SELECT device_hash AS text FROM known_device"] {
        for secret in texts(house, sql).await {
            assert!(!all.contains(&secret), "{sql}");
        }
    }
    assert!(tried >= 20, "only {tried} secrets");
    assert!(!all.contains(house::house::PASSWORD), "the password");
    assert!(!all.contains("Three grey cats"), "the phrase");
    // tokens as they were mailed
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mails = house.mails();
    let mailed = mails.iter().flat_map(|mail| mail.text.split(|c: char| !is_token(c))).filter(|word| word.len() == 43);
    let mailed: BTreeSet<&str> = mailed.collect();
    assert!(!mailed.is_empty());
    for token in mailed {
        assert!(!all.contains(token), "a token that was mailed");
    }
}

async fn nobody_else(estate: &Estate, files: &Files) {
    let all = all_text(files);
    let other = estate.other.get("/v1/account").await.expect(200);
    for canary in [other.text("/id"), other.text("/handle"), estate.other.email.clone()] {
        assert!(!all.contains(&canary), "{canary} of another account");
    }
    assert!(!all.contains("operator:"), "which operator did something");
    assert!(!all.contains(":null"), "a member without a value is left out");
}

/// The list at the end names every file with its sum, and what is kept.
fn listed(files: &Files) {
    let manifest = json(files, "manifest.json");
    let named = manifest["files"].as_array().unwrap();
    let names: BTreeSet<&str> = named.iter().map(|file| file["name"].as_str().unwrap()).collect();
    for (name, bytes) in files.iter().filter(|(name, _)| !["manifest.json", "README.txt"].contains(&name.as_str())) {
        let file = named.iter().find(|file| file["name"] == name.as_str()).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(
            (file["sha256"].as_str().unwrap(), &file["size"]),
            (sha256(bytes).as_str(), &json_value!(bytes.len()))
        );
        assert!(!file["about"].as_str().unwrap().is_empty(), "{name}");
    }
    assert_eq!(names.len(), named.len());
    let secret =
        manifest["kept_not_exported"].as_array().unwrap().iter().find(|kept| kept["reason"] == "secret").unwrap();
    for name in ["account.password_hash", "totp_device.sealed_seed", "payment_method.sealed_token", "former_password"] {
        assert!(secret["names"].as_array().unwrap().contains(&json_value!(name)), "{name}");
    }
    let readme = String::from_utf8(files["README.txt"].clone()).unwrap();
    for section in SECTIONS {
        assert!(readme.contains(section.name) && readme.contains(section.about[0]), "{}", section.name);
    }
    assert!(readme.contains(&sha256(&files["account.json"])) && readme.contains("Kept, not exported"), "{readme}");
}

on_both!(an_account_in_french_is_told_in_french, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    who.patch("/v1/account", &json_value!({ "language": "fr", "first_name": "Zoé" })).await.expect(200);
    let files = exported(&house, &who).await;
    assert!(!files.contains_key("README.txt"));
    let readme = String::from_utf8(files["LISEZMOI.txt"].clone()).unwrap();
    assert!(
        readme.contains("Toutes les données de votre compte") && readme.contains("Conservé, non exporté"),
        "{readme}"
    );
    assert_eq!(json(&files, "account.json")["first_name"], "Zoé");
    let kept = json(&files, "manifest.json")["kept_not_exported"].clone();
    assert!(kept[0]["about"].as_str().unwrap().starts_with("Un secret"), "{kept}");
    assert!(house.subjects(&who.email).contains(&"L’export de toutes vos données est prêt".to_owned()));
}));

on_both!(an_account_without_anything_has_every_file, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let files = exported(&house, &who).await;
    for section in SECTIONS.iter().filter(|section| !section.name.ends_with('/')) {
        json(&files, section.name);
    }
    assert!(items(&files, "services.json").is_empty() && items(&files, "invoices.json").is_empty());
    // the export that it is in is in it, too
    assert_eq!(items(&files, "exports.json")[0]["status"], "pending");
}));

// More rows than are read at once, and tables with a key of several columns.
on_both!(long_lists_are_whole, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let id: AccountId = who.get("/v1/account").await.text("/id").parse().unwrap();
    let now = house.now();
    let cx = Context::scheduler(&house.app.tools, now, now);
    let address = |number: u32| entity::undeliverable_address::ActiveModel {
        account_id: Set(id),
        address: Set(format!("a{number:04}@example.org")),
        kind: Set(domain::mailing::BounceKind::Soft),
        since: Set(now),
    };
    let event = |number: u32| entity::event::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(Some(id)),
        occurred_at: Set(now),
        kind: Set("a.test".to_owned()),
        subject: Set(number.to_string()),
        data: Set(json_value!({})),
    };
    let done: Result<(), Error> = house
        .app
        .transact(async |tx: &Tx| {
            let addresses = entity::undeliverable_address::Entity::insert_many((0..250).map(address));
            addresses.exec_without_returning(&**tx).await?;
            entity::event::Entity::insert_many((0..300).map(event)).exec_without_returning(&**tx).await?;
            Ok(())
        })
        .await;
    done.unwrap();
    let files = exported(&house, &who).await;
    let addresses: BTreeSet<String> = items(&files, "undeliverable_addresses.json")
        .iter()
        .map(|row| row["address"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(addresses.len(), 250);
    let subjects = items(&files, "events.json").into_iter().filter(|row| row["kind"] == "a.test");
    let subjects: Vec<String> = subjects.map(|row| row["subject"].as_str().unwrap().to_owned()).collect();
    assert_eq!(subjects.len(), 300);
    assert_eq!(subjects.iter().collect::<BTreeSet<_>>().len(), 300, "none twice");
}));

// What is added while it is being read is in none of its files.
on_both!(it_shows_one_instant, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    who.add_method("sim_ok").await.expect(201);
    let id: AccountId = who.get("/v1/account").await.text("/id").parse().unwrap();
    let (pieces, mut taken) = tokio::sync::mpsc::channel(1);
    let reading = api::export::write(&house.app, id, house.now(), Book::new(pieces));
    let taking = async {
        let mut text = Vec::new();
        let mut first = true;
        while let Some(piece) = taken.recv().await {
            if std::mem::take(&mut first) {
                // the snapshot stands; methods come later in the archive
                who.add_method("sim_ok~late").await.expect(201);
                who.patch("/v1/account", &json_value!({ "city": "Lille" })).await.expect(200);
            }
            if let Piece::Bytes(bytes) = piece {
                text.extend_from_slice(&bytes);
            }
        }
        String::from_utf8(text).unwrap()
    };
    let (written, text) = tokio::join!(reading, taking);
    written.unwrap();
    assert!(text.contains("Paris") && !text.contains("Lille"));
    assert_eq!(text.matches("\"payment_method.added\"").count(), 2, "its line and its event: {text}");
    assert_eq!(text.matches("\"id\":\"pmt_").count(), 1);
}));

/// Another implementation reads it: Python's zipfile checks every sum.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_implementation_opens_it() {
    let house = House::open(On::Sqlite, "2026-01-30T09:00:00Z").await;
    let who = house.customer().await;
    let id = ask(&who).await.expect(202).text("/id");
    house.settle().await;
    let bytes = download(&who, &id).await.expect(200).bytes;
    let path = house.folder().join("export.zip");
    std::fs::write(&path, &bytes).unwrap();
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                  print(len(z.namelist()), z.getinfo('account.json').date_time)";
    let output = std::process::Command::new("python3").arg("-c").arg(script).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.trim(), format!("{} (2026, 1, 30, 9, 0, 0)", unzip(&bytes).len()));
    house.close().await;
}
