//! Compiles the mails once and renders them.

use super::filters;
use super::markup::{Block, blocks, html_escaped, marked, one_line, plain};
use super::message::Message;
use crate::actions::Error;
use crate::config::Config;
use entity::account;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, context};
use std::sync::LazyLock;

/// Longest subject, in characters.
pub const MAX_SUBJECT: usize = 120;
/// Longest preview that a mail program shows beside the subject, in characters.
const MAX_PREVIEW: usize = 110;
/// Longest code that is shown in large type, in characters.
const MAX_LARGE: usize = 12;
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
    "factor_recovery",
    "recovery_ended",
    "factor_added",
    "factor_removed",
    "security_key_suspended",
    "backup_codes_issued",
    "backup_code_used",
    "second_factor_refused",
    "new_device",
    "session_stolen",
    "access_token_added",
    "access_token_ends",
    "password_off",
    "ip_rules_changed",
    "verify_new_email",
    "email_change_requested",
    "email_changed",
    "address_change_ended",
    "verify_backup_email",
    "recover_factors",
    "backup_email_changed",
    "verify_extra_email",
    "email_routing_changed",
    "email_address_proven",
    "phone_changed",
    "phrase_changed",
    "check_up_reminder",
    "address_undeliverable",
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
    "vat_id_refused",
    "export_ready",
    "export_failed",
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

/// What mails show of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// Where the front end lives; links are built from it.
    pub links: String,
    /// The provider's name: head and signature of every mail.
    pub name: String,
    /// Colour of the head and the buttons, `#rrggbb`.
    pub colour: String,
    /// Lines at the very end, e.g. the provider's address.
    pub footer: Vec<String>,
}

impl Brand {
    /// With the usual colour and no footer.
    #[must_use]
    pub fn new(links: &str, name: &str) -> Self {
        Self { links: links.to_owned(), name: name.to_owned(), colour: "#1d4ed8".to_owned(), footer: Vec::new() }
    }

    /// From the settings.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let seller = &config.seller;
        let address = format!("{}, {}, {} {}", seller.name, seller.street, seller.postal_code, seller.city);
        let footer = if config.mail.footer.is_empty() { &address } else { &config.mail.footer };
        let name = if config.mail.brand.is_empty() { &seller.name } else { &config.mail.brand };
        Self {
            links: config.links_url.clone(),
            name: name.clone(),
            colour: config.mail.colour.to_ascii_lowercase(),
            footer: footer.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        }
    }
}

/// Black or white, whichever can be read on a colour; none for what is no `#rrggbb`.
fn readable_on(colour: &str) -> Option<&'static str> {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| digits.get(at..at + 2).and_then(|pair| u32::from_str_radix(pair, 16).ok());
    let brightness = (part(0)? * 299 + part(2)? * 587 + part(4)? * 114) / 1000;
    Some(if brightness > 140 { "#111827" } else { "#ffffff" })
}

/// All mails in all languages, ready to be rendered.
pub struct Templates {
    environment: Environment<'static>,
    brand: Brand,
    on_colour: &'static str,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Templates").field("brand", &self.brand).finish_non_exhaustive()
    }
}

impl Templates {
    /// Compiles the templates.
    ///
    /// # Errors
    /// The template that does not compile, a `links_url` that is no `http` or `https` address, a colour
    /// that is none.
    pub fn new(mut brand: Brand) -> Result<Self, String> {
        if !brand.links.starts_with("http://") && !brand.links.starts_with("https://") {
            return Err(format!("links_url: `{}` must begin with https:// or http://", brand.links));
        }
        let on_colour = readable_on(&brand.colour)
            .ok_or_else(|| format!("mail.colour: `{}` is not a colour such as #1d4ed8", brand.colour))?;
        brand.links.truncate(brand.links.trim_end_matches('/').len());
        Ok(Self { environment: environment()?, brand, on_colour })
    }

    /// The provider's name.
    #[must_use]
    pub fn brand(&self) -> &str {
        &self.brand.name
    }

    /// Renders a mail in the account's language, with its authenticity code.
    ///
    /// # Errors
    /// [`Error::Internal`] for a template that needs a value which is not there.
    pub fn render(&self, account: &account::Model, message: &Message, code: &str) -> Result<Rendered, Error> {
        let language = account.language.as_str();
        let name = format!("{language}/{}", message.kind());
        let failed = |error: minijinja::Error| Error::internal(format!("mail {name}: {error}"));
        let first_name = account.first_name.as_deref().map(str::trim).filter(|first_name| !first_name.is_empty());
        let values = context! {
            language,
            links => &self.brand.links,
            provider => &self.brand.name,
            footer => &self.brand.footer,
            authenticity => code,
            handle => &account.handle,
            time_zone => &account.time_zone,
            first_name => first_name.filter(|_| !message.goes_to_a_stranger()),
            ..message.context()
        };
        let whole = self.environment.get_template(&name).and_then(|mail| mail.render(&values)).map_err(failed)?;
        let (subject, body) = whole.split_once('\n').unwrap_or((&whole, ""));
        let subject = filters::short(subject.trim(), MAX_SUBJECT);
        let blocks = blocks(body, &self.brand.links);
        let html = self.page(&blocks, &subject, (language, message)).map_err(failed)?;
        Ok(Rendered { subject, text: plain(&blocks), html })
    }

    fn page(
        &self,
        blocks: &[Block],
        subject: &str,
        (language, message): (&str, &Message),
    ) -> Result<String, minijinja::Error> {
        let preview = blocks.iter().skip(1).find_map(|block| match block {
            Block::Paragraph { text } => Some(filters::short(text, MAX_PREVIEW)),
            Block::Link { .. }
            | Block::Code { .. }
            | Block::List { .. }
            | Block::Rule
            | Block::Small { .. }
            | Block::Proof { .. } => None,
        });
        let rule = blocks.iter().position(|block| *block == Block::Rule).unwrap_or(blocks.len());
        let (body, foot) = blocks.split_at(rule);
        // a token does not fit in one line of large type
        let code_size = if message.secret().is_some_and(|secret| secret.chars().count() > MAX_LARGE) { 17 } else { 34 };
        let page = self.environment.get_template("layout.html")?;
        page.render(context! {
            language,
            subject,
            code_size,
            preview => preview.unwrap_or_default(),
            provider => &self.brand.name,
            colour => &self.brand.colour,
            on_colour => self.on_colour,
            body => body.iter().map(Value::from).collect::<Vec<_>>(),
            foot => foot.iter().skip(1).map(Value::from).collect::<Vec<_>>(),
        })
    }
}

fn environment() -> Result<Environment<'static>, String> {
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
    Ok(environment)
}
