//! The operations that the contract knows, by path: which methods a path has (405), which query
//! parameters an operation takes (400), which operations need no login (their own limits).

use actix_web::http::Method;
use serde_json::Value;

/// What the edge has to know about an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its operationId.
    pub id: String,
    /// In upper case.
    pub method: String,
    /// Names of its query parameters.
    pub query: Vec<String>,
    /// Whether it needs no login.
    pub open: bool,
}

#[derive(Debug, Clone)]
struct Path {
    /// None stands for a parameter.
    segments: Vec<Option<String>>,
    operations: Vec<Operation>,
}

/// The operations of a document.
#[derive(Debug, Clone, Default)]
pub struct Table(Vec<Path>);

impl Table {
    /// Reads a finished document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
        Self(
            paths.map(|(template, item)| Path { segments: segments(template), operations: operations(item) }).collect(),
        )
    }

    /// Every operation at a path; the most literal template wins, as it does in the router.
    #[must_use]
    pub fn at(&self, path: &str) -> &[Operation] {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let fits = |known: &&Path| {
            known.segments.len() == parts.len()
                && known.segments.iter().zip(&parts).all(|(segment, part)| match segment {
                    Some(literal) => literal == part,
                    None => !part.is_empty(),
                })
        };
        let literals = |path: &&Path| path.segments.iter().filter(|segment| segment.is_some()).count();
        self.0.iter().filter(fits).max_by_key(literals).map_or(&[], |path| path.operations.as_slice())
    }

    /// The operation of a method at a path.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.at(path).iter().find(|operation| operation.method == method.as_str())
    }

    /// The methods of a path for `Allow`; none when nothing is there.
    #[must_use]
    pub fn allow(&self, path: &str) -> Option<String> {
        let mut methods: Vec<&str> = self.at(path).iter().map(|operation| operation.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        (!methods.is_empty()).then(|| methods.join(", "))
    }
}

fn segments(template: &str) -> Vec<Option<String>> {
    let segment = |part: &str| if part.starts_with('{') { None } else { Some(part.to_owned()) };
    template.split('/').skip(1).map(segment).collect()
}

fn operations(item: &Value) -> Vec<Operation> {
    let members = item.as_object().into_iter().flatten();
    let methods = members.filter(|(name, _)| matches!(name.as_str(), "get" | "put" | "post" | "patch" | "delete"));
    methods
        .map(|(method, operation)| Operation {
            id: operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned(),
            method: method.to_ascii_uppercase(),
            query: parameters(item).chain(parameters(operation)).collect(),
            open: operation.get("security").and_then(Value::as_array).is_none_or(Vec::is_empty),
        })
        .collect()
}

fn parameters(of: &Value) -> impl Iterator<Item = String> {
    let all = of.get("parameters").and_then(Value::as_array).into_iter().flatten();
    all.filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("query"))
        .filter_map(|parameter| parameter.get("name").and_then(Value::as_str).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_knows_its_methods_and_parameters() {
        let table = Table::of(&json!({"paths": {
            "/v1/services/{id}": {"get": {"security": [{"bearer": ["a"]}], "parameters": [{"name": "expand", "in": "query"}, {"name": "id", "in": "path"}]}},
            "/v1/services/bulk": {"post": {"security": []}},
        }}));
        assert_eq!(table.allow("/v1/services/svc_1").as_deref(), Some("GET, HEAD"));
        assert_eq!(table.allow("/v1/services/bulk").as_deref(), Some("POST"));
        assert_eq!(table.allow("/v1/services/"), None);
        assert_eq!(table.allow("/v1/services/a/b"), None);
        let get = table.find(&Method::GET, "/v1/services/svc_1").unwrap();
        assert_eq!((get.query.as_slice(), get.open), (&["expand".to_owned()][..], false));
        assert!(table.find(&Method::POST, "/v1/services/bulk").unwrap().open);
        assert!(table.find(&Method::PUT, "/v1/services/bulk").is_none());
    }
}
