//! Requests that leave: to whom they may go, and the client that sends them.

use crate::mail::transport::is_here;
use reqwest::{Client, Url};
use std::time::Duration;

/// A base that a setting names: over TLS, or to this machine.
///
/// # Errors
/// What is wrong with it; the text itself may hold a secret and is never repeated.
pub fn url(setting: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| format!("{setting} must be a URL"))?;
    let here = url.host_str().is_some_and(|host| is_here(host.trim_matches(['[', ']'])));
    if url.scheme() == "https" || url.scheme() == "http" && here {
        return Ok(url);
    }
    Err(format!("{setting} must begin with https:// (http:// only to this machine)"))
}

/// A client that follows nobody elsewhere and waits for an answer no longer than this.
///
/// # Errors
/// What keeps it from being made.
pub fn client(longest: Duration) -> Result<Client, String> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(longest)
        .user_agent(concat!("tacit/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("no HTTP client: {error}"))
}

/// The body of an answer, if it is no longer than this.
///
/// # Errors
/// The connection's; `None` for a longer one.
pub async fn body(mut answer: reqwest::Response, longest: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if bytes.len() + part.len() > longest {
            return Ok(None);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_over_tls_or_stay_on_this_machine() {
        for text in ["https://sms.example/v1/messages", "http://127.0.0.1:9/x", "http://[::1]:9/", "http://localhost/"]
        {
            assert!(url("x.url", text).is_ok(), "{text}");
        }
        for text in ["http://sms.example/", "http://10.0.0.1/", "ftp://sms.example/", "sms.example", ""] {
            let refused = url("x.url", text).unwrap_err();
            assert!(refused.starts_with("x.url must"), "{text}: {refused}");
        }
        assert!(!url("x.url", "http://user:k4n4ri@sms.example/").unwrap_err().contains("k4n4ri"));
    }
}
