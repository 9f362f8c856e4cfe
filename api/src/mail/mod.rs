//! Service e-mails. An action queues a [`Message`] in its own transaction, [`deliver`] sends it later.
//!
//! | question | where |
//! |---|---|
//! | which mails are there, what do they say | [`message`], `templates/{fr,en}/<kind>.txt` |
//! | what can a template print | [`context`], [`filters`], [`markup`] |
//! | how is a mail stored, how is a secret kept apart | [`row`], [`queue`], [`opened`] |
//! | to which addresses does it go | [`routing`] |
//! | what does its reader know it by | [`phrase`], [`domain::authenticity`] |
//! | when is it sent, again, or given up | [`deliver`] |
//! | how does it leave | [`transport`] |

pub mod context;
pub mod deliver;
pub mod filters;
pub mod markup;
pub mod message;
pub mod phrase;
pub mod routing;
pub mod templates;
#[cfg(test)]
mod tests;
pub mod transport;

pub use context::PLACEHOLDER;
pub use deliver::{DeliveryScope, deliver_due};
pub use message::{Category, Message};
pub use routing::{Addresses, Mailboxes};
pub use templates::{Brand, Rendered, Templates};
pub use transport::{Mailer, Outgoing, Reachable, SendError, SentMail};

use crate::actions::{Context, Error};
use crate::app::Tools;
use crate::db::Tx;
use crate::entropy::Entropy;
use chrono::{DateTime, NaiveDate, Utc};
use domain::authenticity::AuthenticityCode;
use domain::id::{AccountId, EmailId, ServiceId};
use entity::{account, email};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::BTreeSet;

/// Longest cause, in bytes.
const MAX_CAUSE: usize = 160;
/// Mails in one insert statement.
const CHUNK: usize = 500;

/// Which of a service's boundaries a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceLink {
    /// The service.
    pub service_id: ServiceId,
    /// The boundary that it speaks of.
    pub boundary: i32,
    /// The service's cycle when it was written.
    pub cycle: i32,
}

/// A mail to be queued.
#[derive(Debug, Clone)]
pub struct Letter<'a> {
    /// Whose mail it is: its language, name and time zone.
    pub account: &'a account::Model,
    /// What it says.
    pub message: &'a Message,
    /// What caused it; a second mail with the same cause is not stored.
    pub cause: String,
    /// Where it goes, if not to the account's primary address.
    pub to: Option<String>,
    /// The boundary that a renewal mail is about.
    pub service: Option<ServiceLink>,
    /// The day that a deletion notice names.
    pub names_on: Option<NaiveDate>,
}

impl<'a> Letter<'a> {
    /// A mail to the account's primary address, about no boundary.
    #[must_use]
    pub fn new(account: &'a account::Model, message: &'a Message, cause: impl Into<String>) -> Self {
        Self { account, message, cause: cause.into(), to: None, service: None, names_on: None }
    }
}

/// The row of a mail, rendered, for batches. See [`queue_all`].
///
/// # Errors
/// [`Error::Internal`] for an account without address, a cause of more than 160 bytes, or a template
/// that fails.
pub fn row(cx: &Context<'_>, letter: &Letter<'_>) -> Result<email::ActiveModel, Error> {
    let to = letter.to.as_ref().or(letter.account.email.as_ref());
    let to = to.ok_or_else(|| Error::internal("a mail to an account without address"))?;
    if letter.cause.len() > MAX_CAUSE {
        return Err(Error::internal("the cause of a mail is too long"));
    }
    let code = authenticity_code(&*cx.tools.entropy);
    let rendered = cx.tools.templates.render(letter.account, letter.message, &code.to_string())?;
    let id: EmailId = cx.id();
    let [place, _] = places(id, Some(letter.account.id));
    let sealed = letter.message.secret().map(|secret| cx.tools.sealer.seal(&*cx.tools.entropy, &place, secret));
    Ok(email::ActiveModel {
        id: Set(id),
        account_id: Set(Some(letter.account.id)),
        service_id: Set(letter.service.map(|link| link.service_id)),
        kind: Set(letter.message.kind().to_owned()),
        category: Set(letter.message.category().as_str().to_owned()),
        language: Set(letter.account.language),
        to_address: Set(to.clone()),
        subject: Set(rendered.subject),
        text_body: Set(rendered.text),
        html_body: Set(rendered.html),
        sealed_secret: Set(sealed),
        cause: Set(letter.cause.clone()),
        boundary: Set(letter.service.map(|link| link.boundary)),
        cycle: Set(letter.service.map(|link| link.cycle)),
        names_on: Set(letter.names_on),
        state: Set(deliver::QUEUED.to_owned()),
        attempts: Set(0),
        due_at: Set(cx.real_now),
        lease_until: Set(None),
        fence: Set(0),
        created_at: Set(cx.now),
        accepted_at: Set(None),
        last_error: Set(None),
        authenticity_code: Set(Some(code.as_str().to_owned())),
        copy_of: Set(None),
        has_secret: Set(letter.message.secret().is_some()),
        useful_until: Set(letter.message.useful_for().map(|span| cx.real_now + span)),
        bounced_at: Set(None),
        bounce_kind: Set(None),
        bounce_diagnostic: Set(None),
    })
}

/// Queues a mail to the addresses that its category goes to, one row each; with a secret, or to an address
/// of its own, to that address only. One that has been queued for the same cause before is not queued
/// again: success.
///
/// # Errors
/// Those of [`row`], or the database's.
pub async fn queue(tx: &Tx, cx: &Context<'_>, letter: Letter<'_>) -> Result<(), Error> {
    if letter.to.is_some() || letter.message.secret().is_some() {
        return queue_all(tx, vec![row(cx, &letter)?]).await;
    }
    let addresses = Addresses::of(&**tx, letter.account).await?;
    let Some((main, copies)) = rows(cx, &letter, &addresses)? else { return Ok(()) };
    if insert(tx, vec![main]).await? == 0 {
        // its copies went with it
        return Ok(());
    }
    queue_all(tx, copies).await
}

/// Queues mails to many accounts, as [`queue`] does to one, a few statements for all of them. None of them
/// carries a secret or has an address of its own. Each comes with the present instant of its account.
///
/// # Errors
/// Those of [`row`], or the database's.
pub async fn queue_many<'a>(
    tx: &Tx,
    cx: &Context<'_>,
    letters: impl Iterator<Item = (DateTime<Utc>, Letter<'a>, &'a Addresses)>,
) -> Result<(), Error> {
    let (mut mains, mut copies) = (Vec::new(), Vec::new());
    for (now, letter, addresses) in letters {
        if let Some((main, others)) = rows(&cx.at(now), &letter, addresses)? {
            mains.push(main);
            copies.extend(others);
        }
    }
    let sent: Vec<EmailId> = mains.iter().filter_map(|main| main.id.clone().take()).collect();
    queue_all(tx, mains).await?;
    if copies.is_empty() {
        return Ok(());
    }
    let stored = email::Entity::find().select_only().column(email::Column::Id).filter(email::Column::Id.is_in(sent));
    let stored: BTreeSet<EmailId> = stored.into_tuple().all(&**tx).await?.into_iter().collect();
    copies.retain(|copy| copy.copy_of.clone().take().flatten().is_some_and(|main| stored.contains(&main)));
    queue_all(tx, copies).await
}

/// The rows of a mail: to the main recipient of its category, and the copies to the others; none when its
/// category goes to nobody.
fn rows(
    cx: &Context<'_>,
    letter: &Letter<'_>,
    addresses: &Addresses,
) -> Result<Option<(email::ActiveModel, Vec<email::ActiveModel>)>, Error> {
    let mut to = addresses.recipients(letter.message.category()).into_iter();
    let Some(main) = to.next() else { return Ok(None) };
    let first = row(cx, &Letter { to: Some(main), ..letter.clone() })?;
    let copied = first.id.clone().take();
    let copies = to.zip(1..).map(|(address, number)| {
        let cause = format!("{}>{number}", letter.cause);
        let mut copy = row(cx, &Letter { to: Some(address), cause, ..letter.clone() })?;
        copy.copy_of = Set(copied);
        Ok(copy)
    });
    Ok(Some((first, copies.collect::<Result<Vec<_>, Error>>()?)))
}

/// Queues a mail to every address that must hear of a change: the primary one, the backup one, and those
/// that its category goes to. A token goes to the first two only: a mailbox that whoever got in added must not
/// decide. `occasion` tells one change from another, so that each hears of each once.
///
/// # Errors
/// Those of [`row`], or the database's.
pub async fn tell_everywhere(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    message: &Message,
    occasion: &str,
) -> Result<(), Error> {
    if account.email.is_none() {
        return Ok(());
    }
    let routed = Addresses::of(&**tx, account).await?.recipients(message.category());
    let mut told: Vec<&String> = Vec::new();
    let copied = message.without_token();
    for (number, to) in account.email.iter().chain(&account.backup_email).chain(&routed).enumerate() {
        if told.contains(&to) {
            continue;
        }
        told.push(to);
        let cause = format!("{}:{occasion}:{number}", message.kind());
        let own = [&account.email, &account.backup_email].into_iter().flatten().any(|own| own == to);
        let message = if own { message } else { &copied };
        queue(tx, cx, Letter { to: Some(to.clone()), ..Letter::new(account, message, cause) }).await?;
    }
    Ok(())
}

/// Queues the rows that [`row`] made, a few statements for all of them; causes that are there are skipped.
///
/// # Errors
/// The database's.
pub async fn queue_all(tx: &Tx, rows: Vec<email::ActiveModel>) -> Result<(), Error> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        insert(tx, rows.by_ref().take(CHUNK).collect()).await?;
    }
    Ok(())
}

/// Inserts those whose cause is not there; answers how many.
async fn insert(tx: &Tx, rows: Vec<email::ActiveModel>) -> Result<u64, Error> {
    let once = OnConflict::column(email::Column::Cause).do_nothing().to_owned();
    Ok(email::Entity::insert_many(rows).on_conflict(once).exec_without_returning(&**tx).await?)
}

/// A stored mail with its secret in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The code or token, where the mail carries one that is still kept.
    pub secret: Option<String>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// Opens a stored mail with its phrase: for its delivery, and, without one, for the operator's view in
/// development.
///
/// # Errors
/// [`Error::Internal`] for a secret that another key sealed.
pub fn opened(tools: &Tools, mail: &email::Model, phrase: Option<&str>) -> Result<Opened, Error> {
    let (mut text, mut html) = (mail.text_body.clone(), mail.html_body.clone());
    let secret = match &mail.sealed_secret {
        Some(sealed) => {
            let [place, before] = places(mail.id, mail.account_id);
            Some(tools.sealer.open_either([&place, &before], sealed)?)
        }
        None => None,
    };
    if let Some(secret) = &secret {
        text = text.replace(PLACEHOLDER, secret);
        html = html.replace(PLACEHOLDER, &markup::html_escaped(secret));
    }
    if let Some(phrase) = phrase {
        (text, html) = self::phrase::printed(mail.language, phrase, (&text, &html));
    }
    Ok(Opened { text, html, secret })
}

/// A fresh code that proves a mail genuine.
fn authenticity_code(entropy: &dyn Entropy) -> AuthenticityCode {
    let mut bytes = [0_u8; 16];
    entropy.fill(&mut bytes);
    AuthenticityCode::from_bits(u128::from_le_bytes(bytes))
}

/// The place that a mail's secret is sealed for, and the name that it had before the owner was part of it.
pub(crate) fn places(id: EmailId, owner: Option<AccountId>) -> [String; 2] {
    let owner = owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string());
    [format!("email:{id}:{owner}"), format!("email:{id}")]
}
