//! Which of an account's addresses a service e-mail goes to.

use crate::text::words;

words! {
    /// What a mail is about; customers route and read by it.
    Category {
        /// The account itself.
        Account = "account",
        /// Access to the account.
        Security = "security",
        /// Invoices and payments.
        Billing = "billing",
        /// Renewals, suspensions, endings.
        Renewal = "renewal",
        /// Orders.
        Order = "order",
        /// News of products: nothing that anybody must know.
        Product = "product",
    }
}

words! {
    /// Why a mail came back, as the relay or a reader's mailbox said it.
    BounceKind {
        /// The address does not exist or refuses us for good.
        Hard = "hard",
        /// It was tried long enough: mailbox full, server away.
        Soft = "soft",
        /// Delivered, and its reader called it unwanted.
        Complaint = "complaint",
    }
}

impl BounceKind {
    /// Whether the mail was not delivered: then it is no proof that anybody was told.
    #[must_use]
    pub const fn is_undelivered(self) -> bool {
        match self {
            Self::Hard | Self::Soft => true,
            Self::Complaint => false,
        }
    }
}

/// Extra addresses of an account.
pub const MAX_ADDRESSES: usize = 5;
/// Soft bounces of an address within [`SOFT_BOUNCE_DAYS`] that make it undeliverable.
pub const SOFT_BOUNCES: u64 = 3;
/// See [`SOFT_BOUNCES`].
pub const SOFT_BOUNCE_DAYS: i64 = 30;

impl Category {
    /// Whether it may be sent to nobody. What the law, money or the safety of the account asks for
    /// may go to another address, never nowhere.
    #[must_use]
    pub const fn may_be_off(self) -> bool {
        match self {
            Self::Product => true,
            Self::Account | Self::Security | Self::Billing | Self::Renewal | Self::Order => false,
        }
    }

    /// Whether the primary address always receives it.
    #[must_use]
    pub const fn stays_at_primary(self) -> bool {
        match self {
            Self::Security => true,
            Self::Account | Self::Billing | Self::Renewal | Self::Order | Self::Product => false,
        }
    }
}

/// An address as routing sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The address.
    pub address: String,
    /// What it receives.
    pub categories: Vec<Category>,
    /// Mails to it came back.
    pub undeliverable: bool,
    /// Its owner proved it by a code.
    pub proven: bool,
}

impl Mailbox {
    fn takes(&self, category: Category) -> bool {
        self.categories.contains(&category)
    }

    fn reaches(&self, category: Category) -> bool {
        self.proven && !self.undeliverable && self.takes(category)
    }
}

/// Where a mail of a category goes, the main recipient first. `primary` is taken as proven: nothing is
/// sent to an account before. `backup` hears of security too, and steps in for what may not be lost when
/// every other address is known not to work.
///
/// A category that may not be off and reaches no other address goes to the primary one, whatever was
/// asked for: an address that waits for its proof, or whose mails come back, takes over nothing.
#[must_use]
pub fn recipients(category: Category, primary: &Mailbox, extra: &[Mailbox], backup: Option<&str>) -> Vec<String> {
    let extra: Vec<&Mailbox> = extra.iter().filter(|mailbox| mailbox.reaches(category)).collect();
    let alone = extra.is_empty() && !category.may_be_off();
    let mut to: Vec<String> = Vec::with_capacity(extra.len() + 1);
    if primary.takes(category) || category.stays_at_primary() || alone {
        to.push(primary.address.clone());
    }
    if category.stays_at_primary() || (alone && primary.undeliverable) {
        to.extend(backup.map(str::to_owned));
    }
    to.extend(extra.iter().map(|mailbox| mailbox.address.clone()));
    let mut seen = Vec::with_capacity(to.len());
    to.retain(|address| {
        !seen.contains(address) && {
            seen.push(address.clone());
            true
        }
    });
    to
}

/// The categories that a choice would leave without any address: those may not be off. `taken` is what
/// the extra addresses asked for, proven or not.
#[must_use]
pub fn homeless(primary: &[Category], taken: &[Category]) -> Vec<Category> {
    let kept = |category: &Category| primary.contains(category) || taken.contains(category);
    Category::ALL.iter().copied().filter(|category| !category.may_be_off() && !kept(category)).collect()
}

/// What an account's mails print so that their reader knows them.
pub mod phrase {
    use crate::identifier::contains_card_number;

    /// Fewest characters.
    pub const MIN: usize = 4;
    /// Most characters.
    pub const MAX: usize = 60;

    /// Why a text can be no phrase.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
    pub enum InvalidPhrase {
        /// Fewer than [`MIN`] characters.
        #[error("too short")]
        TooShort,
        /// More than [`MAX`].
        #[error("too long")]
        TooLong,
        /// More than a line, something invisible, an address of the web, or what looks like a card number.
        #[error("not a phrase")]
        Form,
    }

    /// The phrase without spaces at its ends.
    ///
    /// # Errors
    /// [`InvalidPhrase`].
    pub fn read(text: &str) -> Result<&str, InvalidPhrase> {
        let text = text.trim();
        match text.chars().count() {
            ..MIN => return Err(InvalidPhrase::TooShort),
            count if count > MAX => return Err(InvalidPhrase::TooLong),
            MIN.. => {}
        }
        let unseen = |c: char| {
            c.is_control()
                || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        let lower = text.to_lowercase();
        // mail programs make links of these
        let link = ["://", "www.", "@"].iter().any(|sign| lower.contains(sign));
        if text.chars().any(unseen) || link || contains_card_number(text) {
            return Err(InvalidPhrase::Form);
        }
        Ok(text)
    }

    /// What its owner is shown: the first character, so that one phrase is told from another.
    #[must_use]
    pub fn masked(phrase: &str) -> String {
        phrase.chars().take(1).chain("•••".chars()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mailbox(address: &str, categories: &[Category]) -> Mailbox {
        Mailbox { address: address.to_owned(), categories: categories.to_vec(), undeliverable: false, proven: true }
    }

    #[test]
    fn billing_moves_to_another_address_and_comes_back_when_that_fails() {
        let primary = mailbox("p", &[Category::Account, Category::Security]);
        let mut books = mailbox("b", &[Category::Billing]);
        assert_eq!(recipients(Category::Billing, &primary, &[books.clone()], None), ["b"]);
        assert_eq!(recipients(Category::Account, &primary, &[books.clone()], None), ["p"]);
        books.proven = false;
        assert_eq!(recipients(Category::Billing, &primary, &[books.clone()], None), ["p"], "not before its proof");
        (books.proven, books.undeliverable) = (true, true);
        assert_eq!(recipients(Category::Billing, &primary, &[books], None), ["p"], "mails to it come back");
    }

    #[test]
    fn security_always_reaches_the_primary_and_the_backup_address() {
        let primary = mailbox("p", &[]);
        let other = mailbox("s", &[Category::Security]);
        assert_eq!(recipients(Category::Security, &primary, &[other], Some("b")), ["p", "b", "s"]);
    }

    #[test]
    fn news_of_products_can_be_off() {
        let primary = mailbox("p", &[Category::Billing]);
        assert!(recipients(Category::Product, &primary, &[], None).is_empty());
        assert_eq!(recipients(Category::Product, &mailbox("p", &[Category::Product]), &[], None), ["p"]);
    }

    #[test]
    fn the_backup_address_steps_in_for_a_primary_one_that_does_not_work() {
        let primary = Mailbox { undeliverable: true, ..mailbox("p", Category::ALL) };
        assert_eq!(recipients(Category::Renewal, &primary, &[], Some("b")), ["p", "b"]);
        assert_eq!(recipients(Category::Renewal, &primary, &[mailbox("r", Category::ALL)], Some("b")), ["p", "r"]);
        assert_eq!(recipients(Category::Product, &primary, &[], Some("b")), ["p"]);
    }

    #[test]
    fn nothing_but_products_may_be_left_without_an_address() {
        use Category as C;
        assert_eq!(homeless(&[], &[C::Billing]), [C::Account, C::Security, C::Renewal, C::Order]);
        assert!(homeless(&[C::Account, C::Security, C::Order], &[C::Billing, C::Renewal]).is_empty());
    }

    fn categories() -> impl Strategy<Value = Vec<Category>> {
        proptest::sample::subsequence(Category::ALL.to_vec(), 0..=Category::ALL.len())
    }

    proptest! {
        /// Whatever is chosen, no obligatory mail is lost, none goes to an unproven address, none twice.
        #[test]
        fn nothing_obligatory_is_ever_lost(
            chosen in categories(),
            extra in prop::collection::vec((categories(), any::<bool>(), any::<bool>()), 0..=MAX_ADDRESSES),
            down in any::<bool>(),
        ) {
            let primary = Mailbox { undeliverable: down, ..mailbox("p", &chosen) };
            let extra: Vec<Mailbox> = extra.into_iter().enumerate().map(|(at, (categories, undeliverable, proven))| {
                Mailbox { address: format!("x{at}"), categories, undeliverable, proven }
            }).collect();
            for category in Category::ALL.iter().copied() {
                let to = recipients(category, &primary, &extra, Some("b"));
                prop_assert!(category.may_be_off() || !to.is_empty());
                prop_assert!(!category.stays_at_primary() || to.contains(&"p".to_owned()));
                prop_assert!(extra.iter().filter(|one| !one.proven).all(|one| !to.contains(&one.address)));
                let distinct: std::collections::BTreeSet<_> = to.iter().collect();
                prop_assert_eq!(distinct.len(), to.len());
            }
        }
    }

    #[test]
    fn a_phrase_is_one_visible_line_and_no_link() {
        use phrase::{InvalidPhrase as No, masked, read};
        assert_eq!(read("  Trois chats gris  "), Ok("Trois chats gris"));
        assert_eq!(masked("Trois chats gris"), "T•••");
        assert_eq!(read("abc"), Err(No::TooShort));
        assert_eq!(read(&"é".repeat(61)), Err(No::TooLong));
        for wrong in [
            "a\r\nBcc: x",
            "a\u{202e}bcd",
            "zero\u{200b}width",
            "see http://evil.test",
            "WWW.evil.test",
            "4242 4242 4242 4242",
        ] {
            assert_eq!(read(wrong), Err(No::Form), "{wrong:?}");
        }
    }
}
