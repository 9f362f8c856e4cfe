//! The request's id: the caller's when it has the right form, else a fresh one. Echoed and logged.

use crate::app::App;
use actix_web::http::header::HeaderMap;

/// The header.
pub const HEADER: &str = "x-request-id";

/// The id of a request.
#[must_use]
pub fn of(app: &App, headers: &HeaderMap) -> String {
    let sent = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|text| is_valid(text));
    sent.map_or_else(|| app.tools.entropy.id(app.now()).simple().to_string(), str::to_owned)
}

fn is_valid(text: &str) -> bool {
    (8..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn ids_of_another_form_are_replaced() {
        assert!(is_valid("abc_DEF-12"));
        for wrong in ["short", "with space", "a\nb4567890", &"a".repeat(65)] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }
}
