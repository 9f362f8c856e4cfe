//! The pages that document the codes: where a problem's `type` leads.

use super::{Code, field};
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpResponse, web};
use std::fmt::Write;

/// `GET /docs/errors`: every code with its status and meaning.
pub async fn list() -> HttpResponse {
    html("Errors", &index())
}

/// `GET /docs/errors/{code}`: one code.
///
/// # Errors
/// `not_found` for a code that is not in the table.
pub async fn one(code: web::Path<String>) -> Result<HttpResponse, super::Problem> {
    let code: Code = code.parse().map_err(|_| super::Problem::new(Code::NotFound))?;
    Ok(html(code.as_str(), &page(code)))
}

fn page(code: Code) -> String {
    let entry = code.entry();
    let [title, titre] = entry.title;
    let [detail, explication] = entry.detail;
    format!(
        "<h1><code>{code}</code></h1><p>HTTP status <strong>{}</strong></p>\
         <h2 lang=\"en\">{title}</h2><p lang=\"en\">{}</p><h2 lang=\"fr\">{titre}</h2><p lang=\"fr\">{}</p>\
         <p><a href=\"/docs/errors\">All errors</a></p>",
        entry.status,
        escape(detail),
        escape(explication),
    )
}

fn index() -> String {
    let mut text = String::from(
        "<h1>Errors</h1><p>Every error is <code>application/problem+json</code> (RFC 9457) with a stable \
         <code>code</code>.</p><table><tr><th>code</th><th>status</th><th>meaning</th><th>sens</th></tr>",
    );
    for code in Code::all() {
        let entry = code.entry();
        let [title, titre] = entry.title;
        write!(
            text,
            "<tr><td><a href=\"/docs/errors/{code}\"><code>{code}</code></a></td><td>{}</td><td>{title}</td><td lang=\"fr\">{titre}</td></tr>",
            entry.status
        )
        .ok();
    }
    text.push_str(
        "</table><h2>Codes of single values</h2><table><tr><th>code</th><th>message</th><th>message</th></tr>",
    );
    for (code, [english, french]) in field::CODES {
        write!(text, "<tr><td><code>{code}</code></td><td>{english}</td><td lang=\"fr\">{french}</td></tr>").ok();
    }
    text.push_str("</table>");
    text
}

/// The same table in Markdown: `docs/errors.md`, kept current by a test.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "# Errors\n\nGenerated from `api/src/problem`; `tacit openapi --write` writes it anew.\n\n\
         | code | status | title | detail |\n|---|---|---|---|\n",
    );
    for code in Code::all() {
        let entry = code.entry();
        let ([title, _], [detail, _]) = (entry.title, entry.detail);
        writeln!(text, "| `{code}` | {} | {title} | {detail} |", entry.status).ok();
    }
    text.push_str("\n## Codes of single values\n\n| code | message |\n|---|---|\n");
    for (code, [english, _]) in field::CODES {
        writeln!(text, "| `{code}` | {english} |").ok();
    }
    text
}

fn html(title: &str, body: &str) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).insert_header((CACHE_CONTROL, "public, max-age=300")).body(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - Tacit</title>\
         <style>body{{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}td,th{{text-align:left;padding:.2em .8em .2em 0;vertical-align:top}}</style>\
         </head><body>{body}</body></html>"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_spelled_once_and_read_back() {
        let mut seen = HashSet::new();
        for code in Code::all() {
            assert!(seen.insert(code.as_str()), "{code} twice");
            assert_eq!(code.as_str().parse::<Code>().unwrap(), code);
            assert!((400..=599).contains(&code.entry().status));
        }
    }

    #[test]
    fn the_page_in_the_repository_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert!(stored == markdown(), "docs/errors.md is out of date: run `make openapi`");
    }
}
