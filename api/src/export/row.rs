//! How a row of the database becomes a member of a file: each column is handed out, or kept for a reason.

use super::book::Row;
use crate::actions::record::without_nulls;
use crate::actions::{Error, invoice};
use domain::id::{CreditNoteId, InvoiceId};
use domain::invoice::DocumentKind;
use domain::money::{Money, Scaled6};
use serde::Serialize;
use serde_json::{Value, json};

/// Why something that is stored is not handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Whoever has it could act as the owner, or guess what lets them.
    Secret,
    /// It drives the program and says nothing about a person.
    Technical,
    /// The same is said by another file, or by the file that it is in.
    Elsewhere,
    /// It belongs to the provider, or to everybody.
    Provider,
}

impl Why {
    /// Every reason.
    pub const ALL: &'static [Self] = &[Self::Secret, Self::Technical, Self::Elsewhere, Self::Provider];
}

/// What becomes of the columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Columns that are handed out, under their own names.
    pub handed_out: &'static [&'static str],
    /// Columns that are kept, and why.
    pub kept: &'static [(&'static str, Why)],
}

/// Writes tables down: `column` is handed out as it is, `column = value` as something made of it, and what is
/// `kept` has its reason. A column that is in neither list does not compile.
macro_rules! tables {
    ($(
        $table:ident $(($($extra:ident: $kind:ty),+))? { $($field:ident $(= $value:expr)?),* $(,)? }
        kept { $($kept:ident: $why:ident),* $(,)? }
    )+) => {
        $(
            #[doc = concat!("Rows of `", stringify!($table), "`.")]
            pub mod $table {
                use super::*;

                /// What becomes of its columns.
                pub const TABLE: Table = Table {
                    name: stringify!($table),
                    handed_out: &[$(stringify!($field)),*],
                    kept: &[$((stringify!($kept), Why::$why)),*],
                };

                /// A row as it is handed out.
                ///
                /// # Errors
                /// [`Error::Internal`] for what cannot be written.
                pub fn row(model: &entity::$table::Model $($(, $extra: $kind)+)?) -> Result<Row, Error> {
                    let entity::$table::Model { $($field,)* $($kept: _,)* } = model;
                    let mut row = Row::new();
                    $($crate::export::row::put(&mut row, stringify!($field), tables!(@value $field $($value)?))?;)*
                    Ok(row)
                }
            }
        )+

        /// Every table of which something is handed out.
        pub const TABLES: &[Table] = &[$($table::TABLE),+];
    };
    (@value $field:ident) => { $field };
    (@value $field:ident $value:expr) => { &$value };
}
pub(super) use tables;

/// Adds a member; one without a value is left out.
pub(super) fn put(row: &mut Row, name: &str, value: &impl Serialize) -> Result<(), Error> {
    match without_nulls(serde_json::to_value(value).map_err(Error::internal)?) {
        Value::Null => {}
        value => {
            row.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

/// An amount in minor units, as the API shows it.
pub(super) fn money(minor: i64, currency: &str) -> Result<Value, Error> {
    let amount = Money::from_minor(minor, invoice::currency(currency)?);
    Ok(json!({ "amount": amount.to_string(), "currency": currency }))
}

/// A unit price, as the API shows it.
pub(super) fn price(price: Scaled6, currency: &str) -> Value {
    json!({ "amount": price.display_price(), "currency": currency })
}

/// The id of an invoice or credit note, as the API shows it.
pub(super) fn document(kind: DocumentKind, id: InvoiceId) -> String {
    match kind {
        DocumentKind::Invoice => id.to_string(),
        DocumentKind::CreditNote => CreditNoteId(id.0).to_string(),
    }
}

/// Who did something, as the activity shows it: not which person of the provider.
pub(super) fn who(actor: &str, owner: &str) -> String {
    if actor == owner { "owner".to_owned() } else { actor.split(':').next().unwrap_or_default().to_owned() }
}
