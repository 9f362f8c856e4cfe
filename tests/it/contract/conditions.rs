//! Tags of versions: an unchanged resource is not sent again, a changed one is not overwritten.

use super::estate::Estate;
use house::client::fresh_key;
use house::contract::operations;
use reqwest::Method;
use serde_json::Value;

house::on_both!(what_is_unchanged_is_not_sent_again, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in operations().iter().filter(|operation| !operation.writes() && operation.path.starts_with("/v1/")) {
        let (who, path) = (estate.entitled(operation), estate.path(operation));
        let answer = who.get(&path).await;
        if answer.status != 200 {
            continue;
        }
        let tag = answer.header("etag").unwrap_or_else(|| panic!("{} has no ETag", operation.id)).to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{} {tag}", operation.id);
        for known in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
            let again = who.send(Method::GET, &path, &[("If-None-Match", &known)], None).await;
            assert_eq!((again.status, again.text.as_str()), (304, ""), "{} {known}", operation.id);
            assert_eq!(again.header("etag"), Some(tag.as_str()), "{}", operation.id);
        }
        who.send(Method::GET, &path, &[("If-None-Match", "\"other\"")], None).await.expect(200);
        // a language of its own is another representation
        let head = who.send(Method::HEAD, &path, &[], None).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{}", operation.id);
    }
}));

house::on_both!(what_has_changed_is_not_overwritten, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    let mut tried = Vec::new();
    for operation in operations().iter().filter(|operation| operation.takes("If-Match")) {
        let (who, path) = (estate.entitled(operation), estate.path(operation));
        let method: Method = operation.method.parse().unwrap();
        let body = operation.example();
        let ask = async |tag: &str| {
            let key = fresh_key();
            let headers = [("If-Match", tag), ("Idempotency-Key", key.as_str())];
            who.send(method.clone(), &path, &headers, body.as_ref()).await
        };
        for stale in ["\"0\"", "\"999\"", "\"x\"", "\"0-0123456789abcdef\""] {
            let answer = ask(stale).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (412, "precondition_failed"),
                "{} {stale}",
                operation.id
            );
        }
        tried.push(operation.id.as_str());
        let Some(reader) = house::contract::at("GET", &path) else { continue };
        let present = who.get(&estate.path(reader)).await;
        let Value::String(member) = &present.body["etag"] else { continue };
        assert!(present.header("etag").unwrap().starts_with(&format!("\"{member}-")), "{}", operation.id);
        for known in [format!("\"{member}\""), present.header("etag").unwrap().to_owned(), "*".to_owned()] {
            assert_ne!(ask(&known).await.status, 412, "{} {known}", operation.id);
            let now = who.get(&estate.path(reader)).await;
            if now.body["etag"] != present.body["etag"] {
                assert_eq!(ask(&known).await.status == 412, known != "*", "{} {known}", operation.id);
                break;
            }
        }
    }
    for id in ["update_account", "update_service", "rename_payment_method"] {
        assert!(tried.contains(&id), "{id} takes no If-Match");
    }
}));
