//! The files of the archive, in their order.

use super::book::{Book, Row};
use super::tables;
use crate::actions::Error;
use crate::app::App;
use crate::db::Snapshot;
use domain::account::Language;
use entity::account;
use futures_util::future::LocalBoxFuture;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Iterable, ModelTrait, PrimaryKeyToColumn, QueryFilter, QueryOrder,
    QuerySelect, Select, Value,
};
use std::sync::atomic::Ordering;

mod money;
mod things;

/// Rows that are read at once: few, for the bodies of mails are large.
const CHUNK: u64 = 100;

/// A file, or a folder of files.
pub struct Section {
    /// Its name; a folder's ends with `/`.
    pub name: &'static str,
    /// What it is, in English and French.
    pub about: [&'static str; 2],
    /// The tables that it is made of.
    pub tables: &'static [&'static str],
    /// Writes it.
    pub write: for<'w, 'a> fn(&'w mut Writer<'a>) -> LocalBoxFuture<'w, Result<(), Error>>,
}

impl std::fmt::Debug for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Section").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Section {
    /// What it is.
    #[must_use]
    pub const fn about(&self, language: Language) -> &'static str {
        let [english, french] = self.about;
        match language {
            Language::En => english,
            Language::Fr => french,
        }
    }
}

/// `(name, about, table)`: the rows of a table by its `account_id`, as they are;
/// `(name, about, [tables] => function)`: what the function writes.
macro_rules! section {
    ($name:literal, $about:expr, $table:ident) => {
        Section {
            name: $name,
            about: $about,
            tables: &[stringify!($table)],
            write: |writer| {
                Box::pin(async move {
                    use entity::$table::{Column, Entity};
                    let mine = Entity::find().filter(Column::AccountId.eq(writer.account.id));
                    writer.list($name, mine, async |_, rows| rows.iter().map(tables::$table::row).collect()).await
                })
            },
        }
    };
    ($name:literal, $about:expr, [$($table:literal),+] => $write:path) => {
        Section { name: $name, about: $about, tables: &[$($table),+], write: |writer| Box::pin($write(writer, $name)) }
    };
}

/// Everything that is handed out; the lists at the end are no section.
pub const SECTIONS: &[Section] = &[
    section!("account.json",
        ["Your profile, addresses, settings and balance.", "Votre profil, vos adresses, vos réglages et votre solde."],
        ["account"] => things::account),
    section!(
        "closures.json",
        ["Closures of the account that you asked for.", "Clôtures du compte que vous avez demandées."],
        account_closure
    ),
    section!("activity.json",
        ["What happened to the account, when, by whom and from where.",
         "Ce qui est arrivé au compte, quand, par qui et d'où."],
        ["activity"] => things::activity),
    section!(
        "events.json",
        [
            "The same as programs read it: the event log.",
            "La même chose pour les programmes : le journal d'événements."
        ],
        event
    ),
    section!(
        "sessions.json",
        ["Logins: device, network address, dates.", "Connexions : appareil, adresse réseau, dates."],
        session
    ),
    section!("session_refreshes.json",
        ["When each session was prolonged.", "Quand chaque session a été prolongée."],
        ["refresh_token"] => things::refreshes),
    section!(
        "access_tokens.json",
        ["Access tokens: name, scopes, addresses, dates.", "Jetons d'accès : nom, droits, adresses, dates."],
        access_token
    ),
    section!(
        "codes.json",
        [
            "One-time codes and tokens that were sent, without the codes.",
            "Codes et jetons à usage unique envoyés, sans les codes eux-mêmes."
        ],
        one_time_code
    ),
    section!(
        "address_changes.json",
        [
            "Changes of your primary and backup addresses that can be stopped or undone.",
            "Changements de vos adresses principale et de secours que vous pouvez arrêter ou annuler."
        ],
        address_change
    ),
    section!("totp_devices.json", ["Authenticator apps.", "Applications d'authentification."], totp_device),
    section!("security_keys.json", ["Security keys and passkeys.", "Clés de sécurité et passkeys."], security_key),
    section!(
        "backup_codes.json",
        [
            "Backup codes: when they were issued and used, without the codes.",
            "Codes de secours : leurs dates d'émission et d'utilisation, sans les codes."
        ],
        backup_code
    ),
    section!(
        "factor_recoveries.json",
        ["Recoveries of a lost second factor.", "Récupérations d'un second facteur perdu."],
        factor_recovery
    ),
    section!(
        "remembered_devices.json",
        ["Devices that need no second factor for a while.", "Appareils dispensés de second facteur pour un temps."],
        remembered_device
    ),
    section!(
        "known_devices.json",
        [
            "When your devices were first and last seen.",
            "Quand vos appareils ont été vus, la première et la dernière fois."
        ],
        known_device
    ),
    section!("emails.json",
        ["Service e-mails: to whom, when, what became of them. Their texts are in documents/emails/.",
         "E-mails de service : à qui, quand, ce qu'ils sont devenus. Leurs textes sont dans documents/emails/."],
        ["email"] => things::emails),
    section!(
        "check_up_reminders.json",
        ["When the check-up is looked at next.", "Quand le bilan du compte sera examiné la prochaine fois."],
        check_up_reminder
    ),
    section!(
        "texts.json",
        [
            "Text messages: to which number, when, what became of them, without the codes.",
            "SMS : à quel numéro, quand, ce qu'ils sont devenus, sans les codes."
        ],
        sms
    ),
    section!(
        "vat_checks.json",
        [
            "Checks of your VAT number: what was asked, when, what the register answered.",
            "Vérifications de votre numéro de TVA : ce qui a été demandé, quand, ce que le registre a répondu."
        ],
        vat_check
    ),
    section!(
        "email_addresses.json",
        ["Extra addresses for service e-mails.", "Adresses supplémentaires pour les e-mails de service."],
        email_address
    ),
    section!(
        "email_settings.json",
        ["Which e-mails go to your primary address.", "Quels e-mails vont à votre adresse principale."],
        email_setting
    ),
    section!(
        "undeliverable_addresses.json",
        ["Your addresses from which e-mails came back.", "Vos adresses dont des e-mails sont revenus."],
        undeliverable_address
    ),
    section!("orders.json",
        ["Orders with their lines and their follow-up.", "Commandes, avec leurs lignes et leur suivi."],
        ["order", "order_item", "order_step"] => money::orders),
    section!("services.json",
        ["Services with the periods that were paid.", "Services, avec les périodes payées."],
        ["service", "service_period", "service_segment"] => things::services),
    section!(
        "milestones.json",
        [
            "What happened to your services by itself, and what is planned.",
            "Ce qui est arrivé de soi-même à vos services, et ce qui est prévu."
        ],
        milestone
    ),
    section!("cancellations.json", ["Cancellations of services.", "Résiliations de services."], cancellation),
    section!("invoices.json",
        ["Invoices with their lines, VAT and what was paid.", "Factures, avec leurs lignes, la TVA et ce qui a été payé."],
        ["invoice", "invoice_line", "invoice_tax", "invoice_balance"] => money::invoices),
    section!("credit_notes.json",
        ["Credit notes with their lines and VAT.", "Avoirs, avec leurs lignes et la TVA."],
        ["invoice", "invoice_line", "invoice_tax"] => money::credit_notes),
    section!(
        "payment_methods.json",
        ["Payment methods, without what can charge them.", "Moyens de paiement, sans ce qui permet de les débiter."],
        payment_method
    ),
    section!("payments.json",
        ["Payments with each try.", "Paiements, avec chaque tentative."],
        ["payment", "payment_attempt"] => money::payments),
    section!("refunds.json", ["Refunds.", "Remboursements."], refund),
    section!(
        "ledger.json",
        ["The entries of your account in the books.", "Les écritures de votre compte dans les livres."],
        ledger_entry
    ),
    section!("exports.json", ["Exports like this one.", "Exports comme celui-ci."], export),
    section!("documents/emails/",
        ["Each service e-mail as it was sent; codes and tokens are shown as ••••.",
         "Chaque e-mail de service tel qu'envoyé ; les codes et jetons sont remplacés par ••••."],
        ["email"] => things::mail_documents),
];

/// What sections are written with.
#[derive(Debug)]
pub struct Writer<'a> {
    /// The process.
    pub app: &'a App,
    /// The data at one instant.
    pub db: &'a Snapshot,
    /// Whose data.
    pub account: &'a account::Model,
    /// Where it goes.
    pub book: &'a mut Book,
}

/// How far a table has been read.
#[derive(Debug, Default)]
pub struct Reached {
    last: Option<Vec<Value>>,
    end: bool,
}

impl Writer<'_> {
    /// Writes a list: the rows that `select` finds, in the order of their keys, each as `rows` makes it.
    ///
    /// # Errors
    /// The database's, those of `rows`; [`Error::Unavailable`] when nobody takes it.
    pub async fn list<E>(
        &mut self,
        name: &str,
        select: Select<E>,
        rows: impl AsyncFn(&Snapshot, Vec<E::Model>) -> Result<Vec<Row>, Error>,
    ) -> Result<(), Error>
    where
        E: EntityTrait,
        E::Model: Sync,
    {
        self.book.begin(name).await?;
        let mut before = "{\"items\": [\n";
        let mut reached = Reached::default();
        while let Some(chunk) = self.next(&select, &mut reached).await? {
            for row in rows(self.db, chunk).await? {
                self.book.write(before.as_bytes()).await?;
                self.book.write(&serde_json::to_vec(&row).map_err(Error::internal)?).await?;
                before = ",\n";
            }
        }
        let empty = before != ",\n";
        self.book.write(if empty { b"{\"items\": []}\n" } else { b"\n]}\n" }).await
    }

    /// The next rows, in the order of their keys; none at the end.
    ///
    /// # Errors
    /// The database's; [`Error::Unavailable`] when the process is about to stop.
    pub async fn next<E>(&self, select: &Select<E>, reached: &mut Reached) -> Result<Option<Vec<E::Model>>, Error>
    where
        E: EntityTrait,
        E::Model: Sync,
    {
        if reached.end {
            return Ok(None);
        }
        if self.app.stopping.load(Ordering::Relaxed) {
            return Err(Error::Unavailable);
        }
        let key: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
        let mut chunk = select.clone().limit(CHUNK);
        if let Some(last) = &reached.last {
            chunk = chunk.filter(beyond::<E>(&key, last));
        }
        for column in &key {
            chunk = chunk.order_by_asc(*column);
        }
        let rows = chunk.all(&**self.db).await?;
        reached.end = u64::try_from(rows.len()).unwrap_or(u64::MAX) < CHUNK;
        reached.last = rows.last().map(|row| key.iter().map(|column| row.get(*column)).collect());
        Ok(if rows.is_empty() { None } else { Some(rows) })
    }
}

/// The rows whose key is greater: its first column is, or the first are equal and the next is.
fn beyond<E: EntityTrait>(key: &[E::Column], last: &[Value]) -> Condition {
    let mut any = Condition::any();
    let mut equal = Condition::all();
    for (column, value) in key.iter().zip(last) {
        any = any.add(equal.clone().add(column.gt(value.clone())));
        equal = equal.add(column.eq(value.clone()));
    }
    any
}

/// Adds to each row a list of what belongs to it.
fn nest<K: Ord>(rows: &mut [(K, Row)], name: &str, children: impl IntoIterator<Item = (K, Row)>) {
    let mut lists = std::collections::BTreeMap::<K, Vec<serde_json::Value>>::new();
    for (parent, child) in children {
        lists.entry(parent).or_default().push(child.into());
    }
    for (key, row) in rows {
        row.insert(name.to_owned(), lists.remove(key).unwrap_or_default().into());
    }
}

/// The rows without what they were found by.
fn rows_of<K>(rows: Vec<(K, Row)>) -> Vec<Row> {
    rows.into_iter().map(|(_, row)| row).collect()
}
