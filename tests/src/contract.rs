//! The contract, as a careful client reads it: which operations there are, and whether an answer is one
//! that the document declares: status, media type, headers, every member of the body.

mod schema;

use crate::client::Answer;
use serde_json::Value;
use std::sync::LazyLock;

/// An operation of the contract.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its operationId.
    pub id: String,
    /// In upper case.
    pub method: String,
    /// With its parameters in braces.
    pub path: String,
    /// The scopes that it wants; none for a public one.
    pub scopes: Vec<String>,
    /// Everything that the document says about it.
    pub value: &'static Value,
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(api::openapi::document);
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(read);

/// The document that the code generates.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Every operation, in the order of the document.
pub fn operations() -> &'static [Operation] {
    &OPERATIONS
}

/// An operation by its id.
#[track_caller]
pub fn operation(id: &str) -> &'static Operation {
    operations().iter().find(|known| known.id == id).unwrap_or_else(|| panic!("the contract has no operation {id}"))
}

/// The operation of a method at a path (without its query); the most literal template wins.
pub fn at(method: &str, path: &str) -> Option<&'static Operation> {
    let path = path.split('?').next().unwrap_or(path);
    let fits = |known: &&Operation| known.method == method && fits(&known.path, path);
    operations().iter().filter(fits).max_by_key(|known| known.path.split('/').filter(|it| !it.starts_with('{')).count())
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(known, part)| (known.starts_with('{') && !part.is_empty()) || known == part)
}

fn read() -> Vec<Operation> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let known = ["get", "put", "post", "patch", "delete"];
        let of = |method: &&str| item.get(*method).map(|value| operation_of(path, method, value));
        known.iter().filter_map(of).collect::<Vec<_>>()
    });
    operations.collect()
}

fn operation_of(path: &str, method: &str, value: &'static Value) -> Operation {
    let required = value["security"].as_array().into_iter().flatten().filter_map(Value::as_object);
    let scopes = required.flat_map(|one| one.values()).filter_map(Value::as_array).flatten();
    Operation {
        id: value["operationId"].as_str().expect("operationId").to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        scopes: scopes.filter_map(Value::as_str).map(str::to_owned).collect(),
        value,
    }
}

impl Operation {
    /// Whether it changes something.
    pub fn writes(&self) -> bool {
        self.method != "GET"
    }

    /// Whether it belongs to the provider.
    pub fn is_operator(&self) -> bool {
        self.scopes.iter().any(|scope| scope == "operator:*")
    }

    /// Its parameters of a place (`path`, `query`, `header`).
    pub fn parameters(&self, place: &str) -> Vec<&'static Value> {
        self.value["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(resolved)
            .filter(|parameter| parameter["in"] == place)
            .collect()
    }

    /// Whether it takes a parameter of this name, wherever it stands.
    pub fn takes(&self, name: &str) -> bool {
        let known = |place| self.parameters(place).iter().any(|it| it["name"].as_str() == Some(name));
        known("query") || known("header") || known("path")
    }

    /// Whether it refuses a request without an Idempotency-Key.
    pub fn requires_key(&self) -> bool {
        self.parameters("header").iter().any(|it| it["name"] == "Idempotency-Key" && it["required"] == true)
    }

    /// The media types of its body, preferred first; none when it takes no body.
    pub fn media(&self) -> Vec<String> {
        let content = self.value["requestBody"]["content"].as_object();
        content.into_iter().flatten().map(|(kind, _)| kind.clone()).collect()
    }

    /// The example of its request body, put together as documentation pages do.
    pub fn example(&self) -> Option<Value> {
        let media = self.value["requestBody"]["content"].as_object()?.values().next()?;
        media.get("example").cloned().or_else(|| schema::example(&media["schema"]))
    }

    /// Its path with each parameter replaced.
    pub fn path_with(&self, value: impl Fn(&Value) -> String) -> String {
        let mut path = self.path.clone();
        for parameter in self.parameters("path") {
            let name = parameter["name"].as_str().expect("name");
            path = path.replace(&format!("{{{name}}}"), &value(parameter));
        }
        path
    }
}

/// The prefix of the ids that a path parameter takes, from its pattern.
pub fn prefix(parameter: &Value) -> Option<String> {
    let pattern = parameter["schema"]["pattern"].as_str()?;
    let (prefix, _) = pattern.strip_prefix('^')?.split_once('_')?;
    (prefix.len() == 3).then(|| prefix.to_owned())
}

/// What a `$ref` stands for.
pub fn resolved(value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolved(DOCUMENT.pointer(reference.trim_start_matches('#')).expect("a reference")),
        None => value,
    }
}

/// Everything about an answer that the contract does not say; none for what it does not know at all
/// (unknown paths and methods).
pub fn deviations(method: &str, path: &str, answer: &Answer) -> Vec<String> {
    let Some(operation) = at(method, path) else { return Vec::new() };
    // what has no version of its own has the bytes for a tag, for whoever asks with one
    if answer.status == 304 && method == "GET" {
        return Vec::new();
    }
    // HTTP itself, before any operation is chosen
    if matches!(answer.status, 405 | 408 | 414 | 431) && answer.body["status"] == answer.status {
        return Vec::new();
    }
    let Some(response) = operation.value["responses"].get(answer.status.to_string()) else {
        return vec![format!("{} does not declare {}: {}", operation.id, answer.status, answer.text)];
    };
    let response = resolved(response);
    let mut found = body(response, answer);
    found.extend(headers(operation, response, answer));
    for what in &mut found {
        *what = format!("{} {}: {what}", operation.id, answer.status);
    }
    found
}

fn body(response: &'static Value, answer: &Answer) -> Vec<String> {
    let declared = response.get("content").and_then(Value::as_object);
    let media = answer.header("content-type").map(|line| line.split(';').next().unwrap_or(line).trim().to_owned());
    let Some(declared) = declared.filter(|content| !content.is_empty()) else {
        return if answer.text.is_empty() { Vec::new() } else { vec!["has a body".to_owned()] };
    };
    let Some(media) = media else { return vec!["has no Content-Type".to_owned()] };
    let Some(content) = declared.get(&media) else {
        return vec![format!("is {media}, not {:?}", declared.keys().collect::<Vec<_>>())];
    };
    if !media.ends_with("json") {
        return Vec::new();
    }
    if answer.body.is_null() {
        return vec![format!("is no JSON: {}", answer.text)];
    }
    let mut found = Vec::new();
    if let Some(schema) = content.get("schema") {
        schema::validate(schema, &answer.body, "", &mut found);
    }
    nulls(&answer.body, "", &mut found);
    found
}

/// A member without a value is left out.
fn nulls(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push(format!("{at} is null")),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| nulls(item, &format!("{at}/{n}"), found)),
        Value::Object(members) => members.iter().for_each(|(name, it)| nulls(it, &format!("{at}/{name}"), found)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn headers(operation: &Operation, response: &Value, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |name: &str, applies: bool| {
        if applies && answer.header(name).is_none() {
            found.push(format!("has no {name}"));
        }
    };
    must("x-request-id", true);
    must("cache-control", true);
    must("x-content-type-options", true);
    must("etag", operation.value["x-etag"] == true && (200..300).contains(&answer.status));
    must("www-authenticate", answer.status == 401);
    must("retry-after", answer.status == 429 || answer.status == 503 && answer.body.get("code").is_some());
    must("location", answer.status == 201);
    let declared = response["headers"].as_object();
    for name in ["etag", "idempotent-replayed", "link", "retry-after", "www-authenticate"] {
        let known = declared.is_some_and(|known| known.keys().any(|it| it.eq_ignore_ascii_case(name)));
        // the bytes are the tag of what has no version; a refused scope says so in WWW-Authenticate
        let tolerated = name == "etag" || (name == "www-authenticate" && answer.status == 403);
        if answer.header(name).is_some() && !known && !tolerated && answer.body.get("code").is_none() {
            found.push(format!("has an undeclared {name}"));
        }
    }
    found
}
