//! Who is it? The same is counted, computed and written whether or not the account exists.

use super::throttle;
use crate::actions::account::ip_rules;
use crate::actions::{Context, Error, account};
use crate::app::App;
use domain::account::AccountStatus;

/// The account that a login and its password prove. A failure is noted durably, in the activity of the
/// account if there is one.
///
/// # Errors
/// [`Error::Unauthenticated`], the same for an unknown, pending, blocked or closed account, one that has to
/// wait (see [`throttle`]) and an address that the account's rules refuse, as for a wrong password;
/// [`Error::TooMany`] for an address that failed too often; the database's.
pub async fn authenticate(
    app: &App,
    cx: &Context<'_>,
    login: &str,
    password: &str,
) -> Result<entity::account::Model, Error> {
    let known = account::find_by_login(&**app.read(), login).await?;
    let attempt = throttle::begin(app, cx, (login, password), known.as_ref()).await?;
    // what has no usable password is compared with a dummy, for the same time
    let usable = known.as_ref().filter(|account| account.status != AccountStatus::Closed);
    let hash = usable.map(|account| account.password_hash.as_str());
    let proven = throttle::compare(app, &attempt, password, hash).await?;
    let Some(account) = known else { return Err(throttle::failed(app, cx, &attempt, (None, None)).await?) };
    let allowed = ip_rules::allow(&account, cx.address.as_deref())?;
    if proven && account::is_open(account.status) && allowed {
        throttle::proven(app, cx, attempt).await?;
        return Ok(account);
    }
    let reason = (proven && !allowed).then_some("ip_rules");
    Err(throttle::failed(app, cx, &attempt, (Some(&account), reason)).await?)
}

/// What can be done about a password only while it is at hand.
#[derive(Debug, Clone)]
pub struct Upkeep {
    /// Replaces a hash made with another cost than today's.
    pub rehashed: Option<String>,
    /// It could not be set today: the policy, the list of common ones or the owner's details changed.
    pub weak: bool,
}

/// Looks after a password that was just proven.
///
/// # Errors
/// [`Error::Unavailable`] when too many wait.
pub async fn upkeep(app: &App, account: &entity::account::Model, password: &str) -> Result<Upkeep, Error> {
    let own = account::password::own_words(account);
    let weak = !account::password::judge(app, password, &own, "").await?.faults.is_empty();
    let rehashed = if app.passwords.needs_rehash(&account.password_hash) {
        Some(app.passwords.hash(password).await?)
    } else {
        None
    };
    Ok(Upkeep { rehashed, weak })
}
