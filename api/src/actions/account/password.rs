//! The password policy, in one place: what `domain::password` says, not easily guessed, and none of the
//! last five of the account. No composition rules.

use crate::actions::{Context, Error, Invalid};
use crate::app::App;
use crate::db::Tx;
use crate::password::common;
use domain::password::{self, Fault, MAX_LENGTH, REMEMBERED};
use domain::refusal::Refusal;
use entity::{account, former_password};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use zxcvbn::feedback::{Suggestion, Warning};

/// How hard a password is to guess, and what stands against it.
#[derive(Debug, Clone)]
pub struct Strength {
    /// 0 (at once) to 4 (very hard).
    pub score: u8,
    /// Why it cannot be set: the codes that setting it would be refused with.
    pub faults: Vec<Invalid>,
    /// What makes it weak.
    pub warning: Option<Warning>,
    /// How to make it stronger.
    pub suggestions: Vec<Suggestion>,
}

/// Judges a password; it is neither stored nor logged. `own` are the owner's details: guessers try those
/// too. The work is bounded: what comes after a hundred characters is not looked at for its strength.
///
/// # Errors
/// [`Error::Unavailable`] when too many wait.
pub async fn judge(app: &App, password: &str, own: &[&str], pointer: &str) -> Result<Strength, Error> {
    let (password, pointer) = (password.to_owned(), pointer.to_owned());
    let own: Vec<String> = own.iter().map(|word| (*word).to_owned()).collect();
    let policy = app.config().password.clone();
    app.passwords
        .work(move || {
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            strength(&policy, &password, &own, &pointer)
        })
        .await
}

/// Whether a password may be set, for somebody who has none yet.
///
/// # Errors
/// [`Error::Invalid`] at `pointer`: `too_short` (with `min`), `too_long` (with `max`),
/// `password_blocklisted` or `password_too_weak`; [`Error::Unavailable`].
pub async fn check(app: &App, password: &str, own: &[&str], pointer: &str) -> Result<(), Error> {
    let faults = judge(app, password, own, pointer).await?.faults;
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Whether an account may set a password.
///
/// # Errors
/// As [`check`], and `password_reused` for one of the account's last five.
pub async fn check_new(app: &App, account: &account::Model, password: &str, pointer: &str) -> Result<(), Error> {
    check(app, password, &own_words(account), pointer).await?;
    let former = former_password::Entity::of(account.id)
        .order_by_desc(former_password::Column::RetiredAt)
        .order_by_desc(former_password::Column::Id)
        .limit(kept())
        .all(&**app.read())
        .await?;
    let known = former.iter().map(|row| row.password_hash.as_str());
    for hash in std::iter::once(account.password_hash.as_str()).chain(known) {
        if app.passwords.verify(password, Some(hash)).await? {
            return Err(Invalid::new(pointer, Refusal::PasswordReused.as_str()).into());
        }
    }
    Ok(())
}

/// Keeps the hash of the password that an account is about to give up, and forgets those before the last
/// five.
///
/// # Errors
/// The database's.
pub async fn retire(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    if account.password_hash == crate::password::NONE {
        return Ok(());
    }
    let row = former_password::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(account.id),
        password_hash: Set(account.password_hash.clone()),
        retired_at: Set(cx.real_now),
    };
    row.insert(&**tx).await?;
    let rows = former_password::Entity::of(account.id)
        .order_by_desc(former_password::Column::RetiredAt)
        .order_by_desc(former_password::Column::Id)
        .all(&**tx)
        .await?;
    let old: Vec<_> = rows.into_iter().skip(usize::try_from(kept()).unwrap_or_default()).map(|row| row.id).collect();
    if !old.is_empty() {
        former_password::Entity::delete_many().filter(former_password::Column::Id.is_in(old)).exec(&**tx).await?;
    }
    Ok(())
}

/// Former passwords that are kept: the present one is one of those remembered.
fn kept() -> u64 {
    u64::try_from(REMEMBERED.saturating_sub(1)).unwrap_or_default()
}

fn strength(policy: &crate::config::PasswordConfig, password: &str, own: &[&str], pointer: &str) -> Strength {
    let fault = password::check(password, policy.min_length, own, common()).err();
    if fault == Some(Fault::TooLong) {
        return Strength { score: 0, faults: invalid(fault, pointer), warning: None, suggestions: Vec::new() };
    }
    let words = own.iter().flat_map(|word| word.split(|sign: char| !sign.is_alphanumeric()).chain([*word]));
    let words: Vec<&str> = words.chain(["tacit"]).filter(|word| word.len() > 2).collect();
    let judged = zxcvbn::zxcvbn(password, &words);
    let score = u8::from(judged.score());
    let mut faults = invalid(fault, pointer);
    if faults.is_empty() && score < policy.min_score {
        faults.push(Invalid::new(pointer, Refusal::PasswordTooWeak.as_str()));
    }
    // a common password is easily guessed, whatever its length says
    let score = if fault == Some(Fault::Blocklisted) { score.min(1) } else { score };
    let feedback = judged.feedback();
    Strength {
        score,
        faults,
        warning: feedback.and_then(zxcvbn::feedback::Feedback::warning),
        suggestions: feedback.map(|feedback| feedback.suggestions().to_vec()).unwrap_or_default(),
    }
}

fn invalid(fault: Option<Fault>, pointer: &str) -> Vec<Invalid> {
    let told = |fault: Fault| match fault {
        Fault::TooShort(min) => Invalid::new(pointer, fault.code()).with("min", min),
        Fault::TooLong => Invalid::new(pointer, fault.code()).with("max", MAX_LENGTH),
        Fault::Blocklisted => Invalid::new(pointer, fault.code()),
    };
    fault.map(told).into_iter().collect()
}

/// The details of an account that its password must not be made of.
#[must_use]
pub fn own_words(account: &account::Model) -> Vec<&str> {
    let optional = [
        &account.email,
        &account.backup_email,
        &account.first_name,
        &account.last_name,
        &account.organisation,
        &account.city,
        &account.phone,
    ];
    optional.into_iter().filter_map(Option::as_deref).chain([account.handle.as_str()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PasswordConfig;

    fn refusal(password: &str) -> Option<&'static str> {
        let own = ["camille.durand@example.org"];
        let judged = strength(&PasswordConfig::default(), password, &own, "/password");
        judged.faults.first().map(|fault| fault.code)
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(refusal("fourteen chars"), Some("too_short"));
        assert_eq!(refusal(&"é".repeat(257)), Some("too_long"));
        assert_eq!(refusal("Zb4!kqu#vLp 9xTe"), None);
    }

    #[test]
    fn guessable_passwords_and_own_details_are_refused() {
        for weak in ["password1234567", "aaaaaaaaaaaaaaaa", "camille.durand@example.org", "Camille.Durand@Example.org"]
        {
            assert_eq!(refusal(weak), Some("password_blocklisted"), "{weak}");
        }
        assert_eq!(refusal("correcthorsecorrecthorse"), Some("password_too_weak"));
        assert_eq!(refusal("correct horse battery staple lamp"), None);
    }

    #[test]
    fn the_longest_password_is_judged_in_no_time() {
        let long: String = "a1 B2é".chars().cycle().take(256).collect();
        let judged = strength(&PasswordConfig::default(), &long, &["camille.durand@example.org"], "/password");
        assert!(judged.score <= 4);
    }
}
