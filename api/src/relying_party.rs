//! The relying party of WebAuthn: the domain that keys are bound to, and the pages that may use them.

use crate::config::Config;
use webauthn_rs::prelude::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// Where browsers allow keys without TLS and without a domain.
const LOCALHOST: &str = "localhost";

/// The relying party of the settings.
///
/// # Errors
/// What is wrong with them, in words.
pub fn build(config: &Config) -> Result<Webauthn, String> {
    let settings = &config.webauthn;
    let origins = origins(config)?;
    let first = origins.first().ok_or("webauthn.origins: none is named")?;
    let id = match settings.rp_id.trim() {
        "" => first.domain().unwrap_or_default().to_owned(),
        named => named.to_ascii_lowercase(),
    };
    let name = [&settings.rp_name, &config.mail.brand, &config.seller.name];
    let name = name.into_iter().find(|name| !name.trim().is_empty()).map_or("Tacit", |name| name.trim());
    let timeout = domain::factor::CEREMONY.to_std().map_err(|error| error.to_string())?;
    for origin in &origins {
        // what an app calls its origin (`android:apk-key-hash:…`) has no domain
        if origin.scheme().starts_with("http") {
            let _ = builder(&id, origin)?;
        }
    }
    let rest = origins.iter().skip(1);
    let builder = builder(&id, first)?.rp_name(name).timeout(timeout);
    let builder = rest.fold(builder, WebauthnBuilder::append_allowed_origin);
    builder.build().map_err(|error| format!("webauthn: {error}"))
}

fn builder<'a>(id: &'a str, origin: &'a Url) -> Result<WebauthnBuilder<'a>, String> {
    WebauthnBuilder::new(id, origin)
        .map_err(|_| format!("webauthn.rp_id: `{id}` is neither the domain of {origin} nor one above it"))
}

/// The origins named, or that of the front end. Keys know no addresses of the network: a front end on one
/// (a machine for development) is `localhost` for them.
fn origins(config: &Config) -> Result<Vec<Url>, String> {
    let named: Vec<&str> = config.webauthn.origins.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    if named.is_empty() {
        let mut links = Url::parse(&config.links_url).map_err(|error| format!("links_url: {error}"))?;
        if links.domain().is_none() {
            links.set_host(Some(LOCALHOST)).map_err(|error| format!("links_url: {error}"))?;
        }
        return Ok(vec![links]);
    }
    named.into_iter().map(origin).collect()
}

/// An origin as browsers write it, of a page that they let use keys.
fn origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("webauthn.origins: `{text}`: {error}"))?;
    let plain = url.scheme() == "http" && url.domain() != Some(LOCALHOST);
    let more = url.scheme().starts_with("http") && url.origin().ascii_serialization() != text.trim_end_matches('/');
    if plain || more {
        return Err(format!(
            "webauthn.origins: `{text}` is no origin such as https://my.provider.example; without TLS only localhost is one"
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(links_url: &str, rp_id: &str, origins: &str) -> Result<Webauthn, String> {
        let mut config = Config { links_url: links_url.to_owned(), ..Config::default() };
        config.webauthn.rp_id = rp_id.to_owned();
        config.webauthn.origins = origins.to_owned();
        build(&config)
    }

    #[test]
    fn the_front_end_is_the_relying_party_unless_others_are_named() {
        let shown = |party: Webauthn| party.get_allowed_origins().iter().map(ToString::to_string).collect::<Vec<_>>();
        let mine = with("https://my.provider.example/area", "", "").unwrap();
        assert_eq!(shown(mine), ["https://my.provider.example/area"]);
        assert_eq!(shown(with("http://127.0.0.1:8080", "", "").unwrap()), ["http://localhost:8080/"]);
        let two = "https://my.provider.example, android:apk-key-hash:abc";
        assert_eq!(shown(with("", "provider.example", two).unwrap()).len(), 2);
    }

    #[test]
    fn what_no_browser_would_accept_stops_the_start() {
        for (rp_id, origins) in [
            ("other.example", "https://my.provider.example"),
            ("provider.example", "https://my.provider.example,https://other.example"),
            ("", "http://my.provider.example"),
            ("", "https://my.provider.example/path"),
            ("", "https://192.0.2.7"),
            ("", "my.provider.example"),
        ] {
            assert!(with("https://my.provider.example", rp_id, origins).is_err(), "{rp_id} {origins}");
        }
    }
}
