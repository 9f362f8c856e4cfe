//! Lists are cut in pages without loss or repetition, whichever way they are sorted.

use super::estate::Estate;
use house::contract::{Operation, operations};
use house::{Answer, Client};
use serde_json::{Value, json};

fn lists() -> impl Iterator<Item = &'static Operation> {
    operations().iter().filter(|operation| operation.takes("cursor"))
}

/// Every item, one to a page, following the cursors; the links say the same.
async fn one_by_one(who: &Client, path: &str, sort: &str) -> Vec<Value> {
    let (mut items, mut query) = (Vec::new(), format!("limit=1{sort}"));
    loop {
        let page = who.get(&format!("{path}?{query}")).await.expect(200);
        items.extend(page.items());
        assert!(page.items().len() <= 1, "{path}: more than was asked for");
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            assert_eq!(page.header("link"), None, "{path}: the last page has a link");
            return items;
        };
        let link = page.header("link").unwrap_or_else(|| panic!("{path}: no Link")).to_owned();
        let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
        let linked = who.get(next).await.expect(200);
        query = format!("limit=1{sort}&cursor={cursor}");
        let named = who.get(&format!("{path}?{query}")).await.expect(200);
        assert_eq!(linked.body, named.body, "{path}: link and cursor differ");
        assert!(items.len() < 1000, "{path} never ends");
    }
}

/// The ways that a list can be sorted: it tells them when asked for another.
async fn ways(who: &Client, path: &str) -> Vec<String> {
    let refused: Answer = who.get(&format!("{path}?sort=no_such_member")).await.expect(422);
    let allowed = refused.body["errors"][0]["params"]["allowed"].as_array().cloned().unwrap_or_default();
    allowed.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

house::on_both!(every_item_comes_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    let company = house.customer().await;
    let profile = json!({
        "kind": "company", "organisation": "Muster GmbH", "country": "DE", "postal_code": "10115", "city": "Berlin",
    });
    company.patch("/v1/account", &profile).await.expect(200);
    for id in ["DE136695976", "DE811907980"] {
        company.patch("/v1/account", &json!({ "vat_id": id })).await.expect(200);
    }
    for operation in lists() {
        let (who, path) = (estate.entitled(operation), estate.path(operation));
        let all = who.get(&format!("{path}?limit=100&with_total=true")).await.expect(200);
        let items = all.items();
        if all.body["next_cursor"].is_string() {
            assert_eq!(items.len(), 100, "{}", operation.id);
            continue;
        }
        assert_eq!(all.body["total"], json!(items.len()), "{}", operation.id);
        assert!(who.get(&path).await.expect(200).body.get("total").is_none(), "{}", operation.id);
        same(&one_by_one(who, &path, "").await, &items, operation);
        assert!(!items.is_empty() || operation.id == "list_milestones", "{} has nothing to cut", operation.id);
        for sort in ways(who, &path).await {
            let sorted = who.get(&format!("{path}?limit=100&sort={sort}")).await.expect(200).items();
            same(&one_by_one(who, &path, &format!("&sort={sort}")).await, &sorted, operation);
            ordered(&sorted, &sort, operation);
        }
    }
}));

/// The same items in the same order; a timeline shows what is due at one instant in the order in which it
/// runs, which a page that begins between them cannot know.
#[track_caller]
fn same(one_by_one: &[Value], at_once: &[Value], operation: &Operation) {
    if operation.id != "get_service_timeline" {
        assert_eq!(one_by_one, at_once, "{}", operation.id);
    }
    let texts = |items: &[Value]| items.iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>();
    assert_eq!((one_by_one.len(), texts(one_by_one)), (at_once.len(), texts(at_once)), "{}", operation.id);
}

/// Items are in the order of the member that they are sorted by.
fn ordered(items: &[Value], sort: &str, operation: &Operation) {
    let (member, down) = sort.strip_prefix('-').map_or((sort, false), |member| (member, true));
    let keys: Vec<&Value> = items.iter().map(|item| &item[member]).collect();
    let text = |value: &Value| value.as_str().map_or_else(|| format!("{:0>20}", value.to_string()), str::to_owned);
    for pair in keys.windows(2) {
        let (one, two) = (text(pair[0]), text(pair[1]));
        assert!(one == two || (one < two) != down, "{} by {sort}: {one} then {two}", operation.id);
    }
}

house::on_both!(a_cursor_belongs_to_its_list, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    let mut cursors = Vec::new();
    for operation in lists() {
        let (who, path) = (estate.entitled(operation), estate.path(operation));
        let page = who.get(&format!("{path}?limit=1")).await.expect(200);
        let Some(cursor) = page.body["next_cursor"].as_str().map(str::to_owned) else { continue };
        let is_refused = async |query: &str| {
            let answer = who.get(&format!("{path}?cursor={cursor}{query}")).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_cursor"), "{} {query}", operation.id);
        };
        who.get(&format!("{path}?cursor={cursor}&limit=7&with_total=true")).await.expect(200);
        for sort in ways(who, &path).await {
            if who.get(&format!("{path}?limit=1&sort={sort}")).await.body["next_cursor"].as_str() != Some(&cursor) {
                is_refused(&format!("&sort={sort}")).await;
            }
        }
        for parameter in operation.parameters("query") {
            let name = parameter["name"].as_str().unwrap();
            if ["limit", "cursor", "sort", "with_total"].contains(&name) {
                continue;
            }
            let value = match parameter.get("example").or_else(|| parameter["schema"].get("example")) {
                Some(Value::Array(items)) => items[0].as_str().unwrap().to_owned(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => continue,
            };
            is_refused(&format!("&{name}={value}")).await;
        }
        cursors.push((operation, cursor));
    }
    assert!(cursors.len() >= 8, "only {} lists have two items", cursors.len());
    for (operation, _) in &cursors {
        for (other, cursor) in cursors.iter().filter(|(other, _)| other.id != operation.id) {
            let path = format!("{}?cursor={cursor}", estate.path(operation));
            let answer = estate.entitled(operation).get(&path).await;
            assert_eq!(answer.status, 400, "{} takes the cursor of {}", operation.id, other.id);
        }
    }
}));

house::on_both!(a_cursor_that_is_made_up_is_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in lists() {
        let (who, path) = (estate.entitled(operation), estate.path(operation));
        let page = who.get(&format!("{path}?limit=1")).await.expect(200);
        let Some(cursor) = page.body["next_cursor"].as_str() else { continue };
        let real: Value = serde_json::from_slice(&decoded(cursor)).unwrap();
        let keys = [
            json!({ "n": 1 }),
            json!({ "t": "a" }),
            json!({ "t": "a\u{0}" }),
            json!({ "d": "2026-01-01" }),
            json!({ "i": "2026-01-01T00:00:00Z" }),
            json!({ "i": "-100000-01-01T00:00:00Z" }),
            json!({ "u": "019c0e21-7680-7720-aaf0-428d6132d129" }),
        ];
        for key in keys {
            let forged = encoded(json!([real[0], key, real[2]]).to_string().as_bytes());
            let answer = who.get(&format!("{path}?limit=1&cursor={forged}")).await;
            assert!(
                answer.status == 200 || answer.code() == "invalid_cursor",
                "{} {key}: {}",
                operation.id,
                answer.text
            );
        }
    }
}));

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// URL-safe base64 without padding.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (n, byte)| bits | u32::from(*byte) << (16 - 8 * n));
        for n in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * n) & 63) as usize]));
        }
    }
    text
}

fn decoded(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 255) as u8);
        }
    }
    bytes
}

#[test]
fn what_is_encoded_is_decoded() {
    for text in ["", "a", "ab", "abc", "[\"é\",1]"] {
        assert_eq!(decoded(&encoded(text.as_bytes())), text.as_bytes());
    }
}
