//! How mails leave: to a relay, into files, or into memory.

use chrono::{DateTime, Utc};
use domain::id::EmailId;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Longest wait for each answer of the relay.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest delivery of one mail; the lease must outlast it.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail that leaves.
#[derive(Clone)]
pub struct Outgoing {
    /// Makes the `Message-ID`, so that a mail sent again is known to be the same.
    pub id: EmailId,
    /// Its kind.
    pub kind: String,
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
    /// From the settings. `smtp://user:password@host:port` talks plainly, for a relay on this machine;
    /// with `?tls=required` it insists on STARTTLS; `smtps://` is TLS from the start; `file:dir` writes
    /// one `.eml` a mail; `memory:` keeps them, for tests.
    ///
    /// # Errors
    /// What is wrong with the settings; never the password in them.
    pub fn from_url(url: &str, from: &str) -> Result<Self, String> {
        let from: Mailbox = from.parse().map_err(|_| format!("mail_from: `{from}` is not an address"))?;
        let way = if url.starts_with("smtp://") || url.starts_with("smtps://") {
            let relay = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                .map_err(|_| "mail_url: not an SMTP address; `tls` may be `required`".to_owned())?;
            Way::Relay(relay.timeout(Some(COMMAND_TIMEOUT)).build())
        } else if let Some(dir) = url.strip_prefix("file:") {
            let dir = PathBuf::from(dir.strip_prefix("//").unwrap_or(dir));
            private_folder(&dir).map_err(|error| format!("mail_url: {}: {error}", dir.display()))?;
            Way::Files(dir)
        } else if url == "memory:" {
            Way::Memory(Mutex::default())
        } else {
            return Err("mail_url must begin with smtp://, smtps:// or file:".to_owned());
        };
        Ok(Self { from, way })
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
            Way::Relay(relay) => match tokio::time::timeout(SEND_TIMEOUT, relay.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(told(&error)),
                Err(_) => Err(SendError::Temporary("the relay did not answer in time".to_owned())),
            },
            Way::Files(dir) => {
                let (dir, name) = (dir.clone(), file_name(mail));
                let bytes = message.formatted();
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
                    return Err(SendError::Temporary("the relay is down".to_owned()));
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
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(super::markup::one_line(&mail.subject))
            .date(mail.date.into())
            .message_id(Some(self.message_id(mail.id)))
            .raw_header(fixed("Auto-Submitted", "auto-generated"))
            .raw_header(fixed("X-Auto-Response-Suppress", "All"))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|_| SendError::Permanent("the message cannot be built".to_owned()))
    }
}

/// What the relay's answer means, without its words, which often repeat the address.
fn told(error: &lettre::transport::smtp::Error) -> SendError {
    let code = error.status().map(u16::from);
    match code {
        // our own login or the encryption of the line: nothing about this mail
        Some(code @ (530 | 534 | 535 | 538)) => SendError::Temporary(format!("the relay refused us with {code}")),
        Some(code) if error.is_permanent() => SendError::Permanent(format!("the relay refused it with {code}")),
        Some(code) => SendError::Temporary(format!("the relay put it off with {code}")),
        None if error.is_timeout() => SendError::Temporary("the relay did not answer in time".to_owned()),
        None if error.is_tls() => SendError::Temporary("no encrypted line to the relay".to_owned()),
        None => SendError::Temporary("no connection to the relay".to_owned()),
    }
}

fn file_name(mail: &Outgoing) -> String {
    format!("{}-{}-{}.eml", mail.created_at.format("%Y%m%dT%H%M%SZ"), mail.kind, mail.id)
}

/// Writes beside and renames: whoever looks into the folder sees whole mails only.
/// Mails hold codes: their folder is its owner's only.
fn private_folder(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn write_whole(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    private_folder(dir)?;
    let beside = dir.join(format!(".{name}.part"));
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, dir.join(name))
}
