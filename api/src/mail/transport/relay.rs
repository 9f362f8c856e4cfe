//! The connection to the relay: where it is, how its line is encrypted, what its answers mean.
//!
//! | address | is |
//! |---|---|
//! | `smtps://user:password@host` | TLS from the start, port 465 |
//! | `smtp://user:password@host` | STARTTLS, required, port 587 |
//! | `smtp://host?tls=opportunistic` | STARTTLS if the relay offers it, port 25 |
//! | `smtp://127.0.0.1?tls=none` | plain, port 25: for a relay on this machine |
//!
//! A password never travels in the clear, except to this machine.

use super::SendError;
use crate::config::MailConfig;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use reqwest::Url;
use std::time::Duration;

/// Longest wait for each answer of the relay.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(15);
/// Connections kept at most.
const CONNECTIONS: u32 = 4;
/// How long an idle connection is kept: less than relays do.
const IDLE: Duration = Duration::from_secs(45);

/// How the line is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Implicit,
    Required,
    Opportunistic,
    Plain,
}

impl Line {
    const fn port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::Required => 587,
            Self::Opportunistic | Self::Plain => 25,
        }
    }
}

/// The relay that an address names.
///
/// # Errors
/// What is wrong with it; never the password in it.
pub(super) fn from_url(
    url: &str,
    config: &MailConfig,
    sender: &str,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let url = Url::parse(url).map_err(|_| "mail_url: not an SMTP address".to_owned())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("mail_url: names no relay")?;
    let host = host.trim_matches(['[', ']']);
    let line = line(&url)?;
    let user = decoded(url.username())?;
    let password = url.password().map(decoded).transpose()?;
    if !user.is_empty() && matches!(line, Line::Opportunistic | Line::Plain) && !is_here(host) {
        return Err("mail_url: a password needs an encrypted line: leave `tls` out, or use smtps://".to_owned());
    }
    let name = if config.hello_name.is_empty() { sender } else { &config.hello_name };
    let mut relay = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(url.port().unwrap_or(line.port()))
        .tls(encryption(line, host, config)?)
        .hello_name(ClientId::Domain(name.to_owned()))
        .timeout(Some(COMMAND_TIMEOUT))
        .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
    if !user.is_empty() {
        relay = relay.credentials(Credentials::new(user, password.unwrap_or_default()));
    }
    Ok(relay.build())
}

fn line(url: &Url) -> Result<Line, String> {
    let mut line = if url.scheme() == "smtps" { Line::Implicit } else { Line::Required };
    for (name, value) in url.query_pairs() {
        line = match (url.scheme(), &*name, &*value) {
            ("smtp", "tls", "required") => Line::Required,
            ("smtp", "tls", "opportunistic") => Line::Opportunistic,
            ("smtp", "tls", "none") => Line::Plain,
            _ => return Err("mail_url: after `?` only `tls=required`, `tls=opportunistic` or `tls=none`".to_owned()),
        };
    }
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err("mail_url: nothing may follow the relay's name but its port and `?tls=`".to_owned());
    }
    Ok(line)
}

fn encryption(line: Line, host: &str, config: &MailConfig) -> Result<Tls, String> {
    let parameters = || -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(host.to_owned());
        if let Some(file) = &config.ca_file {
            let pem = std::fs::read(file).map_err(|error| format!("mail.ca_file: {}: {error}", file.display()))?;
            let found = certificates(&pem)?;
            for certificate in found {
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().map_err(|error| format!("mail_url: TLS: {error}"))
    };
    Ok(match line {
        Line::Implicit => Tls::Wrapper(parameters()?),
        Line::Required => Tls::Required(parameters()?),
        Line::Opportunistic => Tls::Opportunistic(parameters()?),
        Line::Plain => Tls::None,
    })
}

/// Every certificate of a file.
fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    let wrong = || "mail.ca_file: holds no certificates (PEM)".to_owned();
    let text = std::str::from_utf8(pem).map_err(|_| wrong())?;
    let mut found = Vec::new();
    for part in text.split_inclusive("-----END CERTIFICATE-----") {
        if let Some((_, body)) = part.split_once("-----BEGIN CERTIFICATE-----") {
            let whole = format!("-----BEGIN CERTIFICATE-----{body}\n");
            found.push(Certificate::from_pem(whole.as_bytes()).map_err(|_| wrong())?);
        }
    }
    if found.is_empty() { Err(wrong()) } else { Ok(found) }
}

/// Whether a host is this machine.
pub(crate) fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What stands behind `%` signs in a user or password.
fn decoded(text: &str) -> Result<String, String> {
    let wrong = || "mail_url: user and password must be percent-encoded".to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
            let (high, low) = (digit(rest.next()).ok_or_else(wrong)?, digit(rest.next()).ok_or_else(wrong)?);
            bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// What the relay's answer means, without its words, which often repeat the address.
pub(super) fn told(error: &lettre::transport::smtp::Error) -> SendError {
    let code = error.status().map(u16::from);
    match code {
        // our own login, the encryption of the line, the relay's own end: nothing about this mail
        Some(code @ (421 | 454 | 530 | 534 | 535 | 538)) => {
            SendError::Unreachable(format!("the relay refused us with {code}"))
        }
        Some(code) if error.is_permanent() && names_nobody(&error.to_string()) => {
            SendError::NoSuchAddress(format!("the relay refused it with {code}: there is no such mailbox"))
        }
        Some(code) if error.is_permanent() => SendError::Permanent(format!("the relay refused it with {code}")),
        Some(code) => SendError::Temporary(format!("the relay put it off with {code}")),
        None if error.is_timeout() => SendError::Unreachable("the relay did not answer in time".to_owned()),
        None if error.is_tls() => SendError::Unreachable("no encrypted line to the relay".to_owned()),
        None => SendError::Unreachable("no connection to the relay".to_owned()),
    }
}

/// Whether an answer has one of the enhanced codes (RFC 3463) for an address that does not exist.
fn names_nobody(answer: &str) -> bool {
    const NOBODY: [&str; 5] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"];
    answer.split(|c: char| !c.is_ascii_digit() && c != '.').any(|word| NOBODY.contains(&word.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<(), String> {
        from_url(url, &MailConfig::default(), "tacit.example").map(|_| ())
    }

    #[test]
    fn the_line_is_encrypted_unless_it_is_said_otherwise() {
        let line = |url: &str| line(&Url::parse(url).unwrap());
        assert_eq!(line("smtp://relay.test"), Ok(Line::Required));
        assert_eq!(line("smtp://relay.test:2525/?tls=required"), Ok(Line::Required));
        assert_eq!(line("smtp://relay.test?tls=opportunistic"), Ok(Line::Opportunistic));
        assert_eq!(line("smtp://127.0.0.1:25?tls=none"), Ok(Line::Plain));
        assert_eq!(line("smtps://relay.test"), Ok(Line::Implicit));
        for wrong in ["smtp://r?tls=maybe", "smtps://r?tls=none", "smtp://r?x=1", "smtp://r/path", "smtp://r#x"] {
            assert!(line(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_password_travels_in_the_clear_to_this_machine_only() {
        for good in [
            "smtps://u:p%40ss@relay.test",
            "smtp://u:p@relay.test:587",
            "smtp://u:p@127.0.0.1:25?tls=none",
            "smtp://u:p@[::1]:25?tls=none",
            "smtp://relay.test?tls=none",
        ] {
            assert_eq!(read(good), Ok(()), "{good}");
        }
        for wrong in [
            "smtp://u:hunter2@relay.test?tls=none",
            "smtp://u:hunter2@relay.test?tls=opportunistic",
            "smtp://u:%zz@r.test",
        ] {
            let error = read(wrong).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_answers_about_the_address_name_nobody() {
        assert!(names_nobody("permanent error (550): 5.1.1 <x@y.test>: user unknown"));
        assert!(names_nobody("permanent error (550): 5.1.10 no such domain"));
        assert!(!names_nobody("permanent error (550): 5.7.1 rejected by policy; see 15.1.12"));
        assert_eq!(decoded("a%40b").as_deref(), Ok("a@b"));
    }
}
