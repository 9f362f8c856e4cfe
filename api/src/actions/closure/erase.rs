//! What is erased when an account is closed, and what is kept.
//!
//! | data | becomes |
//! |---|---|
//! | name, address, phone, e-mail addresses, SIRET, VAT id, password | erased; handle, country and language stay |
//! | payment methods | removed, their tokens erased |
//! | sessions, codes | ended, void; addresses and devices erased |
//! | access tokens | revoked; their names and addresses erased |
//! | second factors (public keys of security keys too), backup codes, remembered devices | erased |
//! | former passwords, known devices, counted failures, rules by address | erased |
//! | activity | what happened and when stays, and its chain; from where, the device, the details are erased |
//! | service e-mails | recipient and text erased, except billing mails (part of the accounts) and the closing receipt; undelivered ones are given up |
//! | text messages | number, text and code erased; undelivered ones are given up |
//! | changes of addresses | erased |
//! | extra addresses, anti-phishing phrase, marks on addresses | erased |
//! | exports and their archives | erased |
//! | checks of VAT ids | erased, unless an invoice was issued with reverse charge: then the valid ones are its evidence |
//! | reasons written by the owner, names given to services | erased |
//! | stored answers to repeated requests | erased |
//! | events | which and when stay, with what they say of orders, invoices and payments; the rest they say is erased |
//! | invoices, credit notes, ledger, payments | kept unchanged for their legal term, with the buyer's snapshot |

use crate::actions::account::vat_id;
use crate::actions::session as session_actions;
use crate::actions::{Context, Error, access_token, export, factor};
use crate::db::Tx;
use crate::mail::Category;
use crate::password;
use crate::sms;
use domain::account::AccountStatus;
use domain::id::AccountId;
use domain::payment::PaymentMethodStatus;
use entity::{
    account, activity, address_change, cancellation, check_up_reminder, email, email_address, email_setting, event,
    former_password, idempotency_key, known_device, one_time_code, order, order_item, payment_method, service, session,
    undeliverable_address,
};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use serde_json::json;
use std::collections::BTreeSet;

/// What events of these kinds say is part of the accounts, or says nothing of the owner: it stays.
const EVENTS_KEPT: [&str; 5] = ["account.closed", "credit_note.%", "invoice.%", "order.%", "payment.%"];
/// Copies of one mail at most: to the backup address and the extra ones.
const MAX_COPIES: usize = domain::mailing::MAX_ADDRESSES + 1;

/// Erases. `receipt` is the cause of the last mail, which still has to be delivered, if there is one. Answers under
/// what the account was known, for [`visitors_answers`].
///
/// # Errors
/// The database's.
pub(in crate::actions) async fn erase(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    receipt: Option<&str>,
) -> Result<BTreeSet<String>, Error> {
    // they are known until their changes are erased
    let names = names(tx, account).await?;
    profile(tx, cx, account).await?;
    methods(tx, cx, account.id).await?;
    access(tx, cx, account.id).await?;
    answers(tx, account.id).await?;
    events(tx, account.id).await?;
    mails(tx, account.id, receipt).await?;
    sms::erase(tx, account.id).await?;
    mailboxes(tx, account.id).await?;
    export::erase(tx, account.id).await?;
    vat_id::erase(tx, account.id).await?;
    texts(tx, account.id).await?;
    Ok(names)
}

async fn profile(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    let mut row = account.clone().into_active_model();
    row.email = Set(None);
    row.email_verified_at = Set(None);
    row.backup_email = Set(None);
    row.password_hash = Set(password::NONE.to_owned());
    row.status = Set(AccountStatus::Closed);
    row.first_name = Set(None);
    row.last_name = Set(None);
    row.organisation = Set(None);
    row.street = Set(None);
    row.postal_code = Set(None);
    row.city = Set(None);
    row.phone = Set(None);
    row.phone_verified_at = Set(None);
    row.siret = Set(None);
    row.vat_id = Set(None);
    row.vat_id_status = Set(None);
    row.ip_rules = Set(None);
    row.version = Set(account.version + 1);
    row.closed_at = Set(Some(cx.now));
    row.update(&**tx).await?;
    Ok(())
}

async fn methods(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<(), Error> {
    use payment_method::Column;
    payment_method::Entity::update_many()
        .col_expr(Column::RemovedAt, Expr::value(cx.now))
        .filter(Column::AccountId.eq(owner))
        .filter(Column::RemovedAt.is_null())
        .exec(&**tx)
        .await?;
    // those removed before too
    payment_method::Entity::update_many()
        .col_expr(Column::Status, Expr::value(PaymentMethodStatus::Removed))
        .col_expr(Column::SealedToken, Expr::value(""))
        .col_expr(Column::Label, Expr::value("-"))
        .col_expr(Column::IsDefault, Expr::value(false))
        .filter(Column::AccountId.eq(owner))
        .exec(&**tx)
        .await?;
    Ok(())
}

async fn access(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<(), Error> {
    session::Entity::update_many()
        .col_expr(session::Column::Address, Expr::value(None::<String>))
        .col_expr(session::Column::UserAgent, Expr::value(None::<String>))
        .filter(session::Column::AccountId.eq(owner))
        .exec(&**tx)
        .await?;
    one_time_code::Entity::update_many()
        .col_expr(one_time_code::Column::SupersededAt, Expr::value(cx.real_now))
        .filter(one_time_code::Column::AccountId.eq(owner))
        .filter(one_time_code::Column::SupersededAt.is_null())
        .exec(&**tx)
        .await?;
    one_time_code::Entity::update_many()
        .col_expr(one_time_code::Column::Target, Expr::value(None::<String>))
        .filter(one_time_code::Column::AccountId.eq(owner))
        .exec(&**tx)
        .await?;
    former_password::Entity::delete_many().filter(former_password::Column::AccountId.eq(owner)).exec(&**tx).await?;
    address_change::Entity::delete_many().filter(address_change::Column::AccountId.eq(owner)).exec(&**tx).await?;
    known_device::Entity::delete_many().filter(known_device::Column::AccountId.eq(owner)).exec(&**tx).await?;
    access_token::revoke_all(tx, cx, owner).await?;
    access_token::erase(tx, owner).await?;
    factor::erase(tx, owner).await?;
    session_actions::throttle::forgive(tx, cx, owner).await?;
    activity::Entity::update_many()
        .col_expr(activity::Column::Address, Expr::value(None::<String>))
        .col_expr(activity::Column::UserAgent, Expr::value(None::<String>))
        .col_expr(activity::Column::RequestId, Expr::value(None::<String>))
        .col_expr(activity::Column::Detail, Expr::value(None::<serde_json::Value>))
        // without it the commitment to what was erased tells nothing; the chain still holds
        .col_expr(activity::Column::Salt, Expr::value(None::<String>))
        .filter(activity::Column::AccountId.eq(owner))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Under what somebody unknown may have named the account: its handle and its addresses, those before too.
async fn names(tx: &Tx, account: &account::Model) -> Result<BTreeSet<String>, Error> {
    let known = [account.email.clone(), account.backup_email.clone(), Some(account.handle.clone())];
    let changes = address_change::Entity::find().filter(address_change::Column::AccountId.eq(account.id));
    let before = changes.all(&**tx).await?.into_iter().flat_map(|change| [change.former_address, change.new_address]);
    let mut names: BTreeSet<String> = known.into_iter().chain(before).flatten().collect();
    // changes are forgotten sooner than answers
    let coded = one_time_code::Entity::find()
        .select_only()
        .column(one_time_code::Column::Target)
        .distinct()
        .filter(one_time_code::Column::AccountId.eq(account.id))
        .filter(one_time_code::Column::Target.contains("@"));
    names.extend(coded.into_tuple::<String>().all(&**tx).await?);
    let mailed = email::Entity::find()
        .select_only()
        .column(email::Column::ToAddress)
        .distinct()
        .filter(email::Column::AccountId.eq(account.id));
    names.extend(mailed.into_tuple::<String>().all(&**tx).await?);
    Ok(names)
}

/// The owner's stored answers.
async fn answers(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    use idempotency_key::Column;
    idempotency_key::Entity::delete_many().filter(Column::Scope.eq(owner.to_string())).exec(&**tx).await?;
    Ok(())
}

/// Deletes the stored answers that somebody unknown got who named one of these: they are found by reading all.
///
/// # Errors
/// The database's.
pub(in crate::actions) async fn visitors_answers(tx: &Tx, names: &BTreeSet<String>) -> Result<(), Error> {
    use idempotency_key::Column;
    if names.is_empty() {
        return Ok(());
    }
    let told = names.iter().flat_map(|name| [json!({ "email": name }), json!({ "login": name })]);
    idempotency_key::Entity::delete_many()
        .filter(Column::Scope.starts_with("visitor:"))
        .filter(Column::Body.is_in(told.map(|answer| answer.to_string())))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The names and reasons that events repeat.
async fn events(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    use event::Column;
    let kept = EVENTS_KEPT.iter().fold(Condition::any(), |any, kind| any.add(Column::Kind.like(*kind)));
    event::Entity::update_many()
        .col_expr(Column::Data, Expr::value(json!({})))
        .filter(Column::AccountId.eq(owner))
        .filter(kept.not())
        .exec(&**tx)
        .await?;
    Ok(())
}

async fn mails(tx: &Tx, owner: AccountId, receipt: Option<&str>) -> Result<(), Error> {
    use email::Column;
    let with_copies = |receipt: &str| {
        let copies = (1..=MAX_COPIES).map(|copy| format!("{receipt}>{copy}"));
        std::iter::once(receipt.to_owned()).chain(copies).collect::<Vec<_>>()
    };
    let kept = receipt.map(with_copies).unwrap_or_default();
    let others = || {
        email::Entity::update_many()
            .col_expr(Column::ToAddress, Expr::value(""))
            .col_expr(Column::SealedSecret, Expr::value(None::<String>))
            .col_expr(Column::BounceDiagnostic, Expr::value(None::<String>))
            .filter(Column::AccountId.eq(owner))
            .filter(Column::Cause.is_not_in(kept.clone()))
    };
    // what waits for its delivery has nobody to go to
    email::Entity::update_many()
        .col_expr(Column::State, Expr::value(crate::mail::deliver::FAILED))
        .col_expr(Column::LastError, Expr::value("account closed"))
        .filter(Column::AccountId.eq(owner))
        .filter(Column::Cause.is_not_in(kept.clone()))
        .filter(Column::State.is_in([crate::mail::deliver::QUEUED, crate::mail::deliver::SENDING]))
        .exec(&**tx)
        .await?;
    others().exec(&**tx).await?;
    others()
        .col_expr(Column::Subject, Expr::value(""))
        .col_expr(Column::TextBody, Expr::value(""))
        .col_expr(Column::HtmlBody, Expr::value(""))
        .filter(Column::Category.ne(Category::Billing.as_str()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The extra addresses, the phrase, what came back.
async fn mailboxes(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    let addresses = email_address::Column::AccountId.eq(owner);
    email_address::Entity::delete_many().filter(addresses).exec(&**tx).await?;
    email_setting::Entity::delete_many().filter(email_setting::Column::AccountId.eq(owner)).exec(&**tx).await?;
    check_up_reminder::Entity::delete_by_id(owner).exec(&**tx).await?;
    let bounced = undeliverable_address::Column::AccountId.eq(owner);
    undeliverable_address::Entity::delete_many().filter(bounced).exec(&**tx).await?;
    Ok(())
}

async fn texts(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    cancellation::Entity::update_many()
        .col_expr(cancellation::Column::Comment, Expr::value(None::<String>))
        .filter(cancellation::Column::AccountId.eq(owner))
        .exec(&**tx)
        .await?;
    service::Entity::update_many()
        .col_expr(service::Column::DisplayName, Expr::value("-"))
        .filter(service::Column::AccountId.eq(owner))
        .exec(&**tx)
        .await?;
    let orders = Query::select()
        .column(order::Column::Id)
        .from(order::Entity)
        .and_where(order::Column::AccountId.eq(owner))
        .to_owned();
    order_item::Entity::update_many()
        .col_expr(order_item::Column::DisplayName, Expr::value(None::<String>))
        .filter(order_item::Column::OrderId.in_subquery(orders))
        .exec(&**tx)
        .await?;
    Ok(())
}
