//! The guide's advice: what the database says, for the domain to judge, and what mends what is missing.

use crate::actions::{Context, Error, today};
use crate::mail::Mailboxes;
use domain::checkup::{CheckUpItem, Observed, Severity, assess, count};
use domain::id::AccountId;
use domain::invoice::InvoiceStatus;
use entity::{account, invoice_balance};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Select};

pub mod mend;
pub mod observe;
pub mod remind;

pub use mend::Mend;

/// One advice for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What was looked at.
    pub item: CheckUpItem,
    /// How much it matters now.
    pub severity: Severity,
    /// How many things it is about, where they are counted.
    pub count: Option<u64>,
    /// What mends it; none when all is well.
    pub mend: Option<Mend>,
}

/// Every advice for an account, the most pressing first.
///
/// # Errors
/// The database's.
pub async fn check_up<C: ConnectionTrait>(
    db: &C,
    cx: &Context<'_>,
    account: &account::Model,
) -> Result<Vec<Advice>, Error> {
    let accounts = std::slice::from_ref(account);
    let mailboxes = Mailboxes::of(db, accounts).await?;
    let day = observe::Day::of(today(account, cx.now)?, cx);
    let seen = observe::observe(db, accounts, &mailboxes, day).await?;
    let seen: Observed = seen.get(&account.id).copied().unwrap_or_default();
    let mut advice = Vec::new();
    for (item, severity) in assess(&seen) {
        let mend = match severity {
            Severity::Critical | Severity::Advised => Some(mend::mend(db, account.id, (item, &seen), day).await?),
            Severity::Fine => None,
        };
        advice.push(Advice { item, severity, count: count(item, &seen), mend });
    }
    Ok(advice)
}

/// The invoices of an account with something left to pay.
pub(in crate::actions) fn unpaid(owner: AccountId) -> Select<invoice_balance::Entity> {
    invoice_balance::Entity::find()
        .filter(invoice_balance::Column::AccountId.eq(owner))
        .filter(invoice_balance::Column::Status.is_in(UNPAID))
}

const UNPAID: [InvoiceStatus; 2] = [InvoiceStatus::Open, InvoiceStatus::PastDue];
