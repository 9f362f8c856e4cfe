//! Numbers without gaps: one row per series and year, locked last, taken in blocks.

use crate::actions::{Context, Error};
use crate::db::Tx;
use chrono::{Datelike, NaiveDate};
use domain::invoice::{DocumentKind, Series, issue_date};
use entity::{invoice_series, test_clock};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A block of consecutive numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The series, e.g. `FC`, `AV`, `T1FC`.
    pub series: Series,
    /// The year of the issue date.
    pub year: i32,
    /// The first number.
    pub first: i64,
    /// The issue date of the whole block.
    pub issued_on: NaiveDate,
}

/// The series of a kind of document; each test clock has its own, outside the legal ones.
#[must_use]
pub fn series(kind: DocumentKind, clock: Option<&test_clock::Model>) -> Series {
    clock.map_or_else(
        || Series::of(kind),
        |clock| Series::of_test_clock(u32::try_from(clock.serial).unwrap_or(u32::MAX), kind),
    )
}

/// The seller's day: of invoices, and of the rates of tax on them.
///
/// # Errors
/// [`Error::Internal`] for a zone that nobody knows.
pub fn today(cx: &Context<'_>) -> Result<NaiveDate, Error> {
    let zone: chrono_tz::Tz =
        cx.tools.config.seller.time_zone.parse().map_err(|_| Error::internal("unknown seller time zone"))?;
    Ok(domain::calendar::billing_day(cx.now, zone))
}

/// Takes `count` numbers. The issue date is today in the seller's zone, never before the date of the
/// last number; its year picks the row (CGI ann. II art. 242 nonies A: unique, continuous, chronological).
///
/// # Errors
/// The database's.
pub async fn take(tx: &Tx, cx: &Context<'_>, series: Series, count: usize) -> Result<Block, Error> {
    let today = today(cx)?;
    let count = i64::try_from(count).map_err(Error::internal)?;
    ensure(tx, &series, today).await?;
    // lock every year of the series, so that no later date can be given meanwhile
    let last = invoice_series::Entity::find()
        .filter(invoice_series::Column::Series.eq(series.to_string()))
        .order_by_desc(invoice_series::Column::Year)
        .lock_exclusive()
        .one(&**tx)
        .await?;
    let issued_on = issue_date(today, last.map(|row| row.last_issued_on));
    ensure(tx, &series, issued_on).await?;
    let updated = invoice_series::Entity::update_many()
        .col_expr(invoice_series::Column::Next, Expr::col(invoice_series::Column::Next).add(count))
        .col_expr(invoice_series::Column::LastIssuedOn, Expr::value(issued_on))
        .filter(invoice_series::Column::Series.eq(series.to_string()))
        .filter(invoice_series::Column::Year.eq(issued_on.year()))
        .exec_with_returning(&**tx)
        .await?;
    let row = updated.into_iter().next().ok_or_else(|| Error::internal("no row for the invoice series"))?;
    Ok(Block { series, year: row.year, first: row.next - count, issued_on })
}

async fn ensure(tx: &Tx, series: &Series, day: NaiveDate) -> Result<(), Error> {
    let row = invoice_series::ActiveModel {
        series: Set(series.to_string()),
        year: Set(day.year()),
        next: Set(1),
        last_issued_on: Set(day),
    };
    invoice_series::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}
