//! Every sealed column, and how what an older key sealed is sealed again with the present one.

use crate::actions::account::{address_change as address_changes, visitor_request as visitor_requests};
use crate::actions::factor::security_keys::{self, ceremony};
use crate::actions::factor::{recovery, totp};
use crate::actions::{Error, payment_method as payment_methods};
use crate::app::App;
use crate::db::Tx;
use crate::export::vault;
use crate::{mail, sms as texts, token};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Value};

/// Rows in one transaction: short, so that a running server hardly waits.
pub const BATCH: u64 = 100;

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Values sealed again.
    pub sealed: u64,
    /// Values that no known key opens. They stay as they are.
    pub unreadable: u64,
}

/// `table.column`, its places (the present name and, where there was another, the one before), for each row.
macro_rules! columns {
    ($($table:ident . $field:ident ($key:ident $key_column:ident, $column:ident): |$row:ident| $places:expr;)+) => {
        /// `table.column` of each.
        pub const COLUMNS: &[&str] = &[$(concat!(stringify!($table), ".", stringify!($field))),+];

        /// Seals again, with the key that seals now, whatever an older one sealed. Takes up where a run before
        /// was cut off: what is sealed with the present key is not looked at.
        ///
        /// # Errors
        /// The database's; what was done until then stays.
        pub async fn seal_again(app: &App) -> Result<Report, Error> {
            let mut report = Report::default();
            $(report = report + $table::$field(app).await?;)+
            Ok(report)
        }

        /// Where a value is sealed with a key that there is not, by row: nothing opens it.
        ///
        /// # Errors
        /// The database's.
        pub async fn of_unknown_keys(app: &App) -> Result<Vec<String>, Error> {
            let mut found = Vec::new();
            $(found.extend($table::of_unknown_keys(app).await?);)+
            Ok(found)
        }

        /// Whether a value is sealed with a key.
        ///
        /// # Errors
        /// The database's.
        pub(super) async fn is_named(tx: &Tx, key: &str) -> Result<bool, Error> {
            $(
                let column = entity::$table::Column::$column;
                let named = entity::$table::Entity::find().filter(column.starts_with(format!("{key}.")));
                if named.count(&**tx).await? > 0 {
                    return Ok(true);
                }
            )+
            Ok(false)
        }

        $(
            mod $table {
                use super::*;
                use entity::$table::{Column, Entity, Model};

                pub(super) async fn $field(app: &App) -> Result<Report, Error> {
                    let (mut report, mut last) = (Report::default(), None);
                    loop {
                        let (done, reached) = app.transact(async |tx| batch(app, tx, last.clone()).await).await?;
                        report = report + done;
                        if reached.is_none() {
                            return Ok(report);
                        }
                        last = reached;
                    }
                }

                /// One batch after a row. Answers the last row that it looked at; none when there is no more.
                async fn batch(app: &App, tx: &Tx, after: Option<Value>) -> Result<(Report, Option<Value>), Error> {
                    let sealer = &app.tools.sealer;
                    let mut select = Entity::find()
                        .filter(Column::$column.is_not_null())
                        .filter(Column::$column.ne(""))
                        .filter(Column::$column.starts_with(format!("{}.", sealer.current())).not());
                    if let Some(after) = after {
                        select = select.filter(Column::$key_column.gt(after));
                    }
                    let mut report = Report::default();
                    let rows = select.order_by_asc(Column::$key_column).limit(BATCH).all(&**tx).await?;
                    let reached = rows.last().map(|row| Value::from(row.$key.clone()));
                    for row in rows {
                        let Some(sealed) = Option::<String>::from(row.$field.clone()) else { continue };
                        let [place, before] = places(&row);
                        let Ok(plain) = sealer.open_either([&place, &before], &sealed) else {
                            tracing::error!(table = stringify!($table), row = %row.$key, "cannot be opened");
                            report.unreadable += 1;
                            continue;
                        };
                        // whoever changed it meanwhile sealed it anew
                        let done = Entity::update_many()
                            .col_expr(Column::$column, Expr::value(sealer.seal(&*app.tools.entropy, &place, &plain)))
                            .filter(Column::$key_column.eq(row.$key.clone()))
                            .filter(Column::$column.eq(sealed))
                            .exec(&**tx)
                            .await?;
                        report.sealed += done.rows_affected;
                    }
                    Ok((report, reached))
                }

                pub(super) async fn of_unknown_keys(app: &App) -> Result<Vec<String>, Error> {
                    let db = &**app.read();
                    let mut select = Entity::find().filter(Column::$column.is_not_null()).filter(Column::$column.ne(""));
                    for key in entity::data_key::Entity::find().all(db).await? {
                        select = select.filter(Column::$column.starts_with(format!("{}.", key.id)).not());
                    }
                    let rows = select.order_by_asc(Column::$key_column).limit(BATCH).all(db).await?;
                    let line = |row: Model| {
                        let sealed = Option::<String>::from(row.$field).unwrap_or_default();
                        let key = sealed.split('.').next().unwrap_or_default();
                        format!("{} {} names the key {key}", stringify!($table), row.$key)
                    };
                    Ok(rows.into_iter().map(line).collect())
                }

                fn places($row: &Model) -> [String; 2] {
                    $places
                }
            }
        )+
    };
}

columns! {
    address_change.sealed_token (id Id, SealedToken): |row| only(address_changes::place(row.id, row.account_id));
    email_setting.sealed_phrase (account_id AccountId, SealedPhrase): |row| only(mail::phrase::place(row.account_id));
    email.sealed_secret (id Id, SealedSecret): |row| mail::places(row.id, row.account_id);
    export.sealed_key (id Id, SealedKey): |row| only(vault::place(row.id, row.account_id));
    factor_recovery.sealed_token (id Id, SealedToken): |row| only(recovery::place(row.id, row.account_id));
    key_ceremony.sealed_state (id Id, SealedState): |row| only(ceremony::place(row.id, row.account_id));
    payment_method.sealed_token (id Id, SealedToken): |row| payment_methods::places(row.id, row.account_id);
    security_key.sealed_credential (id Id, SealedCredential): |row| only(security_keys::place(row.id, row.account_id));
    signing_key.sealed_private_key (id Id, SealedPrivateKey): |row| only(token::place(&row.id));
    sms.sealed_secret (id Id, SealedSecret): |row| only(texts::place(row.id, row.account_id));
    totp_device.sealed_seed (id Id, SealedSeed): |row| only(totp::place(row.id, row.account_id));
    visitor_request.sealed_login (id Id, SealedLogin): |row| only(visitor_requests::place(row.id));
}

/// A place that always had this name.
fn only(place: String) -> [String; 2] {
    [place.clone(), place]
}

impl std::ops::Add for Report {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { sealed: self.sealed + other.sealed, unreadable: self.unreadable + other.unreadable }
    }
}
