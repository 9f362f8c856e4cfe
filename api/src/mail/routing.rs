//! Where an account's mails go, and which of its addresses are proven.

use crate::actions::Error;
use domain::id::AccountId;
use domain::mailing::{Category, Mailbox, recipients};
use entity::{account, email_address, email_setting, undeliverable_address};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::BTreeMap;

/// The addresses of an account, as mails see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The primary one, with what it receives.
    pub primary: Mailbox,
    /// The proven second one.
    pub backup: Option<String>,
    /// The extra ones, with their rows.
    pub extra: Vec<(email_address::Model, Mailbox)>,
    /// Those whose mails come back.
    pub undeliverable: Vec<undeliverable_address::Model>,
    /// Whether the monthly reminder of the check-up is wanted.
    pub check_up_reminder: bool,
}

impl Addresses {
    /// Reads them. Most accounts have chosen nothing: one look-up by key.
    ///
    /// # Errors
    /// [`Error::Internal`] for an account without address; the database's.
    pub async fn of<C: ConnectionTrait>(db: &C, account: &account::Model) -> Result<Self, Error> {
        let setting = email_setting::Entity::of(account.id).one(db).await?;
        Self::with(db, account, setting.as_ref()).await
    }

    async fn with<C: ConnectionTrait>(
        db: &C,
        account: &account::Model,
        setting: Option<&email_setting::Model>,
    ) -> Result<Self, Error> {
        let undeliverable = match setting {
            Some(_) => undeliverable_address::Entity::of(account.id).all(db).await?,
            None => Vec::new(),
        };
        let rows = match setting {
            Some(setting) if setting.has_addresses => email_address::Entity::of(account.id).all(db).await?,
            Some(_) | None => Vec::new(),
        };
        Self::from_rows(account, setting, undeliverable, rows)
    }

    fn from_rows(
        account: &account::Model,
        setting: Option<&email_setting::Model>,
        undeliverable: Vec<undeliverable_address::Model>,
        rows: Vec<email_address::Model>,
    ) -> Result<Self, Error> {
        let address = account.email.clone().ok_or_else(|| Error::internal("a mail to an account without address"))?;
        let categories =
            setting.map_or_else(|| Category::ALL.to_vec(), |setting| categories(&setting.primary_categories));
        let comes_back = |address: &str| undeliverable.iter().any(|known| known.address == address);
        let extra = rows.into_iter().map(|row| {
            let mailbox = Mailbox {
                address: row.address.clone(),
                categories: self::categories(&row.categories),
                undeliverable: comes_back(&row.address),
                proven: row.proven_at.is_some(),
            };
            (row, mailbox)
        });
        let extra = extra.collect();
        let down = comes_back(&address);
        let primary = Mailbox { address, categories, undeliverable: down, proven: account.email_verified_at.is_some() };
        let check_up_reminder = setting.is_none_or(|setting| setting.check_up_reminder);
        Ok(Self { primary, backup: account.backup_email.clone(), extra, undeliverable, check_up_reminder })
    }

    /// Where a mail of a category goes, the main recipient first.
    #[must_use]
    pub fn recipients(&self, category: Category) -> Vec<String> {
        let extra: Vec<Mailbox> = self.extra.iter().map(|(_, mailbox)| mailbox.clone()).collect();
        recipients(category, &self.primary, &extra, self.backup.as_deref())
    }

    /// Whether the account's owner proved an address by a code.
    #[must_use]
    pub fn is_proven(&self, address: &str) -> bool {
        (self.primary.proven && self.primary.address == address)
            || self.backup.as_deref() == Some(address)
            || self.extra.iter().any(|(_, mailbox)| mailbox.proven && mailbox.address == address)
    }

    /// Whether an address is one of the account's now, proven or not.
    #[must_use]
    pub fn holds(&self, address: &str) -> bool {
        self.primary.address == address
            || self.is_proven(address)
            || self.extra.iter().any(|(row, _)| row.address == address)
    }

    /// Every proven address, each once, the primary one first.
    #[must_use]
    pub fn proven(&self) -> Vec<String> {
        let extra = self.extra.iter().map(|(row, _)| row.address.as_str());
        let all = std::iter::once(self.primary.address.as_str()).chain(self.backup.as_deref()).chain(extra);
        let mut proven: Vec<String> = Vec::new();
        for address in all {
            if self.is_proven(address) && !proven.iter().any(|known| known == address) {
                proven.push(address.to_owned());
            }
        }
        proven
    }

    /// The mark on an address whose mails come back.
    #[must_use]
    pub fn undeliverable(&self, address: &str) -> Option<&undeliverable_address::Model> {
        self.undeliverable.iter().find(|known| known.address == address)
    }
}

/// The addresses of many accounts and what they chose about their mails, by account: three statements,
/// however many there are.
#[derive(Debug, Default)]
pub struct Mailboxes {
    settings: BTreeMap<AccountId, email_setting::Model>,
    addresses: BTreeMap<AccountId, Addresses>,
}

impl Mailboxes {
    /// Reads them. An account without address, one that is erased, is left out.
    ///
    /// # Errors
    /// The database's.
    pub async fn of<C: ConnectionTrait>(db: &C, accounts: &[account::Model]) -> Result<Self, Error> {
        let ids = || accounts.iter().map(|account| account.id);
        let settings = email_setting::Entity::find().filter(email_setting::Column::AccountId.is_in(ids()));
        let settings: BTreeMap<_, _> = settings.all(db).await?.into_iter().map(|row| (row.account_id, row)).collect();
        let marks = undeliverable_address::Entity::find()
            .filter(undeliverable_address::Column::AccountId.is_in(settings.keys().copied()));
        let mut marks = grouped(marks.all(db).await?, |row| row.account_id);
        let with_more = settings.values().filter(|setting| setting.has_addresses).map(|setting| setting.account_id);
        let extra = email_address::Entity::find().filter(email_address::Column::AccountId.is_in(with_more));
        let mut extra = grouped(extra.all(db).await?, |row| row.account_id);
        let mut addresses = BTreeMap::new();
        for account in accounts.iter().filter(|account| account.email.is_some()) {
            let marks = marks.remove(&account.id).unwrap_or_default();
            let extra = extra.remove(&account.id).unwrap_or_default();
            addresses.insert(account.id, Addresses::from_rows(account, settings.get(&account.id), marks, extra)?);
        }
        Ok(Self { settings, addresses })
    }

    /// The addresses of an account.
    #[must_use]
    pub fn addresses(&self, account: AccountId) -> Option<&Addresses> {
        self.addresses.get(&account)
    }

    /// What an account chose; nothing where it never chose.
    #[must_use]
    pub fn setting(&self, account: AccountId) -> Option<&email_setting::Model> {
        self.settings.get(&account)
    }
}

fn grouped<T>(rows: Vec<T>, owner: impl Fn(&T) -> AccountId) -> BTreeMap<AccountId, Vec<T>> {
    let mut all: BTreeMap<AccountId, Vec<T>> = BTreeMap::new();
    for row in rows {
        all.entry(owner(&row)).or_default().push(row);
    }
    all
}

/// Categories as a row keeps them.
#[must_use]
pub fn written(categories: &[Category]) -> String {
    let known = Category::ALL.iter().filter(|category| categories.contains(category));
    known.map(|category| category.as_str()).collect::<Vec<_>>().join(" ")
}

/// What a row keeps.
#[must_use]
pub fn categories(written: &str) -> Vec<Category> {
    written.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}
