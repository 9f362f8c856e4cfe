//! The archive of all the data of an account: a zip of JSON files, the mails as they were sent, and a list of
//! what is in it and what is not.
//!
//! | question | where |
//! |---|---|
//! | what of which table is handed out | [`tables`], and [`kept`] for those that are not |
//! | which files are there, in which order | [`sections`] |
//! | what the list at the end says, in which language | [`words`] |
//! | how the zip is made without holding it | [`book`], [`archive`] |
//! | how it is kept | [`vault`] |
//! | when it is made, again, or given up | `actions/export`, `scheduler/exports` |
//! | how it is sent | [`download`] |

pub mod archive;
pub mod book;
pub mod download;
pub mod kept;
mod row;
pub mod sections;
pub mod tables;
pub mod vault;
pub mod words;

pub use row::{Table, Why};

use crate::actions::Error;
use crate::app::App;
use book::Book;
use chrono::{DateTime, Utc};
use domain::id::AccountId;
use entity::account;
use sea_orm::EntityTrait;

/// Writes everything of an account into a book, as it is at one instant.
///
/// # Errors
/// [`Error::NotFound`] when the account is gone; the database's; [`Error::Unavailable`] when nobody takes it.
pub async fn write(app: &App, owner: AccountId, made_at: DateTime<Utc>, mut book: Book) -> Result<(), Error> {
    let snapshot = app.db.snapshot().await?;
    let account = account::Entity::find_by_id(owner).one(&*snapshot).await?.ok_or(Error::NotFound)?;
    let mut writer = sections::Writer { app, db: &snapshot, account: &account, book: &mut book };
    for section in sections::SECTIONS {
        (section.write)(&mut writer).await?;
    }
    book.close().await?;
    let written = book.take_written();
    words::manifest(&mut book, &account, made_at, &written).await?;
    book.text(words::readme_name(account.language), &words::readme(&account, made_at, &written)?).await?;
    book.end().await
}
