//! How mails leave: to a relay, into files, or into memory.

mod dkim;
mod relay;

pub(crate) use relay::is_here;

use crate::config::{Config, MailConfig};
use crate::files::{private_folder, write_whole};
use chrono::{DateTime, Utc};
use dkim::Signers;
use domain::account::Language;
use domain::id::EmailId;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Longest delivery of one mail; the lease must outlast it.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail that leaves.
#[derive(Clone)]
pub struct Outgoing {
    /// Makes the `Message-ID`, so that a mail sent again is known to be the same.
    pub id: EmailId,
    /// Its kind.
    pub kind: String,
    /// Its category.
    pub category: String,
    /// What it is written in.
    pub language: Language,
    /// Where to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text part, with the secret.
    pub text: String,
    /// The HTML part, with the secret.
    pub html: String,
    /// When it was queued, on the account's clock.
    pub created_at: DateTime<Utc>,
    /// Real time of this delivery.
    pub date: DateTime<Utc>,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a mail did not leave. The texts name no address and no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// May work later.
    #[error("{0}")]
    Temporary(String),
    /// Will never work.
    #[error("{0}")]
    Permanent(String),
    /// Will never work: there is no such mailbox.
    #[error("{0}")]
    NoSuchAddress(String),
    /// The relay is away, or will not talk to us: it says nothing about this mail.
    #[error("{0}")]
    Unreachable(String),
}

/// A mail that a `memory:` mailer took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// Where to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// With its angle brackets.
    pub message_id: String,
}

/// Where mails go.
pub struct Mailer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    feedback: Option<String>,
    signers: Signers,
    way: Way,
}

enum Way {
    Relay(AsyncSmtpTransport<Tokio1Executor>),
    Files(PathBuf),
    Memory(Mutex<Memory>),
}

/// Whether a `memory:` mailer accepts mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reachable {
    /// It does.
    Yes,
    /// It does not.
    No,
}

#[derive(Default)]
struct Memory {
    sent: Vec<SentMail>,
    failures: VecDeque<SendError>,
    down: bool,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl Mailer {
    /// From all the settings.
    ///
    /// # Errors
    /// What is wrong with them; never a password or a key in them.
    pub fn of(config: &Config) -> Result<Self, String> {
        use secrecy::ExposeSecret;
        let mailer = Self::with(config.mail_url.expose_secret(), &config.mail_from, &config.mail)?;
        let mail = &config.mail;
        let reply_to = (!mail.reply_to.is_empty()).then(|| mail.reply_to.parse());
        let reply_to =
            reply_to.transpose().map_err(|_| format!("mail.reply_to: `{}` is not an address", mail.reply_to))?;
        let feedback = mail.feedback.as_str();
        if feedback.len() > 40 || !feedback.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err("mail.feedback: at most 40 letters, digits and dashes".to_owned());
        }
        let signers = Signers::of(mail, mailer.from.email.domain())?;
        let feedback = (!feedback.is_empty()).then(|| feedback.to_owned());
        Ok(Self { reply_to, feedback, signers, ..mailer })
    }

    /// What the DNS of the sender's domain must say about the keys that sign, as lines of a zone.
    ///
    /// # Errors
    /// What is wrong with the settings; never a part of a key.
    pub fn dns_records(config: &Config) -> Result<Vec<String>, String> {
        let from: Mailbox =
            config.mail_from.parse().map_err(|_| format!("mail_from: `{}` is not an address", config.mail_from))?;
        dkim::records(&config.mail, from.email.domain())
    }

    /// From an address alone: SMTP as in `relay`; `file:dir` writes one `.eml` a mail; `memory:` keeps
    /// them, for tests.
    ///
    /// # Errors
    /// What is wrong with the settings; never the password in them.
    pub fn from_url(url: &str, from: &str) -> Result<Self, String> {
        Self::with(url, from, &MailConfig::default())
    }

    fn with(url: &str, from: &str, config: &MailConfig) -> Result<Self, String> {
        let from: Mailbox = from.parse().map_err(|_| format!("mail_from: `{from}` is not an address"))?;
        let way = if url.starts_with("smtp://") || url.starts_with("smtps://") {
            Way::Relay(relay::from_url(url, config, from.email.domain())?)
        } else if let Some(dir) = url.strip_prefix("file:") {
            let dir = PathBuf::from(dir.strip_prefix("//").unwrap_or(dir));
            private_folder(&dir).map_err(|error| format!("mail_url: {}: {error}", dir.display()))?;
            Way::Files(dir)
        } else if url == "memory:" {
            Way::Memory(Mutex::default())
        } else {
            return Err("mail_url must begin with smtp://, smtps:// or file:".to_owned());
        };
        Ok(Self { from, reply_to: None, feedback: None, signers: Signers::none(), way })
    }

    /// Whether mails stay on this machine, where scripts may read their codes.
    #[must_use]
    pub const fn is_development(&self) -> bool {
        match self.way {
            Way::Files(_) | Way::Memory(_) => true,
            Way::Relay(_) => false,
        }
    }

    /// What a `memory:` mailer took so far, oldest first; nothing for the others.
    #[must_use]
    pub fn sent(&self) -> Vec<SentMail> {
        match &self.way {
            Way::Memory(memory) => memory.lock().unwrap_or_else(PoisonError::into_inner).sent.clone(),
            Way::Relay(_) | Way::Files(_) => Vec::new(),
        }
    }

    /// Makes the next delivery of a `memory:` mailer fail so; several calls fail several deliveries.
    pub fn fail_next(&self, error: SendError) {
        match &self.way {
            Way::Memory(memory) => memory.lock().unwrap_or_else(PoisonError::into_inner).failures.push_back(error),
            Way::Relay(_) | Way::Files(_) => {}
        }
    }

    /// Takes a `memory:` mailer down, or up again: while it is down it accepts nothing.
    pub fn set_reachable(&self, reachable: Reachable) {
        match &self.way {
            Way::Memory(memory) => {
                memory.lock().unwrap_or_else(PoisonError::into_inner).down = reachable == Reachable::No;
            }
            Way::Relay(_) | Way::Files(_) => {}
        }
    }

    /// Sends a mail, within [`SEND_TIMEOUT`].
    ///
    /// # Errors
    /// [`SendError`], which says whether to try again.
    pub async fn send(&self, mail: &Outgoing) -> Result<(), SendError> {
        let message = self.message(mail)?;
        match &self.way {
            Way::Relay(relay) => {
                let bytes = self.signers.signed(&message);
                let sent = relay.send_raw(message.envelope(), &bytes);
                match tokio::time::timeout(SEND_TIMEOUT, sent).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(relay::told(&error)),
                    Err(_) => Err(SendError::Unreachable("the relay did not answer in time".to_owned())),
                }
            }
            Way::Files(dir) => {
                let (dir, name) = (dir.clone(), file_name(mail));
                let bytes = self.signers.signed(&message);
                let written = tokio::task::spawn_blocking(move || write_whole(&dir, &name, &bytes)).await;
                match written {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(SendError::Temporary(format!("writing the file: {}", error.kind()))),
                    Err(_) => Err(SendError::Temporary("writing the file was given up".to_owned())),
                }
            }
            Way::Memory(memory) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                if memory.down {
                    return Err(SendError::Unreachable("the relay is down".to_owned()));
                }
                if let Some(error) = memory.failures.pop_front() {
                    return Err(error);
                }
                memory.sent.push(SentMail {
                    to: mail.to.clone(),
                    subject: mail.subject.clone(),
                    text: mail.text.clone(),
                    html: mail.html.clone(),
                    message_id: self.message_id(mail.id),
                });
                Ok(())
            }
        }
    }

    fn message_id(&self, id: EmailId) -> String {
        format!("<{id}@{}>", self.from.email.domain())
    }

    /// The message with its headers. Names come from people: a subject is one line before it gets here,
    /// and is made one again.
    fn message(&self, mail: &Outgoing) -> Result<lettre::Message, SendError> {
        let to: Address = mail.to.parse().map_err(|_| SendError::Permanent("the address cannot be used".to_owned()))?;
        let fixed =
            |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        let mut message = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(super::markup::one_line(&mail.subject))
            .date(mail.date.into())
            .message_id(Some(self.message_id(mail.id)))
            .raw_header(fixed("Auto-Submitted", "auto-generated"))
            .raw_header(fixed("X-Auto-Response-Suppress", "All"))
            .raw_header(fixed("Content-Language", mail.language.as_str()));
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        if let Some(sender) = &self.feedback {
            message =
                message.raw_header(fixed("Feedback-ID", &format!("{}:{}:tacit:{sender}", mail.kind, mail.category)));
        }
        let parts = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
        whole(message, &parts).ok_or_else(|| SendError::Permanent("the message cannot be built".to_owned()))
    }
}

/// The message with the parts' type among its own headers, where a signature covers it.
fn whole(message: MessageBuilder, parts: &MultiPart) -> Option<lettre::Message> {
    let kind: ContentType = parts.headers().get()?;
    let formatted = parts.formatted();
    let body = formatted.windows(4).position(|end| end == b"\r\n\r\n").and_then(|at| formatted.get(at + 4..))?;
    let body = Body::dangerous_pre_encoded(body.to_vec(), ContentTransferEncoding::SevenBit);
    message.header(MIME_VERSION_1_0).header(kind).body(body).ok()
}

fn file_name(mail: &Outgoing) -> String {
    format!("{}-{}-{}.eml", mail.created_at.format("%Y%m%dT%H%M%SZ"), mail.kind, mail.id)
}
