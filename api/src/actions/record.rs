//! The activity line and the event that every change leaves behind.

use super::{Context, Error};
use crate::db::Tx;
use crate::{chain, words};
use domain::id::AccountId;
use entity::{activity, activity_head, event};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, QuerySelect,
    Statement,
};
use serde_json::Value;
use uuid::Uuid;

/// Notes in the activity log what happened to an account and who did it.
///
/// # Errors
/// The database's.
pub async fn activity(
    tx: &Tx,
    cx: &Context<'_>,
    account: AccountId,
    kind: &'static str,
    detail: Option<Value>,
) -> Result<(), Error> {
    append(tx, cx, Some(account), kind, detail).await
}

/// Notes what happened to no account in particular.
///
/// # Errors
/// The database's.
pub(super) async fn of_nobody(
    tx: &Tx,
    cx: &Context<'_>,
    kind: &'static str,
    detail: Option<Value>,
) -> Result<(), Error> {
    append(tx, cx, None, kind, detail).await
}

/// Appends a line to its chain. The chain's head stays locked until the transaction ends: lines of one
/// account come one after the other, whoever writes them.
async fn append(
    tx: &Tx,
    cx: &Context<'_>,
    account: Option<AccountId>,
    kind: &'static str,
    detail: Option<Value>,
) -> Result<(), Error> {
    if cfg!(debug_assertions) && words::activity::find(kind).is_none() {
        return Err(Error::internal(format!("no words for the activity `{kind}`: see api/src/words/activity.rs")));
    }
    let (sealer, entropy) = (&cx.tools.sealer, &*cx.tools.entropy);
    let mut random = [0_u8; 17];
    entropy.fill(&mut random);
    let [one_of, salt @ ..] = random;
    let chain = account.map_or_else(|| chain::house(one_of), |account| account.0);
    let head = tail(tx, account, chain).await?;
    let salt = crate::seal::hex(&salt);
    let mut line = activity::Model {
        id: cx.id(),
        account_id: account,
        at: cx.real_now,
        kind: kind.to_owned(),
        actor: cx.actor.to_string(),
        address: cx.address.clone(),
        request_id: cx.request_id.clone(),
        detail: detail.map(without_nulls),
        user_agent: cx.user_agent.clone(),
        chain: Some(chain),
        seq: Some(head.seq + 1),
        salt: None,
        commitment: None,
        link: None,
    };
    line.commitment = Some(chain::commitment(sealer, &salt, &line));
    line.salt = Some(salt);
    line.link = Some(chain::link(sealer, &head.link, &line));
    // the head moves with it, by a trigger: one statement less, and no line without its head
    activity::Entity::insert(line.into_active_model().reset_all()).exec_without_returning(&**tx).await?;
    Ok(())
}

/// The head of a chain, locked; made with the chain's first line.
async fn tail(tx: &Tx, account: Option<AccountId>, chain: Uuid) -> Result<activity_head::Model, Error> {
    if let Some(head) = locked(tx, account, chain).await? {
        return Ok(head);
    }
    if let Some(account) = account {
        let account = entity::account::Entity::find_by_id(account).select_only().column(entity::account::Column::Id);
        let _: Option<AccountId> = account.lock(LockType::NoKeyUpdate).into_tuple().one(&**tx).await?;
    }
    let first =
        activity_head::ActiveModel { chain: Set(chain), seq: Set(0), link: Set(String::new()), unchained: Set(0) };
    let once = OnConflict::column(activity_head::Column::Chain).do_nothing().to_owned();
    activity_head::Entity::insert_many([first]).on_conflict(once).exec_without_returning(&**tx).await?;
    locked(tx, account, chain).await?.ok_or_else(|| Error::internal("a chain without head"))
}

/// Locks a head. On PostgreSQL the account comes first, as the line's foreign key would lock it: the other
/// way round would wait for somebody who holds the account and waits for the head. And it is held as a
/// change of it would hold it: two who note something first and change the account then take turns, where
/// with the key's lock alone each would wait for the other.
async fn locked(tx: &Tx, account: Option<AccountId>, chain: Uuid) -> Result<Option<activity_head::Model>, DbErr> {
    let (Some(account), DbBackend::Postgres) = (account, tx.get_database_backend()) else {
        return activity_head::Entity::find_by_id(chain).lock_exclusive().one(&**tx).await;
    };
    let both = "SELECT h.* FROM account a JOIN activity_head h ON h.chain = a.id WHERE a.id = $1 \
                FOR NO KEY UPDATE OF a FOR UPDATE OF h";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, both, [account.into()]);
    activity_head::Entity::find().from_raw_sql(statement).one(&**tx).await
}

/// Adds an event to the log that integrators read.
///
/// # Errors
/// The database's.
pub async fn event(
    tx: &Tx,
    cx: &Context<'_>,
    account: AccountId,
    kind: &'static str,
    subject: &impl std::fmt::Display,
    data: Value,
) -> Result<(), Error> {
    event::Entity::insert(event_row(cx, account, kind, subject, data)).exec_without_returning(&**tx).await?;
    Ok(())
}

/// The same without members that have no value: they are left out, never null.
pub(crate) fn without_nulls(data: Value) -> Value {
    match data {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => data,
    }
}

/// The row of [`event()`], for batches.
pub fn event_row(
    cx: &Context<'_>,
    account: AccountId,
    kind: &'static str,
    subject: &impl std::fmt::Display,
    data: Value,
) -> event::ActiveModel {
    event::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(Some(account)),
        occurred_at: Set(cx.now),
        kind: Set(kind.to_owned()),
        subject: Set(subject.to_string()),
        data: Set(without_nulls(data)),
    }
}
