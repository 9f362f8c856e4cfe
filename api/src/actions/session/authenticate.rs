//! Who is it? One password hash is computed whether or not the account exists.

use crate::actions::{Context, Error, account, record};
use crate::app::App;
use domain::account::AccountStatus;
use domain::id::AccountId;

/// The account that a login and its password prove. A failure is noted durably, in the activity of the
/// account if there is one.
///
/// # Errors
/// [`Error::Unauthenticated`], the same for an unknown, pending, blocked or closed account as for a
/// wrong password; the database's.
pub async fn authenticate(
    app: &App,
    cx: &Context<'_>,
    login: &str,
    password: &str,
) -> Result<entity::account::Model, Error> {
    let known = account::find_by_login(&**app.read(), login).await?;
    // what has no usable password is compared with a dummy, for the same time
    let usable = known.as_ref().filter(|account| account.status != AccountStatus::Closed);
    let proven = app.passwords.verify(password, usable.map(|account| account.password_hash.as_str())).await?;
    match known {
        Some(account) if proven && account::is_open(account.status) => Ok(account),
        Some(account) => refuse(app, cx, Some(account.id)).await,
        None => refuse(app, cx, None).await,
    }
}

/// The hash that replaces one made with another cost than today's, while the password is at hand.
///
/// # Errors
/// [`Error::Unavailable`] when too many wait.
pub async fn rehashed(app: &App, account: &entity::account::Model, password: &str) -> Result<Option<String>, Error> {
    if app.passwords.needs_rehash(&account.password_hash) {
        return Ok(Some(app.passwords.hash(password).await?));
    }
    Ok(None)
}

async fn refuse<T>(app: &App, cx: &Context<'_>, account: Option<AccountId>) -> Result<T, Error> {
    app.transact(async |tx| match account {
        Some(id) => record::activity(tx, cx, id, "session.refused", None).await,
        None => account::note_visitor(tx, cx, "session.refused").await,
    })
    .await?;
    Err(Error::Unauthenticated)
}
