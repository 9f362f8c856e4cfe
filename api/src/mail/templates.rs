//! Compiles the mails once and renders them.

use super::filters;
use super::markup::{Block, blocks, html_escaped, marked, one_line, plain};
use super::message::Message;
use crate::actions::Error;
use entity::account;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, context};
use std::sync::LazyLock;

/// Longest subject, in characters.
pub const MAX_SUBJECT: usize = 120;
/// Longest preview that a mail program shows beside the subject, in characters.
const MAX_PREVIEW: usize = 110;
/// The line of the frame where the mail goes.
const HOLE: &str = "@@";

struct Source {
    name: String,
    text: String,
}

macro_rules! sources {
    ($language:literal: $($kind:literal),+ $(,)?) => {[$(
        ($language, $kind, include_str!(concat!("templates/", $language, "/", $kind, ".txt"))),
    )+]};
}

macro_rules! mails {
    ($($kind:literal),+ $(,)?) => {
        /// Every mail, by kind.
        pub const KINDS: &[&str] = &[$($kind),+];
        static FRENCH: &[(&str, &str, &str)] = &sources!("fr": $($kind),+);
        static ENGLISH: &[(&str, &str, &str)] = &sources!("en": $($kind),+);
    };
}

mails!(
    "verify_email",
    "already_registered",
    "welcome",
    "password_reset",
    "password_changed",
    "verify_backup_email",
    "backup_email_changed",
    "payment_method_added",
    "payment_method_removed",
    "order_placed",
    "order_paid",
    "order_delivered",
    "order_ended",
    "renewal_notice",
    "expiry_reminder",
    "renewal_paid",
    "payment_failed",
    "payment_action_required",
    "invoice_paid",
    "service_suspended",
    "deletion_warning",
    "service_reactivated",
    "service_deleted",
    "renewal_changed",
    "cancellation_scheduled",
    "cancellation_revoked",
    "confirm_deletion",
    "confirm_closure",
    "closure_scheduled",
    "closure_revoked",
    "closure_halted",
    "account_closed",
    "refunded",
);

const FRAME_FR: &str = include_str!("templates/fr/frame.txt");
const FRAME_EN: &str = include_str!("templates/en/frame.txt");
const LAYOUT: &str = include_str!("templates/layout.html");

/// The templates with their marks read: subject line, then the mail inside its frame.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let mails = FRENCH.iter().map(|mail| (mail, FRAME_FR)).chain(ENGLISH.iter().map(|mail| (mail, FRAME_EN)));
    mails
        .map(|((language, kind, text), frame)| {
            let (subject, body) = text.split_once('\n').unwrap_or((text, ""));
            let subject = subject.strip_prefix("Subject: ").unwrap_or(subject);
            let body = frame.replacen(HOLE, body.trim(), 1);
            Source { name: format!("{language}/{kind}"), text: marked(&format!("{subject}\n\n{body}"), language) }
        })
        .collect()
});

/// A mail as it is read; secrets are place-holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line, at most [`MAX_SUBJECT`] characters.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// All mails in all languages, ready to be rendered.
pub struct Templates {
    environment: Environment<'static>,
    links: String,
    provider: String,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Templates")
            .field("links", &self.links)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl Templates {
    /// Compiles the templates. `links_url` is where the front end lives; `provider` signs.
    ///
    /// # Errors
    /// The template that does not compile, or a `links_url` that is no `http` or `https` address.
    pub fn new(links_url: &str, provider: &str) -> Result<Self, String> {
        if !links_url.starts_with("http://") && !links_url.starts_with("https://") {
            return Err(format!("links_url: `{links_url}` must begin with https:// or http://"));
        }
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| error.to_string())?);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_formatter(|out, state, value| {
            if value.is_none() {
                return Err(minijinja::Error::new(ErrorKind::UndefinedError, "an absent value is printed"));
            }
            let value = one_line(&value.to_string());
            match state.auto_escape() {
                AutoEscape::None => out.write_str(&value)?,
                _ => out.write_str(&html_escaped(&value))?,
            }
            Ok(())
        });
        filters::install(&mut environment);
        for source in SOURCES.iter() {
            environment
                .add_template(&source.name, &source.text)
                .map_err(|error| format!("mail {}: {error}", source.name))?;
        }
        environment.add_template("layout.html", LAYOUT).map_err(|error| format!("mail layout: {error}"))?;
        let links = links_url.trim_end_matches('/').to_owned();
        Ok(Self { environment, links, provider: provider.to_owned() })
    }

    /// Renders a mail in the account's language.
    ///
    /// # Errors
    /// [`Error::Internal`] for a template that needs a value which is not there.
    pub fn render(&self, account: &account::Model, message: &Message) -> Result<Rendered, Error> {
        let language = account.language.as_str();
        let name = format!("{language}/{}", message.kind());
        let failed = |error: minijinja::Error| Error::internal(format!("mail {name}: {error}"));
        let first_name = account.first_name.as_deref().map(str::trim).filter(|first_name| !first_name.is_empty());
        let values = context! {
            language,
            links => &self.links,
            provider => &self.provider,
            handle => &account.handle,
            time_zone => &account.time_zone,
            first_name => first_name.filter(|_| !message.goes_to_a_stranger()),
            ..message.context()
        };
        let whole = self.environment.get_template(&name).and_then(|mail| mail.render(&values)).map_err(failed)?;
        let (subject, body) = whole.split_once('\n').unwrap_or((&whole, ""));
        let subject = filters::short(subject.trim(), MAX_SUBJECT);
        let blocks = blocks(body, &self.links);
        let preview = blocks.iter().skip(1).find_map(|block| match block {
            Block::Paragraph { text } => Some(filters::short(text, MAX_PREVIEW)),
            Block::Link { .. } | Block::Code { .. } | Block::List { .. } | Block::Rule | Block::Small { .. } => None,
        });
        let layout = context! {
            language,
            subject => &subject,
            preview => preview.unwrap_or_default(),
            provider => &self.provider,
            blocks => blocks.iter().map(Value::from).collect::<Vec<_>>(),
        };
        let html = self.environment.get_template("layout.html").and_then(|page| page.render(layout)).map_err(failed)?;
        Ok(Rendered { subject, text: plain(&blocks), html })
    }
}
