//! Requests are read strictly, and everything that is wrong is told with its place.

use super::estate::Estate;
use super::send;
use house::Answer;
use house::client::fresh_key;
use house::contract::{Operation, operations};
use serde_json::{Value, json};

/// Sends an operation of the estate's with a body as it is.
async fn raw(
    house: &house::House,
    estate: &Estate,
    operation: &Operation,
    media: &str,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let who = estate.entitled(operation);
    let method: reqwest::Method = operation.method.parse().unwrap();
    let mut request = reqwest::Client::new()
        .request(method, format!("{}{}", house.base, estate.path(operation)))
        .header("Idempotency-Key", fresh_key())
        .body(body);
    if !media.is_empty() {
        request = request.header("Content-Type", media);
    }
    if !operation.scopes.is_empty() {
        request = request.bearer_auth(who.token.as_deref().unwrap());
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        bytes: text.clone().into_bytes(),
        text,
    }
}

fn with_body() -> impl Iterator<Item = &'static Operation> {
    operations().iter().filter(|operation| !operation.media().is_empty())
}

#[track_caller]
fn is(answer: &Answer, status: u16, code: &str, operation: &Operation) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}: {}", operation.id, answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", operation.id);
}

/// The code that the answer has for a member.
fn at(answer: &Answer, pointer: &str) -> Option<String> {
    let errors = answer.body["errors"].as_array()?;
    let found = errors.iter().find(|error| error["pointer"] == pointer)?;
    found["code"].as_str().map(str::to_owned)
}

house::on_both!(bodies_are_read_strictly, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in with_body() {
        let media = &operation.media()[0];
        let example = operation.example().unwrap_or_else(|| panic!("{} has no example", operation.id));
        for broken in [
            "{",
            "",
            "nonsense",
            "{} {}",
            "[]",
            "[1]",
            "1",
            "null",
            "\"a\"",
            "{\"a\":1,}",
            "{'a':1}",
            "\u{feff}{}",
            "{\"a\":NaN}",
        ] {
            if broken.is_empty() && operation.value["requestBody"]["required"] != true {
                continue;
            }
            is(&raw(&house, &estate, operation, media, broken).await, 400, "malformed", operation);
        }
        for other in [
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "application/json; charset=latin1",
            "",
        ] {
            let answer = raw(&house, &estate, operation, other, example.to_string()).await;
            is(&answer, 415, "unsupported_media_type", operation);
        }
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(65_536));
        is(&raw(&house, &estate, operation, media, large).await, 413, "payload_too_large", operation);
        let mut unknown = example.clone();
        unknown["no_such_member"] = json!(1);
        let answer = raw(&house, &estate, operation, media, unknown.to_string()).await;
        is(&answer, 422, "validation_failed", operation);
        assert_eq!(
            at(&answer, "/no_such_member").as_deref(),
            Some("unknown_member"),
            "{}: {}",
            operation.id,
            answer.text
        );
        let Some((name, value)) = example.as_object().and_then(|members| members.iter().next()) else { continue };
        let twice = format!("{{\"{name}\":{value},\"{name}\":{value}}}");
        let answer = raw(&house, &estate, operation, media, twice).await;
        is(&answer, 422, "validation_failed", operation);
        assert_eq!(at(&answer, &format!("/{name}")).as_deref(), Some("duplicate"), "{}: {}", operation.id, answer.text);
    }
}));

house::on_both!(examples_can_be_read, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    let about_form = [
        "invalid_type",
        "unknown_member",
        "required",
        "null_not_allowed",
        "not_one_of",
        "duplicate",
        "too_long",
        "too_short",
    ];
    // logs its own session out, among others: each with a session of its own would hide what comes before
    for operation in with_body() {
        for media in operation.media() {
            let body = operation.example().unwrap().to_string();
            let answer = raw(&house, &estate, operation, &media, body).await;
            assert!(
                answer.status != 400 && answer.status != 415 && answer.status < 500,
                "{}: {}",
                operation.id,
                answer.text
            );
            for error in answer.body["errors"].as_array().into_iter().flatten() {
                let code = error["code"].as_str().unwrap();
                assert!(!about_form.contains(&code), "{}: its own example is refused: {}", operation.id, answer.text);
            }
        }
    }
}));

house::on_both!(members_of_the_wrong_type_are_named, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in with_body() {
        let example = operation.example().unwrap();
        for name in example.as_object().unwrap().keys() {
            let mut wrong = example.clone();
            wrong[name] = json!({ "an": ["object"] });
            let answer = raw(&house, &estate, operation, &operation.media()[0], wrong.to_string()).await;
            is(&answer, 422, "validation_failed", operation);
            let told =
                answer.body["errors"].as_array().unwrap().iter().any(|error| {
                    error["pointer"].as_str().is_some_and(|pointer| pointer.starts_with(&format!("/{name}")))
                });
            assert!(told, "{} {name}: {}", operation.id, answer.text);
        }
    }
}));

house::on_both!(server_owned_members_are_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for (operation, members) in [
        (
            "update_account",
            &["id", "handle", "status", "balance", "email", "email_verified", "version", "created_at", "currency"][..],
        ),
        ("place_order", &["status", "totals", "number", "unit_price", "paid_at"][..]),
        ("update_service", &["status", "expires_on", "plan", "renewal", "price"][..]),
        ("rename_payment_method", &["status", "is_default", "token", "expires"][..]),
        ("pay_order", &["amount", "currency", "status"][..]),
    ] {
        let operation = house::contract::operation(operation);
        for member in members {
            let mut body = operation.example().unwrap();
            body[*member] = json!("x");
            let answer = raw(&house, &estate, operation, &operation.media()[0], body.to_string()).await;
            is(&answer, 422, "validation_failed", operation);
            assert_eq!(at(&answer, &format!("/{member}")).as_deref(), Some("unknown_member"), "{}", answer.text);
        }
    }
}));

house::on_both!(unknown_parameters_are_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in operations() {
        let path = format!("{}?no_such_parameter=1&nor_this", estate.path(operation));
        let answer = send(estate.entitled(operation), operation, &path, operation.example().as_ref()).await;
        is(&answer, 400, "unknown_parameter", operation);
        let named: Vec<_> =
            answer.body["errors"].as_array().unwrap().iter().map(|error| error["parameter"].clone()).collect();
        assert_eq!(named, ["no_such_parameter", "nor_this"], "{}", operation.id);
    }
}));

house::on_both!(parameters_are_read_strictly, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in operations().iter().filter(|operation| operation.takes("limit")) {
        let ask = async |query: &str| {
            let path = format!("{}?{query}", estate.path(operation));
            estate.entitled(operation).get(&path).await
        };
        for limit in ["0", "101", "-1", "18446744073709551616", "1.5", "", "x", "%31%30%31", "+5"] {
            let answer = ask(&format!("limit={limit}")).await;
            // some forms of a number are read as one
            if answer.status != 200 {
                is(&answer, 422, "validation_failed", operation);
                assert_eq!(answer.text("/errors/0/parameter"), "limit", "{}", operation.id);
            }
            assert!(answer.status != 200 || limit == "+5", "{} limit={limit}", operation.id);
        }
        for cursor in ["", "x", "WyJhIl0", "WyIwMDAwMDAwMDAwMDAwMDAwIix7Im4iOjF9LCIwMTlkIl0"] {
            is(&ask(&format!("cursor={cursor}")).await, 400, "invalid_cursor", operation);
        }
        is(&ask("sort=no_such_member").await, 422, "validation_failed", operation);
        is(&ask("with_total=maybe").await, 422, "validation_failed", operation);
        is(&ask("limit=1&limit=2").await, 400, "unknown_parameter", operation);
    }
    for operation in operations().iter().filter(|operation| !operation.writes() && !operation.scopes.is_empty()) {
        for parameter in operation.parameters("query") {
            let name = parameter["name"].as_str().unwrap();
            let shape = &parameter["schema"];
            let free = shape["type"] == "string"
                && shape["format"].is_null()
                && shape["enum"].is_null()
                && shape["pattern"].is_null();
            let list = shape["type"] == "array";
            if free || list || ["limit", "cursor", "sort", "with_total"].contains(&name) {
                continue;
            }
            let path = format!("{}?{name}=no%20such%20value", estate.path(operation));
            let answer = estate.entitled(operation).get(&path).await;
            is(&answer, 422, "validation_failed", operation);
            assert_eq!(answer.text("/errors/0/parameter"), name, "{}", operation.id);
        }
    }
}));

house::on_both!(what_a_database_cannot_hold_is_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    // PostgreSQL has no text with the character NUL
    for operation in with_body() {
        let mut body = operation.example().unwrap();
        let texts = body.as_object().unwrap().iter().filter(|(_, value)| value.is_string());
        let Some(name) = texts.map(|(name, _)| name.clone()).next() else { continue };
        body[&name] = json!("a\u{0}b");
        let answer = raw(&house, &estate, operation, &operation.media()[0], body.to_string()).await;
        is(&answer, 422, "validation_failed", operation);
    }
    // nor days of any year
    for operation in operations().iter().filter(|operation| !operation.writes()) {
        for parameter in operation.parameters("query") {
            let name = parameter["name"].as_str().unwrap();
            for value in
                ["-100000-01-01T00:00:00Z", "%2B200000-01-01T00:00:00Z", "-100000-01-01", "%2B200000-01-01", "a%00b"]
            {
                let answer =
                    estate.entitled(operation).get(&format!("{}?{name}={value}", estate.path(operation))).await;
                assert!(answer.status < 500, "{} {name}={value}: {}", operation.id, answer.text);
            }
        }
        if operation.path.contains('{') {
            let path = operation.path_with(|_| "a%00b".to_owned());
            is(&estate.entitled(operation).get(&path).await, 404, "not_found", operation);
        }
    }
    for wrong in ["-100000-01-01T00:00:00Z", "+200000-01-01T00:00:00Z"] {
        let answer = estate.operator.post("/v1/operator/test-clocks", &json!({ "name": "far", "now_at": wrong })).await;
        assert!(answer.status < 500, "{}", answer.text);
    }
}));
